package zipserv.tornado.bench;

import java.io.ByteArrayOutputStream;
import java.io.PrintStream;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.IdentityHashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.function.Consumer;
import uk.ac.manchester.tornado.api.GridScheduler;
import uk.ac.manchester.tornado.api.TaskGraph;
import uk.ac.manchester.tornado.api.TornadoExecutionPlan;
import uk.ac.manchester.tornado.api.enums.DataTransferMode;
import uk.ac.manchester.tornado.api.exceptions.TornadoExecutionPlanException;
import uk.ac.manchester.tornado.api.types.arrays.FloatArray;
import uk.ac.manchester.tornado.api.types.arrays.IntArray;
import uk.ac.manchester.tornado.api.types.arrays.TornadoNativeArray;
import zipserv.codec.Bf16Matrix;
import zipserv.codec.Codecs;
import zipserv.codec.CompressedMatrix;
import zipserv.codec.FragmentLayout;
import zipserv.codec.WeightFormat;
import zipserv.tornado.cuda.Cuda;
import zipserv.tornado.kernels.Decompress;
import zipserv.tornado.kernels.GemmPlan;
import zipserv.tornado.kernels.GemmScratch;
import zipserv.tornado.kernels.HostArrays;
import zipserv.tornado.kernels.KernelTasks;
import zipserv.tornado.kernels.PrefillGemm;
import zipserv.tornado.kernels.RawDeviceMatrix;
import zipserv.tornado.kernels.RowMajorGemm;
import zipserv.tornado.kernels.TcaTbeDeviceMatrix;

/**
 * Measures the kernels on one weight shape.
 *
 * <p>Every kernel is first run by TornadoVM, which compiles it, and its result is checked. The PTX that TornadoVM compiled is
 * then launched through the driver from a CUDA graph, on copies of the weights that together exceed the L2 cache
 * several times, and timed by events: the kernel's own time, by the same method as cuBLAS. TornadoVM's overhead is
 * measured separately, {@link TornadoTiming}.
 */
public final class GemmBench implements AutoCloseable {

    private static final String GRAPH = "bench";
    /** Element 0 of an array lies this far into its buffer, as in TornadoVM. */
    private static final int HEADER_BYTES = 16;
    private static final int REPLAYS = 25;
    private static final int LAUNCHES = 24;
    private static final double L2_MULTIPLE = 3;

    private final Bf16Matrix matrix;
    private final Arena arena = Arena.ofShared();
    private final CompressedMatrix compressed;
    private final TcaTbeDeviceMatrix zip;
    private final RawDeviceMatrix raw;
    private final int m;
    private final int k;
    private final Consumer<String> log;

    /** Makes the weights. */
    public GemmBench(int rows, int columns, int threads, Consumer<String> log) {
        this.m = rows;
        this.k = columns;
        this.log = log;
        matrix = SyntheticWeights.gaussian(rows, columns, arena);
        compressed = Codecs.of(WeightFormat.TCA_TBE).encode(matrix, arena, threads);
        log.accept(String.format("%d x %d: %.3f bits per weight", rows, columns, compressed.bitsPerWeight()));
        zip = TcaTbeDeviceMatrix.of(compressed);
        raw = RawDeviceMatrix.of(matrix);
    }

    /** One kernel as run by TornadoVM. */
    private record Prepared(GemmCase of, List<TornadoNativeArray> weights, List<TornadoNativeArray> others, IntArray result,
                            int blocks, int threads) {
    }

    /** Runs, checks and times all cases. */
    public List<GemmResult> run(List<GemmCase> cases, Cuda cuda) {
        List<Prepared> prepared = new ArrayList<>();
        Map<String, String> ptx = compile(cases, prepared);
        cuda.makeCurrent();
        Map<String, int[]> expected = new HashMap<>();
        for (Prepared p : prepared) {
            if (p.of.kernel() == GemmCase.Kernel.RAW) {
                expected.put(p.of.batch() + "/" + p.of.plan(), p.result.toHeapArray());
            }
        }
        List<GemmResult> results = new ArrayList<>();
        Map<TornadoNativeArray, List<Long>> copies = new IdentityHashMap<>();
        for (Prepared p : prepared) {
            results.add(measure(p, ptx.get(p.of.task()), check(p, expected), cuda, copies));
            GemmResult r = results.getLast();
            log.accept(String.format("%-10s %dx%d n=%-3d %-8s %8.2f us (%.2f .. %.2f)  %5.0f GB/s  %d registers, %d local  %s",
                    r.kernel(), m, k, r.n(), r.plan(), r.micros().median(), r.micros().min(), r.micros().max(),
                    r.gigabytesPerSecond(), r.registers(), r.localBytes(), r.check()));
        }
        copies.values().forEach(addresses -> addresses.forEach(cuda::free));
        return results;
    }

