package zipserv.model.cpu;

import java.util.Arrays;
import java.util.Collections;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.stream.IntStream;
import java.util.stream.Stream;

import zipserv.model.DeviceInfo;
import zipserv.model.Engine;
import zipserv.model.Linear;
import zipserv.model.MemoryUse;
import zipserv.model.ModelConfig;
import zipserv.model.ModelWeights;
import zipserv.model.ModelWeights.Layer;
import zipserv.model.cpu.MatMul.Product;
import zipserv.model.sampling.Choice;
import zipserv.model.sampling.Sampler;

/**
 * The model on the CPU, in float: weights are widened exactly as they are decoded, all sums have a fixed order. The
 * bits of a row's result depend on its tokens and the weights only: not on threads, vector length, weight format,
 * other sequences in the batch, or the chunks of a prefill.
 */
public final class CpuEngine implements Engine {

    static final String NAME = "cpu";

    /** Rows of one forward pass. More would save little decoding and cost cache. */
    static final int MAX_ROWS = 512;
    /** Logits are computed in blocks of at most this many (64 MB), or one row. */
    private static final int MAX_LOGITS = 1 << 24;

    private final ModelConfig config;
    private final ModelWeights weights;
    private final Workers workers;
    private final MatMul matMul;
    private final Embedding embedding;
    private final Attention attention;
    private final Rope rope;
    private final Sampler sampler = new Sampler();
    private Activations activations;
    private Rows logitsBlock;
    private CpuLogits lastLogits;
    private final Set<CpuSequence> open = new HashSet<>();

    /** @param threads 1 or more; the calling thread is one of them */
    public CpuEngine(ModelConfig config, ModelWeights weights, int threads) {
        this.config = config;
        this.weights = weights;
        this.workers = new Workers(threads);
        this.matMul = new MatMul(workers);
        this.embedding = new Embedding(weights.embedding(), workers);
        this.attention = new Attention(config, workers);
        this.rope = new Rope(config);
        this.activations = new Activations(1);
        this.logitsBlock = new Rows(1, config.vocabularySize());
    }

    @Override
    public String name() {
        return NAME;
    }

    @Override
    public ModelConfig config() {
        return config;
    }

    @Override
    public int maxBatch() {
        return MAX_ROWS;
    }

    @Override
    public Sequence newSequence(int capacity) {
        if (capacity < 1 || capacity > config.maxPositions()) {
            throw new IllegalArgumentException("capacity of " + capacity + " tokens, expected 1 to "
                    + config.maxPositions());
        }
        CpuSequence sequence = new CpuSequence(this, config, capacity);
        open.add(sequence);
        return sequence;
    }

    /** A sequence's memory comes with its tokens, so there is always room for another. */
    @Override
    public int room() {
        return config.maxPositions();
    }

    /** Weights are pages of the checkpoint's files; cache and activations are on the Java heap. */
    @Override
    public MemoryUse memory() {
        return new MemoryUse(weights.bytes(), open.stream().mapToLong(sequence -> sequence.cache.bytes()).sum(),
                activations.bytes() + logitsBlock.bytes());
    }

    @Override
    public Optional<DeviceInfo> device() {
        return Optional.empty();
    }

    /** A sequence was closed. */
    void forget(CpuSequence sequence) {
        open.remove(sequence);
    }

    @Override
    public Logits prefill(Sequence sequence, int[] tokens, LogitsAt at) {
        return prefill(sequence, tokens, at, Choice.greedy());
    }

    @Override
    public Logits prefill(Sequence sequence, int[] tokens, Choice choice) {
        return prefill(sequence, tokens, LogitsAt.LAST, choice);
    }

    private Logits prefill(Sequence sequence, int[] tokens, LogitsAt at, Choice choice) {
        if (tokens.length == 0) {
            throw new IllegalArgumentException("no tokens to append");
        }
        config.checkTokens(tokens);
        CpuSequence own = own(sequence);
        own.reserve(tokens.length);
        expireLogits();
        Rows hidden = new Rows(at == LogitsAt.ALL ? tokens.length : 1, config.hiddenSize());
        for (int from = 0; from < tokens.length; from += MAX_ROWS) {
            int count = Math.min(MAX_ROWS, tokens.length - from);
            int start = own.length() + from;
            forward(new Step(Arrays.copyOfRange(tokens, from, from + count),
                    IntStream.range(start, start + count).toArray(), Collections.nCopies(count, own.cache)));
            switch (at) {
                case ALL -> finish(0, count, hidden, from);
                case LAST -> finish(count - 1, 1, hidden, 0);
            }
        }
        own.advance(tokens.length);
        return logits(hidden, Collections.nCopies(hidden.count, choice));
    }

    @Override
    public Logits decode(List<? extends Sequence> sequences, int[] tokens, List<Choice> choices) {
        Choice.checkCount(choices, tokens.length);
        if (sequences.size() != tokens.length || tokens.length == 0 || tokens.length > MAX_ROWS) {
            throw new IllegalArgumentException("batch of " + sequences.size() + " sequences and " + tokens.length
                    + " tokens, expected as many of both, 1 to " + MAX_ROWS);
        }
        config.checkTokens(tokens);
        List<CpuSequence> own = sequences.stream().map(this::own).toList();
        if (new HashSet<>(own).size() != own.size()) {
            throw new IllegalArgumentException("a sequence occurs twice in the batch");
        }
        own.forEach(sequence -> sequence.reserve(1));
        expireLogits();
        forward(new Step(tokens.clone(), own.stream().mapToInt(CpuSequence::length).toArray(),
                own.stream().map(sequence -> sequence.cache).toList()));
        Rows hidden = new Rows(tokens.length, config.hiddenSize());
        finish(0, tokens.length, hidden, 0);
        own.forEach(sequence -> sequence.advance(1));
        return logits(hidden, List.copyOf(choices));
    }

