package zipserv.tornado.kernels;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.function.BiConsumer;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import uk.ac.manchester.tornado.api.types.arrays.IntArray;
import zipserv.codec.Bf16Matrix;
import zipserv.codec.FragmentLayout;
import zipserv.codec.WeightFormat;
import zipserv.tornado.cuda.LaunchRunner;

/** The GEMM of warpgroups gives the same bits from all formats, and the product. */
class WideGemmTest {

    @BeforeAll
    static void needsTheInstructions() {
        assumeTrue(LaunchRunner.runsHopperKernels(), "a GPU of compute capability 9.0");
    }

    @ParameterizedTest
    @CsvSource({
        "64, 64, 1, 1, 1, 0", "64, 128, 8, 2, 1, 0", "128, 192, 9, 2, 1, 1", "48, 320, 16, 1, 1, 0",
        "65, 100, 33, 1, 1, 0", "64, 256, 8, 2, 2, 0", "33, 385, 5, 2, 3, 0", "16, 64, 128, 1, 1, 0",
        "80, 700, 57, 2, 2, 1", "192, 130, 24, 1, 2, 1", "65, 256, 40, 4, 1, 0", "64, 300, 100, 2, 2, 0",
        "1, 1, 1, 1, 2, 0", "130, 300, 32, 2, 2, 2", "60, 700, 29, 4, 1, 9", "17, 4500, 17, 2, 1, 0"})
    void bitIdenticalForAllFormatsAndClose(int rows, int columns, int batch, int slices, int splits, int whole) {
        Bf16Matrix matrix = Matrices.gaussian(rows, columns, 7L * rows + columns);
        short[] x = Runs.activations(columns, batch, batch);
        WidePlan plan = new WidePlan(slices, splits, whole);
        int[] raw = multiply(matrix, x, batch, plan, null, false);
        ZipGemmTest.assertClose(matrix, x, batch, raw);
        assertArrayEquals(raw, multiply(matrix, x, batch, plan, WeightFormat.FRAG11, false));
        assertArrayEquals(raw, multiply(matrix, x, batch, plan, WeightFormat.TCA_TBE, false));
    }

    /** Ragged rows, of which the upper warpgroup has some, all or none, and blocks that are split or not. */
    @ParameterizedTest
    @CsvSource({"128, 192, 40, 1, 1, 0", "65, 200, 128, 1, 2, 0", "64, 130, 9, 1, 1, 0", "300, 300, 64, 1, 2, 1",
        "272, 512, 33, 2, 2, 1", "16, 300, 100, 2, 1, 0"})
    void bitsDoNotDependOnHeight(int rows, int columns, int batch, int slices, int splits, int whole) {
        Bf16Matrix matrix = Matrices.gaussian(rows, columns, 11L * rows + columns);
        short[] x = Runs.activations(columns, batch, batch);
        WidePlan high = new WidePlan(slices, 2, splits, whole);
        int[] flat = multiply(matrix, x, batch, new WidePlan(slices, splits, 2 * whole), null, false);
        assertArrayEquals(flat, multiply(matrix, x, batch, high, null, false));
        assertArrayEquals(flat, multiply(matrix, x, batch, high, WeightFormat.FRAG11, false));
        assertArrayEquals(flat, multiply(matrix, x, batch, high, WeightFormat.TCA_TBE, false));
    }

    @ParameterizedTest
    @ValueSource(ints = {0, 2, 6, 20, 50, 100})
    void anyShareOfEscapes(int percent) {
        Bf16Matrix matrix = Matrices.of(48, 512, percent, (random, row, column) ->
                DecompressTest.withFallbacks(random, percent));
        short[] x = Runs.activations(512, 12, 1);
        WidePlan plan = new WidePlan(2, 1, 0);
        int[] raw = multiply(matrix, x, 12, plan, null, false);
        assertArrayEquals(raw, multiply(matrix, x, 12, plan, WeightFormat.FRAG11, false));
        assertArrayEquals(raw, multiply(matrix, x, 12, plan, WeightFormat.TCA_TBE, false));
    }

