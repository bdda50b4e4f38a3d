package zipserv.model.generation;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import java.util.Optional;
import java.util.function.Function;

import zipserv.model.DeviceInfo;
import zipserv.model.Engine;
import zipserv.model.MemoryUse;
import zipserv.model.ModelConfig;
import zipserv.model.ModelConfig.Architecture;
import zipserv.model.ModelConfig.Rope;
import zipserv.model.ModelException;
import zipserv.model.sampling.Choice;
import zipserv.model.sampling.Sampler;

/** An engine whose logits are a function of the tokens so far. */
final class FakeEngine implements Engine {

    private final ModelConfig config;
    private final Function<List<Integer>, float[]> model;

    /** Tokens of each call, a prefill or a decode step. */
    final List<List<Integer>> calls = new ArrayList<>();
    int openSequences;
    int maxBatch = 1;
    int cacheTokens = Integer.MAX_VALUE;
    private int takenTokens;

    FakeEngine(int vocabulary, int maxPositions, Function<List<Integer>, float[]> model) {
        this.config = new ModelConfig(Architecture.LLAMA, 2, 2, 1, 1, 1, 2, vocabulary, maxPositions, 1e-5f,
                new Rope(10_000, Optional.empty()), false, false, false, false, false);
        this.model = model;
    }

    /** A model that is certain of the next token. */
    static FakeEngine choosing(int vocabulary, int maxPositions, Function<List<Integer>, Integer> next) {
        return new FakeEngine(vocabulary, maxPositions, tokens -> {
            float[] logits = new float[vocabulary];
            logits[next.apply(tokens)] = 5;
            return logits;
        });
    }

    @Override
    public String name() {
        return "fake";
    }

    @Override
    public ModelConfig config() {
        return config;
    }

    @Override
    public int maxBatch() {
        return maxBatch;
    }

    @Override
    public int room() {
        return Math.min(config.maxPositions(), cacheTokens - takenTokens);
    }

    @Override
    public MemoryUse memory() {
        return new MemoryUse(0, takenTokens, 0);
    }

    @Override
    public Optional<DeviceInfo> device() {
        return Optional.empty();
    }

    @Override
    public FakeSequence newSequence(int capacity) {
        if (capacity < 1 || capacity > config.maxPositions()) {
            throw new IllegalArgumentException("capacity " + capacity);
        }
        if (capacity > room()) {
            throw new ModelException("no room for " + capacity + " tokens");
        }
        openSequences++;
        takenTokens += capacity;
        return new FakeSequence(capacity);
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
        FakeSequence fake = (FakeSequence) sequence;
        if (fake.tokens.size() + tokens.length > fake.capacity) {
            throw new ContextOverflowException(fake.tokens.size(), tokens.length, fake.capacity);
        }
        List<float[]> rows = new ArrayList<>();
        List<Integer> call = new ArrayList<>();
        for (int token : tokens) {
            fake.tokens.add(token);
            call.add(token);
            rows.add(model.apply(fake.tokens));
        }
        calls.add(call);
        List<float[]> wanted = at == LogitsAt.ALL ? rows : List.of(rows.getLast());
        return new FakeLogits(wanted, Collections.nCopies(wanted.size(), choice));
    }

    @Override
    public Logits decode(List<? extends Sequence> sequences, int[] tokens, List<Choice> choices) {
        List<float[]> rows = new ArrayList<>();
        for (int i = 0; i < tokens.length; i++) {
            FakeSequence fake = (FakeSequence) sequences.get(i);
            if (fake.tokens.size() == fake.capacity) {
                throw new ContextOverflowException(fake.tokens.size(), 1, fake.capacity);
            }
            fake.tokens.add(tokens[i]);
            rows.add(model.apply(fake.tokens));
        }
        calls.add(Arrays.stream(tokens).boxed().toList());
        return new FakeLogits(rows, choices);
    }

    @Override
    public void close() {
    }

    final class FakeSequence implements Sequence {

        final List<Integer> tokens = new ArrayList<>();
        private final int capacity;

        private FakeSequence(int capacity) {
            this.capacity = capacity;
        }

        @Override
        public int length() {
            return tokens.size();
        }

        @Override
        public int capacity() {
            return capacity;
        }

        @Override
        public void truncate(int length) {
            tokens.subList(length, tokens.size()).clear();
        }

        @Override
        public void close() {
            openSequences--;
            takenTokens -= capacity;
        }
    }

    private record FakeLogits(List<float[]> all, List<Choice> choices) implements Logits {

        @Override
        public int rows() {
            return all.size();
        }

        @Override
        public void copyRow(int row, float[] out) {
            System.arraycopy(all.get(row), 0, out, 0, out.length);
        }

        @Override
        public int chosen(int row) {
            return new Sampler().sample(all.get(row), choices.get(row));
        }
    }
}
