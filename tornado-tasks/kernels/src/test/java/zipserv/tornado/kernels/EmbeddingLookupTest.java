package zipserv.tornado.kernels;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.lang.foreign.Arena;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import uk.ac.manchester.tornado.api.GridScheduler;
import uk.ac.manchester.tornado.api.KernelContext;
import uk.ac.manchester.tornado.api.TaskGraph;
import uk.ac.manchester.tornado.api.TornadoExecutionPlan;
import uk.ac.manchester.tornado.api.WorkerGrid1D;
import uk.ac.manchester.tornado.api.enums.DataTransferMode;
import uk.ac.manchester.tornado.api.types.arrays.FloatArray;
import uk.ac.manchester.tornado.api.types.arrays.IntArray;
import zipserv.codec.Bf16Matrix;
import zipserv.codec.Codecs;
import zipserv.codec.FragmentLayout;
import zipserv.codec.WeightFormat;

/** Rows decoded one at a time against the matrix itself, bit for bit. */
class EmbeddingLookupTest {

    private static final int STRIDE = 3;

    @Test
    void everyPattern() throws Exception {
        Bf16Matrix matrix = Matrices.allPatterns(512, 128);
        List<Integer> rows = new ArrayList<>();
        for (int row = 0; row < matrix.rows(); row += 1) {
            rows.add(row);
        }
        check(matrix, rows);
    }

    @Test
    void raggedShapeAndRowsWithoutNumber() throws Exception {
        check(Matrices.gaussian(131, 75, 1), List.of(130, -1, 0, 17, 63, 64, 64, 9, -1, 127, 128));
        check(Matrices.gaussian(1, 1, 2), List.of(0, -1));
    }

    private static void check(Bf16Matrix matrix, List<Integer> rows) throws Exception {
        for (WeightFormat format : WeightFormat.values()) {
            check(matrix, rows, format);
        }
    }

    private static void check(Bf16Matrix matrix, List<Integer> rows, WeightFormat format) throws Exception {
        int columns = matrix.columns();
        int batch = rows.size();
        IntArray input = HostArrays.ints(STRIDE * batch);
        for (int n = 0; n < batch; n++) {
            input.set(STRIDE * n, rows.get(n));
        }
        FloatArray out = HostArrays.floats(batch * columns);
        TaskGraph graph = new TaskGraph("test");
        if (format == WeightFormat.TCA_TBE) {
            TcaTbeDeviceMatrix table = TcaTbeDeviceMatrix.of(Matrices.compress(matrix));
            graph.transferToDevice(DataTransferMode.FIRST_EXECUTION, input, table.bitmaps(), table.table(),
                    table.values());
            graph.task("lookup", EmbeddingLookup::tcaTbe, new KernelContext(), table.bitmaps(), table.table(),
                    table.values(), input, out, STRIDE, batch, columns, FragmentLayout.blocks(matrix.rows()));
        } else if (format == WeightFormat.FRAG11) {
            Frag11DeviceMatrix table = Frag11DeviceMatrix.of(
                    Codecs.of(WeightFormat.FRAG11).encode(matrix, Arena.ofAuto(), 1));
            graph.transferToDevice(DataTransferMode.FIRST_EXECUTION, input, table.words(), table.escapes(),
                    table.directory());
            graph.task("lookup", EmbeddingLookup::frag11, new KernelContext(), table.words(), table.escapes(),
                    table.directory(), input, out, STRIDE, batch, matrix.rows(), columns);
        } else {
            RawDeviceMatrix table = RawDeviceMatrix.of(matrix);
            graph.transferToDevice(DataTransferMode.FIRST_EXECUTION, input, table.weights());
            graph.task("lookup", EmbeddingLookup::raw, new KernelContext(), table.weights(), input, out, STRIDE, batch,
                    columns);
        }
        graph.transferToHost(DataTransferMode.EVERY_EXECUTION, out);
        WorkerGrid1D grid = new WorkerGrid1D(EmbeddingLookup.blocks(columns, batch) * EmbeddingLookup.THREADS);
        grid.setLocalWork(EmbeddingLookup.THREADS, 1, 1);
        GridScheduler scheduler = new GridScheduler();
        scheduler.addWorkerGrid("test.lookup", grid);
        try (TornadoExecutionPlan plan = new TornadoExecutionPlan(graph.snapshot())) {
            plan.withGridScheduler(scheduler).execute();
            plan.freeDeviceMemory();
        }
        for (int n = 0; n < batch; n++) {
            for (int column = 0; column < columns; column++) {
                int expected = rows.get(n) < 0 ? 0 : matrix.get(rows.get(n), column) << 16;
                assertEquals(expected, Float.floatToRawIntBits(out.get(n * columns + column)),
                        "row " + rows.get(n) + ", column " + column);
            }
        }
    }
}
