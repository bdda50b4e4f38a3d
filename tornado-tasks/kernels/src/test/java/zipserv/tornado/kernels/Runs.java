package zipserv.tornado.kernels;

import java.lang.foreign.MemorySegment;
import java.util.Random;
import java.util.function.BiConsumer;
import uk.ac.manchester.tornado.api.GridScheduler;
import uk.ac.manchester.tornado.api.TaskGraph;
import uk.ac.manchester.tornado.api.TornadoExecutionPlan;
import uk.ac.manchester.tornado.api.enums.DataTransferMode;
import uk.ac.manchester.tornado.api.exceptions.TornadoExecutionPlanException;
import uk.ac.manchester.tornado.api.types.arrays.IntArray;
import uk.ac.manchester.tornado.api.types.arrays.ShortArray;
import zipserv.codec.Bf16Matrix;
import zipserv.codec.FragmentLayout;
import zipserv.codec.WeightFormat;

/** Runs kernels the way programs do: as task graphs, on the GPU where there is one and in the emulation elsewhere. */
final class Runs {

    private Runs() {
    }

    /** Runs one task graph. */
    static void run(Object[] in, Object[] out, BiConsumer<KernelTasks, TaskGraph> tasks) {
        TaskGraph graph = new TaskGraph("test");
        GridScheduler scheduler = new GridScheduler();
        graph.transferToDevice(DataTransferMode.FIRST_EXECUTION, in);
        tasks.accept(new KernelTasks(graph, scheduler), graph);
        graph.transferToHost(DataTransferMode.EVERY_EXECUTION, out);
        try (TornadoExecutionPlan plan = new TornadoExecutionPlan(graph.snapshot())) {
            plan.withGridScheduler(scheduler).execute();
            plan.freeDeviceMemory();
        } catch (TornadoExecutionPlanException e) {
            throw new AssertionError(e);
        }
    }

    /** What decompressing gives, rows of whole runs of 8. */
    static short[] decompress(Bf16Matrix matrix, WeightFormat format, int columns) {
        IntArray out = HostArrays.ints(Math.max(1, matrix.rows() * columns / 2));
        decompress(matrix, format, out, (tasks, weights) -> tasks.decompress("decompress", weights, out, columns),
                (tasks, weights) -> tasks.decompress("decompress", weights, out, columns));
        short[] result = new short[matrix.rows() * columns];
        for (int i = 0; i < result.length; i++) {
            result[i] = (short) (out.get(i / 2) >>> 16 * (i & 1));
        }
        return result;
    }

    /** What decompressing gives, written element by element. */
    static short[] decompress(Bf16Matrix matrix, WeightFormat format) {
        ShortArray out = HostArrays.shorts(matrix.rows() * matrix.columns());
        decompress(matrix, format, out, (tasks, weights) -> tasks.decompress("decompress", weights, out),
                (tasks, weights) -> tasks.decompress("decompress", weights, out));
        return out.toHeapArray();
    }

    private static void decompress(Bf16Matrix matrix, WeightFormat format, Object out,
            BiConsumer<KernelTasks, TcaTbeDeviceMatrix> tcaTbe, BiConsumer<KernelTasks, Frag11DeviceMatrix> frag11) {
        if (format == WeightFormat.FRAG11) {
            Frag11DeviceMatrix weights = Frag11DeviceMatrix.of(Matrices.compress(matrix, format));
            run(new Object[] {weights.words(), weights.escapes(), weights.directory()}, new Object[] {out},
                    (tasks, graph) -> frag11.accept(tasks, weights));
        } else {
            TcaTbeDeviceMatrix weights = TcaTbeDeviceMatrix.of(Matrices.compress(matrix, format));
            run(new Object[] {weights.bitmaps(), weights.table(), weights.values()}, new Object[] {out},
                    (tasks, graph) -> tcaTbe.accept(tasks, weights));
        }
    }

    /** Random activations: bf16 bits, {@code batch} rows of {@code columns}. */
    static short[] activations(int columns, int batch, long seed) {
        Random random = new Random(seed);
        short[] x = new short[batch * columns];
        for (int i = 0; i < x.length; i++) {
            x[i] = Matrices.bf16((float) random.nextGaussian());
        }
        return x;
    }

    /** Activations padded as the kernels want them. */
    static IntArray padded(short[] x, int columns, int batch) {
        IntArray padded = HostArrays.ints(GemmPlan.activationWords(columns, batch));
        padded.init(0);
        int rowWords = FragmentLayout.blocks(columns) * StripLayout.BLOCK_WORDS;
        for (int n = 0; n < batch; n++) {
            for (int k = 0; k < columns; k++) {
                int word = n * rowWords + k / 2;
                padded.set(word, padded.get(word) | (x[n * columns + k] & 0xFFFF) << 16 * (k & 1));
            }
        }
        return padded;
    }

    static int[] zipGemm(Bf16Matrix matrix, short[] x, int batch, GemmPlan plan, boolean bf16) {
        TcaTbeDeviceMatrix weights = TcaTbeDeviceMatrix.of(Matrices.compress(matrix));
        IntArray padded = padded(x, matrix.columns(), batch);
        IntArray y = HostArrays.ints(GemmPlan.resultWords(matrix.rows(), batch, bf16));
        GemmScratch scratch = GemmScratch.of(plan, matrix.rows(), batch);
        Object[] in = {weights.bitmaps(), weights.table(), weights.values(), padded, scratch.partials(),
                scratch.tickets()};
        run(in, new Object[] {y},
                (tasks, graph) -> tasks.zipGemm("gemm", weights, padded, y, scratch, batch, plan, bf16));
        return y.toHeapArray();
    }

