package zipserv.tornado.kernels;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import zipserv.codec.Bf16Matrix;

/** ZipGEMM gives the bits of the uncompressed kernel, and both the product. */
class ZipGemmTest {

    @ParameterizedTest
    @CsvSource({
        "64, 64, 1, 4, 2, 1", "64, 128, 8, 4, 2, 1", "128, 192, 9, 2, 4, 1", "48, 320, 16, 1, 8, 1",
        "65, 100, 33, 4, 1, 1", "64, 256, 8, 4, 1, 4", "33, 385, 5, 1, 2, 3", "16, 64, 128, 1, 1, 1",
        "80, 128, 72, 4, 2, 1", "192, 130, 24, 8, 1, 1", "65, 256, 40, 8, 1, 2", "64, 300, 100, 2, 2, 2",
        "1, 1, 1, 1, 8, 2"})
    void bitIdenticalToRawAndClose(int rows, int columns, int batch, int strips, int slices, int splits) {
        Bf16Matrix matrix = Matrices.gaussian(rows, columns, 7L * rows + columns);
        short[] x = Runs.activations(columns, batch, batch);
        GemmPlan plan = new GemmPlan(strips, slices, splits);
        int[] zip = Runs.zipGemm(matrix, x, batch, plan, false);
        assertArrayEquals(Runs.rawGemm(matrix, x, batch, plan, false), zip);
        assertClose(matrix, x, batch, zip);
    }

    @Test
    void anyShareOfFallbacks() {
        short[] x = Runs.activations(128, 8, 1);
        for (int percent : new int[] {0, 2, 20, 100}) {
            Bf16Matrix matrix = Matrices.of(64, 128, percent, (random, row, column) ->
                    DecompressTest.withFallbacks(random, percent));
            GemmPlan plan = new GemmPlan(4, 2, 1);
            assertArrayEquals(Runs.rawGemm(matrix, x, 8, plan, false), Runs.zipGemm(matrix, x, 8, plan, false));
        }
    }

    @Test
    void bf16ResultsAreTheRoundedOnes() {
        int rows = 65;
        int batch = 11;
        Bf16Matrix matrix = Matrices.gaussian(rows, 128, 3);
        short[] x = Runs.activations(128, batch, 4);
        for (int splits : new int[] {1, 2}) {
            GemmPlan plan = new GemmPlan(4, 1, splits);
            int[] full = Runs.zipGemm(matrix, x, batch, plan, false);
            int[] half = Runs.zipGemm(matrix, x, batch, plan, true);
            assertArrayEquals(half, Runs.rawGemm(matrix, x, batch, plan, true));
            assertRounded(full, half, rows, batch);
        }
    }

    /** BF16 results, two to a word, are the fp32 ones rounded. */
    static void assertRounded(int[] full, int[] half, int rows, int batch) {
        for (int n = 0; n < batch; n++) {
            for (int row = 0; row < rows; row++) {
                assertEquals(Matrices.bf16(Float.intBitsToFloat(full[n * rows + row])),
                        (short) (half[n * ((rows + 1) / 2) + row / 2] >>> 16 * (row & 1)), "n " + n + " row " + row);
            }
        }
    }

    /** Within fp32 rounding: each of K products and additions may be off by 2^-22 of the sum of magnitudes. */
    static void assertClose(Bf16Matrix matrix, short[] x, int batch, int[] y) {
        for (int n = 0; n < batch; n++) {
            for (int row = 0; row < matrix.rows(); row++) {
                double exact = 0;
                double magnitude = 0;
                for (int k = 0; k < matrix.columns(); k++) {
                    double product = (double) Matrices.toFloat(matrix.get(row, k))
                            * Matrices.toFloat(x[n * matrix.columns() + k]);
                    exact += product;
                    magnitude += Math.abs(product);
                }
                float found = Float.intBitsToFloat(y[n * matrix.rows() + row]);
                double bound = magnitude * 0x1p-20 * Math.sqrt(matrix.columns() / 16 + 1);
                assertTrue(Math.abs(found - exact) <= bound,
                        "y[" + n + "][" + row + "] is " + found + ", exact " + exact + ", bound " + bound);
            }
        }
    }
}
