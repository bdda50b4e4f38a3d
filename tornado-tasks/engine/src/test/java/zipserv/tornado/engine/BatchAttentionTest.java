package zipserv.tornado.engine;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.Arrays;
import java.util.Optional;
import java.util.Random;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.MethodSource;
import uk.ac.manchester.tornado.api.types.arrays.FloatArray;
import uk.ac.manchester.tornado.api.types.arrays.IntArray;
import zipserv.model.ModelConfig;
import zipserv.model.ModelConfig.Architecture;
import zipserv.model.ModelConfig.Rope;
import zipserv.tornado.kernels.DeviceArrays;
import zipserv.tornado.kernels.HostArrays;

/** Attention of batches against plain loops in double, with NaN wherever the cache has nothing of a sequence. */
class BatchAttentionTest {

    /** Slots between two sequences. */
    private static final int GAP = 3;

    private final Random random = new Random(12);

    /** Groups of odd sizes have biases, and norms of queries and keys. */
    private static ModelConfig config(int headDim, int kvHeads, int group) {
        boolean all = group % 2 == 1;
        return new ModelConfig(all ? Architecture.QWEN3 : Architecture.LLAMA, 64, 64, 1, kvHeads * group, kvHeads,
                headDim, 90, 300, 1e-5f, new Rope(10_000, Optional.empty()), true, all, false, false, all);
    }

    /**
     * A decode step.
     *
     * @param lengths of the sequences, with the new token; 0 for a row without work
     * @param x       queries, keys and values; {@code parts} of activations
     */
    private record Step(ModelConfig config, ActivationFormat format, ActivationFormat cache, int[] lengths, float[] x,
            float[] bias, float[] gain, float[] turns, IntArray keys, IntArray values) {

        int rows() {
            return lengths.length;
        }

        int firstSlot(int row) {
            return GAP + Arrays.stream(lengths, 0, row).map(length -> length + GAP).sum();
        }

        int slots() {
            return firstSlot(rows());
        }

        int rowWords() {
            return ActivationRows.rowWords(config.queryWidth());
        }
    }

    private float[] random(int length, double deviation) {
        float[] values = new float[length];
        for (int i = 0; i < length; i++) {
            values[i] = (float) (random.nextGaussian() * deviation);
        }
        return values;
    }

    private Step step(ModelConfig config, ActivationFormat format, ActivationFormat cache, int... lengths) {
        int elements = lengths.length * EngineTasks.qkvWidth(config);
        float[] x = Arrays.copyOf(random(elements, 1), format.parts() * elements);
        if (format.parts() > 1) {
            System.arraycopy(random(elements, 1.0 / 512), 0, x, elements, elements);
        }
        Step empty = new Step(config, format, cache, lengths, x,
                config.qkvBias() ? random(config.queryWidth() + 2 * config.kvWidth(), 1) : null,
                config.qkNorm() ? random(2 * config.headDim(), 1) : null, turns(config.headDim()), null, null);
        return new Step(config, format, cache, lengths, x, empty.bias, empty.gain, empty.turns, cache(empty),
                cache(empty));
    }

    private float[] turns(int headDim) {
        float[] turns = new float[300 * headDim];
        for (int position = 0; position < 300; position++) {
            for (int i = 0; i < headDim / 2; i++) {
                double angle = 2 * Math.PI * random.nextDouble();
                turns[position * headDim + i] = (float) Math.cos(angle);
                turns[position * headDim + headDim / 2 + i] = (float) Math.sin(angle);
            }
        }
        return turns;
    }

    /** The positions in front of the newest ones. */
    private IntArray cache(Step step) {
        int width = step.config.kvWidth();
        float[] elements = new float[step.cache.parts() * step.slots() * width];
        Arrays.fill(elements, Float.NaN);
        for (int part = 0; part < step.cache.parts(); part++) {
            for (int row = 0; row < step.rows(); row++) {
                float[] some = random(Math.max(step.lengths[row] - 1, 0) * width, part == 0 ? 1 : 1.0 / 400);
                System.arraycopy(some, 0, elements, (part * step.slots() + step.firstSlot(row)) * width, some.length);
            }
        }
        return KernelRun.bf16(elements);
    }

    /** Runs the kernel, which brings the step's keys and values to its cache. */
    private static IntArray run(Step step) {
        StepInput input = KernelRun.input(step.rows());
        for (int row = 0; row < step.rows(); row++) {
            if (step.lengths[row] > 0) {
                input.set(row, 1, step.lengths[row] - 1, step.firstSlot(row));
            }
        }
        IntArray qkv = KernelRun.bits(step.x);
        Bias bias = Bias.of(DeviceArrays.HOST, step.bias);
        Bias gain = Bias.of(DeviceArrays.HOST, step.gain);
        FloatArray turns = KernelRun.floats(step.turns);
        IntArray out = HostArrays.ints(step.format.parts() * step.rows() * step.rowWords());
        KernelRun.run(step.format, step.cache, new Object[] {input.words(), qkv, bias.values(), gain.values(), turns,
                step.keys, step.values}, new Object[] {out, step.keys, step.values},
                (tasks, graph) -> tasks.attendBatch("attend", input, qkv, bias, gain, turns, step.keys, step.values,
                        out, step.config, step.slots(), step.rows()));
        return out;
    }

