package zipserv.tornado.kernels;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;
import uk.ac.manchester.tornado.api.types.arrays.IntArray;
import zipserv.codec.Bf16Matrix;
import zipserv.codec.WeightFormat;

/** The decompressors give back every bit. */
class DecompressTest {

    private static final WeightFormat[] FORMATS = {WeightFormat.TCA_TBE, WeightFormat.FRAG11};

    @ParameterizedTest
    @EnumSource(names = {"TCA_TBE", "FRAG11"})
    void allPatterns(WeightFormat format) {
        assertLossless(Matrices.allPatterns(256, 256), format, true);
    }

    @ParameterizedTest
    @CsvSource({"64,64", "64,128", "128,72", "1,8", "65,200", "16,512", "63,64", "17,136", "33,448"})
    void gaussianOfWholeRuns(int rows, int columns) {
        for (WeightFormat format : FORMATS) {
            assertLossless(Matrices.gaussian(rows, columns, rows + columns), format, true);
        }
    }

    @ParameterizedTest
    @CsvSource({"1,1", "1,129", "77,1", "17,63", "65,65", "64,64", "100,190"})
    void gaussianOfAnyShape(int rows, int columns) {
        for (WeightFormat format : FORMATS) {
            assertLossless(Matrices.gaussian(rows, columns, rows + columns), format, false);
        }
    }

    @ParameterizedTest
    @EnumSource(names = {"TCA_TBE", "FRAG11"})
    void anyShareOutsideTheWindow(WeightFormat format) {
        for (int percent : new int[] {0, 1, 3, 10, 50, 90, 99, 100}) {
            assertLossless(Matrices.of(64, 128, percent, (random, row, column) -> withFallbacks(random, percent)),
                    format, true);
        }
    }

    /** A lane of either kernel gets none, one and many elements outside the window, at every place. */
    @ParameterizedTest
    @EnumSource(names = {"TCA_TBE", "FRAG11"})
    void everyNumberOfNeighboursOutsideTheWindow(WeightFormat format) {
        assertLossless(Matrices.of(64, 128, 5, (random, row, column) -> element(random,
                column % 32 < row % 33 ? 3 + random.nextInt(80) : 110 + random.nextInt(7))), format, true);
    }

    @ParameterizedTest
    @EnumSource(names = {"TCA_TBE", "FRAG11"})
    void windowsAtBothEnds(WeightFormat format) {
        for (int first : new int[] {0, 1, 2, 247, 248, 249}) {
            assertLossless(Matrices.of(64, 64, first,
                    (random, row, column) -> element(random, first + random.nextInt(7))), format, true);
        }
    }

    @ParameterizedTest
    @EnumSource(names = {"TCA_TBE", "FRAG11"})
    void extremes(WeightFormat format) {
        assertLossless(Matrices.of(64, 64, 0, (random, row, column) -> (short) 0), format, true);
        assertLossless(Matrices.of(64, 64, 0, (random, row, column) -> (short) 0x7FC1), format, true);
        assertLossless(Matrices.of(64, 192, 0, (random, row, column) -> (short) random.nextInt()), format, true);
    }

    /** A row that is padded for the Tensor Cores ends in zeros. */
    @ParameterizedTest
    @EnumSource(names = {"TCA_TBE", "FRAG11"})
    void columnsBehindTheMatrixAreZero(WeightFormat format) {
        int rows = 33;
        int columns = 77;
        Bf16Matrix matrix = Matrices.gaussian(rows, columns, 1);
        for (int padded : new int[] {80, 96, 128}) {
            short[] found = Runs.decompress(matrix, format, padded);
            for (int row = 0; row < rows; row++) {
                for (int column = 0; column < padded; column++) {
                    assertEquals(column < columns ? matrix.get(row, column) : 0, found[row * padded + column],
                            "[" + row + ", " + column + "] of " + padded);
                }
            }
        }
    }

    /** Uncompressed weights come back from fragment order, padded. */
    @ParameterizedTest
    @CsvSource({"64,64", "33,77", "130,200"})
    void uncompressedRows(int rows, int columns) {
        Bf16Matrix matrix = Matrices.gaussian(rows, columns, 2);
        int padded = (columns + 63) / 64 * 64;
        IntArray found = HostArrays.ints(rows * padded / 2);
        found.init(-1);
        RawDeviceMatrix weights = RawDeviceMatrix.of(matrix);
        Runs.run(new Object[] {weights.weights()}, new Object[] {found},
                (tasks, graph) -> tasks.rawRows("rows", weights, found));
        for (int row = 0; row < rows; row++) {
            for (int column = 0; column < padded; column++) {
                int pair = found.get((row * padded + column) / 2);
                assertEquals(column < columns ? matrix.get(row, column) : 0, (short) (pair >>> 16 * (column & 1)),
                        "[" + row + ", " + column + "]");
            }
        }
    }

    @Test
    void rowsOfBrokenRunsAreRefused() {
        assertThrows(IllegalArgumentException.class,
                () -> Runs.decompress(Matrices.gaussian(2, 10, 1), WeightFormat.TCA_TBE, 10));
        assertThrows(IllegalArgumentException.class,
                () -> Runs.decompress(Matrices.gaussian(2, 10, 1), WeightFormat.FRAG11, 10));
    }

    /** Seven exponents cover all elements but some percent, which are far away. */
    static short withFallbacks(Random random, int percent) {
        return element(random, random.nextInt(100) < percent ? 3 : 110 + random.nextInt(7));
    }

    private static short element(Random random, int exponent) {
        return (short) (random.nextInt(2) << 15 | exponent << 7 | random.nextInt(128));
    }

    private static void assertLossless(Bf16Matrix matrix, WeightFormat format, boolean aligned) {
        short[] found = aligned ? Runs.decompress(matrix, format, matrix.columns()) : Runs.decompress(matrix, format);
        StringBuilder wrong = new StringBuilder();
        int count = 0;
        for (int row = 0; row < matrix.rows(); row++) {
            for (int column = 0; column < matrix.columns(); column++) {
                short element = found[row * matrix.columns() + column];
                if (element != matrix.get(row, column) && count++ < 5) {
                    wrong.append(String.format("[%d, %d] is %04x instead of %04x; ", row, column, element & 0xFFFF,
                            matrix.get(row, column) & 0xFFFF));
                }
            }
        }
        assertEquals(0, count, format.id() + ": " + wrong);
    }
}
