package zipserv.tornado.kernels;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeFalse;

import java.io.ByteArrayOutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Consumer;
import org.junit.jupiter.api.Test;
import uk.ac.manchester.tornado.api.GridScheduler;
import uk.ac.manchester.tornado.api.TaskGraph;
import uk.ac.manchester.tornado.api.TornadoExecutionPlan;
import uk.ac.manchester.tornado.api.enums.DataTransferMode;
import uk.ac.manchester.tornado.api.exceptions.TornadoExecutionPlanException;
import uk.ac.manchester.tornado.api.types.arrays.IntArray;
import zipserv.codec.Bf16Matrix;
import zipserv.codec.WeightFormat;
import zipserv.tornado.cuda.KernelCompiler;

/** The PTX that TornadoVM makes of the kernels; there is none in the emulation. */
class KernelPtxTest {

    private static final String MMA = "mma.sync.aligned.m16n8k16.row.col.f32.bf16.bf16.f32";
    private static final int ROWS = 64;
    private static final int COLUMNS = 256;

    private final Bf16Matrix matrix = Matrices.gaussian(ROWS, COLUMNS, 1);

    @Test
    void zipGemm() {
        assumeFalse(GpuRuntime.isEmulation());
        TcaTbeDeviceMatrix weights = TcaTbeDeviceMatrix.of(Matrices.compress(matrix));
        for (int batch : new int[] {8, 64, 128}) {
            GemmPlan plan = GemmPlan.of(ROWS, COLUMNS, batch);
            IntArray x = Runs.padded(Runs.activations(COLUMNS, batch, 1), COLUMNS, batch);
            IntArray y = HostArrays.ints(GemmPlan.resultWords(ROWS, batch, false));
            GemmScratch scratch = GemmScratch.of(plan, ROWS, batch);
            String ptx = ptx(y, tasks -> tasks.zipGemm("gemm", weights, x, y, scratch, batch, plan, false),
                    weights.bitmaps(), weights.table(), weights.values(), x, scratch.partials(), scratch.tickets());
            assertEquals(4 * (batch / 8), count(ptx, MMA), "one mma per slice and tile of 8");
            assertTrue(ptx.contains("ld.global.nc.v4.u32"), "activations by 128-bit loads");
            assertTrue(ptx.contains("cp.async.cg.shared.global"), "values by 128-bit asynchronous copies");
            assertFalse(ptx.contains(".local"), "local memory");
        }
    }

    @Test
    void frag11Gemm() {
        assumeFalse(GpuRuntime.isEmulation());
        Frag11DeviceMatrix weights = Frag11DeviceMatrix.of(Matrices.frag11(matrix));
        for (int batch : new int[] {8, 16, 32, 64, 128}) {
            for (int rowBlocks = 1; rowBlocks <= (batch > 64 ? 1 : 2); rowBlocks++) {
                GemmPlan plan = new GemmPlan(1, 4, 2, rowBlocks);
                IntArray x = Runs.padded(Runs.activations(COLUMNS, batch, 1), COLUMNS, batch);
                IntArray y = HostArrays.ints(GemmPlan.resultWords(ROWS, batch, false));
                GemmScratch scratch = GemmScratch.of(plan, ROWS, batch);
                String ptx = ptx(y, tasks -> tasks.frag11Gemm("gemm", weights, x, y, scratch, batch, plan, false),
                        weights.words(), weights.escapes(), weights.directory(), x, scratch.partials(),
                        scratch.tickets(), scratch.noBias());
                assertEquals(4 * rowBlocks * (batch / 8), count(ptx, MMA), "four mma per row block and tile of 8");
                assertTrue(ptx.contains("ld.global.nc.v4.u32"), "activations by 128-bit loads");
                assertTrue(ptx.contains("cp.async.cg.shared.global"), "words by 128-bit asynchronous copies");
                assertFalse(ptx.contains(".local"), "local memory");
            }
        }
    }

    @Test
    void rawGemm() {
        assumeFalse(GpuRuntime.isEmulation());
        RawDeviceMatrix weights = RawDeviceMatrix.of(matrix);
        GemmPlan plan = GemmPlan.of(ROWS, COLUMNS, 8);
        IntArray x = Runs.padded(Runs.activations(COLUMNS, 8, 1), COLUMNS, 8);
        IntArray y = HostArrays.ints(GemmPlan.resultWords(ROWS, 8, false));
        GemmScratch scratch = GemmScratch.of(plan, ROWS, 8);
        String ptx = ptx(y, tasks -> tasks.rawGemm("gemm", weights, x, y, scratch, 8, plan, false), weights.weights(),
                x, scratch.partials(), scratch.tickets(), scratch.noBias());
        assertEquals(4, count(ptx, MMA));
        assertEquals(8, count(ptx, "ld.global.nc.L1::no_allocate.L2::256B.v4.u32"),
                "weights by 128-bit streaming loads");
        assertFalse(ptx.contains(".local"), "local memory");
    }

    @Test
    void decompress() {
        assumeFalse(GpuRuntime.isEmulation());
        TcaTbeDeviceMatrix weights = TcaTbeDeviceMatrix.of(Matrices.compress(matrix));
        IntArray out = HostArrays.ints(ROWS * COLUMNS / 2);
        String ptx = ptx(out, tasks -> tasks.decompress("decompress", weights, out, COLUMNS), weights.bitmaps(),
                weights.table(), weights.values());
        assertEquals(4, count(ptx, "st.global.cs.v4.u32"), "rows by 128-bit stores");
        assertFalse(ptx.contains(".local"), "local memory");
    }