    /** The transformer: afterwards {@code activations.x} is the residual stream behind the last layer. */
    private void forward(Step step) {
        int rows = step.rows();
        if (activations.x.count < rows) {
            activations = new Activations(rows);
        }
        Activations a = activations;
        embedding.apply(step, a.x);
        workers.run(rows, (row, _) -> rope.fill(step.position(row), a.turns.data, a.turns.offset(row)));
        for (int l = 0; l < config.layers(); l++) {
            int layer = l;
            Layer w = weights.layers().get(layer);

            normalize(a.x, w.attentionNorm(), a.h, rows);
            matMul.multiply(a.h, rows,
                    new Product(w.query(), a.q), new Product(w.key(), a.k), new Product(w.value(), a.v));
            workers.run(rows, (row, _) -> {
                prepareHeads(a.q, row, config.heads(), w.queryNorm());
                prepareHeads(a.k, row, config.kvHeads(), w.keyNorm());
                step.cache(row).store(layer, step.position(row), a.k.data, a.k.offset(row), a.v.data, a.v.offset(row));
            });
            attention.apply(step, layer, a.q, a.attended);
            addProduct(a.attended, w.output(), rows);

            normalize(a.x, w.mlpNorm(), a.h, rows);
            matMul.multiply(a.h, rows, new Product(w.gate(), a.gate), new Product(w.up(), a.up));
            workers.run(rows, (row, _) -> SwiGlu.apply(a.gate, a.up, row));
            addProduct(a.gate, w.down(), rows);
        }
    }

    /** y = RMSNorm(x). */
    private void normalize(Rows x, float[] gain, Rows y, int rows) {
        workers.run(rows, (row, _) ->
                RmsNorm.apply(x.data, x.offset(row), gain, config.rmsNormEpsilon(), y.data, y.offset(row)));
    }

    /** Norm, if the model has one, and rotary embedding of all heads of a row. */
    private void prepareHeads(Rows x, int row, int heads, float[] gain) {
        for (int head = 0; head < heads; head++) {
            int offset = x.offset(row) + head * config.headDim();
            if (gain != null) {
                RmsNorm.apply(x.data, offset, gain, config.rmsNormEpsilon(), x.data, offset);
            }
            rope.turn(x.data, offset, activations.turns.data, activations.turns.offset(row));
        }
    }

    /** x = x + W y: the residual connection. */
    private void addProduct(Rows y, Linear w, int rows) {
        Activations a = activations;
        matMul.multiply(y, rows, new Product(w, a.h));
        for (int i = 0; i < rows * a.x.stride; i++) {
            a.x.data[i] += a.h.data[i];
        }
    }

    /** The last norm, of rows {@code from ..} of the residual stream to rows {@code to ..} of {@code out}. */
    private void finish(int from, int count, Rows out, int to) {
        Rows x = activations.x;
        for (int row = 0; row < count; row++) {
            RmsNorm.apply(x.data, x.offset(from + row), weights.finalNorm(), config.rmsNormEpsilon(),
                    out.data, out.offset(to + row));
        }
    }

    private Logits logits(Rows hidden, List<Choice> choices) {
        int blockRows = Math.min(hidden.count, Math.clamp(MAX_LOGITS / config.vocabularySize(), 1, MAX_ROWS));
        if (logitsBlock.count < blockRows) {
            logitsBlock = new Rows(blockRows, config.vocabularySize());
        }
        lastLogits = new CpuLogits(choices, logitsBlock, (first, count, out) -> {
            Rows rows = hidden.slice(first, count);
            matMul.multiply(rows, count, new Product(weights.head(), out));
        }, sampler);
        return lastLogits;
    }

    private void expireLogits() {
        if (lastLogits != null) {
            lastLogits.expire();
        }
    }

    private CpuSequence own(Sequence sequence) {
        if (sequence instanceof CpuSequence own && own.owner == this) {
            return own;
        }
        throw new IllegalArgumentException("the sequence belongs to another engine");
    }

    @Override
    public void close() {
        expireLogits();
        workers.close();
    }

    /** Working memory of a forward pass. */
    private final class Activations {

        /** Residual stream. */
        final Rows x;
        /** A layer's input or output. */
        final Rows h;
        final Rows q;
        final Rows k;
        final Rows v;
        final Rows attended;
        final Rows gate;
        final Rows up;
        /** Cosines and sines of each row's position. */
        final Rows turns;

        Activations(int rows) {
            x = new Rows(rows, config.hiddenSize());
            h = new Rows(rows, config.hiddenSize());
            q = new Rows(rows, config.queryWidth());
            k = new Rows(rows, config.kvWidth());
            v = new Rows(rows, config.kvWidth());
            attended = new Rows(rows, config.queryWidth());
            gate = new Rows(rows, config.intermediateSize());
            up = new Rows(rows, config.intermediateSize());
            turns = new Rows(rows, rope.tableWidth());
        }

        long bytes() {
            return Stream.of(x, h, q, k, v, attended, gate, up, turns).mapToLong(Rows::bytes).sum();
        }
    }
}
