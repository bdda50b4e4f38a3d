package zipserv.tornado.engine;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.Random;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;
import zipserv.codec.WeightFormat;
import zipserv.model.Engine;
import zipserv.model.Engine.Logits;
import zipserv.model.Engine.LogitsAt;
import zipserv.model.Engine.Sequence;
import zipserv.model.ModelConfig;
import zipserv.model.ModelException;
import zipserv.model.cpu.CpuEngine;
import zipserv.tornado.cuda.LaunchRunner;
import zipserv.tornado.kernels.PrefillPlan;

/** The whole engine on tiny models, against the CPU engine and against itself. */
class TornadoEngineTest {

    /** Keys and values in BF16 against fp32 ones. */
    private static final float TOLERANCE = 2e-2f;
    private static final EngineLimits LIMITS = new EngineLimits(240, ActivationFormat.BF16, ActivationFormat.BF16X2,
            List.of(4, 12)).withWarpgroups(LaunchRunner.runsHopperKernels());

    static Stream<ModelConfig> models() {
        return Stream.of(RandomModel.LLAMA, RandomModel.QWEN3, RandomModel.QWEN2);
    }

    private static TornadoEngine engine(ModelConfig config, WeightFormat format) {
        return new TornadoEngine("emulator", config, RandomModel.weights(config, format), LIMITS);
    }

    private static int[] tokens(ModelConfig config, int count, long seed) {
        return new Random(seed).ints(count, 0, config.vocabularySize()).toArray();
    }

    private static float[] row(Logits logits, int row, ModelConfig config) {
        float[] values = new float[config.vocabularySize()];
        logits.copyRow(row, values);
        return values;
    }

    @ParameterizedTest
    @MethodSource("models")
    void logitsAreTheCpuEngines(ModelConfig config) {
        int[] prompt = tokens(config, 21, 1);
        try (Engine cpu = new CpuEngine(config, RandomModel.weights(config, WeightFormat.RAW), 1);
                Engine engine = engine(config, WeightFormat.TCA_TBE);
                Sequence expectedSequence = cpu.newSequence(30);
                Sequence sequence = engine.newSequence(30)) {
            Logits expected = cpu.prefill(expectedSequence, prompt, LogitsAt.ALL);
            Logits found = engine.prefill(sequence, prompt, LogitsAt.ALL);
            assertEquals(21, found.rows());
            for (int i = 0; i < prompt.length; i++) {
                assertClose(row(expected, i, config), row(found, i, config), "token " + i);
                assertEquals(argmax(row(found, i, config)), found.chosen(i));
            }
            int next = expected.chosen(20);
            for (int step = 0; step < 3; step++) {
                expected = cpu.decode(List.of(expectedSequence), new int[] {next});
                found = engine.decode(List.of(sequence), new int[] {next});
                assertClose(row(expected, 0, config), row(found, 0, config), "step " + step);
                next = expected.chosen(0);
            }
            assertEquals(24, sequence.length());
        }
    }

    @ParameterizedTest
    @MethodSource("models")
    void compressedAndUncompressedWeightsGiveTheSameBits(ModelConfig config) {
        List<float[]> uncompressed = run(config, WeightFormat.RAW);
        for (WeightFormat format : List.of(WeightFormat.TCA_TBE, WeightFormat.FRAG11)) {
            List<float[]> compressed = run(config, format);
            assertEquals(compressed.size(), uncompressed.size());
            for (int i = 0; i < compressed.size(); i++) {
                assertArrayEquals(bits(compressed.get(i)), bits(uncompressed.get(i)), format + ", logits " + i);
            }
        }
    }

    /** Prefills of several lengths, then steps of one sequence and of a batch. */
    private static List<float[]> run(ModelConfig config, WeightFormat format) {
        List<float[]> all = new ArrayList<>();
        try (Engine engine = engine(config, format)) {
            List<Sequence> batch = new ArrayList<>();
            for (int i = 0; i < 10; i++) {
                batch.add(engine.newSequence(24));
                int[] prompt = tokens(config, i < 4 ? 1 + 6 * i : 2, i);
                all.add(row(engine.prefill(batch.get(i), prompt, LogitsAt.LAST), 0, config));
            }
            all.add(row(engine.decode(batch.subList(2, 3), new int[] {5}), 0, config));
            Logits logits = engine.decode(batch, tokens(config, batch.size(), 99));
            for (int i = 0; i < batch.size(); i++) {
                all.add(row(logits, i, config));
            }
        }
        return all;
    }

