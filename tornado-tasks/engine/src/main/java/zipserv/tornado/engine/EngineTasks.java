package zipserv.tornado.engine;

import java.util.List;
import java.util.function.IntFunction;

import uk.ac.manchester.tornado.api.KernelContext;
import uk.ac.manchester.tornado.api.types.arrays.FloatArray;
import uk.ac.manchester.tornado.api.types.arrays.IntArray;
import zipserv.codec.FragmentLayout;
import zipserv.model.ModelConfig;
import zipserv.model.ModelException;
import zipserv.tornado.kernels.EmbeddingLookup;
import zipserv.tornado.kernels.Frag11DeviceMatrix;
import zipserv.tornado.kernels.GatedRows;
import zipserv.tornado.kernels.GemmPlan;
import zipserv.tornado.kernels.KernelTasks;
import zipserv.tornado.kernels.Launch.Grid;
import zipserv.tornado.kernels.Launches;
import zipserv.tornado.kernels.ProductPlan;
import zipserv.tornado.kernels.RawDeviceMatrix;
import zipserv.tornado.kernels.TcaTbeDeviceMatrix;
import zipserv.tornado.kernels.WidePrefillTile;

/** Launches the engine's kernels, each with its grid; see {@link KernelTasks} for the GEMMs. */
final class EngineTasks {

    private final EngineLimits limits;
    private final ActivationFormat format;
    private final ActivationFormat cacheFormat;
    private final Launches launches;
    private final KernelTasks kernels;
    private final KernelContext context = new KernelContext();

