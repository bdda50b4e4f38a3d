package zipserv.model.cpu;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.lang.foreign.Arena;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import java.util.Random;
import java.util.function.UnaryOperator;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.function.Executable;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

import zipserv.codec.Codecs;
import zipserv.codec.CompressedMatrix;
import zipserv.codec.WeightFormat;
import zipserv.model.Engine.ContextOverflowException;
import zipserv.model.Engine.Logits;
import zipserv.model.Engine.LogitsAt;
import zipserv.model.Engine.Sequence;
import zipserv.model.ModelConfig;
import zipserv.model.ModelException;
import zipserv.model.ModelWeights;
import zipserv.model.sampling.Choice;
import zipserv.model.sampling.Sampler;
import zipserv.model.sampling.SamplingParameters;

class CpuEngineTest {

    static List<ModelConfig> configs() {
        return List.of(RandomModel.PLAIN, RandomModel.FULL);
    }

    private static CpuEngine engine(ModelConfig config, int threads) {
        return new CpuEngine(config, RandomModel.weights(config), threads);
    }

    private static int[] tokens(ModelConfig config, int count, int seed) {
        return new Random(seed).ints(count, 0, config.vocabularySize()).toArray();
    }

    private static float[][] rows(CpuEngine engine, Logits logits) {
        float[][] rows = new float[logits.rows()][engine.config().vocabularySize()];
        for (int i = 0; i < rows.length; i++) {
            logits.copyRow(i, rows[i]);
        }
        return rows;
    }

    private static float[][] prefill(CpuEngine engine, int[] tokens) {
        try (Sequence sequence = engine.newSequence(tokens.length)) {
            return rows(engine, engine.prefill(sequence, tokens, LogitsAt.ALL));
        }
    }

    private static void assertSameBits(float[] expected, float[] actual) {
        assertEquals(expected.length, actual.length);
        for (int i = 0; i < expected.length; i++) {
            assertEquals(Float.floatToRawIntBits(expected[i]), Float.floatToRawIntBits(actual[i]));
        }
    }

    private static void assertSameBits(float[][] expected, float[][] actual) {
        assertEquals(expected.length, actual.length);
        for (int i = 0; i < expected.length; i++) {
            assertSameBits(expected[i], actual[i]);
        }
    }

    @ParameterizedTest
    @MethodSource("configs")
    void agreesWithPlainLoopsInDouble(ModelConfig config) {
        ModelWeights weights = RandomModel.weights(config);
        int[] tokens = tokens(config, 90, 1);
        double[][] expected = ReferenceModel.logits(config, weights, tokens);
        try (CpuEngine engine = new CpuEngine(config, weights, 2)) {
            float[][] actual = prefill(engine, tokens);
            double worst = 0;
            for (int t = 0; t < tokens.length; t++) {
                for (int i = 0; i < actual[t].length; i++) {
                    worst = Math.max(worst, Math.abs(expected[t][i] - actual[t][i]));
                }
            }
            double deviation = worst;
            assertTrue(deviation < 1e-4, () -> "largest deviation " + deviation);
        }
    }

    @ParameterizedTest
    @MethodSource("configs")
    void threadsDoNotChangeABit(ModelConfig config) {
        int[] tokens = tokens(config, 70, 2);
        float[][] expected;
        try (CpuEngine engine = engine(config, 1)) {
            expected = prefill(engine, tokens);
            assertSameBits(expected, prefill(engine, tokens));
        }
        for (int threads : new int[] {2, 3, 4}) {
            try (CpuEngine engine = engine(config, threads)) {
                assertSameBits(expected, prefill(engine, tokens));
            }
        }
    }

    @ParameterizedTest
    @MethodSource("configs")
    void tilesDoNotChangeABit(ModelConfig config) {
        int[] tokens = tokens(config, 5, 3);
        ModelWeights weights = RandomModel.weights(config);
        UnaryOperator<CompressedMatrix> otherTiles = matrix -> ((TiledMatrix) matrix).withTiles(10, 48);
        try (CpuEngine engine = new CpuEngine(config, weights, 2);
             CpuEngine other = new CpuEngine(config, RandomModel.stored(weights, otherTiles), 2)) {
            assertSameBits(prefill(engine, tokens), prefill(other, tokens));
        }
    }

    @ParameterizedTest
    @MethodSource("configs")
    void formatsDoNotChangeABit(ModelConfig config) {
        int[] tokens = tokens(config, 37, 9);
        ModelWeights weights = RandomModel.weights(config);
        try (CpuEngine engine = new CpuEngine(config, weights, 1); Arena arena = Arena.ofShared()) {
            float[][] expected = prefill(engine, tokens);
            for (WeightFormat format : WeightFormat.values()) {
                UnaryOperator<CompressedMatrix> encode = matrix ->
                        Codecs.of(format).encode(((TiledMatrix) matrix).toBf16(), arena, 1);
                try (CpuEngine other = new CpuEngine(config, RandomModel.stored(weights, encode), 2)) {
                    assertSameBits(expected, prefill(other, tokens));
                }
            }
        }
    }

