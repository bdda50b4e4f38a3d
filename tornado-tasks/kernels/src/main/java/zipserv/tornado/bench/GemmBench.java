package zipserv.tornado.bench;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.BiConsumer;
import java.util.function.Consumer;
import zipserv.codec.WeightFormat;
import zipserv.tornado.cuda.Cuda;
import zipserv.tornado.cuda.GpuArrays;
import zipserv.tornado.cuda.KernelCompiler;
import zipserv.tornado.kernels.GemmPlan;
import zipserv.tornado.kernels.Launch;

/**
 * Measures the kernels on one weight shape.
 *
 * <p>TornadoVM compiles every kernel to PTX. That PTX is launched through the driver from a CUDA graph, on copies of
 * the weights that together exceed the L2 cache several times, and timed by events: the kernel's own time, by the same
 * method as cuBLAS. The result of the last timed launch is checked. TornadoVM's overhead is measured separately,
 * {@link TornadoTiming}.
 */
final class GemmBench implements AutoCloseable {

    private final GemmTasks tasks;
    private final Cuda cuda;
    private final DeviceCopies copies;
    private final GemmReplay replay;
    private final GemmCheck check;
    private final Consumer<String> log;
    private final BiConsumer<String, String> keeper;
    private final int m;
    private final int k;

    /**
     * Takes over the tasks.
     *
     * @param overlapping whether launches may begin before their predecessors have ended
     * @param keeper      gets name and PTX of every kernel
     */
    GemmBench(GemmTasks tasks, Cuda cuda, boolean overlapping, Consumer<String> log,
            BiConsumer<String, String> keeper) {
        this.tasks = tasks;
        this.keeper = keeper;
        this.cuda = cuda;
        this.log = log;
        copies = new DeviceCopies(cuda, GpuArrays.HEADER_BYTES);
        replay = new GemmReplay(cuda, copies, overlapping);
        check = new GemmCheck(tasks);
        m = tasks.matrix().rows();
        k = tasks.matrix().columns();
    }

    /**
     * Compiles, times and checks all cases.
     *
     * @param replays how often each is timed
     * @param each    gets every result as soon as it is there
     */
    List<GemmResult> run(List<GemmCase> cases, int replays, Consumer<GemmResult> each) {
        List<GemmTask> all = cases.stream().map(tasks::task).toList();
        long start = System.nanoTime();
        List<Launch> launches = all.stream().flatMap(task -> task.launches().stream()).toList();
        Map<Launch.Key, String> ptx = KernelCompiler.compile(launches);
        log.accept(String.format("%d x %d: TornadoVM compiled %d kernels in %.1f s", m, k, ptx.size(),
                (System.nanoTime() - start) / 1e9));
        for (Launch launch : launches) {
            int registers = launch.grid().maxRegisters();
            keeper.accept(m + "x" + k + "-" + launch.name(), (registers == 0 ? "" : "// at most " + registers
                    + " registers\n") + replay.text(ptx.get(launch.key())));
        }
        cuda.makeCurrent();
        Map<GemmTask, GemmReplay.Replayed> replayed = new LinkedHashMap<>();
        for (GemmTask task : all) {
            replayed.put(task, replay.run(task, ptx, replays));
            check.addTwin(task);
        }
        List<GemmResult> results = new ArrayList<>();
        replayed.forEach((task, measured) -> {
            results.add(result(task, measured));
            each.accept(results.getLast());
        });
        return results;
    }

    private GemmResult result(GemmTask task, GemmReplay.Replayed measured) {
        GemmCase c = task.of();
        long output = c.kernel().isDecompression() ? 2L * m * k
                : 2L * c.batch() * k + (tasks.isBf16(c) ? 2L : 4L) * c.batch() * m;
        double bits = c.kernel().format().map(format -> tasks.compressed(format).bitsPerWeight()).orElse(16.0);
        return new GemmResult(c.kernel().id(), m, k, c.batch(), tasks.plan(c),
                measured.micros(), task.weightBytes() + output, bits, measured.registers(), measured.localBytes(),
                check.verdict(task));
    }

    /** cuBLASLt on the same shape, for each of several N. */
    List<GemmResult> cublas(List<Integer> batches, CublasLt cublas, int replays) {
        cuda.makeCurrent();
        List<GemmResult> results = new ArrayList<>();
        try (CublasBench bench = new CublasBench(tasks, cublas, cuda, check)) {
            for (int n : batches) {
                results.add(bench.measure(n, replays));
                log.accept(line(results.getLast()));
            }
        }
        return results;
    }

    /** A result in one line. */
    static String line(GemmResult r) {
        return String.format("%-18s %dx%d n=%-4d %-18s %9.2f us (%.2f .. %.2f) %5.0f GB/s  %d registers, %d local  %s",
                r.kernel(), r.m(), r.k(), r.n(), r.plan(), r.micros().median(), r.micros().min(), r.micros().max(),
                r.gigabytesPerSecond(), r.registers(), r.localBytes(), r.check());
    }

    /** What TornadoVM adds to ZipGEMM's own time. */
    TornadoTiming tornado(int n, GemmPlan plan) {
        TornadoTiming timing = TornadoTiming.of(tasks.compressed(WeightFormat.TCA_TBE), tasks.activations(n), n, plan);
        log.accept(String.format("TornadoVM  %dx%d n=%d: execute() %.1f us + %.2f us per launch with a CUDA graph, "
                + "%.1f + %.2f without; kernel by its profiler %.2f us", m, k, n, timing.graphExecute(),
                timing.graphLaunch(), timing.plainExecute(), timing.plainLaunch(), timing.profiledKernel()));
        return timing;
    }

    @Override
    public void close() {
        cuda.makeCurrent();
        copies.close();
        tasks.close();
    }
}
