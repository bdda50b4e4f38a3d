package zipserv.tornado.bench;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.function.Consumer;
import zipserv.codec.WeightFormat;
import zipserv.tornado.bench.GemmCase.Kernel;
import zipserv.tornado.cuda.Cuda;
import zipserv.tornado.cuda.DriverVersion;
import zipserv.tornado.cuda.KernelLoader;
import zipserv.tornado.cuda.OverlappingKernel;
import zipserv.tornado.kernels.GemmPlan;
import zipserv.tornado.kernels.GpuException;
import zipserv.tornado.kernels.GpuRuntime;
import zipserv.tornado.kernels.ProductPlan;
import zipserv.tornado.ptx.plugin.GpuDriver;
import zipserv.tornado.tuning.Autotuner;
import zipserv.tornado.tuning.PlanBook;
import zipserv.tornado.tuning.PlanFile;
import zipserv.tornado.tuning.TuningTarget;

/** What {@code zipserv bench gemm} does: every wanted kernel on every wanted shape and batch. */
public final class GemmSuite {

    private static final int REPLAYS = 25;

    private final Options options;
    private final Consumer<String> log;
    private boolean warpgroups;

    /**
     * What to measure.
     *
     * @param shapes   M and K of each matrix
     * @param batches  N
     * @param kernels  which kernels
     * @param plans    how the planned kernels are cut; empty for the plans of the book
     * @param file     keeps the tuned plans
     * @param tuning   whether plans are tuned first, are used if there are any, or not even that
     * @param coverage part of the weights within the best window of eight exponents, above 0.5, to 1
     * @param bf16     whether products are rounded to BF16, as cuBLAS's are, or left fp32
     * @param cublas   the library's file; empty for its usual names
     * @param ptx      folder that gets the PTX of every kernel; empty to keep none
     * @param tornado  whether to measure TornadoVM's overhead too
     * @param overlapping whether launches of our kernels may begin before their predecessors have ended, as in the
     *                    engine
     */
    public record Options(List<int[]> shapes, List<Integer> batches, List<Kernel> kernels, List<ProductPlan> plans,
                          PlanFile file, Tuning tuning, double coverage, boolean bf16, Optional<String> cublas,
                          Optional<Path> ptx, boolean tornado, boolean overlapping) {
    }

    /** What becomes of tuned plans. */
    public enum Tuning {
        /** Products are cut by the built-in rule. */
        NONE,
        /** Plans tuned earlier are used. */
        USE,
        /** All shapes are tuned first, and the plans kept. */
        TUNE
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
        } catch (UncheckedIOException e) {
            throw e;
        } catch (RuntimeException | LinkageError e) {
            throw GpuException.of(e);
        }
    }

    private GemmReport run(Cuda cuda) {
        warpgroups = KernelLoader.runsHopperKernels(cuda);
        if (options.overlapping() && cuda.computeCapability() < OverlappingKernel.LEAST_CAPABILITY) {
            throw new GpuException("launches cannot overlap on a GPU of compute capability below 9.0", null);
        }
        String device = cuda.deviceName();
        String driver = DriverVersion.of(cuda);
        double copy = CopyBandwidth.measure(cuda);
        log.accept(String.format("%s, %s: a copy reads and writes %.0f GB/s", device, driver, copy));
        Optional<CublasLt> cublas = openCublas(cuda);
        TuningTarget target = TuningTarget.of(cuda);
        PlanBook book = options.tuning() == Tuning.NONE ? new PlanBook() : options.file().load(target);
        List<GemmResult> results = new ArrayList<>();
        Map<String, TornadoTiming> tornado = new LinkedHashMap<>();
        for (int[] shape : options.shapes()) {
            int threads = Runtime.getRuntime().availableProcessors();
            GemmTasks tasks = new GemmTasks(shape[0], shape[1], options.coverage(), options.bf16(), threads,
                    warpgroups);
            try (GemmBench bench = new GemmBench(tasks, cuda, options.overlapping(), log, this::keep)) {
                if (options.tuning() == Tuning.TUNE) {
                    tune(book, bench, shape, cuda);
                    save(target, book);
                }
                results.addAll(bench.run(cases(shape[0], shape[1], book), REPLAYS,
                        result -> log.accept(GemmBench.line(result))));
                results.stream().filter(r -> r.n() == 0 && r.m() == shape[0] && r.k() == shape[1]).findFirst()
                        .map(decompression -> CopyBandwidth.like(cuda, decompression)).ifPresent(like -> {
                            results.add(like);
                            log.accept(GemmBench.line(like));
                        });
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

    /**
     * Tunes the first of the wanted formats; others take its order of additions, which leaves them little choice. Of
     * several N with the same number of tiles, the largest serves for all.
     */
    private void tune(PlanBook book, GemmBench bench, int[] shape, Cuda cuda) {
        List<WeightFormat> format = options.kernels().stream().filter(Kernel::isPlanned).sorted()
                .map(GemmTuner::format).limit(1).toList();
        Map<Integer, Integer> batches = new TreeMap<>();
        options.batches().stream().filter(n -> n <= GemmPlan.MAX_BATCH)
                .forEach(n -> batches.merge((n + 7) / 8, n, Math::max));
        new Autotuner(book, cuda.multiprocessors(), warpgroups)
                .tune(shape[0], shape[1], List.copyOf(batches.values()), format, new GemmTuner(bench, log));
    }

    /** After every shape, so that an interruption loses little. */
    private void save(TuningTarget target, PlanBook book) {
        try {
            options.file().save(target, book);
        } catch (IOException e) {
            log.accept("tuned plans are not kept: cannot write " + options.file().path() + ": " + e.getMessage());
        }
    }

    private void keep(String name, String ptx) {
        options.ptx().ifPresent(folder -> {
            try {
                Files.writeString(Files.createDirectories(folder).resolve(name + ".ptx"), ptx);
            } catch (IOException e) {
                throw new UncheckedIOException(e);
            }
        });
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
    private List<GemmCase> cases(int rows, int columns, PlanBook book) {
        Set<GemmCase> cases = new LinkedHashSet<>();
        for (Kernel kernel : options.kernels()) {
            if (kernel.isDecompression()) {
                cases.add(new GemmCase(kernel, 0, null));
            }
        }
        for (int n : options.batches()) {
            for (Kernel kernel : options.kernels()) {
                if (kernel.isPlanned()) {
                    plans(kernel, rows, columns, n, book).stream()
                            .map(plan -> plan.forFormat(GemmTuner.format(kernel))).filter(plan -> plan.fits(n))
                            .forEach(plan -> cases.add(new GemmCase(kernel, n, plan)));
                } else if (kernel != Kernel.CUBLAS && !kernel.isDecompression()) {
                    cases.add(new GemmCase(kernel, n, null));
                }
            }
        }
        return List.copyOf(cases);
    }

    /** frag11's plan, the same order of additions for the others, and what is best for each of them by the rule. */
    private Collection<ProductPlan> plans(Kernel kernel, int rows, int columns, int batch, PlanBook book) {
        if (!options.plans().isEmpty()) {
            return options.plans();
        }
        WeightFormat format = GemmTuner.format(kernel);
        Set<ProductPlan> plans = new LinkedHashSet<>(List.of(book.of(format, rows, columns, batch, warpgroups)));
        if (kernel != Kernel.FRAG11) {
            plans.add(ProductPlan.of(format, rows, columns, batch, warpgroups));
        }
        return plans;
    }
}