    /** Longer than a forward pass, in pieces that begin and end anywhere, and a token at a time. */
    @ParameterizedTest
    @MethodSource("configs")
    void chunksAndStepsDoNotChangeABit(ModelConfig config) {
        int[] tokens = tokens(config, CpuEngine.MAX_ROWS + 90, 4);
        try (CpuEngine engine = engine(config, 2)) {
            float[][] expected = prefill(engine, tokens);
            try (Sequence sequence = engine.newSequence(tokens.length)) {
                int[] sizes = {1, 2, 63, 64, 65, 130, tokens.length - 325};
                int from = 0;
                for (int size : sizes) {
                    Logits last = engine.prefill(sequence, Arrays.copyOfRange(tokens, from, from + size),
                            LogitsAt.LAST);
                    from += size;
                    assertEquals(1, last.rows());
                    assertSameBits(expected[from - 1], rows(engine, last)[0]);
                }
                assertEquals(tokens.length, sequence.length());
            }
            try (Sequence sequence = engine.newSequence(tokens.length)) {
                for (int t = 0; t < 150; t++) {
                    Logits step = engine.decode(List.of(sequence), new int[] {tokens[t]});
                    assertSameBits(expected[t], rows(engine, step)[0]);
                }
            }
        }
    }

    /** Sequences of different lengths in one batch, each as if it were alone. */
    @ParameterizedTest
    @MethodSource("configs")
    void batchDoesNotChangeABit(ModelConfig config) {
        int[][] texts = new int[7][];
        for (int i = 0; i < texts.length; i++) {
            texts[i] = tokens(config, 12 + 31 * i, 10 + i);
        }
        try (CpuEngine engine = engine(config, 2)) {
            float[][][] expected = new float[texts.length][][];
            List<Sequence> sequences = new ArrayList<>();
            for (int i = 0; i < texts.length; i++) {
                expected[i] = prefill(engine, texts[i]);
                Sequence sequence = engine.newSequence(texts[i].length);
                engine.prefill(sequence, Arrays.copyOf(texts[i], texts[i].length - 8), LogitsAt.LAST);
                sequences.add(sequence);
            }
            for (int step = 8; step > 0; step--) {
                int back = step;
                int[] next = Arrays.stream(texts).mapToInt(text -> text[text.length - back]).toArray();
                float[][] actual = rows(engine, engine.decode(sequences, next));
                for (int i = 0; i < texts.length; i++) {
                    assertSameBits(expected[i][texts[i].length - step], actual[i]);
                }
            }
        }
    }

    @Test
    void truncatedSequenceGoesOnAsIfNothingHadBeen() {
        int[] tokens = tokens(RandomModel.PLAIN, 140, 5);
        int[] other = tokens(RandomModel.PLAIN, 100, 6);
        try (CpuEngine engine = engine(RandomModel.PLAIN, 2)) {
            float[][] expected = prefill(engine, tokens);
            Sequence sequence = engine.newSequence(140);
            engine.prefill(sequence, Arrays.copyOf(tokens, 30), LogitsAt.LAST);
            engine.prefill(sequence, other, LogitsAt.LAST);
            sequence.truncate(30);
            float[][] rest = rows(engine,
                    engine.prefill(sequence, Arrays.copyOfRange(tokens, 30, 140), LogitsAt.ALL));
            for (int t = 30; t < 140; t++) {
                assertSameBits(expected[t], rest[t - 30]);
            }
            assertThrows(IllegalArgumentException.class, () -> sequence.truncate(141));
        }
    }

    /** What the engine chooses is what a sampler chooses from its logits, each row by its own choice. */
    @Test
    void choicesAreMadeFromTheLogits() {
        SamplingParameters warm = new SamplingParameters(1.5, 40, 0.9, 0.01, 1);
        Sampler sampler = new Sampler();
        float[] row = new float[RandomModel.FULL.vocabularySize()];
        try (CpuEngine engine = engine(RandomModel.FULL, 2);
                Sequence a = engine.newSequence(30);
                Sequence b = engine.newSequence(30)) {
            Choice choice = Choice.first(warm, 7);
            engine.prefill(b, tokens(RandomModel.FULL, 2, 1), LogitsAt.LAST);
            Logits prompt = engine.prefill(a, tokens(RandomModel.FULL, 3, 2), choice);
            prompt.copyRow(0, row);
            int token = prompt.chosen(0);
            assertEquals(sampler.sample(row, choice), token);
            boolean differ = false;
            for (int step = 0; step < 10; step++) {
                choice = choice.next();
                Logits logits = engine.decode(List.of(a, b), new int[] {token, 5}, List.of(choice, Choice.greedy()));
                logits.copyRow(0, row);
                token = logits.chosen(0);
                assertEquals(sampler.sample(row, choice), token);
                differ |= token != sampler.sample(row, Choice.greedy());
                logits.copyRow(1, row);
                assertEquals(sampler.sample(row, Choice.greedy()), logits.chosen(1));
            }
            assertTrue(differ, "sampling takes other tokens than argmax");
            assertRefused("1 choices for 2 rows",
                    () -> engine.decode(List.of(a, b), new int[] {1, 2}, List.of(Choice.greedy())));
        }
    }

