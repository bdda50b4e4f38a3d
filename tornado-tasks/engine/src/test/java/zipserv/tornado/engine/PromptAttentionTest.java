package zipserv.tornado.engine;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.Arrays;
import java.util.Optional;
import java.util.Random;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.MethodSource;
import uk.ac.manchester.tornado.api.types.arrays.IntArray;
import zipserv.model.ModelConfig;
import zipserv.model.ModelConfig.Architecture;
import zipserv.model.ModelConfig.Rope;
import zipserv.tornado.kernels.HostArrays;

/** Attention of prompts against plain loops in double, with NaN wherever the cache has nothing of the sequence. */
class PromptAttentionTest {

    private static final int FIRST_SLOT = 3;

    private final Random random = new Random(11);

    private static ModelConfig config(int headDim, int kvHeads, int group) {
        return new ModelConfig(Architecture.LLAMA, 64, 64, 1, kvHeads * group, kvHeads, headDim, 90, 300, 1e-5f,
                new Rope(10_000, Optional.empty()), true, false, false, false, false);
    }

    /** A step of a prompt. The cache has {@code parts} parts, as {@link #run} does for activations. */
    private record Step(ModelConfig config, ActivationFormat cache, int start, int before, int tokens, int behind,
            float[] q, IntArray keys, IntArray values) {

        int rows() {
            return before + tokens + behind;
        }

        int slots() {
            return FIRST_SLOT + start + tokens + 5;
        }
    }

    private Step step(ModelConfig config, ActivationFormat cache, int start, int before, int tokens, int behind) {
        Step empty = new Step(config, cache, start, before, tokens, behind, null, null, null);
        float[] q = new float[empty.rows() * EngineTasks.qkvWidth(config)];
        for (int i = 0; i < q.length; i++) {
            q[i] = (float) random.nextGaussian();
        }
        return new Step(config, cache, start, before, tokens, behind, q, cache(empty), cache(empty));
    }

    private IntArray cache(Step step) {
        int width = step.config.kvWidth();
        float[] elements = new float[step.cache.parts() * step.slots() * width];
        Arrays.fill(elements, Float.NaN);
        for (int part = 0; part < step.cache.parts(); part++) {
            for (int i = 0; i < (step.start + step.tokens) * width; i++) {
                elements[(part * step.slots() + FIRST_SLOT) * width + i] =
                        (float) random.nextGaussian() / (part == 0 ? 1 : 400);
            }
        }
        return KernelRun.bf16(elements);
    }

    private static IntArray run(Step step, ActivationFormat format) {
        StepInput input = KernelRun.input(step.rows());
        for (int row = 0; row < step.tokens; row++) {
            input.set(step.before + row, 1, step.start + row, FIRST_SLOT);
        }
        IntArray queries = KernelRun.bits(step.q);
        IntArray out = HostArrays.ints(format.parts() * step.rows() * ActivationRows.rowWords(step.config.queryWidth()));
        KernelRun.run(format, step.cache, new Object[] {input.words(), queries, step.keys, step.values},
                new Object[] {out}, (tasks, graph) -> tasks.attendPrompt("attend", input, queries, step.keys,
                step.values, out, step.config, step.slots(), step.rows()));
        return out;
    }

    private static double part(ActivationFormat format, IntArray array, int i) {
        double value = KernelRun.bf16(array, i);
        return format == ActivationFormat.BF16 ? value : value + KernelRun.bf16(array, array.getSize() + i);
    }

    /** The largest difference from the exact result, of elements of at most about 1. */
    private static double difference(Step step, ActivationFormat format) {
        IntArray out = run(step, format);
        ModelConfig config = step.config;
        int rowElements = 2 * ActivationRows.rowWords(config.queryWidth());
        int d = config.headDim();
        double worst = 0;
        for (int row = 0; row < step.rows(); row++) {
            int length = step.start + row - step.before + 1;
            boolean idle = row < step.before || row >= step.before + step.tokens;
            for (int head = 0; head < rowElements / d; head++) {
                double[] expected = idle || head >= config.heads() ? new double[d] : attended(step, row, head, length);
                for (int i = 0; i < d; i++) {
                    double found = part(format, out, row * rowElements + head * d + i);
                    worst = Math.max(worst, Math.abs(expected[i] - found));
                    assertFalse(Double.isNaN(found), "row " + row + ", head " + head + ", element " + i);
                    assertTrue(!idle || found == 0, "a row without work");
                }
            }
            for (int i = config.queryWidth(); i < rowElements; i++) {
                assertEquals(0.0, part(format, out, row * rowElements + i), "padding");
            }
        }
        return worst;
    }

    private static double[] attended(Step step, int row, int head, int length) {
        ModelConfig config = step.config;
        int d = config.headDim();
        int kvHead = head / (config.heads() / config.kvHeads());
        int query = row * EngineTasks.qkvWidth(config) + head * d;
        double[] scores = new double[length];
        for (int position = 0; position < length; position++) {
            int at = ((FIRST_SLOT + position) * config.kvHeads() + kvHead) * d;
            for (int i = 0; i < d; i++) {
                scores[position] += step.q[query + i] * part(step.cache, step.keys, at + i) / Math.sqrt(d);
            }
        }
        return SoftmaxSum.of(scores, d, (position, i) -> part(step.cache, step.values,
                ((FIRST_SLOT + position) * config.kvHeads() + kvHead) * d + i));
    }