    private static double part(ActivationFormat format, IntArray array, int i) {
        double value = KernelRun.bf16(array, i);
        return format == ActivationFormat.BF16 ? value : value + KernelRun.bf16(array, array.getSize() + i);
    }

    /** A head of what the projection has left, with its bias. */
    private static double[] projected(Step step, int row, int at, int biasAt) {
        int d = step.config.headDim();
        int from = row * EngineTasks.qkvWidth(step.config) + at;
        double[] head = new double[d];
        for (int i = 0; i < d; i++) {
            head[i] = step.x[from + i] + (step.format.parts() == 1 ? 0 : step.x[step.x.length / 2 + from + i])
                    + (step.bias == null ? 0 : step.bias[biasAt + i]);
        }
        return head;
    }

    private static double[] turned(Step step, int row, double[] head, int gainAt) {
        int d = head.length;
        double squares = Arrays.stream(head).map(x -> x * x).sum();
        double scale = 1 / Math.sqrt(squares / d + step.config.rmsNormEpsilon());
        int turn = (step.lengths[row] - 1) * d;
        double[] turned = new double[d];
        for (int i = 0; i < d / 2; i++) {
            double first = head[i] * (step.gain == null ? 1 : step.gain[gainAt + i] * scale);
            double second = head[d / 2 + i] * (step.gain == null ? 1 : step.gain[gainAt + d / 2 + i] * scale);
            double cos = step.turns[turn + i];
            double sin = step.turns[turn + d / 2 + i];
            turned[i] = first * cos - second * sin;
            turned[d / 2 + i] = second * cos + first * sin;
        }
        return turned;
    }

    /** Results against the exact ones, for which keys and values are taken as they are in the cache. */
    private static void check(Step step) {
        int[] keysBefore = step.keys.toHeapArray();
        int[] valuesBefore = step.values.toHeapArray();
        IntArray out = run(step);
        checkCache(step, keysBefore, valuesBefore);
        ModelConfig config = step.config;
        int d = config.headDim();
        int rowElements = 2 * step.rowWords();
        double precision = step.format == ActivationFormat.BF16 ? 1.0 / 256 : 5e-5;
        for (int row = 0; row < step.rows(); row++) {
            for (int head = 0; head < rowElements / d; head++) {
                double[] expected = step.lengths[row] == 0 || head >= config.heads() ? new double[d]
                        : attended(step, row, head);
                for (int i = 0; i < d; i++) {
                    assertEquals(expected[i], part(step.format, out, row * rowElements + head * d + i),
                            expected[i] == 0 ? 0 : precision * (1 + Math.abs(expected[i])),
                            config + ", row " + row + ", head " + head + ", element " + i);
                }
            }
        }
    }

    private static void checkCache(Step step, int[] keysBefore, int[] valuesBefore) {
        ModelConfig config = step.config;
        int d = config.headDim();
        double precision = step.cache == ActivationFormat.BF16 ? 1.0 / 256 : 2e-5;
        int slotWords = config.kvWidth() / 2;
        for (int row = 0; row < step.rows(); row++) {
            int slot = step.firstSlot(row) + step.lengths[row] - 1;
            for (int head = 0; step.lengths[row] > 0 && head < config.kvHeads(); head++) {
                int biasAt = config.queryWidth() + head * d;
                double[] key = turned(step, row, projected(step, row, EngineTasks.keyAt(config) + head * d, biasAt), d);
                double[] value = projected(step, row, EngineTasks.valueAt(config) + head * d,
                        biasAt + config.kvWidth());
                for (int i = 0; i < d; i++) {
                    int at = (slot * config.kvHeads() + head) * d + i;
                    assertEquals(key[i], part(step.cache, step.keys, at), precision * (1 + Math.abs(key[i])), "key");
                    assertEquals(value[i], part(step.cache, step.values, at), precision * (1 + Math.abs(value[i])),
                            "value");
                }
            }
            for (int word = 0; step.lengths[row] > 0 && word < step.cache.parts() * slotWords; word++) {
                int at = (word / slotWords * step.slots() + slot) * slotWords + word % slotWords;
                keysBefore[at] = step.keys.get(at);
                valuesBefore[at] = step.values.get(at);
            }
        }
        assertArrayEquals(keysBefore, step.keys.toHeapArray(), "keys of other positions");
        assertArrayEquals(valuesBefore, step.values.toHeapArray(), "values of other positions");
    }