    private Map<String, String> compile(List<GemmCase> cases, List<Prepared> prepared) {
        TaskGraph graph = new TaskGraph(GRAPH);
        GridScheduler scheduler = new GridScheduler();
        KernelTasks tasks = new KernelTasks(graph, scheduler);
        Map<Integer, IntArray> activations = new HashMap<>();
        IntArray rows = null;
        for (GemmCase c : cases) {
            if (c.kernel() == GemmCase.Kernel.PREFILL || c.kernel() == GemmCase.Kernel.ROW_MAJOR) {
                rows = HostArrays.ints((int) ((long) m * k / 2));
                MemorySegment.copy(matrix.data(), 0, rows.getSegment(), 0, 2L * m * k);
            }
        }
        graph.transferToDevice(DataTransferMode.FIRST_EXECUTION, zip.bitmaps(), zip.table(), zip.values(), raw.weights());
        if (rows != null) {
            graph.transferToDevice(DataTransferMode.FIRST_EXECUTION, rows);
        }
        List<Object> outputs = new ArrayList<>();
        for (GemmCase c : cases) {
            IntArray x = activations.computeIfAbsent(c.batch(), n -> {
                IntArray made = activations(n);
                graph.transferToDevice(DataTransferMode.FIRST_EXECUTION, made);
                return made;
            });
            Prepared p = switch (c.kernel()) {
                case TCA_TBE, RAW -> planned(c, graph, tasks, x);
                case DECOMPRESS -> {
                    IntArray out = HostArrays.ints((int) ((long) m * k / 2));
                    tasks.decompress(c.task(), zip, out, k);
                    yield new Prepared(c, List.of(zip.bitmaps(), zip.table(), zip.values()), List.of(out), out,
                            Decompress.blocks(m, k), Decompress.THREADS);
                }
                case PREFILL -> {
                    IntArray y = HostArrays.ints(GemmPlan.resultWords(m, c.batch(), true));
                    tasks.prefillGemm(c.task(), rows, x, y, m, k, c.batch(), true);
                    yield new Prepared(c, List.of(rows), List.of(x, y), y, PrefillGemm.blocks(m, c.batch()),
                            PrefillGemm.THREADS);
                }
                case ROW_MAJOR -> {
                    IntArray y = HostArrays.ints(GemmPlan.resultWords(m, c.batch(), false));
                    tasks.rowMajorGemm(c.task(), rows, x, y, m, k, c.batch());
                    yield new Prepared(c, List.of(rows), List.of(x, y), y, RowMajorGemm.blocks(m, c.batch()),
                            RowMajorGemm.THREADS);
                }
                case CUBLAS -> throw new IllegalArgumentException("cuBLAS is not a TornadoVM kernel");
            };
            prepared.add(p);
            outputs.add(p.result);
        }
        graph.transferToHost(DataTransferMode.EVERY_EXECUTION, outputs.toArray());
        return printedKernels(graph, scheduler);
    }

    private Prepared planned(GemmCase c, TaskGraph graph, KernelTasks tasks, IntArray x) {
        IntArray y = HostArrays.ints(GemmPlan.resultWords(m, c.batch(), false));
        GemmScratch scratch = GemmScratch.of(c.plan(), m, c.batch());
        graph.transferToDevice(DataTransferMode.FIRST_EXECUTION, scratch.partials(), scratch.tickets());
        List<TornadoNativeArray> weights;
        if (c.kernel() == GemmCase.Kernel.TCA_TBE) {
            tasks.zipGemm(c.task(), zip, x, y, scratch, c.batch(), c.plan(), false);
            weights = List.of(zip.bitmaps(), zip.table(), zip.values());
        } else {
            tasks.rawGemm(c.task(), raw, x, y, scratch, c.batch(), c.plan(), false);
            weights = List.of(raw.weights());
        }
        return new Prepared(c, weights, List.of(x, y, scratch.partials(), scratch.tickets()), y, c.plan().blocks(m),
                c.plan().threads());
    }

