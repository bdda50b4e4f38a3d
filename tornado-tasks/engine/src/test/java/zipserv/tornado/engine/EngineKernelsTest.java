package zipserv.tornado.engine;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;

import java.lang.foreign.MemorySegment;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.Random;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import uk.ac.manchester.tornado.api.types.arrays.FloatArray;
import uk.ac.manchester.tornado.api.types.arrays.IntArray;
import zipserv.model.ModelConfig;
import zipserv.tornado.kernels.DeviceArrays;
import zipserv.tornado.kernels.HostArrays;

/** Each kernel against a plain loop in double. */
class EngineKernelsTest {

    /** Half a unit in the last place of BF16, relative. */
    private static final double BF16 = 1.0 / 256;

    private final Random random = new Random(5);

    /** A GEMM's result in as many parts as the format has: the second a small correction of the first. */
    private IntArray result(ActivationFormat format, float[] values) {
        float[] parts = Arrays.copyOf(values, values.length * format.parts());
        for (int i = values.length; i < parts.length; i++) {
            parts[i] = (float) random.nextGaussian() / 512;
            values[i - values.length] += parts[i];
        }
        return KernelRun.bits(parts);
    }

    /** Activation i of rows of rowWords words, parts added. */
    private static double activation(ActivationFormat format, IntArray words, int rows, int rowWords, int i) {
        double value = KernelRun.bf16(words, i);
        return format == ActivationFormat.BF16 ? value : value + KernelRun.bf16(words, 2 * rows * rowWords + i);
    }

    /** Element i of a cache, parts added. */
    private static double cached(ActivationFormat format, IntArray cache, int i) {
        return activation(format, cache, 1, cache.getSize() / 2, i);
    }

    private static double precision(ActivationFormat format) {
        return format == ActivationFormat.BF16 ? BF16 : BF16 / 200;
    }

    private float[] random(int length) {
        float[] values = new float[length];
        for (int i = 0; i < length; i++) {
            values[i] = (float) random.nextGaussian();
        }
        return values;
    }

    private static void assertClose(double expected, double found, double relative, String what) {
        assertEquals(expected, found, relative * (1 + Math.abs(expected)), what);
    }

    @ParameterizedTest
    @EnumSource
    void normalization(ActivationFormat format) {
        for (int columns : new int[] {4, 72, 300, 1000, 4100}) {
            int rows = 3;
            float[] x = random(rows * columns);
            float[] y = random(rows * columns);
            float[] bias = random(columns);
            float[] gain = random(columns);
            FloatArray stream = KernelRun.floats(x);
            FloatArray biasArray = KernelRun.floats(bias);
            FloatArray gains = KernelRun.floats(gain);
            IntArray added = result(format, y);
            IntArray h = HostArrays.ints(format.parts() * rows * ActivationRows.rowWords(columns));
            KernelRun.run(format, new Object[] {stream, added, biasArray, gains}, new Object[] {stream, h},
                    (tasks, graph) -> tasks.addAndNormalize("norm", stream, added, new Bias(biasArray, 1), gains, h,
                            columns, 1e-5f, rows));
            for (int row = 0; row < rows; row++) {
                double squares = 0;
                for (int i = 0; i < columns; i++) {
                    double sum = (double) x[row * columns + i] + y[row * columns + i] + bias[i];
                    assertClose(sum, stream.get(row * columns + i), 1e-6, "residual stream");
                    squares += sum * sum;
                }
                double scale = 1 / Math.sqrt(squares / columns + 1e-5);
                for (int i = 0; i < 2 * ActivationRows.rowWords(columns); i++) {
                    double expected = i < columns ? stream.get(row * columns + i) * scale * gain[i] : 0;
                    int words = ActivationRows.rowWords(columns);
                    assertClose(expected, activation(format, h, rows, words, 2 * row * words + i), precision(format),
                            "norm " + i);
                }
            }
        }
    }