    private static double[] attended(Step step, int row, int head) {
        ModelConfig config = step.config;
        int d = config.headDim();
        int kvHead = head / (config.heads() / config.kvHeads());
        double[] query = turned(step, row, projected(step, row, head * d, head * d), 0);
        double[] scores = new double[step.lengths[row]];
        int first = (step.firstSlot(row) * config.kvHeads() + kvHead) * d;
        for (int position = 0; position < scores.length; position++) {
            for (int i = 0; i < d; i++) {
                scores[position] += query[i] * part(step.cache, step.keys, first + position * config.kvWidth() + i)
                        / Math.sqrt(d);
            }
        }
        return SoftmaxSum.of(scores, d, (position, i) ->
                part(step.cache, step.values, first + position * config.kvWidth() + i));
    }

    /** All widths and sizes of groups: width, key/value heads, group, lengths. */
    private static final int[][] CASES = {{16, 3, 1, 1, 0, 200}, {32, 1, 2, 15, 16, 17}, {48, 2, 3, 33, 64},
        {64, 2, 4, 0, 65, 1}, {80, 1, 5, 112, 31}, {96, 1, 6, 129, 2}, {112, 1, 7, 48, 49, 0}, {128, 2, 8, 130, 16},
        {128, 1, 1, 1, 17}};

    static Stream<Arguments> cases() {
        return Arrays.stream(ActivationFormat.values()).flatMap(format -> Arrays.stream(CASES)
                .map(numbers -> Arguments.of(format, numbers)));
    }

    @ParameterizedTest
    @MethodSource("cases")
    void isTheSumOfValues(ActivationFormat format, int[] numbers) {
        ModelConfig config = config(numbers[0], numbers[1], numbers[2]);
        assertTrue(BatchAttention.fits(config));
        check(step(config, format, format, Arrays.copyOfRange(numbers, 3, numbers.length)));
    }

    @ParameterizedTest
    @EnumSource
    void allLengths(ActivationFormat format) {
        check(step(config(16, 1, 3), format, format, IntStream.rangeClosed(1, 140).toArray()));
    }

    @Test
    void activationsAndCacheMayDiffer() {
        check(step(config(64, 1, 3), ActivationFormat.BF16X2, ActivationFormat.BF16, 70, 5));
        check(step(config(64, 1, 3), ActivationFormat.BF16, ActivationFormat.BF16X2, 70, 5));
    }

    /** Large scores of either sign: the largest decides, and nothing overflows. */
    @Test
    void largeScores() {
        Step step = step(config(16, 1, 2), ActivationFormat.BF16X2, ActivationFormat.BF16, 100, 40);
        for (int i = 0; i < step.config.queryWidth(); i++) {
            step.x[i] *= 40;
            step.x[EngineTasks.qkvWidth(step.config) + i] *= -40;
        }
        check(step);
    }

    /** A row has the same bits alone, and beside others. */
    @ParameterizedTest
    @EnumSource
    void bitsDependOnTheSequenceOnly(ActivationFormat format) {
        ModelConfig config = config(32, 2, 2);
        Step many = step(config, format, format, 20, 0, 77, 3);
        Step alone = step(config, format, format, 77);
        int elements = EngineTasks.qkvWidth(config);
        int slotWords = config.kvWidth() / 2;
        System.arraycopy(many.turns, 0, alone.turns, 0, alone.turns.length);
        for (int part = 0; part < format.parts(); part++) {
            System.arraycopy(many.x, (4 * part + 2) * elements, alone.x, part * elements, elements);
            for (int word = 0; word < 77 * slotWords; word++) {
                int from = (part * many.slots() + many.firstSlot(2)) * slotWords + word;
                int to = (part * alone.slots() + alone.firstSlot(0)) * slotWords + word;
                alone.keys.set(to, many.keys.get(from));
                alone.values.set(to, many.values.get(from));
            }
        }
        int[] all = run(many).toHeapArray();
        int[] one = run(alone).toHeapArray();
        int words = many.rowWords();
        for (int part = 0; part < format.parts(); part++) {
            assertArrayEquals(Arrays.copyOfRange(all, (4 * part + 2) * words, (4 * part + 3) * words),
                    Arrays.copyOfRange(one, part * words, (part + 1) * words));
        }
    }

    @Test
    void takesLargeBatchesUnlessToldNotTo() {
        ModelConfig config = config(128, 8, 4);
        assertTrue(BatchAttention.takes(config, 16));
        assertFalse(BatchAttention.takes(config, 15));
        assertFalse(BatchAttention.takes(config(20, 8, 1), 128));
        assertFalse(BatchAttention.takes(config(16, 8, 9), 128));
        System.setProperty(BatchAttention.PROPERTY, "false");
        try {
            assertFalse(BatchAttention.takes(config, 128));
        } finally {
            System.clearProperty(BatchAttention.PROPERTY);
        }
    }
}
