package zipserv.tornado.kernels;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import zipserv.codec.Bf16Matrix;

/** The unfused paths. */
class PrefillGemmTest {

    @ParameterizedTest
    @CsvSource({"128, 64, 128", "130, 100, 129", "64, 192, 5", "257, 64, 1"})
    void decompressThenMultiply(int rows, int columns, int batch) {
        Bf16Matrix matrix = Matrices.gaussian(rows, columns, rows);
        short[] x = Runs.activations(columns, batch, columns);
        ZipGemmTest.assertClose(matrix, x, batch, Runs.prefill(matrix, x, batch, false));
    }

    /** Each element is added up in one order, however the product is cut. */
    @ParameterizedTest
    @CsvSource({"256, 128, 70", "129, 64, 129", "72, 192, 33"})
    void tilesDoNotChangeResults(int rows, int columns, int batch) {
        assertSame(rows, columns, batch, PrefillTile.LARGE, PrefillTile.MEDIUM, PrefillTile.SMALL,
                new PrefillTile(1, 2, 4, 1), new PrefillTile(4, 2, 8, 1));
    }

    /** Splits change the order of additions, but are added up in theirs, whichever block comes last. */
    @ParameterizedTest
    @CsvSource({"136, 192, 33, 2", "66, 320, 129, 3", "64, 64, 10, 2"})
    void splitsAreAddedUpInTheirOrder(int rows, int columns, int batch, int splits) {
        assertSame(rows, columns, batch, PrefillTile.MEDIUM.withSplits(splits), PrefillTile.SMALL.withSplits(splits),
                PrefillTile.LARGE.withSplits(splits));
    }

    private static void assertSame(int rows, int columns, int batch, PrefillTile first, PrefillTile... others) {
        Bf16Matrix matrix = Matrices.gaussian(rows, columns, rows);
        short[] x = Runs.activations(columns, batch, columns);
        int[] expected = Runs.prefill(matrix, x, batch, first, false);
        ZipGemmTest.assertClose(matrix, x, batch, expected);
        int[] rounded = Runs.prefill(matrix, x, batch, first, true);
        for (PrefillTile tile : others) {
            assertArrayEquals(expected, Runs.prefill(matrix, x, batch, tile, false), tile.toString());
            assertArrayEquals(rounded, Runs.prefill(matrix, x, batch, tile, true), tile + " in BF16");
        }
    }

    @Test
    void bf16ResultsAreTheRoundedOnes() {
        roundedResults(129, 33);
        roundedResults(136, 65);
    }

    private static void roundedResults(int rows, int batch) {
        Bf16Matrix matrix = Matrices.gaussian(rows, 64, 1);
        short[] x = Runs.activations(64, batch, 2);
        int[] full = Runs.prefill(matrix, x, batch, false);
        int[] half = Runs.prefill(matrix, x, batch, true);
        ZipGemmTest.assertRounded(full, half, rows, batch);
    }

    @ParameterizedTest
    @CsvSource({"3, 512, 8", "17, 70, 11"})
    void rowMajor(int rows, int columns, int batch) {
        Bf16Matrix matrix = Matrices.gaussian(rows, columns, rows);
        short[] x = Runs.activations(columns, batch, columns);
        ZipGemmTest.assertClose(matrix, x, batch, Runs.rowMajorGemm(matrix, x, batch));
    }
}