    // TornadoVM does not copy what a graph's kernels only write, so that on a GPU the rest of the caches is undefined here.
    @Tag("emulation")
    @ParameterizedTest
    @EnumSource
    void headsOfAllKinds(ActivationFormat format) {
        heads(format, RandomModel.LLAMA);
        heads(format, RandomModel.QWEN3);
        heads(format, RandomModel.QWEN2);
    }

    private void heads(ActivationFormat format, ModelConfig config) {
        int rows = 3;
        int d = config.headDim();
        int slots = 12;
        int stride = EngineTasks.qkvWidth(config);
        int keyAt = EngineTasks.keyAt(config);
        int valueAt = EngineTasks.valueAt(config);
        float[] x = random(rows * stride);
        float[] bias = config.qkvBias() ? random(config.queryWidth() + 2 * config.kvWidth()) : null;
        float[] gain = config.qkNorm() ? random(2 * d) : null;
        float[] turns = random(slots * d);
        StepInput input = KernelRun.input(rows);
        input.set(0, 7, 2, 1);
        input.set(2, 0, 4, 5);
        IntArray qkv = result(format, x);
        Bias biases = Bias.of(DeviceArrays.HOST, bias);
        Bias gains = Bias.of(DeviceArrays.HOST, gain);
        FloatArray table = KernelRun.floats(turns);
        IntArray keys = KernelRun.bf16(new float[format.parts() * slots * config.kvWidth()]);
        IntArray values = KernelRun.bf16(new float[format.parts() * slots * config.kvWidth()]);
        KernelRun.run(format, new Object[] {input.words(), qkv, biases.values(), gains.values(), table, keys,
                values}, new Object[] {qkv, keys, values}, (tasks, graph) -> tasks.prepareHeads("heads", input, qkv,
                biases, gains, table, keys, values, config, slots, rows));
        for (int row : new int[] {0, 2}) {
            int position = row == 0 ? 2 : 4;
            int slot = row == 0 ? 3 : 9;
            for (int head = 0; head < config.heads(); head++) {
                double[] expected = turned(x, row * stride + head * d, bias, head * d, gain, 0, turns,
                        position, config);
                for (int i = 0; i < d; i++) {
                    float found = Float.intBitsToFloat(qkv.get(row * stride + head * d + i));
                    assertClose(expected[i], found, 1e-5, "query " + i);
                }
            }
            for (int head = 0; head < config.kvHeads(); head++) {
                int from = row * stride + head * d;
                int biasFrom = config.queryWidth() + head * d;
                double[] expected = turned(x, from + keyAt, bias, biasFrom, gain, d, turns, position, config);
                for (int i = 0; i < d; i++) {
                    int at = (slot * config.kvHeads() + head) * d + i;
                    assertClose(expected[i], cached(format, keys, at), precision(format), "key " + i);
                    double value = x[from + valueAt + i] + (bias == null ? 0 : bias[biasFrom + config.kvWidth() + i]);
                    assertClose(value, cached(format, values, at), precision(format), "value " + i);
                }
            }
        }
        for (int i = 0; i < config.kvWidth(); i++) {
            assertEquals(0f, KernelRun.bf16(keys, i), "a slot that is not in this step");
            assertEquals(0f, KernelRun.bf16(values, 11 * config.kvWidth() + i), "a slot that is not in this step");
        }
    }

    private static double[] turned(float[] x, int from, float[] bias, int biasFrom, float[] gain, int gainFrom,
            float[] turns, int position, ModelConfig config) {
        int d = config.headDim();
        double[] values = new double[d];
        double squares = 0;
        for (int i = 0; i < d; i++) {
            values[i] = x[from + i] + (bias == null ? 0 : bias[biasFrom + i]);
            squares += values[i] * values[i];
        }
        for (int i = 0; i < d && gain != null; i++) {
            values[i] *= gain[gainFrom + i] / Math.sqrt(squares / d + config.rmsNormEpsilon());
        }
        double[] turned = new double[d];
        for (int i = 0; i < d / 2; i++) {
            double cos = turns[position * d + i];
            double sin = turns[position * d + d / 2 + i];
            turned[i] = values[i] * cos - values[i + d / 2] * sin;
            turned[i + d / 2] = values[i + d / 2] * cos + values[i] * sin;
        }
        return turned;
    }