    /** NaN, infinities, both zeros and subnormals among them; a window of eight exponents leaves nearly all over. */
    @Test
    void everyBitPattern() {
        Bf16Matrix matrix = Matrices.allPatterns(256, 256);
        short[] x = Runs.activations(256, 3, 1);
        WidePlan plan = new WidePlan(2, 2, 1);
        int[] raw = multiply(matrix, x, 3, plan, null, false);
        assertArrayEquals(raw, multiply(matrix, x, 3, plan, WeightFormat.FRAG11, false));
        assertArrayEquals(raw, multiply(matrix, x, 3, plan, WeightFormat.TCA_TBE, false));
        Bf16Matrix shuffled = Matrices.of(64, 128, 9, (random, row, column) -> (short) random.nextInt());
        short[] anyBits = new short[3 * 128];
        Random random = new Random(5);
        for (int i = 0; i < anyBits.length; i++) {
            anyBits[i] = (short) random.nextInt();
        }
        WidePlan small = new WidePlan(1, 1, 0);
        assertArrayEquals(multiply(shuffled, anyBits, 3, small, null, false),
                multiply(shuffled, anyBits, 3, small, WeightFormat.FRAG11, false));
    }

    @Test
    void bf16ResultsAreTheRoundedOnes() {
        int rows = 65;
        int batch = 11;
        Bf16Matrix matrix = Matrices.gaussian(rows, 128, 3);
        short[] x = Runs.activations(128, batch, 4);
        for (int splits : new int[] {1, 2}) {
            WidePlan plan = new WidePlan(1, splits, 0);
            int[] full = multiply(matrix, x, batch, plan, WeightFormat.FRAG11, false);
            int[] half = multiply(matrix, x, batch, plan, WeightFormat.FRAG11, true);
            ZipGemmTest.assertRounded(full, half, rows, batch);
        }
    }

    @Test
    void tooManyActivationsAreRefused() {
        Bf16Matrix matrix = Matrices.gaussian(16, 64, 3);
        IntArray any = HostArrays.ints(1);
        WidePlan plan = new WidePlan(1, 1, 0);
        GemmScratch scratch = GemmScratch.of(plan, 16, 1);
        KernelTasks tasks = new KernelTasks(launch -> { });
        assertThrows(IllegalArgumentException.class, () -> tasks.wideGemm("gemm", RawDeviceMatrix.of(matrix), any, any,
                scratch, 129, plan, false));
    }

    /** What the kernel gives from weights in a format, {@code null} for raw ones. */
    static int[] multiply(Bf16Matrix matrix, short[] x, int batch, WidePlan plan, WeightFormat format, boolean bf16) {
        IntArray wide = wide(x, matrix.columns(), batch);
        IntArray y = HostArrays.ints(GemmPlan.resultWords(matrix.rows(), batch, bf16));
        y.init(-1);
        GemmScratch scratch = GemmScratch.of(plan, matrix.rows(), batch);
        List<Launch> launches = new ArrayList<>();
        KernelTasks tasks = new KernelTasks(launches::add);
        if (format == null) {
            tasks.wideGemm("gemm", RawDeviceMatrix.of(matrix), wide, y, scratch, batch, plan, bf16);
        } else if (format == WeightFormat.FRAG11) {
            tasks.wideGemm("gemm", Frag11DeviceMatrix.of(Matrices.frag11(matrix)), wide, y, scratch, batch, plan, bf16);
        } else {
            tasks.wideGemm("gemm", TcaTbeDeviceMatrix.of(Matrices.compress(matrix)), wide, y, scratch, batch, plan,
                    bf16);
        }
        LaunchRunner.run(launches);
        return y.toHeapArray();
    }

    /** Activations in the kernel's order; rows that only fill up the multiplication hold something else. */
    static IntArray wide(short[] x, int columns, int batch) {
        int width = WideActivations.width(batch);
        int pairs = FragmentLayout.blocks(columns) * StripLayout.BLOCK_WORDS;
        IntArray wide = HostArrays.ints(pairs * width);
        wide.init(0x3F80_3F80);
        for (int n = 0; n < batch; n++) {
            for (int pair = 0; pair < pairs; pair++) {
                int low = 2 * pair < columns ? x[n * columns + 2 * pair] & 0xFFFF : 0;
                int high = 2 * pair + 1 < columns ? x[n * columns + 2 * pair + 1] << 16 : 0;
                wide.set(WideActivations.word(n, pair, width), low | high);
            }
        }
        return wide;
    }
}