    static int[] rawGemm(Bf16Matrix matrix, short[] x, int batch, GemmPlan plan, boolean bf16) {
        RawDeviceMatrix weights = RawDeviceMatrix.of(matrix);
        IntArray padded = padded(x, matrix.columns(), batch);
        IntArray y = HostArrays.ints(GemmPlan.resultWords(matrix.rows(), batch, bf16));
        GemmScratch scratch = GemmScratch.of(plan, matrix.rows(), batch);
        Object[] in = {weights.weights(), padded, scratch.partials(), scratch.tickets(), scratch.noBias()};
        run(in, new Object[] {y},
                (tasks, graph) -> tasks.rawGemm("gemm", weights, padded, y, scratch, batch, plan, bf16));
        return y.toHeapArray();
    }

    static int[] frag11Gemm(Bf16Matrix matrix, short[] x, int batch, GemmPlan plan, boolean bf16) {
        Frag11DeviceMatrix weights = Frag11DeviceMatrix.of(Matrices.frag11(matrix));
        IntArray padded = padded(x, matrix.columns(), batch);
        IntArray y = HostArrays.ints(GemmPlan.resultWords(matrix.rows(), batch, bf16));
        GemmScratch scratch = GemmScratch.of(plan, matrix.rows(), batch);
        Object[] in = {weights.words(), weights.escapes(), weights.directory(), padded, scratch.partials(),
            scratch.tickets(), scratch.noBias()};
        run(in, new Object[] {y},
                (tasks, graph) -> tasks.frag11Gemm("gemm", weights, padded, y, scratch, batch, plan, bf16));
        return y.toHeapArray();
    }

    /** Decompress, then multiply: what batches beyond the fused limit take. */
    static int[] prefill(Bf16Matrix matrix, short[] x, int batch, boolean bf16) {
        TcaTbeDeviceMatrix weights = TcaTbeDeviceMatrix.of(Matrices.compress(matrix));
        int columns = FragmentLayout.blocks(matrix.columns()) * FragmentLayout.BLOCK;
        IntArray rows = HostArrays.ints(matrix.rows() * columns / 2);
        IntArray padded = padded(x, matrix.columns(), batch);
        IntArray y = HostArrays.ints(GemmPlan.resultWords(matrix.rows(), batch, bf16));
        PrefillTile tile = PrefillTile.of(matrix.rows(), matrix.columns(), batch);
        GemmScratch scratch = GemmScratch.of(tile, matrix.rows(), batch);
        Object[] in = {weights.bitmaps(), weights.table(), weights.values(), padded, rows, scratch.partials(),
            scratch.tickets()};
        run(in, new Object[] {y}, (tasks, graph) -> {
            tasks.decompress("decompress", weights, rows, columns);
            tasks.prefillGemm("gemm", rows, padded, y, scratch, matrix.rows(), matrix.columns(), batch, tile, bf16);
        });
        return y.toHeapArray();
    }

    /** The product of row-major matrices in tiles of one's own choice. */
    static int[] prefill(Bf16Matrix matrix, short[] x, int batch, PrefillTile tile, boolean bf16) {
        int columns = FragmentLayout.blocks(matrix.columns()) * FragmentLayout.BLOCK;
        IntArray rows = HostArrays.ints(matrix.rows() * columns / 2);
        rows.init(0);
        for (int row = 0; row < matrix.rows(); row++) {
            for (int column = 0; column < matrix.columns(); column++) {
                int word = (row * columns + column) / 2;
                rows.set(word, rows.get(word) | (matrix.get(row, column) & 0xFFFF) << 16 * (column & 1));
            }
        }
        IntArray padded = padded(x, matrix.columns(), batch);
        IntArray y = HostArrays.ints(GemmPlan.resultWords(matrix.rows(), batch, bf16));
        GemmScratch scratch = GemmScratch.of(tile, matrix.rows(), batch);
        run(new Object[] {rows, padded, scratch.partials(), scratch.tickets()}, new Object[] {y},
                (tasks, graph) -> tasks.prefillGemm("gemm", rows, padded, y, scratch, matrix.rows(), matrix.columns(),
                        batch, tile, bf16));
        return y.toHeapArray();
    }

    static int[] rowMajorGemm(Bf16Matrix matrix, short[] x, int batch) {
        IntArray weights = HostArrays.ints(matrix.rows() * matrix.columns() / 2);
        MemorySegment.copy(matrix.data(), 0, weights.getSegment(), 0, matrix.data().byteSize());
        int tiles = (batch + 7) / 8;
        IntArray rows = HostArrays.ints(tiles * 8 * matrix.columns() / 2);
        rows.init(0);
        for (int i = 0; i < x.length; i++) {
            rows.set(i / 2, rows.get(i / 2) | (x[i] & 0xFFFF) << 16 * (i & 1));
        }
        IntArray y = HostArrays.ints(batch * matrix.rows());
        run(new Object[] {weights, rows}, new Object[] {y},
                (tasks, graph) -> tasks.rowMajorGemm("gemm", weights, rows, y, matrix.rows(), matrix.columns(), batch));
        return y.toHeapArray();
    }
}
