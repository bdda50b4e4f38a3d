package zipserv.tornado.kernels;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import uk.ac.manchester.tornado.api.types.arrays.FloatArray;
import uk.ac.manchester.tornado.api.types.arrays.IntArray;
import zipserv.codec.Bf16Matrix;
import zipserv.codec.FragmentLayout;
import zipserv.tornado.cuda.LaunchRunner;
import zipserv.tornado.ptx.PtxBits;
import zipserv.tornado.ptx.PtxFloat;

/** SwiGLU as the end of a product has the bits of products of gate and up by themselves and SwiGLU of those. */
class GatedGemmTest {

    /** Two NaNs. Columns behind the last have to be zeros; rows that only fill up a tile stay as they are. */
    private static final int UNTOUCHED = 0x7FC1_7FC1;

    /** Ragged rows, blocks that are split or whole, two parts, high blocks. */
    @ParameterizedTest
    @CsvSource({
        "64, 64, 9, 1, w1/1, false", "40, 130, 16, 2, w2/1, true", "130, 100, 33, 1, w2/2, true",
        "200, 256, 32, 2, w2/2+2, false", "100, 300, 20, 1, w1x2/2, true", "256, 130, 16, 1, w1x2/2+1, false",
        "66, 70, 128, 2, w1/1, true", "1, 64, 12, 1, w4/1, true", "70, 200, 48, 2, w2x2/1, false"})
    void byWarpgroups(int features, int columns, int batch, int parts, String plan, boolean biased) {
        assumeTrue(LaunchRunner.runsHopperKernels(), "a GPU of compute capability 9.0");
        check(features, columns, batch, parts, ProductPlan.parse(plan), biased);
    }

    @ParameterizedTest
    @CsvSource({
        "64, 64, 1, 1, 1x4/1*2, false", "40, 130, 2, 2, 1x8/1*2, true", "130, 100, 8, 1, 2x4/1, true",
        "200, 512, 7, 1, 1x4/1*2, true", "100, 300, 6, 2, 4x2/1*2, true", "1, 64, 3, 1, 2x2/1, true",
        "50, 90, 32, 2, 2x1/1*2, true", "33, 70, 64, 1, 4x1/1, false"})
    void byWarps(int features, int columns, int batch, int parts, String plan, boolean biased) {
        assumeTrue(LaunchRunner.runsHopperKernels(), "launched by the driver itself");
        check(features, columns, batch, parts, ProductPlan.parse(plan), biased);
    }

    /** Infinities and NaN among the weights: sums of rows that only fill up a block must not reach the result. */
    @Test
    void everyBitPattern() {
        assumeTrue(LaunchRunner.runsHopperKernels(), "a GPU of compute capability 9.0");
        int batch = 10;
        Bf16Matrix matrix = Matrices.allPatterns(256, 256);
        short[] x = Runs.activations(256, batch, 1);
        FloatArray bias = bias(512, false);
        ProductPlan plan = ProductPlan.parse("w2/1");
        int[] raw = gated(raw(matrix, matrix), x, batch, 1, plan, bias, false);
        assertArrayEquals(raw, gated(frag11(matrix, matrix), x, batch, 1, plan, bias, false));
    }

    @Test
    void aPlanThatCannotIsRefused() {
        for (String plan : new String[] {"1x8/1", "1x4/2*2", "w2/2+3"}) {
            assertThrows(IllegalArgumentException.class, () -> new KernelTasks(launch -> { }).gated("gemm",
                    raw(Matrices.gaussian(16, 64, 1), Matrices.gaussian(16, 64, 1)), HostArrays.ints(1),
                    HostArrays.ints(1), GemmScratch.of(ProductPlan.parse("w2/2"), 80, 9), 9, 1, ProductPlan.parse(plan),
                    HostArrays.floats(1), false), plan);
        }
        assertEquals("2x4/1", GemmPlan.parse("1x4/1").gated().toString());
        assertEquals("1x8/1*2", GemmPlan.parse("1x8/1").gated().toString());
        assertEquals("1x4/1*2", GemmPlan.parse("1x4/1*2").gated().toString());
        assertEquals("w2/3+2", ProductPlan.parse("w2/3+4").ofGate().toString());
        assertEquals("w1/3+3", ProductPlan.parse("w1x2/3+3").ofGate().toString());
    }

    private static void check(int features, int columns, int batch, int parts, ProductPlan plan, boolean biased) {
        Bf16Matrix gate = Matrices.gaussian(features, columns, 3L * features + columns);
        Bf16Matrix up = Matrices.gaussian(features, columns, 5L * features + columns);
        short[] x = Runs.activations(columns, batch, batch);
        FloatArray bias = bias(2 * features, biased);
        int[] expected = expected(gate, up, x, batch, parts, plan, bias);
        assertArrayEquals(expected, gated(raw(gate, up), x, batch, parts, plan, bias, biased), "raw");
        assertArrayEquals(expected, gated(frag11(gate, up), x, batch, parts, plan, bias, biased), "frag11");
    }

