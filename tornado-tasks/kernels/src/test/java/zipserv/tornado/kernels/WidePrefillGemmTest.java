package zipserv.tornado.kernels;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import uk.ac.manchester.tornado.api.types.arrays.IntArray;
import zipserv.codec.Bf16Matrix;
import zipserv.codec.FragmentLayout;
import zipserv.tornado.cuda.LaunchRunner;

/** The product of row-major matrices by warpgroups. */
class WidePrefillGemmTest {

    @BeforeAll
    static void needsTheInstructions() {
        assumeTrue(LaunchRunner.runsHopperKernels(), "a GPU of compute capability 9.0");
    }

    /** With fewer, as many and more steps than the ring has stages; ragged in every direction; and by splits. */
    @ParameterizedTest
    @CsvSource({
        "128, 64, 128, 128, 1", "256, 256, 128, 256, 1", "130, 100, 129, 128, 1", "257, 330, 131, 256, 1",
        "1, 1, 1, 256, 1", "72, 640, 33, 256, 1", "65, 1000, 17, 128, 1", "136, 192, 65, 128, 2",
        "200, 448, 140, 256, 3", "64, 64, 10, 128, 2", "384, 128, 256, 128, 2"})
    void isTheProduct(int rows, int columns, int batch, int width, int splits) {
        Bf16Matrix matrix = Matrices.gaussian(rows, columns, rows);
        short[] x = Runs.activations(columns, batch, columns);
        WidePrefillTile plan = new WidePrefillTile(width, splits);
        int[] full = multiply(matrix, x, batch, plan, false);
        ZipGemmTest.assertClose(matrix, x, batch, full);
        int[] half = multiply(matrix, x, batch, plan, true);
        ZipGemmTest.assertRounded(full, half, rows, batch);
    }

    /** The order of additions is the other kernel's, however the product is cut, if splits have the same columns. */
    @ParameterizedTest
    @CsvSource({"200, 192, 70, 1", "264, 256, 130, 2"})
    void hasTheBitsOfSingleWarps(int rows, int columns, int batch, int splits) {
        Bf16Matrix matrix = Matrices.gaussian(rows, columns, 5);
        short[] x = Runs.activations(columns, batch, 6);
        int[] expected = Runs.prefill(matrix, x, batch, PrefillTile.MEDIUM.withSplits(splits), false);
        assertArrayEquals(expected, multiply(matrix, x, batch, new WidePrefillTile(128, splits), false));
        assertArrayEquals(expected, multiply(matrix, x, batch, new WidePrefillTile(256, splits), false));
    }

    /** Tiles of weight rows that are taken together, and a last group of fewer. */
    @Test
    void severalGroupsOfRows() {
        Bf16Matrix matrix = Matrices.gaussian(2048 + 130, 8, 5);
        short[] x = Runs.activations(8, 129, 6);
        ZipGemmTest.assertClose(matrix, x, 129, multiply(matrix, x, 129, new WidePrefillTile(256, 1), false));
        ZipGemmTest.assertClose(matrix, x, 129, multiply(matrix, x, 129, new WidePrefillTile(128, 1), false));
    }

    @Test
    void plans() {
        assertEquals("w128x256/1", WidePrefillTile.of(4096, 4096, 1024).toString());
        assertEquals("w128x256/1", WidePrefillTile.of(28672, 4096, 512).toString());
        assertEquals(4096 / 128 * 4, WidePrefillTile.of(4096, 4096, 512).blocks(4096, 512));
        assertInstanceOf(WidePrefillTile.class, PrefillPlan.of(4096, 4096, 256, true));
        assertInstanceOf(PrefillTile.class, PrefillPlan.of(4096, 4096, 256, false));
        assertInstanceOf(PrefillTile.class, PrefillPlan.of(4096, 4096, 128, true));
        System.setProperty(PrefillPlan.KERNEL, PrefillPlan.WARPS);
        try {
            assertInstanceOf(PrefillTile.class, PrefillPlan.of(4096, 4096, 256, true));
        } finally {
            System.clearProperty(PrefillPlan.KERNEL);
        }
    }

    private static int[] multiply(Bf16Matrix matrix, short[] x, int batch, WidePrefillTile plan, boolean bf16) {
        int rowWords = FragmentLayout.blocks(matrix.columns()) * StripLayout.BLOCK_WORDS;
        IntArray weights = HostArrays.ints(matrix.rows() * rowWords);
        weights.init(0);
        for (int row = 0; row < matrix.rows(); row++) {
            for (int column = 0; column < matrix.columns(); column++) {
                int word = row * rowWords + column / 2;
                weights.set(word, weights.get(word) | (matrix.get(row, column) & 0xFFFF) << 16 * (column & 1));
            }
        }
        IntArray padded = Runs.padded(x, matrix.columns(), batch);
        IntArray y = HostArrays.ints(GemmPlan.resultWords(matrix.rows(), batch, bf16));
        y.init(-1);
        GemmScratch scratch = GemmScratch.of(plan, matrix.rows(), batch);
        List<Launch> launches = new ArrayList<>();
        new KernelTasks(launches::add).prefillGemm("gemm", weights, padded, y, scratch, matrix.rows(),
                matrix.columns(), batch, plan, bf16);
        LaunchRunner.run(launches);
        return y.toHeapArray();
    }
}
