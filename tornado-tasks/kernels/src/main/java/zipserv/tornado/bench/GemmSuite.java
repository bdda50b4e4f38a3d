package zipserv.tornado.bench;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.Consumer;
import zipserv.tornado.bench.GemmCase.Kernel;
import zipserv.tornado.cuda.Cuda;
import zipserv.tornado.kernels.GemmPlan;
import zipserv.tornado.kernels.GpuException;
import zipserv.tornado.kernels.GpuRuntime;
import zipserv.tornado.ptx.plugin.GpuDriver;

/** What {@code zipserv bench gemm} does: every wanted kernel on every wanted shape and batch. */
public final class GemmSuite {

    private static final int REPLAYS = 25;

    private final Options options;
    private final Consumer<String> log;

    /**
     * What to measure.
     *
     * @param shapes   M and K of each matrix
     * @param batches  N
     * @param kernels  which kernels
     * @param plans    how the planned kernels are cut; empty for {@link GemmPlan#of}
     * @param coverage part of the weights within the best window of eight exponents, above 0.5, to 1
     * @param bf16     whether products are rounded to BF16, as cuBLAS's are, or left fp32
     * @param cublas   the library's file; empty for its usual names
     * @param tornado  whether to measure TornadoVM's overhead too
     */
    public record Options(List<int[]> shapes, List<Integer> batches, List<Kernel> kernels, List<GemmPlan> plans,
                          double coverage, boolean bf16, Optional<String> cublas, boolean tornado) {
    }

    private GemmSuite(Options options, Consumer<String> log) {
        this.options = options;
        this.log = log;
    }

    /**
     * Measures.
     *
     * @param log gets a line per result
     * @throws GpuException if there is no usable GPU, or it fails
     */
    public static GemmReport run(Options options, Consumer<String> log) {
        GpuRuntime.requireGpu();
        try (Cuda cuda = Cuda.open().orElseThrow(() -> new GpuException(GpuDriver.NO_DRIVER, null))) {
            return new GemmSuite(options, log).run(cuda);
        } catch (RuntimeException | LinkageError e) {
            throw GpuException.of(e);
        }
    }

    private GemmReport run(Cuda cuda) {
        String device = cuda.deviceName();
        String driver = "CUDA " + cuda.driverVersion() / 1000 + "." + cuda.driverVersion() % 1000 / 10;
        double copy = CopyBandwidth.measure(cuda);
        log.accept(String.format("%s, %s: a copy reads and writes %.0f GB/s", device, driver, copy));
        Optional<CublasLt> cublas = openCublas(cuda);
        List<GemmResult> results = new ArrayList<>();
        Map<String, TornadoTiming> tornado = new LinkedHashMap<>();
        for (int[] shape : options.shapes()) {
            int threads = Runtime.getRuntime().availableProcessors();
            GemmTasks tasks = new GemmTasks(shape[0], shape[1], options.coverage(), options.bf16(), threads);
            try (GemmBench bench = new GemmBench(tasks, cuda, log)) {
                results.addAll(bench.run(cases(shape[0], shape[1]), REPLAYS));
                cublas.ifPresent(library -> results.addAll(bench.cublas(options.batches(), library, REPLAYS)));
                for (int n : options.tornado() ? options.batches() : List.<Integer>of()) {
                    tornado.put(shape[0] + "x" + shape[1] + " n=" + n,
                            bench.tornado(n, GemmPlan.of(shape[0], shape[1], n)));
                }
            }
        }
        cuda.makeCurrent();
        cublas.ifPresent(CublasLt::close);
        return new GemmReport(device, driver, options.coverage(), options.bf16() ? "bf16" : "fp32", copy, results,
                tornado);
    }

    private Optional<CublasLt> openCublas(Cuda cuda) {
        if (!options.kernels().contains(Kernel.CUBLAS)) {
            return Optional.empty();
        }
        Optional<CublasLt> cublas = CublasLt.open(options.cublas(), cuda);
        if (cublas.isEmpty()) {
            log.accept("cuBLAS is left out: " + options.cublas().orElse("libcublasLt.so")
                    + " not found; name it with --cublas");
        }
        return cublas;
    }

    /** All cases of a shape. Every fused kernel's order of additions is there uncompressed, too, if that is wanted. */
    private List<GemmCase> cases(int rows, int columns) {
        Set<GemmCase> cases = new LinkedHashSet<>();
        for (Kernel kernel : options.kernels()) {
            if (kernel.isDecompression()) {
                cases.add(new GemmCase(kernel, 0, null));
            }
        }
        for (int n : options.batches()) {
            for (Kernel kernel : options.kernels()) {
                if (kernel.isPlanned()) {
                    plans(rows, columns, n).stream().map(plan -> kernel == Kernel.FRAG11 ? plan : plan.withRowBlocks(1))
                            .filter(plan -> n <= GemmPlan.MAX_BATCH / plan.rowBlocks())
                            .forEach(plan -> cases.add(new GemmCase(kernel, n, plan)));
                } else if (kernel == Kernel.ROW_MAJOR || kernel == Kernel.PREFILL) {
                    cases.add(new GemmCase(kernel, n, null));
                }
            }
        }
        return List.copyOf(cases);
    }

    private List<GemmPlan> plans(int rows, int columns, int batch) {
        return options.plans().isEmpty() ? List.of(GemmPlan.of(rows, columns, batch)) : options.plans();
    }
}