    /** Runs the graph once and returns the PTX of each task by its name. */
    private static Map<String, String> printedKernels(TaskGraph graph, GridScheduler scheduler) {
        PrintStream terminal = System.out;
        ByteArrayOutputStream printed = new ByteArrayOutputStream();
        try (TornadoExecutionPlan plan = new TornadoExecutionPlan(graph.snapshot())) {
            System.setOut(new PrintStream(printed, true, StandardCharsets.UTF_8));
            plan.withGridScheduler(scheduler).withPrintKernel().execute();
            plan.freeDeviceMemory();
        } catch (TornadoExecutionPlanException e) {
            throw new IllegalStateException("TornadoVM failed: " + e.getMessage(), e);
        } finally {
            System.setOut(terminal);
        }
        Map<String, String> kernels = new LinkedHashMap<>();
        for (String text : printed.toString(StandardCharsets.UTF_8).split("(?=\\.version )")) {
            int entry = text.indexOf(".entry ");
            if (entry >= 0) {
                String name = text.substring(entry + ".entry ".length(), text.indexOf('(', entry)).strip();
                String ptx = text.substring(0, text.lastIndexOf('}') + 1) + "\n";
                kernels.put(name.substring(name.indexOf('_') + 1).split("_")[0], ptx);
            } else if (!text.isBlank()) {
                terminal.println(text.strip());
            }
        }
        return kernels;
    }

    private IntArray activations(int n) {
        Random random = new Random(n);
        IntArray x = HostArrays.ints(GemmPlan.activationWords(k, Math.max(n, 1)));
        x.init(0);
        int rowWords = FragmentLayout.blocks(k) * FragmentLayout.BLOCK / 2;
        for (int i = 0; i < n; i++) {
            for (int j = 0; j < k / 2; j++) {
                int low = SyntheticWeights.bf16((float) random.nextGaussian()) & 0xFFFF;
                int high = SyntheticWeights.bf16((float) random.nextGaussian());
                x.set(i * rowWords + j, low | high << 16);
            }
        }
        return x;
    }

    private String check(Prepared p, Map<String, int[]> expected) {
        switch (p.of.kernel()) {
            case DECOMPRESS -> {
                return p.result.getSegment().mismatch(matrix.data()) < 0 ? "exact" : "WRONG";
            }
            case TCA_TBE -> {
                int[] raw = expected.get(p.of.batch() + "/" + p.of.plan());
                String error = largestError(p);
                return raw == null ? error
                        : error + (Arrays.equals(raw, p.result.toHeapArray()) ? " identical" : " DIFFERS FROM RAW");
            }
            default -> {
                return largestError(p);
            }
        }
    }

    /** Against float64, on a sample, relative to the sum of magnitudes. */
    private String largestError(Prepared p) {
        IntArray x = (IntArray) p.others.getFirst();
        boolean bf16 = p.of.kernel() == GemmCase.Kernel.PREFILL;
        int rowWords = FragmentLayout.blocks(k) * FragmentLayout.BLOCK / 2;
        double worst = 0;
        for (int row = 0; row < m; row += Math.max(1, m / 61)) {
            for (int n = 0; n < p.of.batch(); n += 3) {
                double exact = 0;
                double magnitude = 0;
                for (int j = 0; j < k; j++) {
                    double product = (double) SyntheticWeights.toFloat(matrix.get(row, j))
                            * SyntheticWeights.toFloat((short) (x.get(n * rowWords + j / 2) >>> 16 * (j & 1)));
                    exact += product;
                    magnitude += Math.abs(product);
                }
                float found = bf16
                        ? SyntheticWeights.toFloat((short) (p.result.get(n * ((m + 1) / 2) + row / 2) >>> 16 * (row & 1)))
                        : Float.intBitsToFloat(p.result.get(n * m + row));
                double error = Math.abs(found - exact) / magnitude;
                worst = Double.isNaN(error) ? Double.NaN : Math.max(worst, error);
            }
        }
        return String.format("error %.1e", worst);
    }