    @ParameterizedTest
    @EnumSource
    void attentionOfAllGroupSizesAndLengths(ActivationFormat format) {
        attention(format, RandomModel.LLAMA, 70, 1, 128, 64);
        attention(format, RandomModel.QWEN3, 65, 63);
        attention(format, RandomModel.QWEN2, 3, 129);
    }

    /** A row for each length, the sequences side by side in the cache, and a row without work. */
    private void attention(ActivationFormat format, ModelConfig config, int... lengths) {
        int d = config.headDim();
        int rows = lengths.length + 1;
        StepInput input = KernelRun.input(rows);
        int[] firstSlots = new int[lengths.length];
        int slots = 2;
        for (int row = 0; row < lengths.length; row++) {
            firstSlots[row] = slots;
            input.set(row, 1, lengths[row] - 1, slots);
            slots += lengths[row];
        }
        int stride = EngineTasks.qkvWidth(config);
        int cacheTokens = slots;
        float[] q = random(rows * stride);
        IntArray queries = KernelRun.bits(q);
        IntArray keys = KernelRun.bf16(random(format.parts() * slots * config.kvWidth()));
        IntArray values = KernelRun.bf16(random(format.parts() * slots * config.kvWidth()));
        int rowWords = ActivationRows.rowWords(config.queryWidth());
        IntArray out = HostArrays.ints(format.parts() * rows * rowWords);
        KernelRun.run(format, new Object[] {input.words(), queries, keys, values}, new Object[] {out},
                (tasks, graph) -> tasks.attend("attend", input, queries, keys, values, out, config, cacheTokens, rows));
        for (int row = 0; row < rows; row++) {
            for (int i = 0; i < 2 * rowWords; i++) {
                double expected = 0;
                if (row < lengths.length && i < config.queryWidth()) {
                    int head = i / d;
                    int kvHead = head / (config.heads() / config.kvHeads());
                    expected = attended(format, q, row * stride + head * d, keys, values, firstSlots[row],
                            lengths[row], kvHead, i % d, config);
                }
                assertClose(expected, activation(format, out, rows, rowWords, row * 2 * rowWords + i),
                        precision(format), "row " + row + ", element " + i);
            }
        }
    }

    // TornadoVM does not copy what a graph's kernels only write, so that on a GPU the rest of the caches is undefined here.
    @Tag("emulation")
    @ParameterizedTest
    @EnumSource
    void decodingIsHeadsAndAttentionInOne(ActivationFormat format) {
        ModelConfig wide = new ModelConfig(ModelConfig.Architecture.LLAMA, 256, 64, 1, 8, 2, 128, 90, 300, 1e-5f,
                new ModelConfig.Rope(10_000, Optional.empty()), true, false, false, false, false);
        for (ModelConfig config : List.of(RandomModel.LLAMA, RandomModel.QWEN3, RandomModel.QWEN2, wide)) {
            decoding(format, config, 70);
            decoding(format, config, 1, 0, 40, 16);
        }
        decoding(format, RandomModel.QWEN2, IntStream.rangeClosed(1, 34).toArray());
    }

