package zipserv.tornado.engine;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import uk.ac.manchester.tornado.api.types.arrays.IntArray;
import zipserv.codec.Bf16Matrix;
import zipserv.codec.Codecs;
import zipserv.codec.CompressedMatrix;
import zipserv.codec.WeightFormat;
import zipserv.tornado.cuda.LaunchRunner;
import zipserv.tornado.kernels.DeviceArrays;
import zipserv.tornado.kernels.GatedRows;
import zipserv.tornado.kernels.GemmScratch;
import zipserv.tornado.kernels.HostArrays;
import zipserv.tornado.kernels.KernelTasks;
import zipserv.tornado.kernels.Launch;
import zipserv.tornado.kernels.WidePrefillTile;
import zipserv.tornado.ptx.PtxFloat;

/** SwiGLU at the end of a product has the bits of SwiGLU behind it, from weights of all formats. */
class GatedProductTest {

    @BeforeAll
    static void needsTheInstructions() {
        assumeTrue(LaunchRunner.runsHopperKernels(), "a GPU of compute capability 9.0");
    }

    /** Ragged in every direction, with tiles of both widths, several of them, and splits. */
    @ParameterizedTest
    @CsvSource({
        "64, 64, 64, 128, 1, BF16", "100, 72, 130, 128, 1, BF16", "70, 100, 66, 256, 1, BF16X2",
        "128, 128, 64, 256, 1, BF16X2", "37, 130, 20, 128, 2, BF16", "150, 200, 70, 256, 3, BF16X2",
        "128, 40, 128, 256, 1, BF16", "1, 8, 1, 256, 1, BF16", "17, 8, 9, 128, 1, BF16X2"})
    void hasTheBitsOfProductAndSwiGlu(int gated, int columns, int rows, int width, int splits,
            ActivationFormat activations) {
        WidePrefillTile plan = new WidePrefillTile(width, splits);
        Random random = new Random(gated);
        Bf16Matrix gate = matrix(gated, columns, random);
        Bf16Matrix up = matrix(gated, columns, random);
        // Without warpgroups small steps have row-major activations, too.
        EngineLimits limits = new EngineLimits(1, activations, activations, List.of(1));
        int batch = rows * activations.parts();
        int rowWords = ActivationRows.rowWords(columns);
        IntArray x = HostArrays.ints(batch * rowWords);
        for (int i = 0; i < x.getSize(); i++) {
            x.set(i, i % rowWords < columns / 2 ? PtxFloat.packBf16((float) random.nextGaussian(),
                    (float) random.nextGaussian()) : 0);
        }
        int[] expected = null;
        for (List<WeightFormat> formats : List.of(List.of(WeightFormat.RAW, WeightFormat.RAW),
                List.of(WeightFormat.FRAG11, WeightFormat.FRAG11), List.of(WeightFormat.TCA_TBE, WeightFormat.TCA_TBE),
                List.of(WeightFormat.FRAG11, WeightFormat.TCA_TBE))) {
            DeviceMatrix weights = DeviceMatrix.stack(List.of(encode(gate, formats.get(0)),
                    encode(up, formats.get(1))), DeviceArrays.HOST);
            if (expected == null) {
                expected = apart(limits, weights, x, gated, rows, plan);
            }
            assertArrayEquals(expected, together(limits, weights, x, gated, rows, plan), "formats " + formats);
        }
    }

    /** A product with the stack of gate and up, and SwiGLU behind it. */
    private static int[] apart(EngineLimits limits, DeviceMatrix weights, IntArray x, int gated, int rows,
            WidePrefillTile plan) {
        int batch = rows * limits.activations().parts();
        IntArray rowMajor = filled((int) weights.rowMajorWords());
        IntArray sums = filled(batch * weights.rows());
        IntArray out = filled(batch * ActivationRows.rowWords(gated));
        List<Launch> launches = new ArrayList<>();
        EngineTasks tasks = new EngineTasks(launches::add, limits);
        tasks.decompress("rows", weights, rowMajor, GatedRows.NONE);
        new KernelTasks(launches::add).prefillGemm("gemm", rowMajor, x, sums,
                GemmScratch.of(plan, weights.rows(), batch), weights.rows(), weights.columns(), batch, plan, false);
        tasks.swiGlu("swiglu", sums, Bias.of(DeviceArrays.HOST, null, null), out, gated, rows);
        LaunchRunner.run(launches);
        return out.toHeapArray();
    }

    private static int[] together(EngineLimits limits, DeviceMatrix weights, IntArray x, int gated, int rows,
            WidePrefillTile plan) {
        int parts = limits.activations().parts();
        int upAt = DeviceMatrix.padded(gated);
        IntArray rowMajor = filled((int) DeviceMatrix.rowMajorWords(GatedRows.room(upAt), weights.columns()));
        int rest = (parts - 1) * rows * ActivationRows.rowWords(gated);
        IntArray out = filled(parts * rows * ActivationRows.rowWords(gated));
        List<Launch> launches = new ArrayList<>();
        new EngineTasks(launches::add, limits).decompress("rows", weights, rowMajor, new GatedRows(0, upAt));
        new KernelTasks(launches::add).gatedGemm("gemm", rowMajor, x, out,
                GemmScratch.of(plan, weights.rows(), rows * parts), gated, weights.columns(),
                rows * parts, plan, rest);
        LaunchRunner.run(launches);
        return out.toHeapArray();
    }

    /** What nobody wrote are NaNs. */
    private static IntArray filled(int words) {
        IntArray array = HostArrays.ints(words);
        array.init(-1);
        return array;
    }

    private static CompressedMatrix encode(Bf16Matrix matrix, WeightFormat format) {
        return Codecs.of(format).encode(matrix, Arena.ofAuto(), 1);
    }

    private static Bf16Matrix matrix(int rows, int columns, Random random) {
        MemorySegment data = Arena.ofAuto().allocate(2L * rows * columns);
        for (int i = 0; i < rows * columns; i++) {
            int bits = Float.floatToRawIntBits((float) random.nextGaussian() * 0.2f);
            data.set(Bf16Matrix.ELEMENT, 2L * i, (short) (bits >>> 16));
        }
        return new Bf16Matrix(data, rows, columns);
    }
}
