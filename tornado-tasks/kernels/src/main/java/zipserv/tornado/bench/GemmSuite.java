package zipserv.tornado.bench;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Consumer;
import zipserv.tornado.bench.GemmCase.Kernel;
import zipserv.tornado.cuda.Cuda;
import zipserv.tornado.kernels.GemmPlan;
import zipserv.tornado.kernels.GpuException;
import zipserv.tornado.kernels.GpuRuntime;
import zipserv.tornado.ptx.plugin.GpuDriver;

/** What {@code zipserv bench gemm} does: every wanted kernel on every wanted shape and batch. */
public final class GemmSuite {

    /**
     * What to measure.
     *
     * @param shapes   M and K of each matrix
     * @param batches  N
     * @param kernels  which kernels
     * @param plans    how the planned kernels are cut; empty for {@link GemmPlan#of}
     * @param cublas   the library's file; empty for its usual names
     * @param tornado  whether to measure TornadoVM's overhead too
     */
    public record Options(List<int[]> shapes, List<Integer> batches, List<Kernel> kernels, List<GemmPlan> plans,
                          Optional<String> cublas, boolean tornado) {
    }

    /**
     * What was measured.
     *
     * @param device        name of the GPU
     * @param cudaVersion   newest CUDA version of the driver, 13.0 as 13000
     * @param results       one per shape, batch, kernel and plan
     * @param tornado       TornadoVM's overheads by "MxK n=N"
     */
    public record Report(String device, int cudaVersion, List<GemmResult> results, Map<String, TornadoTiming> tornado) {
    }

    private GemmSuite() {
    }

    /**
     * Measures.
     *
     * @param log gets a line per result
     * @throws GpuException if there is no usable GPU, or it fails
     */
    public static Report run(Options options, Consumer<String> log) {
        GpuRuntime.requireGpu();
        List<GemmResult> results = new ArrayList<>();
        Map<String, TornadoTiming> tornado = new LinkedHashMap<>();
        try (Cuda cuda = Cuda.open().orElseThrow(() -> new GpuException(GpuDriver.NO_DRIVER, null))) {
            Optional<CublasLt> cublas = options.kernels().contains(Kernel.CUBLAS)
                    ? CublasLt.open(options.cublas(), cuda) : Optional.empty();
            if (options.kernels().contains(Kernel.CUBLAS) && cublas.isEmpty()) {
                log.accept("cuBLAS is left out: " + options.cublas().orElse("libcublasLt.so") + " not found; name it with --cublas");
            }
            for (int[] shape : options.shapes()) {
                int threads = Runtime.getRuntime().availableProcessors();
                try (GemmBench bench = new GemmBench(shape[0], shape[1], threads, log)) {
                    results.addAll(bench.run(cases(shape, options), cuda));
                    for (int n : options.batches()) {
                        cublas.ifPresent(library -> results.add(bench.cublas(n, library, cuda)));
                        if (options.tornado()) {
                            tornado.put(shape[0] + "x" + shape[1] + " n=" + n,
                                    bench.tornado(n, GemmPlan.of(shape[0], shape[1], n)));
                        }
                    }
                }
            }
            String device = cuda.deviceName();
            int version = cuda.driverVersion();
            cublas.ifPresent(CublasLt::close);
            return new Report(device, version, results, tornado);
        } catch (RuntimeException | LinkageError e) {
            throw GpuException.of(e);
        }
    }

    private static List<GemmCase> cases(int[] shape, Options options) {
        List<GemmCase> cases = new ArrayList<>();
        if (options.kernels().contains(Kernel.DECOMPRESS)) {
            cases.add(new GemmCase(Kernel.DECOMPRESS, 0, null));
        }
        for (int n : options.batches()) {
            for (Kernel kernel : options.kernels()) {
                switch (kernel) {
                    case TCA_TBE, RAW -> {
                        if (n <= GemmPlan.MAX_BATCH) {
                            List<GemmPlan> plans = options.plans().isEmpty() ? List.of(GemmPlan.of(shape[0], shape[1], n))
                                    : options.plans();
                            plans.forEach(plan -> cases.add(new GemmCase(kernel, n, plan)));
                        }
                    }
                    case ROW_MAJOR, PREFILL -> cases.add(new GemmCase(kernel, n, null));
                    case DECOMPRESS, CUBLAS -> {
                    }
                }
            }
        }
        return cases;
    }
}