    /** All widths and sizes of groups; first positions in all places of a tile; rows without work on both sides. */
    private static final int[][] CASES = {{16, 3, 1, 0, 0, 5, 0}, {32, 1, 2, 64, 1, 9, 0}, {48, 2, 3, 33, 0, 1, 6},
        {64, 2, 4, 63, 0, 20, 0}, {80, 1, 5, 31, 2, 7, 3}, {96, 1, 6, 0, 0, 70, 2}, {112, 1, 7, 100, 25, 2, 5},
        {128, 2, 8, 127, 0, 3, 0}, {128, 1, 1, 5, 0, 65, 1}};

    static Stream<Arguments> cases() {
        return Arrays.stream(ActivationFormat.values()).flatMap(format -> Arrays.stream(CASES)
                .map(numbers -> Arguments.of(format, numbers)));
    }

    @ParameterizedTest
    @MethodSource("cases")
    void isTheSumOfValues(ActivationFormat format, int[] numbers) {
        ModelConfig config = config(numbers[0], numbers[1], numbers[2]);
        assertTrue(PromptAttention.fits(config));
        double worst = difference(step(config, format, numbers[3], numbers[4], numbers[5], numbers[6]), format);
        assertTrue(worst < (format == ActivationFormat.BF16 ? 2e-2 : 5e-5), "difference of " + worst);
    }

    /** Two parts of activations make up for nothing that a cache of one has lost, and lose nothing either. */
    @Test
    void activationsAndCacheMayDiffer() {
        ModelConfig config = config(64, 1, 3);
        double plainCache = difference(step(config, ActivationFormat.BF16, 70, 0, 6, 0), ActivationFormat.BF16X2);
        assertTrue(plainCache < 5e-5, "difference of " + plainCache);
        double plainOut = difference(step(config, ActivationFormat.BF16X2, 70, 0, 6, 0), ActivationFormat.BF16);
        assertTrue(plainOut < 1e-2, "difference of " + plainOut);
    }

    /** A row's bits are the same wherever it stands in a step, and whatever follows it. */
    @ParameterizedTest
    @EnumSource
    void bitsDependOnThePositionOnly(ActivationFormat format) {
        ModelConfig config = config(32, 1, 2);
        int start = 40;
        int tokens = 41;
        Step whole = step(config, format, start, 0, tokens, 0);
        int stride = EngineTasks.qkvWidth(config);
        int rowWords = ActivationRows.rowWords(config.queryWidth());
        IntArray all = run(whole, format);
        for (int from : new int[] {0, 13, 40}) {
            int count = Math.min(3, tokens - from);
            int before = from / 3;
            float[] q = new float[(before + count) * stride];
            System.arraycopy(whole.q, from * stride, q, before * stride, count * stride);
            Step few = new Step(config, format, start + from, before, count, 0, q, cut(whole, whole.keys, from + count),
                    cut(whole, whole.values, from + count));
            IntArray found = run(few, format);
            for (int part = 0; part < format.parts(); part++) {
                int at = (part * tokens + from) * rowWords;
                int own = (part * few.rows() + before) * rowWords;
                assertArrayEquals(Arrays.copyOfRange(all.toHeapArray(), at, at + count * rowWords),
                        Arrays.copyOfRange(found.toHeapArray(), own, own + count * rowWords), "rows from " + from);
            }
        }
    }

    /** A cache of as many slots as a step of fewer tokens has. */
    private static IntArray cut(Step whole, IntArray cache, int tokens) {
        int slotWords = whole.config.kvWidth() / 2;
        int slots = FIRST_SLOT + whole.start + tokens + 5;
        IntArray shorter = HostArrays.ints(whole.cache.parts() * slots * slotWords);
        for (int part = 0; part < whole.cache.parts(); part++) {
            for (int i = 0; i < slots * slotWords; i++) {
                int from = part * whole.slots() * slotWords + Math.min(i, whole.slots() * slotWords - 1);
                shorter.set(part * slots * slotWords + i, cache.get(from));
            }
        }
        return shorter;
    }

    /** Large scores of either sign: the largest decides, and nothing overflows. */
    @Test
    void largeScores() {
        ModelConfig config = config(16, 1, 1);
        Step step = step(config, ActivationFormat.BF16X2, 66, 0, 4, 0);
        for (int i = 0; i < step.q.length; i++) {
            step.q[i] *= i / EngineTasks.qkvWidth(config) % 2 == 0 ? 200 : -200;
        }
        double worst = difference(step, ActivationFormat.BF16X2);
        assertTrue(worst < 2e-2, "difference of " + worst);
    }

    @Test
    void otherWidthsDoNotFit() {
        assertFalse(PromptAttention.fits(config(20, 1, 1)));
        assertFalse(PromptAttention.fits(config(144, 1, 1)));
    }
}
