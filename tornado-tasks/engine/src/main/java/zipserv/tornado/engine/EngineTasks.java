package zipserv.tornado.engine;

import uk.ac.manchester.tornado.api.KernelContext;
import uk.ac.manchester.tornado.api.types.arrays.FloatArray;
import uk.ac.manchester.tornado.api.types.arrays.IntArray;
import zipserv.codec.FragmentLayout;
import zipserv.model.ModelConfig;
import zipserv.model.ModelException;
import zipserv.tornado.kernels.EmbeddingLookup;
import zipserv.tornado.kernels.Frag11DeviceMatrix;
import zipserv.tornado.kernels.GemmPlan;
import zipserv.tornado.kernels.GemmScratch;
import zipserv.tornado.kernels.KernelTasks;
import zipserv.tornado.kernels.Launch.Grid;
import zipserv.tornado.kernels.Launches;
import zipserv.tornado.kernels.RawDeviceMatrix;
import zipserv.tornado.kernels.TcaTbeDeviceMatrix;

/** Launches the engine's kernels, each with its grid; see {@link KernelTasks} for the GEMMs. */
final class EngineTasks {

    private final ActivationFormat format;
    private final ActivationFormat cacheFormat;
    private final Launches launches;
    private final KernelTasks kernels;
    private final KernelContext context = new KernelContext();

    EngineTasks(Launches launches, ActivationFormat format, ActivationFormat cacheFormat) {
        this.cacheFormat = cacheFormat;
        this.format = format;
        this.kernels = new KernelTasks(launches);
        this.launches = launches;
    }

    /** 32-bit words of a row of activations, padded for the GEMMs. */
    static int rowWords(int columns) {
        return FragmentLayout.blocks(columns) * (FragmentLayout.BLOCK / 2);
    }

    /** Where a row's keys begin behind its queries. */
    static int keyAt(ModelConfig config) {
        return DeviceMatrix.padded(config.queryWidth());
    }

    /** Where a row's values begin. */
    static int valueAt(ModelConfig config) {
        return keyAt(config) + DeviceMatrix.padded(config.kvWidth());
    }

    /** Words of a row of queries, keys and values. */
    static int qkvWidth(ModelConfig config) {
        return valueAt(config) + config.kvWidth();
    }

    /** {@link EmbeddingLookup}: the rows whose numbers are the tokens of {@code input}. */
    void lookup(String name, DeviceMatrix table, StepInput input, FloatArray out, int rows) {
        Grid grid = Grid.of(EmbeddingLookup.blocks(table.columns(), rows), EmbeddingLookup.THREADS);
        switch (table) {
            case DeviceMatrix.TcaTbe(TcaTbeDeviceMatrix t) ->
                    launches.add(name, grid, EmbeddingLookup::tcaTbe, context, t.bitmaps(), t.table(), t.values(),
                            input.words(), out, StepInput.STRIDE, rows, t.columns(), FragmentLayout.blocks(t.rows()));
            case DeviceMatrix.Frag11(Frag11DeviceMatrix t) ->
                    launches.add(name, grid, EmbeddingLookup::frag11, context, t.words(), t.escapes(), t.directory(),
                            input.words(), out, StepInput.STRIDE, rows, t.rows(), t.columns());
            case DeviceMatrix.Raw(RawDeviceMatrix t) ->
                    launches.add(name, grid, EmbeddingLookup::raw, context, t.weights(), input.words(), out,
                            StepInput.STRIDE, rows, t.columns());
            case DeviceMatrix.Parts _ -> throw new ModelException("the embedding table is one matrix");
        }
    }

    /** {@link Normalization} without addition. */
    void normalize(String name, FloatArray x, IntArray unused, FloatArray gain, IntArray h, int columns, float epsilon,
            int rows) {
        launches.add(name, Grid.of(rows, Normalization.threads(columns)), Normalization::apply,
                context, x, unused, gain, gain, h, columns, rowWords(columns), epsilon, 0, 0, 0,
                rest(rows, rowWords(columns)));
    }

    /** {@link Normalization}. */
    void addAndNormalize(String name, FloatArray x, IntArray y, Bias bias, FloatArray gain, IntArray h, int columns,
            float epsilon, int rows) {
        launches.add(name, Grid.of(rows, Normalization.threads(columns)), Normalization::apply,
                context, x, y, bias.values(), gain, h, columns, rowWords(columns), epsilon, 1,
                bias.present(), rest(rows, columns), rest(rows, rowWords(columns)));
    }

    /** {@link Heads}. */
    void prepareHeads(String name, StepInput input, IntArray qkv, Bias bias, Bias gain, FloatArray turns, IntArray keys,
            IntArray values, ModelConfig config, int cacheTokens, int rows) {
        launches.add(name, Grid.of(Heads.blocks(rows, config.heads(), config.kvHeads()), Heads.THREADS), Heads::prepare,
                context, input.words(), qkv, bias.values(), gain.values(), turns, keys, values, rows, config.heads(),
                config.kvHeads(), config.headDim(), config.rmsNormEpsilon(), bias.present(), gain.present(),
                keyAt(config), valueAt(config), qkvWidth(config), rest(rows, qkvWidth(config)),
                restCache(config, cacheTokens));
    }