    @Test
    void logitsRowsCanBeReadInAnyOrder() {
        int[] tokens = tokens(RandomModel.FULL, 9, 7);
        try (CpuEngine engine = engine(RandomModel.FULL, 1); Sequence sequence = engine.newSequence(9)) {
            float[][] expected = prefill(engine, tokens);
            List<Choice> greedy = Collections.nCopies(9, Choice.greedy());
            Logits blocks = new CpuLogits(greedy, new Rows(2, 3), (first, count, out) -> {
                for (int row = 0; row < count; row++) {
                    Arrays.fill(out.data, out.offset(row), out.offset(row) + 3, first + row);
                }
            }, new Sampler());
            for (int row : new int[] {8, 0, 1, 3, 2, 8, 7}) {
                float[] values = new float[3];
                blocks.copyRow(row, values);
                assertArrayEquals(new float[] {row, row, row}, values);
                assertEquals(0, blocks.chosen(row), "lowest index among equals");
            }
            assertThrows(IndexOutOfBoundsException.class, () -> blocks.chosen(9));
            Logits logits = engine.prefill(sequence, tokens, LogitsAt.ALL);
            float[] row = new float[RandomModel.FULL.vocabularySize()];
            logits.copyRow(4, row);
            assertSameBits(expected[4], row);
        }
    }

    @Test
    void overflowLeavesAllSequencesUnchanged() {
        try (CpuEngine engine = engine(RandomModel.PLAIN, 1)) {
            Sequence full = engine.newSequence(3);
            Sequence roomy = engine.newSequence(10);
            engine.prefill(full, new int[] {1, 2}, LogitsAt.LAST);
            assertEquals("context is full: 2 tokens + 2 new ones exceed the capacity of 3",
                    assertThrows(ContextOverflowException.class,
                            () -> engine.prefill(full, new int[] {3, 4}, LogitsAt.LAST)).getMessage());
            assertEquals(2, full.length());
            engine.prefill(full, new int[] {3}, LogitsAt.LAST);
            assertThrows(ContextOverflowException.class,
                    () -> engine.decode(List.of(roomy, full), new int[] {1, 2}));
            assertEquals(0, roomy.length());
            assertEquals(3, full.length());
        }
    }

    @Test
    void memoryThatRunsOutIsNamed() {
        // A page of one layer takes 2 GB, all that the tests have.
        ModelConfig config = new ModelConfig(RandomModel.PLAIN.architecture(), 1, 1, 1, 1 << 16, 1 << 16, 128, 1, 10,
                1, RandomModel.PLAIN.rope(), true, false, false, false, false);
        CpuSequence sequence = new CpuSequence(null, config, 10);
        assertEquals("no memory left for the key/value cache of 3 tokens, 67108864 bytes each;"
                + " allow a larger heap with -Xmx",
                assertThrows(ModelException.class, () -> sequence.reserve(3)).getMessage());
        assertEquals(0, sequence.length());
    }

    @Test
    void misuseIsRefused() {
        try (CpuEngine engine = engine(RandomModel.PLAIN, 1); CpuEngine other = engine(RandomModel.PLAIN, 1)) {
            Sequence sequence = engine.newSequence(10);
            assertRefused("capacity of 0 tokens, expected 1 to 1200", () -> engine.newSequence(0));
            assertRefused("capacity of 1201 tokens, expected 1 to 1200", () -> engine.newSequence(1201));
            assertRefused("no tokens to append", () -> engine.prefill(sequence, new int[0], LogitsAt.LAST));
            assertRefused("token 301, expected 0 to 300",
                    () -> engine.prefill(sequence, new int[] {301}, LogitsAt.LAST));
            assertRefused("token -1, expected 0 to 300", () -> engine.decode(List.of(sequence), new int[] {-1}));
            assertRefused("a sequence occurs twice in the batch",
                    () -> engine.decode(List.of(sequence, sequence), new int[] {1, 2}));
            assertRefused("the sequence belongs to another engine",
                    () -> other.prefill(sequence, new int[] {1}, LogitsAt.LAST));
            assertRefused("batch of 1 sequences and 2 tokens, expected as many of both, 1 to 512",
                    () -> engine.decode(List.of(sequence), new int[] {1, 2}));
            assertEquals(0, sequence.length());

            Logits first = engine.prefill(sequence, new int[] {1}, LogitsAt.LAST);
            engine.decode(List.of(sequence), new int[] {2});
            assertThrows(IllegalStateException.class, () -> first.chosen(0));
            sequence.close();
            assertThrows(IllegalStateException.class,
                    () -> engine.prefill(sequence, new int[] {1}, LogitsAt.LAST));
        }
    }

    private static void assertRefused(String message, Executable call) {
        assertEquals(message, assertThrows(IllegalArgumentException.class, call).getMessage());
    }
}