    /** Steps that a GPU runs before they are asked for have the bits of those that it does not. */
    @Test
    void greedyTextsDoNotDependOnWhoReadsTheirLogits() {
        ModelConfig config = RandomModel.LLAMA;
        EngineLimits limits = new EngineLimits(60, ActivationFormat.BF16, ActivationFormat.BF16X2, List.of(2));
        try (Engine engine = new TornadoEngine("emulator", config, RandomModel.weights(config, WeightFormat.FRAG11),
                limits)) {
            List<float[]> looked = greedy(engine, config, true);
            List<float[]> ahead = greedy(engine, config, false);
            for (int i = 0; i < ahead.size(); i++) {
                assertArrayEquals(bits(looked.get(i)), bits(ahead.get(i)), "result " + i);
            }
        }
    }

    /** The tokens of two texts, and the logits at their ends. */
    private static List<float[]> greedy(Engine engine, ModelConfig config, boolean looking) {
        List<Sequence> batch = new ArrayList<>();
        List<float[]> results = new ArrayList<>();
        int[] next = new int[2];
        for (int i = 0; i < next.length; i++) {
            batch.add(engine.newSequence(20));
            next[i] = engine.prefill(batch.get(i), tokens(config, 2 + i, i), LogitsAt.LAST).chosen(0);
        }
        Logits logits = null;
        for (int step = 0; step < 6; step++) {
            logits = engine.decode(batch, next);
            next = new int[next.length];
            float[] chosen = new float[next.length];
            for (int i = 0; i < next.length; i++) {
                if (looking) {
                    row(logits, i, config);
                }
                next[i] = logits.chosen(i);
                chosen[i] = next[i];
            }
            results.add(chosen);
        }
        for (int i = 0; i < next.length; i++) {
            results.add(row(logits, i, config));
        }
        batch.forEach(Sequence::close);
        return results;
    }

    /**
     * Steps of more than 64 rows in the products, which single warps multiply by row-major weights, and warpgroups from
     * 129 on: of 40 rows, all with logits, and of 96, which is more than a batch and computes the last row's only.
     */
    @ParameterizedTest
    @ValueSource(booleans = {false, true})
    void largeStepsAreTheCpuEnginesAndTheSameBitsForAllFormats(boolean warpgroups) {
        assumeTrue(!warpgroups || LaunchRunner.runsHopperKernels(), "a GPU of compute capability 9.0");
        ModelConfig config = RandomModel.QWEN2;
        EngineLimits limits = new EngineLimits(300, ActivationFormat.BF16X2, ActivationFormat.BF16X2,
                List.of(1, 40, 96)).withWarpgroups(warpgroups);
        int[] shorter = tokens(config, 33, 11);
        int[] longer = tokens(config, 129, 12);
        List<float[]> expected;
        try (Engine cpu = new CpuEngine(config, RandomModel.weights(config, WeightFormat.RAW), 1)) {
            expected = largeSteps(cpu, shorter, longer);
        }
        List<float[]> uncompressed = null;
        for (WeightFormat format : List.of(WeightFormat.RAW, WeightFormat.TCA_TBE, WeightFormat.FRAG11)) {
            try (TornadoEngine engine = new TornadoEngine("emulator", config, RandomModel.weights(config, format),
                    limits)) {
                assertEquals(40, engine.maxBatch());
                List<float[]> found = largeSteps(engine, shorter, longer);
                for (int i = 0; i < found.size(); i++) {
                    assertClose(expected.get(i), found.get(i), format + ", logits " + i);
                    if (uncompressed != null) {
                        assertArrayEquals(bits(uncompressed.get(i)), bits(found.get(i)), format + ", logits " + i);
                    }
                }
                uncompressed = found;
            }
        }
    }

    /** SwiGLU within the product of gate and up, and as a launch of its own behind the other kernel's product. */
    @Test
    void promptsHaveTheSameBitsWithAndWithoutSwiGluInTheProduct() {
        assumeTrue(LaunchRunner.runsHopperKernels(), "a GPU of compute capability 9.0");
        EngineLimits limits = new EngineLimits(80, ActivationFormat.BF16, ActivationFormat.BF16X2, List.of(1, 70),
                true);
        float[] together = lastLogits(WeightFormat.TCA_TBE, limits);
        System.setProperty(PrefillPlan.KERNEL, PrefillPlan.WARPS);
        try {
            assertTrue(!limits.gated(70));
            assertArrayEquals(bits(lastLogits(WeightFormat.FRAG11, limits)), bits(together));
        } finally {
            System.clearProperty(PrefillPlan.KERNEL);
        }
        assertTrue(limits.gated(70));
    }