    @Test
    void frag11Decompress() {
        assumeFalse(GpuRuntime.isEmulation());
        Frag11DeviceMatrix weights = Frag11DeviceMatrix.of(Matrices.compress(matrix, WeightFormat.FRAG11));
        IntArray out = HostArrays.ints(ROWS * COLUMNS / 2);
        String ptx = ptx(out, tasks -> tasks.decompress("decompress", weights, out, COLUMNS), weights.words(),
                weights.escapes(), weights.directory());
        assertEquals(4, count(ptx, "st.global.cs.v4.u32"), "rows by 128-bit stores");
        assertEquals(12, count(ptx, "ld.global.nc.L1::no_allocate.L2::256B.u32"),
                "words of all lanes side by side, and a word of escapes");
        assertFalse(ptx.contains(".local"), "local memory");
    }

    @Test
    void prefillGemm() {
        assumeFalse(GpuRuntime.isEmulation());
        for (int batch : new int[] {256, 200}) {
            PrefillTile tile = PrefillTile.of(256, COLUMNS, batch);
            IntArray weights = HostArrays.ints(256 * COLUMNS / 2);
            weights.init(0);
            IntArray x = Runs.padded(Runs.activations(COLUMNS, batch, 1), COLUMNS, batch);
            IntArray y = HostArrays.ints(GemmPlan.resultWords(256, batch, true));
            GemmScratch scratch = GemmScratch.of(tile, 256, batch);
            String ptx = ptx(y, tasks -> tasks.prefillGemm("gemm", weights, x, y, scratch, 256, COLUMNS, batch, tile,
                    true), weights, x, scratch.partials(), scratch.tickets());
            assertEquals(64, count(ptx, MMA), "two times 16 columns of 64 x 64 elements");
            assertEquals(24, count(ptx, "ldmatrix.sync.aligned.m8n8.x4"), "fragments by ldmatrix, half a step ahead");
            assertEquals(16, count(ptx, "st.global.v4.u32"), "rows by 128-bit stores");
            assertFalse(ptx.contains(".local"), "local memory");
        }
    }

    @Test
    void widePrefillGemm() {
        assumeFalse(GpuRuntime.isEmulation());
        IntArray any = HostArrays.ints(16);
        for (int batch : new int[] {256, 200}) {
            WidePrefillTile tile = new WidePrefillTile(256, 1);
            List<Launch> launches = new ArrayList<>();
            new KernelTasks(launches::add).prefillGemm("gemm", any, any, any, GemmScratch.of(1, 1), 256, COLUMNS, batch,
                    tile, true);
            String ptx = KernelCompiler.compile(launches).get(launches.getFirst().key());
            assertEquals(4, count(ptx, "wgmma.mma_async.sync.aligned.m64n256k16"), "a step of 64 columns");
            assertEquals(3 * 12, count(ptx, "cp.async.cg.shared.global.L2::128B"), "two stages ahead, one in the loop");
            assertEquals(16, count(ptx, "st.global.v4.u32"), "rows by 128-bit stores");
            assertFalse(ptx.contains(".local"), "local memory");
        }
    }

    /** SwiGLU stands once for all registers: two rows of four results of one part, or a row of two. */
    @Test
    void gatedGemm() {
        assumeFalse(GpuRuntime.isEmulation());
        IntArray any = HostArrays.ints(16);
        for (int rest : new int[] {0, 128 * 64}) {
            List<Launch> launches = new ArrayList<>();
            new KernelTasks(launches::add).gatedGemm("gemm", any, any, any, GemmScratch.of(1, 1), 128, COLUMNS, 256,
                    new WidePrefillTile(256, 1), rest);
            String ptx = KernelCompiler.compile(launches).get(launches.getFirst().key());
            assertEquals(4, count(ptx, "wgmma.mma_async.sync.aligned.m64n256k16"), "a step of 64 columns");
            assertEquals(2, count(ptx, "st.global.v2.u32"), "four results at a time");
            assertFalse(ptx.contains(".local"), "local memory");
        }
    }

    private static String ptx(IntArray result, Consumer<KernelTasks> task, Object... in) {
        TaskGraph graph = new TaskGraph("test");
        GridScheduler scheduler = new GridScheduler();
        graph.transferToDevice(DataTransferMode.FIRST_EXECUTION, in);
        task.accept(new KernelTasks(graph, scheduler));
        graph.transferToHost(DataTransferMode.EVERY_EXECUTION, result);
        PrintStream terminal = System.out;
        ByteArrayOutputStream printed = new ByteArrayOutputStream();
        try (TornadoExecutionPlan plan = new TornadoExecutionPlan(graph.snapshot())) {
            System.setOut(new PrintStream(printed, true, StandardCharsets.UTF_8));
            plan.withGridScheduler(scheduler).withPrintKernel().execute();
            plan.freeDeviceMemory();
        } catch (TornadoExecutionPlanException e) {
            throw new AssertionError(e);
        } finally {
            System.setOut(terminal);
        }
        return printed.toString(StandardCharsets.UTF_8);
    }

    private static int count(String text, String what) {
        return text.split(java.util.regex.Pattern.quote(what), -1).length - 1;
    }
}