    private static FloatArray bias(int size, boolean biased) {
        FloatArray bias = HostArrays.floats(size);
        for (int i = 0; i < size; i++) {
            bias.set(i, biased ? (i % 7 - 3) * 0.25f : 0f);
        }
        return bias;
    }

    private static RawDeviceMatrix raw(Bf16Matrix gate, Bf16Matrix up) {
        return RawDeviceMatrix.of(List.of(gate, up), DeviceArrays.HOST);
    }

    private static Frag11DeviceMatrix frag11(Bf16Matrix gate, Bf16Matrix up) {
        return Frag11DeviceMatrix.of(List.of(Matrices.frag11(gate), Matrices.frag11(up)), DeviceArrays.HOST);
    }

    private static int[] gated(Object weights, short[] x, int batch, int parts, ProductPlan plan, FloatArray bias,
            boolean biased) {
        int rows = weights instanceof RawDeviceMatrix m ? m.rows() : ((Frag11DeviceMatrix) weights).rows();
        int columns = weights instanceof RawDeviceMatrix m ? m.columns() : ((Frag11DeviceMatrix) weights).columns();
        int features = rows - GatedTile.upAt(rows);
        boolean wide = plan instanceof WidePlan;
        IntArray in = wide ? WideGemmTest.wide(x, columns, batch) : Runs.padded(x, columns, batch);
        IntArray y = HostArrays.ints(wide ? WideActivations.words(features, batch)
                : GemmPlan.activationWords(features, batch));
        y.init(UNTOUCHED);
        GemmScratch scratch = GemmScratch.of(plan, rows, batch);
        List<Launch> launches = new ArrayList<>();
        KernelTasks tasks = new KernelTasks(launches::add);
        if (weights instanceof RawDeviceMatrix raw) {
            tasks.gated("gemm", raw, in, y, scratch, batch, parts, plan, bias, biased);
        } else {
            tasks.gated("gemm", (Frag11DeviceMatrix) weights, in, y, scratch, batch, parts, plan, bias, biased);
        }
        LaunchRunner.run(launches);
        return y.toHeapArray();
    }

    /** Two products, added parts, biases, SwiGLU and rounding, step by step. */
    private static int[] expected(Bf16Matrix gate, Bf16Matrix up, short[] x, int batch, int parts, ProductPlan plan,
            FloatArray bias) {
        int features = gate.rows();
        int rows = batch / parts;
        float[] gates = sums(gate, x, batch, parts, plan.ofGate());
        float[] ups = sums(up, x, batch, parts, plan.ofGate());
        boolean wide = plan instanceof WidePlan;
        int[] y = new int[wide ? WideActivations.words(features, batch) : GemmPlan.activationWords(features, batch)];
        Arrays.fill(y, UNTOUCHED);
        int pairs = FragmentLayout.blocks(features) * StripLayout.BLOCK_WORDS;
        for (int n = 0; n < rows; n++) {
            for (int pair = 0; pair < pairs; pair++) {
                float[] values = new float[2];
                for (int i = 0; i < 2 && 2 * pair + i < features; i++) {
                    int m = 2 * pair + i;
                    values[i] = PtxFloat.mul(DeviceMath.silu(gates[n * features + m] + bias.get(m)),
                            ups[n * features + m] + bias.get(features + m));
                }
                int rounded = PtxFloat.packBf16(values[0], values[1]);
                y[word(n, pair, pairs, batch, wide)] = rounded;
                if (parts == 2) {
                    y[word(n + rows, pair, pairs, batch, wide)] = DeviceMath.remainder(values[0], values[1], rounded);
                }
            }
        }
        return y;
    }

    private static int word(int n, int pair, int pairs, int batch, boolean wide) {
        return wide ? WideActivations.word(n, pair, WideActivations.width(batch)) : n * pairs + pair;
    }

    private static int[] multiply(Bf16Matrix matrix, short[] x, int batch, GemmPlan plan) {
        IntArray y = HostArrays.ints(GemmPlan.resultWords(matrix.rows(), batch, false));
        List<Launch> launches = new ArrayList<>();
        new KernelTasks(launches::add).rawGemm("gemm", RawDeviceMatrix.of(matrix),
                Runs.padded(x, matrix.columns(), batch), y, GemmScratch.of(plan, matrix.rows(), batch), batch, plan,
                false);
        LaunchRunner.run(launches);
        return y.toHeapArray();
    }

    private static float[] sums(Bf16Matrix matrix, short[] x, int batch, int parts, ProductPlan plan) {
        int[] y = plan instanceof WidePlan wide ? WideGemmTest.multiply(matrix, x, batch, wide, null, false)
                : multiply(matrix, x, batch, (GemmPlan) plan);
        int size = batch / parts * matrix.rows();
        float[] sums = new float[size];
        for (int i = 0; i < size; i++) {
            sums[i] = PtxBits.asFloat(y[i]);
            if (parts == 2) {
                sums[i] += PtxBits.asFloat(y[size + i]);
            }
        }
        return sums;
    }
}
