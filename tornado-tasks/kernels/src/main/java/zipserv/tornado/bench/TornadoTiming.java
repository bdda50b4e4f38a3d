package zipserv.tornado.bench;

import java.util.ArrayList;
import java.util.List;
import uk.ac.manchester.tornado.api.GridScheduler;
import uk.ac.manchester.tornado.api.TaskGraph;
import uk.ac.manchester.tornado.api.TornadoExecutionPlan;
import uk.ac.manchester.tornado.api.enums.DataTransferMode;
import uk.ac.manchester.tornado.api.enums.ProfilerMode;
import uk.ac.manchester.tornado.api.exceptions.TornadoExecutionPlanException;
import uk.ac.manchester.tornado.api.types.arrays.IntArray;
import zipserv.codec.CompressedMatrix;
import zipserv.tornado.kernels.GemmPlan;
import zipserv.tornado.kernels.GemmScratch;
import zipserv.tornado.kernels.HostArrays;
import zipserv.tornado.kernels.KernelTasks;
import zipserv.tornado.kernels.TcaTbeDeviceMatrix;

/**
 * What TornadoVM adds to a kernel's own time: {@code execute()} of graphs with few and with many ZipGEMM launches, by
 * the wall
 * clock. The slope is what one more launch costs, kernel included; what is left for no launch is the cost of an
 * execute(). The profiler's time of a kernel is between two events around its launch.
 *
 * @param graphExecute   microseconds per execute() that replays a CUDA graph, launches not counted
 * @param graphLaunch    microseconds per launch in a CUDA graph, kernel included
 * @param plainExecute   microseconds per execute() without CUDA graphs
 * @param plainLaunch    microseconds per launch without CUDA graphs
 * @param profiledKernel microseconds of a kernel as TornadoVM's profiler sees it
 */
public record TornadoTiming(double graphExecute, double graphLaunch, double plainExecute, double plainLaunch,
                            double profiledKernel) {

    private static final int FEW = 1;
    private static final int MANY = 9;
    private static final int RUNS = 60;

    /**
     * Measures ZipGEMM.
     *
     * @param weights as many copies are rotated as there are launches
     */
    public static TornadoTiming of(CompressedMatrix weights, IntArray x, int batch, GemmPlan plan) {
        List<TcaTbeDeviceMatrix> copies = new ArrayList<>();
        for (int i = 0; i < MANY; i++) {
            copies.add(TcaTbeDeviceMatrix.of(weights));
        }
        double fewGraph = execute(copies.subList(0, FEW), x, batch, plan, true)[0];
        double manyGraph = execute(copies, x, batch, plan, true)[0];
        double fewPlain = execute(copies.subList(0, FEW), x, batch, plan, false)[0];
        double[] manyPlain = execute(copies, x, batch, plan, false);
        double graphLaunch = (manyGraph - fewGraph) / (MANY - FEW);
        double plainLaunch = (manyPlain[0] - fewPlain) / (MANY - FEW);
        return new TornadoTiming(fewGraph - FEW * graphLaunch, graphLaunch, fewPlain - FEW * plainLaunch, plainLaunch,
                manyPlain[1] / MANY);
    }

    /** Median microseconds of an execute(), and of all its kernels as the profiler sees them. */
    private static double[] execute(List<TcaTbeDeviceMatrix> weights, IntArray x, int batch, GemmPlan plan,
            boolean cudaGraph) {
        TaskGraph graph = new TaskGraph("timing");
        GridScheduler scheduler = new GridScheduler();
        KernelTasks tasks = new KernelTasks(graph, scheduler);
        int rows = weights.getFirst().rows();
        IntArray y = HostArrays.ints(GemmPlan.resultWords(rows, batch, false));
        GemmScratch scratch = GemmScratch.of(plan, rows, batch);
        graph.transferToDevice(DataTransferMode.FIRST_EXECUTION, x, scratch.partials(), scratch.tickets());
        for (int i = 0; i < weights.size(); i++) {
            TcaTbeDeviceMatrix w = weights.get(i);
            graph.transferToDevice(DataTransferMode.FIRST_EXECUTION, w.bitmaps(), w.table(), w.values());
            tasks.zipGemm("gemm" + i, w, x, y, scratch, batch, plan, false);
        }
        graph.transferToHost(DataTransferMode.UNDER_DEMAND, y);
        try (TornadoExecutionPlan execution = new TornadoExecutionPlan(graph.snapshot())) {
            execution.withGridScheduler(scheduler);
            if (cudaGraph) {
                execution.withCUDAGraph();
            }
            double[] micros = new double[RUNS];
            for (int i = -10; i < RUNS; i++) {
                long start = System.nanoTime();
                execution.execute();
                if (i >= 0) {
                    micros[i] = (System.nanoTime() - start) / 1e3;
                }
            }
            double profiled = 0;
            if (!cudaGraph) {
                execution.withProfiler(ProfilerMode.SILENT);
                double[] kernels = new double[15];
                for (int i = 0; i < kernels.length; i++) {
                    kernels[i] = execution.execute().getProfilerResult().getDeviceKernelTime() / 1e3;
                }
                profiled = Timing.of(kernels).median();
            }
            execution.freeDeviceMemory();
            return new double[] {Timing.of(micros).median(), profiled};
        } catch (TornadoExecutionPlanException e) {
            throw new IllegalStateException("TornadoVM failed: " + e.getMessage(), e);
        }
    }
}