    private GemmResult measure(Prepared p, String ptx, String check, Cuda cuda, Map<TornadoNativeArray, List<Long>> uploaded) {
        if (ptx == null) {
            throw new IllegalStateException("TornadoVM printed no PTX of " + p.of.task());
        }
        long kernel = cuda.kernel(ptx, p.of.plan() == null ? 0 : GemmPlan.maxRegisters(p.of.batch()));
        long weightBytes = p.weights.stream().mapToLong(TornadoNativeArray::getNumBytesOfSegment).sum();
        int copies = (int) Math.clamp(Math.ceil(L2_MULTIPLE * cuda.l2Bytes() / weightBytes), 1, LAUNCHES);
        for (TornadoNativeArray array : p.weights) {
            List<Long> addresses = uploaded.computeIfAbsent(array, _ -> new ArrayList<>());
            while (addresses.size() < copies) {
                addresses.add(upload(array, cuda));
            }
        }
        List<Long> others = p.others.stream().map(array -> upload(array, cuda)).toList();
        long frame = cuda.allocate(1024);
        cuda.fill(frame, 0, 1024);
        int launches = Math.max(1, LAUNCHES / copies) * copies;
        long graph = cuda.capture(() -> {
            for (int launch = 0; launch < launches; launch++) {
                List<Long> parameters = new ArrayList<>(List.of(frame, frame));
                for (TornadoNativeArray array : p.weights) {
                    parameters.add(uploaded.get(array).get(launch % copies));
                }
                parameters.addAll(others);
                // Scalars are compiled in, but still declared.
                parameters.addAll(java.util.Collections.nCopies(10, 0L));
                cuda.launch(kernel, p.blocks, p.threads, parameters.stream().mapToLong(Long::longValue).toArray());
            }
        });
        Timing timing = time(cuda, graph, launches);
        cuda.destroyGraph(graph);
        others.forEach(cuda::free);
        cuda.free(frame);
        boolean decompress = p.of.kernel() == GemmCase.Kernel.DECOMPRESS;
        int n = decompress ? 0 : p.of.batch();
        long bytes = weightBytes + (decompress ? 2L * m * k : 2L * n * k + p.result.getNumBytesOfSegment());
        return new GemmResult(p.of.kernel().id(), m, k, n, p.of.plan() == null ? "-"
                : p.of.plan().toString(), timing, bytes, cuda.attribute(kernel, 4), cuda.attribute(kernel, 3), check);
    }

    private static Timing time(Cuda cuda, long graph, int launches) {
        double[] micros = new double[REPLAYS];
        cuda.replay(graph);
        cuda.replay(graph);
        for (int i = 0; i < REPLAYS; i++) {
            micros[i] = cuda.replay(graph) / launches;
        }
        return Timing.of(micros);
    }

    private static long upload(TornadoNativeArray array, Cuda cuda) {
        MemorySegment payload = array.getSegment();
        long address = cuda.allocate(HEADER_BYTES + payload.byteSize() + 240);
        cuda.upload(address + HEADER_BYTES, payload);
        return address;
    }

    /** cuBLASLt on the same shape, with the fastest of the algorithms that its heuristic proposes. */
    public GemmResult cublas(int n, CublasLt cublas, Cuda cuda) {
        cuda.makeCurrent();
        long weightBytes = 2L * m * k;
        int copies = (int) Math.clamp(Math.ceil(L2_MULTIPLE * cuda.l2Bytes() / weightBytes), 1, LAUNCHES);
        List<Long> weights = new ArrayList<>();
        for (int i = 0; i < copies; i++) {
            weights.add(cuda.allocate(weightBytes));
            cuda.upload(weights.getLast(), matrix.data());
        }
        IntArray activations = activations(n);
        long x = cuda.allocate(activations.getNumBytesOfSegment());
        cuda.upload(x, activations.getSegment());
        long y = cuda.allocate(2L * m * n);
        int launches = Math.max(1, LAUNCHES / copies) * copies;
        Timing best = null;
        String which = "";
        List<CublasLt.Product> products = cublas.products(m, n, k, 12);
        for (int i = 0; i < products.size(); i++) {
            CublasLt.Product product = products.get(i);
            long graph = cuda.capture(() -> {
                for (int launch = 0; launch < launches; launch++) {
                    product.enqueue(weights.get(launch % copies), x, y);
                }
            });
            Timing timing = time(cuda, graph, launches);
            cuda.destroyGraph(graph);
            if (best == null || timing.median() < best.median()) {
                best = timing;
                which = "algorithm " + (i + 1) + " of " + products.size();
            }
        }
        weights.forEach(cuda::free);
        cuda.free(x);
        cuda.free(y);
        GemmResult result = new GemmResult(GemmCase.Kernel.CUBLAS.id(), m, k, n, which, best,
                weightBytes + 2L * n * k + 2L * m * n, 0, 0, "");
        log.accept(String.format("%-10s %dx%d n=%-3d %-18s %8.2f us (%.2f .. %.2f)  %5.0f GB/s", "cublas", m, k, n, which,
                best.median(), best.min(), best.max(), result.gigabytesPerSecond()));
        return result;
    }

    /** What TornadoVM adds to ZipGEMM's own time. */
    public TornadoTiming tornado(int n, GemmPlan plan) {
        TornadoTiming timing = TornadoTiming.of(() -> TcaTbeDeviceMatrix.of(compressed), activations(n), n, plan);
        log.accept(String.format("TornadoVM  %dx%d n=%d: execute() %.1f us + %.2f us per launch with a CUDA graph, %.1f + %.2f "
                + "without; kernel by its profiler %.2f us", m, k, n, timing.graphExecute(), timing.graphLaunch(),
                timing.plainExecute(), timing.plainLaunch(), timing.profiledKernel()));
        return timing;
    }

    @Override
    public void close() {
        arena.close();
    }
}