    /** The logits behind a prompt of one step. */
    private static float[] lastLogits(WeightFormat format, EngineLimits limits) {
        ModelConfig config = RandomModel.LLAMA;
        try (Engine engine = new TornadoEngine("emulator", config, RandomModel.weights(config, format), limits);
                Sequence sequence = engine.newSequence(80)) {
            return row(engine.prefill(sequence, tokens(config, 66, 21), LogitsAt.LAST), 0, config);
        }
    }

    /** A prompt with all logits, two with the last ones only, a step of both sequences. */
    private static List<float[]> largeSteps(Engine engine, int[] shorter, int[] longer) {
        ModelConfig config = engine.config();
        List<float[]> all = new ArrayList<>();
        try (Sequence first = engine.newSequence(shorter.length + 42);
                Sequence second = engine.newSequence(longer.length + 1)) {
            Logits logits = engine.prefill(first, shorter, LogitsAt.ALL);
            for (int i = 0; i < shorter.length; i++) {
                all.add(row(logits, i, config));
                assertEquals(argmax(all.getLast()), logits.chosen(i));
            }
            // Fills part of a step of 96.
            logits = engine.prefill(first, tokens(config, 41, 13), LogitsAt.LAST);
            all.add(row(logits, 0, config));
            assertEquals(argmax(all.getLast()), logits.chosen(0));
            // One step of 96 and one of 40.
            all.add(row(engine.prefill(second, longer, LogitsAt.LAST), 0, config));
            logits = engine.decode(List.of(first, second), new int[] {7, 8});
            all.add(row(logits, 0, config));
            all.add(row(logits, 1, config));
        }
        return all;
    }

    /** Other sequences of a step change no bit; a prompt at once and token by token agree, but add up in another order. */
    @ParameterizedTest
    @MethodSource("models")
    void prefillStepsAndBatchesAgree(ModelConfig config) {
        int[] text = tokens(config, 19, 3);
        try (Engine engine = engine(config, WeightFormat.FRAG11);
                Sequence whole = engine.newSequence(20);
                Sequence single = engine.newSequence(21);
                Sequence other = engine.newSequence(22)) {
            float[] prompt = row(engine.prefill(whole, text, LogitsAt.LAST), 0, config);

            engine.prefill(single, Arrays.copyOf(text, 14), LogitsAt.LAST);
            for (int i = 14; i < 18; i++) {
                engine.decode(List.of(single), new int[] {text[i]});
            }
            assertClose(prompt, row(engine.decode(List.of(single), new int[] {text[18]}), 0, config),
                    "token by token");

            engine.prefill(other, tokens(config, 9, 4), LogitsAt.LAST);
            whole.truncate(18);
            int[] alone = bits(row(engine.decode(List.of(whole), new int[] {text[18]}), 0, config));
            whole.truncate(18);
            Logits batch = engine.decode(List.of(other, whole), new int[] {1, text[18]});
            assertArrayEquals(alone, bits(row(batch, 1, config)), "in a batch, after a truncation");
        }
    }

    /** Prompts on Tensor Cores, but more query heads to a key/value head than {@link DecodeAttention} takes. */
    @Test
    void batchesOfModelsThatOnlyPromptsFit() {
        ModelConfig config = new ModelConfig(ModelConfig.Architecture.LLAMA, 64, 64, 1, 9, 1, 16, 90, 300, 1e-5f,
                new ModelConfig.Rope(10_000, Optional.empty()), true, false, false, false, false);
        assertTrue(PromptAttention.fits(config) && !DecodeAttention.fits(config));
        try (Engine cpu = new CpuEngine(config, RandomModel.weights(config, WeightFormat.RAW), 1);
                Engine engine = engine(config, WeightFormat.RAW)) {
            List<Sequence> expected = new ArrayList<>();
            List<Sequence> batch = new ArrayList<>();
            for (int i = 0; i < 3; i++) {
                expected.add(cpu.newSequence(20));
                batch.add(engine.newSequence(20));
                int[] prompt = tokens(config, 9 - 3 * i, i);
                assertClose(row(cpu.prefill(expected.get(i), prompt, LogitsAt.LAST), 0, config),
                        row(engine.prefill(batch.get(i), prompt, LogitsAt.LAST), 0, config), "prompt " + i);
            }
            Logits wanted = cpu.decode(expected, new int[] {1, 2, 3});
            Logits found = engine.decode(batch, new int[] {1, 2, 3});
            for (int i = 0; i < 3; i++) {
                assertClose(row(wanted, i, config), row(found, i, config), "step of sequence " + i);
            }
        }
    }

