package zipserv.tornado.kernels;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import zipserv.codec.Bf16Matrix;

/** The frag11 GEMM gives the bits of its uncompressed twin, and both the product. */
class Frag11GemmTest {

    @ParameterizedTest
    @CsvSource({
        "64, 64, 1, 4, 2, 1, 1", "64, 128, 8, 2, 2, 1, 2", "128, 192, 9, 2, 2, 1, 2", "48, 320, 16, 1, 8, 1, 1",
        "65, 100, 33, 4, 1, 1, 2", "64, 256, 8, 4, 1, 4, 1", "33, 385, 5, 1, 2, 3, 2", "16, 64, 128, 1, 1, 1, 1",
        "80, 128, 57, 4, 1, 1, 2", "192, 130, 24, 2, 1, 1, 2", "65, 256, 40, 8, 1, 2, 1", "64, 300, 100, 2, 2, 2, 1",
        "1, 1, 1, 1, 8, 2, 2", "100, 700, 64, 1, 3, 2, 2", "120, 200, 17, 8, 1, 1, 2", "130, 300, 32, 4, 1, 1, 2",
        "130, 500, 64, 4, 1, 2, 2", "60, 700, 29, 2, 1, 1, 2"})
    void bitIdenticalToRawAndClose(int rows, int columns, int batch, int strips, int slices, int splits,
            int rowBlocks) {
        Bf16Matrix matrix = Matrices.gaussian(rows, columns, 7L * rows + columns);
        short[] x = Runs.activations(columns, batch, batch);
        GemmPlan plan = new GemmPlan(strips, slices, splits, rowBlocks);
        int[] fused = Runs.frag11Gemm(matrix, x, batch, plan, false);
        assertArrayEquals(Runs.rawGemm(matrix, x, batch, plan, false), fused);
        ZipGemmTest.assertClose(matrix, x, batch, fused);
    }

    /** How rows are shared out changes no bit, and so ZipGEMM's results are these, too. */
    @Test
    void onlySlicesAndSplitsMatter() {
        Bf16Matrix matrix = Matrices.gaussian(100, 600, 3);
        short[] x = Runs.activations(600, 20, 4);
        int[] expected = Runs.zipGemm(matrix, x, 20, new GemmPlan(1, 2, 2), false);
        for (int strips : new int[] {1, 2}) {
            for (int rowBlocks : new int[] {1, 2}) {
                GemmPlan plan = new GemmPlan(strips, 2, 2, rowBlocks);
                assertArrayEquals(expected, Runs.frag11Gemm(matrix, x, 20, plan, false), plan.toString());
                assertArrayEquals(expected, Runs.rawGemm(matrix, x, 20, plan, false), plan.toString());
            }
        }
    }

    @ParameterizedTest
    @ValueSource(ints = {0, 2, 6, 20, 50, 100})
    void anyShareOfEscapes(int percent) {
        Bf16Matrix matrix = Matrices.of(48, 512, percent, (random, row, column) ->
                DecompressTest.withFallbacks(random, percent));
        short[] x = Runs.activations(512, 8, 1);
        for (int rowBlocks : new int[] {1, 2}) {
            GemmPlan plan = new GemmPlan(2, 2, 1, rowBlocks);
            assertArrayEquals(Runs.rawGemm(matrix, x, 8, plan, false), Runs.frag11Gemm(matrix, x, 8, plan, false));
        }
    }

    /** NaN, infinities, both zeros and subnormals among them; a window of eight exponents leaves nearly all over. */
    @Test
    void everyBitPattern() {
        Bf16Matrix matrix = Matrices.allPatterns(256, 256);
        short[] x = Runs.activations(256, 3, 1);
        GemmPlan plan = new GemmPlan(2, 2, 1, 2);
        assertArrayEquals(Runs.rawGemm(matrix, x, 3, plan, false), Runs.frag11Gemm(matrix, x, 3, plan, false));
        Bf16Matrix shuffled = Matrices.of(64, 128, 9, (random, row, column) -> (short) random.nextInt());
        short[] anyBits = new short[3 * 128];
        Random random = new Random(5);
        for (int i = 0; i < anyBits.length; i++) {
            anyBits[i] = (short) random.nextInt();
        }
        assertArrayEquals(Runs.rawGemm(shuffled, anyBits, 3, plan, false),
                Runs.frag11Gemm(shuffled, anyBits, 3, plan, false));
    }

    @Test
    void bf16ResultsAreTheRoundedOnes() {
        int rows = 65;
        int batch = 11;
        Bf16Matrix matrix = Matrices.gaussian(rows, 128, 3);
        short[] x = Runs.activations(128, batch, 4);
        for (int splits : new int[] {1, 2}) {
            GemmPlan plan = new GemmPlan(2, 1, splits, 2);
            int[] full = Runs.frag11Gemm(matrix, x, batch, plan, false);
            int[] half = Runs.frag11Gemm(matrix, x, batch, plan, true);
            ZipGemmTest.assertRounded(full, half, rows, batch);
        }
    }

    @Test
    void tooManyActivationsForTwoRowBlocksAreRefused() {
        Bf16Matrix matrix = Matrices.gaussian(16, 64, 3);
        assertThrows(IllegalArgumentException.class, () ->
                Runs.frag11Gemm(matrix, Runs.activations(64, 65, 1), 65, new GemmPlan(1, 1, 1, 2), false));
    }
}