    /** A row for each length; 0 for a row without work. */
    private void decoding(ActivationFormat format, ModelConfig config, int... lengths) {
        int rows = lengths.length;
        int d = config.headDim();
        StepInput input = KernelRun.input(rows);
        int slots = 3;
        for (int row = 0; row < rows; row++) {
            if (lengths[row] > 0) {
                input.set(row, 1, lengths[row] - 1, slots);
            }
            slots += lengths[row];
        }
        int cacheTokens = slots;
        int stride = EngineTasks.qkvWidth(config);
        float[] x = random(rows * stride);
        IntArray expectedQkv = result(format, x);
        IntArray qkv = KernelRun.bits(new float[expectedQkv.getSize()]);
        MemorySegment.copy(expectedQkv.getSegment(), 0, qkv.getSegment(), 0, expectedQkv.getSegment().byteSize());
        Bias bias = Bias.of(DeviceArrays.HOST,
                config.qkvBias() ? random(config.queryWidth() + 2 * config.kvWidth()) : null);
        Bias gain = Bias.of(DeviceArrays.HOST, config.qkNorm() ? random(2 * d) : null);
        FloatArray turns = KernelRun.floats(random(130 * d));
        float[] cache = random(2 * format.parts() * slots * config.kvWidth());
        int half = cache.length / 2;
        IntArray expectedKeys = KernelRun.bf16(Arrays.copyOf(cache, half));
        IntArray expectedValues = KernelRun.bf16(Arrays.copyOfRange(cache, half, cache.length));
        IntArray keys = KernelRun.bf16(Arrays.copyOf(cache, half));
        IntArray values = KernelRun.bf16(Arrays.copyOfRange(cache, half, cache.length));
        int rowWords = ActivationRows.rowWords(config.queryWidth());
        IntArray expected = HostArrays.ints(format.parts() * rows * rowWords);
        IntArray out = HostArrays.ints(format.parts() * rows * rowWords);
        KernelRun.run(format, new Object[] {input.words(), expectedQkv, bias.values(), gain.values(), turns, expectedKeys,
                expectedValues}, new Object[] {expected, expectedKeys, expectedValues}, (tasks, graph) -> {
                    tasks.prepareHeads("heads", input, expectedQkv, bias, gain, turns, expectedKeys, expectedValues,
                            config, cacheTokens, rows);
                    tasks.attend("attend", input, expectedQkv, expectedKeys, expectedValues, expected, config,
                            cacheTokens, rows);
                });
        IntArray partials = HostArrays.ints(rows * config.heads() * DecodeAttention.splits(config, rows)
                * DecodeSums.partialWords(d));
        IntArray tickets = HostArrays.ints(rows * config.kvHeads());
        KernelRun.run(format, new Object[] {input.words(), qkv, bias.values(), gain.values(), turns, keys, values,
                tickets, partials}, new Object[] {out, keys, values, tickets}, (tasks, graph) -> tasks.attendDecoding("attend",
                input, qkv, bias, gain, turns, keys, values, partials, tickets, out, config, cacheTokens, rows));
        for (int i = 0; i < 2 * rows * rowWords; i++) {
            assertClose(activation(format, expected, rows, rowWords, i), activation(format, out, rows, rowWords, i),
                    precision(format), rows + " rows, element " + i);
        }
        for (int i = 0; i < slots * config.kvWidth(); i++) {
            assertClose(cached(format, expectedKeys, i), cached(format, keys, i), precision(format), "key " + i);
            assertEquals(cached(format, expectedValues, i), cached(format, values, i), "value " + i);
        }
        assertArrayEquals(new int[rows * config.kvHeads()], tickets.toHeapArray());
    }

    private static double attended(ActivationFormat format, float[] q, int query, IntArray keys, IntArray values,
            int firstSlot, int length, int kvHead, int element, ModelConfig config) {
        int d = config.headDim();
        double total = 0;
        double sum = 0;
        for (int position = 0; position < length; position++) {
            int at = ((firstSlot + position) * config.kvHeads() + kvHead) * d;
            double score = 0;
            for (int i = 0; i < d; i++) {
                score += q[query + i] * cached(format, keys, at + i);
            }
            double weight = Math.exp(score / Math.sqrt(d));
            total += weight;
            sum += weight * cached(format, values, at + element);
        }
        return sum / total;
    }

    @ParameterizedTest
    @EnumSource
    void swiGlu(ActivationFormat format) {
        int columns = 101;
        int rows = 3;
        int upAt = 128;
        int stride = upAt + columns;
        float[] x = random(rows * stride);
        x[0] = 90f;
        x[1] = -90f;
        x[2] = -1e30f;
        float[] bias = random(2 * columns);
        IntArray gateUp = result(format, x);
        Bias biases = Bias.of(DeviceArrays.HOST, bias);
        IntArray out = HostArrays.ints(format.parts() * rows * ActivationRows.rowWords(columns));
        KernelRun.run(format, new Object[] {gateUp, biases.values()}, new Object[] {out},
                (tasks, graph) -> tasks.swiGlu("swiglu", gateUp, biases, out, columns, rows));
        for (int row = 0; row < rows; row++) {
            for (int i = 0; i < 2 * ActivationRows.rowWords(columns); i++) {
                double expected = 0;
                if (i < columns) {
                    double z = x[row * stride + i] + bias[i];
                    expected = z / (1 + Math.exp(-z)) * (x[row * stride + upAt + i] + bias[columns + i]);
                }
                int words = ActivationRows.rowWords(columns);
                assertClose(expected, activation(format, out, rows, words, 2 * row * words + i), precision(format),
                        "element " + i);
            }
        }
    }