    /** {@link Attention}. */
    void attend(String name, StepInput input, IntArray q, IntArray keys, IntArray values, IntArray out,
            ModelConfig config, int cacheTokens, int rows) {
        int blockHeads = Attention.headsPerBlock(config.heads(), config.kvHeads(), config.headDim());
        launches.add(name, Grid.of(rows * config.heads() / blockHeads, Attention.THREADS), Attention::attend, context,
                input.words(), q, keys, values, out, config.heads(), config.kvHeads(), config.headDim(), blockHeads,
                qkvWidth(config), rowWords(config.queryWidth()), rest(rows, rowWords(config.queryWidth())),
                restCache(config, cacheTokens), (float) (1 / Math.sqrt(config.headDim())));
    }

    /** {@link SwiGlu}. */
    void swiGlu(String name, IntArray gateUp, Bias bias, IntArray out, int columns, int rows) {
        int words = rows * rowWords(columns);
        int upAt = DeviceMatrix.padded(columns);
        launches.add(name, Grid.of((words + SwiGlu.THREADS - 1) / SwiGlu.THREADS, SwiGlu.THREADS), SwiGlu::apply,
                context, gateUp, bias.values(), out, columns, rowWords(columns), words, bias.present(), upAt,
                rest(rows, upAt + columns), rest(rows, rowWords(columns)));
    }

    /** {@link DecodeAttention}. */
    void attendDecoding(String name, StepInput input, IntArray qkv, Bias bias, Bias gain, FloatArray turns,
            IntArray keys, IntArray values, IntArray partials, IntArray tickets, IntArray out, ModelConfig config,
            int cacheTokens, int rows) {
        int flags = bias.present() * DecodeAttention.BIAS + gain.present() * DecodeAttention.NORM
                + (format.parts() - 1) * DecodeAttention.TWO_PARTS;
        int code = DecodeAttention.code(flags, DecodeAttention.splits(config, rows));
        launches.add(name, new Grid(DecodeAttention.blocks(config, rows), DecodeAttention.THREADS, 128),
                DecodeAttention::attend, context, input.words(), qkv, bias.values(), gain.values(), turns, keys, values,
                partials, tickets, out, rows, config.heads(), config.kvHeads(), config.headDim(),
                config.rmsNormEpsilon(), code, restCache(config, cacheTokens));
    }

    /** {@link Argmax}. */
    void argmax(String name, IntArray logits, IntArray found, IntArray tickets, IntArray best, int columns, int rows) {
        launches.add(name, Grid.of(rows * Argmax.parts(columns), Argmax.THREADS), Argmax::find, context, logits, found,
                tickets, best, columns, Argmax.parts(columns), rest(rows, columns));
    }

    /** {@link NextInput}. */
    void advance(String name, StepInput input, IntArray best, int rows) {
        launches.add(name, Grid.of(rows, 1), NextInput::advance, context, input.words(), best, StepInput.STRIDE);
    }

    /**
     * {@code y = x W^T} of all parts of the activations, fp32.
     *
     * @param part room for the result of one of several matrices
     */
    void multiply(String name, DeviceMatrix weights, IntArray x, IntArray y, IntArray part, GemmScratch scratch,
            int rows) {
        multiply(name, weights, x, y, part, scratch, rows * format.parts(), weights.plan(rows * format.parts()));
    }

    private void multiply(String name, DeviceMatrix weights, IntArray x, IntArray y, IntArray part,
            GemmScratch scratch, int batch, GemmPlan plan) {
        switch (weights) {
            case DeviceMatrix.TcaTbe w -> kernels.zipGemm(name, w.matrix(), x, y, scratch, batch, plan, false);
            case DeviceMatrix.Frag11 w -> kernels.frag11Gemm(name, w.matrix(), x, y, scratch, batch, plan, false);
            case DeviceMatrix.Raw w -> kernels.rawGemm(name, w.matrix(), x, y, scratch, batch, plan, false);
            case DeviceMatrix.Parts w -> {
                int first = 0;
                for (int i = 0; i < w.matrices().size(); i++) {
                    DeviceMatrix single = w.matrices().get(i);
                    multiply(name + "_" + i, single, x, part, part, scratch, batch, plan);
                    int words = batch * single.rows();
                    launches.add(name + "_copy" + i,
                            Grid.of((words + Columns.THREADS - 1) / Columns.THREADS, Columns.THREADS), Columns::copy,
                            context, part, y, batch, single.rows(), w.rows(), first);
                    first += DeviceMatrix.padded(single.rows());
                }
            }
        }
    }

    /** Words from the first to the second part of activations, 0 if there is none. */
    private int rest(int rows, int rowWords) {
        return (format.parts() - 1) * rows * rowWords;
    }

    /** The same for a layer's keys or values. */
    private int restCache(ModelConfig config, int cacheTokens) {
        return (cacheFormat.parts() - 1) * cacheTokens * (config.kvWidth() / 2);
    }
}