    EngineTasks(Launches launches, EngineLimits limits) {
        this.limits = limits;
        this.cacheFormat = limits.cache();
        this.format = limits.activations();
        this.kernels = new KernelTasks(launches);
        this.launches = launches;
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
                context, x, unused, gain, gain, h, columns, order(columns, rows), epsilon, 0, 0, 0,
                restOut(columns, rows));
    }

    /** {@link Normalization}. */
    void addAndNormalize(String name, FloatArray x, IntArray y, Bias bias, FloatArray gain, IntArray h, int columns,
            float epsilon, int rows) {
        launches.add(name, Grid.of(rows, Normalization.threads(columns)), Normalization::apply,
                context, x, y, bias.values(), gain, h, columns, order(columns, rows), epsilon, 1,
                bias.present(), rest(rows, columns), restOut(columns, rows));
    }

    /** {@link Heads}. */
    void prepareHeads(String name, StepInput input, IntArray qkv, Bias bias, Bias gain, FloatArray turns, IntArray keys,
            IntArray values, ModelConfig config, int cacheTokens, int rows) {
        launches.add(name, Grid.of(Heads.blocks(rows, config.heads(), config.kvHeads()), Heads.THREADS), Heads::prepare,
                context, input.words(), qkv, bias.values(), gain.values(), turns, keys, values, rows, config.heads(),
                config.kvHeads(), config.headDim(), config.rmsNormEpsilon(), flags(bias, gain), keyAt(config),
                valueAt(config), qkvWidth(config), rest(rows, qkvWidth(config)),
                restCache(config, cacheTokens));
    }

    /** {@link Attention}. */
    void attend(String name, StepInput input, IntArray q, IntArray keys, IntArray values, IntArray out,
            ModelConfig config, int cacheTokens, int rows) {
        int blockHeads = Attention.headsPerBlock(config.heads(), config.kvHeads(), config.headDim());
        launches.add(name, Grid.of(rows * config.heads() / blockHeads, Attention.THREADS), Attention::attend, context,
                input.words(), q, keys, values, out, config.heads(), config.kvHeads(), config.headDim(), blockHeads,
                qkvWidth(config), order(config.queryWidth(), rows), restOut(config.queryWidth(), rows),
                restCache(config, cacheTokens), (float) (1 / Math.sqrt(config.headDim())));
    }

    /** {@link PromptAttention}. */
    void attendPrompt(String name, StepInput input, IntArray q, IntArray keys, IntArray values, IntArray out,
            ModelConfig config, int cacheTokens, int rows) {
        launches.add(name, Grid.of(PromptAttention.blocks(config, rows), PromptAttention.threads()),
                PromptAttention::attend, context, input.words(), q, keys, values, out, rows, config.heads(),
                config.kvHeads(), config.headDim(), qkvWidth(config), order(config.queryWidth(), rows),
                restOut(config.queryWidth(), rows), restCache(config, cacheTokens),
                PromptAttention.scale(config.headDim()), PromptAttention.threads());
    }

    /**
     * The gated activation, from {@code s.h} to {@code s.gated}: gate and up with SwiGLU as the end of their product,
     * where the kernel can do that, else one after the other. The bits are the same.
     *
     * @param columns of gated
     */
    void gate(String layer, DeviceWeights.Layer w, DeviceState s, int columns, int rows) {
        String name = layer + "gateup";
        if (w.gated(limits, rows)) {
            multiplyGated(name, w.gateUp(), s.h, s.gated, s, columns, rows);
            return;
        }
        int batch = rows * format.parts();
        Bias bias = w.gateUpBias();
        ProductPlan plan = w.gateUp().plan(batch, limits.warpgroups()).gated();
        boolean gating = !limits.unfused(rows) && plan.canGate(batch, format.parts());
        switch (w.gateUp()) {
            case DeviceMatrix.Frag11 m when gating -> kernels.gated(name, m.matrix(), s.h, s.gated, s.scratch, batch,
                    format.parts(), plan, bias.values(), bias.present() != 0);
            case DeviceMatrix.Raw m when gating -> kernels.gated(name, m.matrix(), s.h, s.gated, s.scratch, batch,
                    format.parts(), plan, bias.values(), bias.present() != 0);
            case DeviceMatrix.Parts m when gating -> {
                multiplyEach(name, m, s.h, s.gateUp, s, batch, _ -> plan.ofGate());
                swiGlu(layer + "swiglu", s.gateUp, bias, s.gated, columns, rows);
            }
            default -> {
                multiply(name, w.gateUp(), s.h, s.gateUp, s, rows);
                swiGlu(layer + "swiglu", s.gateUp, bias, s.gated, columns, rows);
            }
        }
    }

    /** {@link SwiGlu}. */
    void swiGlu(String name, IntArray gateUp, Bias bias, IntArray out, int columns, int rows) {
        int words = rows * ActivationRows.pairs(order(columns, rows));
        int upAt = DeviceMatrix.padded(columns);
        launches.add(name, Grid.of((words + SwiGlu.THREADS - 1) / SwiGlu.THREADS, SwiGlu.THREADS), SwiGlu::apply,
                context, gateUp, bias.values(), out, columns, order(columns, rows), words, bias.present(), upAt,
                rest(rows, upAt + columns), restOut(columns, rows));
    }

    /** {@link DecodeAttention}. */
    void attendDecoding(String name, StepInput input, IntArray qkv, Bias bias, Bias gain, FloatArray turns,
            IntArray keys, IntArray values, IntArray partials, IntArray tickets, IntArray out, ModelConfig config,
            int cacheTokens, int rows) {
        int flags = flags(bias, gain) + (format.parts() - 1) * DecodeAttention.TWO_PARTS;
        int code = DecodeAttention.code(flags, DecodeAttention.splits(config, rows),
                limits.activationRows(rows).width());
        launches.add(name, new Grid(DecodeAttention.blocks(config, rows), DecodeAttention.THREADS, 128),
                DecodeAttention::attend, context, input.words(), qkv, bias.values(), gain.values(), turns, keys, values,
                partials, tickets, out, rows, config.heads(), config.kvHeads(), config.headDim(),
                config.rmsNormEpsilon(), code, restCache(config, cacheTokens));
    }

    /** {@link BatchAttention}. */
    void attendBatch(String name, StepInput input, IntArray qkv, Bias bias, Bias gain, FloatArray turns, IntArray keys,
            IntArray values, IntArray out, ModelConfig config, int cacheTokens, int rows) {
        int flags = flags(bias, gain) + (format.parts() - 1) * DecodeAttention.TWO_PARTS;
        int restCache = restCache(config, cacheTokens);
        launches.add(name, new Grid(BatchAttention.blocks(config, rows), BatchAttention.threads(restCache),
                BatchAttention.MAX_REGISTERS), BatchAttention::attend, context, input.words(), qkv, bias.values(),
                gain.values(), turns, keys, values, out, rows, config.heads(), config.kvHeads(), config.headDim(),
                config.rmsNormEpsilon(), DecodeAttention.code(flags, 1, limits.activationRows(rows).width()), restCache,
                PromptAttention.scale(config.headDim()));
    }

    /** {@link Argmax}. */
    void argmax(String name, IntArray logits, IntArray found, IntArray tickets, IntArray best, int columns, int rows) {
        launches.add(name, Grid.of(rows * Argmax.parts(columns), Argmax.THREADS), Argmax::find, context, logits, found,
                tickets, best, columns, Argmax.parts(columns), rest(rows, columns));
    }

    /** {@link Sampling}. */
    void sample(String name, IntArray logits, StepChoices choices, IntArray best, int columns, int rows) {
        int threads = Sampling.threads(columns);
        launches.add(name, new Grid(rows, threads, Sampling.MAX_REGISTERS), Sampling::choose, context, logits,
                choices.words(), best, columns, threads);
    }

    /** {@link NextInput}. */
    void advance(String name, StepInput input, IntArray best, int rows) {
        launches.add(name, Grid.of(rows, 1), NextInput::advance, context, input.words(), best, StepInput.STRIDE);
    }

    /** {@link NextInput} with choices. */
    void advanceSampling(String name, StepInput input, StepChoices choices, IntArray best, int rows) {
        launches.add(name, Grid.of(rows, 1), NextInput::advanceSampling, context, input.words(), choices.words(), best,
                StepInput.STRIDE);
    }

    /**
     * {@code y = x W^T} of all parts of the activations, fp32: straight from the stored weights as long as that is
     * worth it, else from row-major ones, which are made before and overwritten by the next.
     */
    void multiply(String name, DeviceMatrix weights, IntArray x, IntArray y, DeviceState s, int rows) {
        int batch = rows * format.parts();
        if (!limits.unfused(rows)) {
            multiplyFused(name, weights, x, y, s, rows);
        } else {
            decompress(name + "_rows", weights, s.rowMajor, GatedRows.NONE);
            kernels.prefillGemm(name, s.rowMajor, x, y, s.scratch, weights.rows(), weights.columns(), batch,
                    weights.prefillPlan(batch, limits.warpgroups()), false);
        }
    }

    /**
     * {@link #multiply} and {@link #swiGlu} in one, where {@link DeviceWeights.Layer#gated}: gate and up are brought to
     * row-major order together, whatever their formats. The plan is that of {@link #multiply}, and so are the bits.
     *
     * @param columns of the result
     */
    void multiplyGated(String name, DeviceMatrix weights, IntArray x, IntArray out, DeviceState s, int columns,
            int rows) {
        int batch = rows * format.parts();
        decompress(name + "_rows", weights, s.rowMajor, new GatedRows(0, DeviceMatrix.padded(columns)));
        kernels.gatedGemm(name, s.rowMajor, x, out, s.scratch, columns, weights.columns(), batch,
                WidePrefillTile.of(weights.rows(), weights.columns(), batch), restOut(columns, rows));
    }

    /** A matrix of any format, or several below each other, to row-major BF16 with whole blocks of 64 columns. */
    void decompress(String name, DeviceMatrix weights, IntArray out, GatedRows order) {
        int columns = DeviceMatrix.padded(weights.columns());
        switch (weights) {
            case DeviceMatrix.TcaTbe w -> kernels.decompress(name, w.matrix(), out, columns, order);
            case DeviceMatrix.Frag11 w -> kernels.decompress(name, w.matrix(), out, columns, order);
            case DeviceMatrix.Raw w -> kernels.rawRows(name, w.matrix(), out, order);
            case DeviceMatrix.Parts(List<DeviceMatrix> matrices) -> {
                int first = order.first();
                for (int i = 0; i < matrices.size(); i++) {
                    decompress(name + i, matrices.get(i), out, new GatedRows(first, order.upAt()));
                    first += DeviceMatrix.padded(matrices.get(i).rows());
                }
            }
        }
    }

    /** {@link #multiply} straight from the stored weights, up to {@link GemmPlan#MAX_BATCH} rows. */
    void multiplyFused(String name, DeviceMatrix weights, IntArray x, IntArray y, DeviceState s, int rows) {
        int batch = rows * format.parts();
        multiplyFused(name, weights, x, y, s, batch, weights.plan(batch, limits.warpgroups()));
    }

    private void multiplyFused(String name, DeviceMatrix weights, IntArray x, IntArray y, DeviceState s, int batch,
            ProductPlan plan) {
        switch (weights) {
            case DeviceMatrix.TcaTbe w -> kernels.multiply(name, w.matrix(), x, y, s.scratch, batch, plan, false);
            case DeviceMatrix.Frag11 w -> kernels.multiply(name, w.matrix(), x, y, s.scratch, batch, plan, false);
            case DeviceMatrix.Raw w -> kernels.multiply(name, w.matrix(), x, y, s.scratch, batch, plan, false);
            case DeviceMatrix.Parts w -> multiplyEach(name, w, x, y, s, batch, plan::from);
        }
    }

    /**
     * Multiplies one matrix after the other, and puts each result where it belongs.
     *
     * @param plans by a matrix's first row among all of them
     */
    private void multiplyEach(String name, DeviceMatrix.Parts weights, IntArray x, IntArray y, DeviceState s, int batch,
            IntFunction<ProductPlan> plans) {
        int first = 0;
        for (int i = 0; i < weights.matrices().size(); i++) {
            DeviceMatrix single = weights.matrices().get(i);
            multiplyFused(name + "_" + i, single, x, s.part, s, batch, plans.apply(first));
            copyColumns(name + "_copy" + i, s.part, y, batch, single.rows(), weights.rows(), first);
            first += DeviceMatrix.padded(single.rows());
        }
    }

    private void copyColumns(String name, IntArray from, IntArray to, int rows, int columns, int stride, int first) {
        launches.add(name, Grid.of((rows * columns + Columns.THREADS - 1) / Columns.THREADS, Columns.THREADS),
                Columns::copy, context, from, to, rows, columns, stride, first);
    }

    /** {@link LastRow}. */
    void copyLastRow(String name, IntArray h, IntArray last, int columns, int rows) {
        int rowWords = ActivationRows.pairs(order(columns, rows));
        launches.add(name, Grid.of((rowWords + LastRow.THREADS - 1) / LastRow.THREADS, LastRow.THREADS),
                LastRow::copy, context, h, last, rows, rowWords, format.parts());
    }

    private static int flags(Bias bias, Bias gain) {
        return bias.present() * HeadTurn.BIAS + gain.present() * HeadTurn.NORM;
    }

    /** The order of a step's activations, see {@link ActivationRows}. */
    private int order(int columns, int rows) {
        return limits.activationRows(rows).order(columns);
    }

    /** Words from the first to the second part of activations in that order. */
    private int restOut(int columns, int rows) {
        return limits.activationRows(rows).rest(columns);
    }

    /** Words from the first to the second part of a GEMM's results, 0 if there is none. */
    private int rest(int rows, int rowWords) {
        return (format.parts() - 1) * rows * rowWords;
    }

    /** The same for a layer's keys or values. */
    private int restCache(ModelConfig config, int cacheTokens) {
        return (cacheFormat.parts() - 1) * cacheTokens * (config.kvWidth() / 2);
    }
}