    @Test
    void argmaxTakesTheFirstOfEqualsAndNoNaN() {
        ActivationFormat format = ActivationFormat.BF16;
        int columns = 700;
        float nan = Float.intBitsToFloat(0xFFC0_0001);
        float[][] rows = {random(columns), random(columns), new float[columns], new float[columns], new float[columns]};
        rows[0][699] = 50;
        rows[1][3] = nan;
        rows[1][300] = 40;
        rows[1][556] = 40;
        rows[1][44] = 40;
        Arrays.fill(rows[2], nan);
        Arrays.fill(rows[3], Float.NEGATIVE_INFINITY);
        rows[3][0] = nan;
        Arrays.fill(rows[4], -3f);
        rows[4][511] = -0f;
        rows[4][513] = 0f;
        float[] all = new float[rows.length * columns];
        for (int row = 0; row < rows.length; row++) {
            System.arraycopy(rows[row], 0, all, row * columns, columns);
        }
        IntArray logits = KernelRun.bits(all);
        IntArray best = HostArrays.ints(rows.length);
        IntArray found = HostArrays.ints(rows.length * Argmax.FOUND_WORDS);
        IntArray tickets = HostArrays.ints(rows.length);
        KernelRun.run(format, new Object[] {logits, tickets, found}, new Object[] {best, tickets},
                (tasks, graph) -> tasks.argmax("argmax", logits, found, tickets, best, columns, rows.length));
        assertArrayEquals(new int[] {699, 44, -1, 1, 511}, best.toHeapArray());
        assertArrayEquals(new int[rows.length], tickets.toHeapArray());
    }

    @Test
    void theNextInputIsTheArgmaxOnePositionOn() {
        StepInput input = KernelRun.input(4);
        input.set(0, 17, 5, 100);
        input.set(1, 0, 0, 200);
        input.set(3, 4, 9, 300);
        IntArray best = HostArrays.ints(4);
        int[] indices = {3, 8, 6, -1};
        for (int row = 0; row < indices.length; row++) {
            best.set(row, indices[row]);
        }
        KernelRun.run(ActivationFormat.BF16, new Object[] {input.words(), best}, new Object[] {input.words()},
                (tasks, graph) -> tasks.advance("next", input, best, 4));
        assertArrayEquals(new int[] {3, 6, 100, 8, 1, 200, -1, 0, 0, -1, 10, 300}, input.copy(4));
    }

    @Test
    void argmaxAddsParts() {
        ActivationFormat format = ActivationFormat.BF16X2;
        IntArray logits = KernelRun.bits(new float[] {1f, 2f, 2.5f, 3f, 3f, 3f, 0.5f, 1.75f, 0f, 1f, 3f, 3f});
        IntArray best = HostArrays.ints(2);
        IntArray found = HostArrays.ints(2 * Argmax.FOUND_WORDS);
        IntArray tickets = HostArrays.ints(2);
        KernelRun.run(format, new Object[] {logits, tickets, found}, new Object[] {logits, best},
                (tasks, graph) -> tasks.argmax("argmax", logits, found, tickets, best, 3, 2));
        assertArrayEquals(new int[] {1, 1}, best.toHeapArray());
        float[] sums = {1.5f, 3.75f, 2.5f, 4f, 6f, 6f};
        for (int i = 0; i < sums.length; i++) {
            assertEquals(sums[i], Float.intBitsToFloat(logits.get(i)));
        }
    }
}