    /** Steps of large batches agree with the CPU engine and, to rounding, with the attention of small ones. */
    @Test
    void largeBatchesAttendAsSmallOnesDo() {
        ModelConfig config = RandomModel.MANY_HEADS;
        EngineLimits limits = new EngineLimits(50, ActivationFormat.BF16, ActivationFormat.BF16X2, List.of(8))
                .withWarpgroups(LaunchRunner.runsHopperKernels());
        assertTrue(BatchAttention.takes(config, 8));
        List<float[]> large = batch(new TornadoEngine("emulator", config, RandomModel.weights(config,
                WeightFormat.RAW), limits));
        System.setProperty(BatchAttention.PROPERTY, "false");
        try {
            List<float[]> other = batch(new TornadoEngine("emulator", config, RandomModel.weights(config,
                    WeightFormat.RAW), limits));
            List<float[]> expected = batch(new CpuEngine(config, RandomModel.weights(config, WeightFormat.RAW), 1));
            boolean same = true;
            for (int i = 0; i < expected.size(); i++) {
                assertClose(expected.get(i), large.get(i), "logits " + i);
                assertClose(other.get(i), large.get(i), "logits " + i + " of the other kernel");
                same &= Arrays.equals(other.get(i), large.get(i));
            }
            assertTrue(!same, "there has been one kernel only");
        } finally {
            System.clearProperty(BatchAttention.PROPERTY);
        }
    }

    /** Two decode steps of sequences of different lengths. */
    private static List<float[]> batch(Engine engine) {
        List<float[]> all = new ArrayList<>();
        try (engine) {
            List<Sequence> batch = new ArrayList<>();
            for (int i = 0; i < 2; i++) {
                batch.add(engine.newSequence(12));
                engine.prefill(batch.get(i), tokens(engine.config(), 8 - 7 * i, i), LogitsAt.LAST);
            }
            for (int step = 0; step < 2; step++) {
                Logits logits = engine.decode(batch, tokens(engine.config(), 2, step));
                for (int i = 0; i < 2; i++) {
                    all.add(row(logits, i, engine.config()));
                }
            }
        }
        return all;
    }

    @Test
    void misuseIsToldAndChangesNothing() {
        ModelConfig config = RandomModel.QWEN2;
        try (TornadoEngine engine = engine(config, WeightFormat.TCA_TBE);
                Sequence sequence = engine.newSequence(4)) {
            Logits first = engine.prefill(sequence, new int[] {1, 2, 3}, LogitsAt.LAST);
            assertThrows(Engine.ContextOverflowException.class,
                    () -> engine.prefill(sequence, new int[] {1, 2}, LogitsAt.LAST));
            assertEquals(3, sequence.length());
            assertThrows(IllegalArgumentException.class, () -> engine.decode(List.of(sequence), new int[] {90}));
            assertThrows(IllegalArgumentException.class,
                    () -> engine.decode(List.of(sequence, sequence), new int[] {1, 2}));
            assertThrows(IllegalArgumentException.class, () -> engine.newSequence(301));
            assertThrows(IndexOutOfBoundsException.class, () -> first.chosen(1));
            first.chosen(0);
            engine.decode(List.of(sequence), new int[] {4});
            assertThrows(IllegalStateException.class, () -> first.chosen(0));

            Sequence large = engine.newSequence(230);
            assertEquals("no room for 7 tokens in the key/value cache: 6 of 240 are free; close other sequences or"
                    + " start with a larger -Dzipserv.cache.tokens",
                    assertThrows(ModelException.class, () -> engine.newSequence(7)).getMessage());
            large.close();
            engine.newSequence(236).close();
        }
    }

    private static int argmax(float[] row) {
        int best = 0;
        for (int i = 1; i < row.length; i++) {
            best = row[i] > row[best] ? i : best;
        }
        return best;
    }

    private static int[] bits(float[] row) {
        int[] bits = new int[row.length];
        for (int i = 0; i < row.length; i++) {
            bits[i] = Float.floatToRawIntBits(row[i]);
        }
        return bits;
    }

    private static void assertClose(float[] expected, float[] found, String where) {
        for (int i = 0; i < expected.length; i++) {
            assertEquals(expected[i], found[i], TOLERANCE, where + ", logit " + i);
        }
    }
}
