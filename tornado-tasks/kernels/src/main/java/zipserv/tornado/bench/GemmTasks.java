package zipserv.tornado.bench;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Consumer;
import uk.ac.manchester.tornado.api.types.arrays.IntArray;
import zipserv.codec.Bf16Matrix;
import zipserv.codec.Codecs;
import zipserv.codec.CompressedMatrix;
import zipserv.codec.FragmentLayout;
import zipserv.codec.WeightFormat;
import zipserv.tornado.kernels.Frag11DeviceMatrix;
import zipserv.tornado.kernels.GemmPlan;
import zipserv.tornado.kernels.GemmScratch;
import zipserv.tornado.kernels.HostArrays;
import zipserv.tornado.kernels.KernelTasks;
import zipserv.tornado.kernels.Launch;
import zipserv.tornado.kernels.PrefillPlan;
import zipserv.tornado.kernels.RawDeviceMatrix;
import zipserv.tornado.kernels.TcaTbeDeviceMatrix;
import zipserv.tornado.kernels.WideActivations;
import zipserv.tornado.kernels.WidePlan;

/**
 * The weights of one shape in all forms that kernels read, made when first asked for, and the tasks that multiply by
 * them.
 */
final class GemmTasks implements AutoCloseable {

    private static final int TCA_TBE_ARRAYS = 3;
    private static final int FRAG11_ARRAYS = 3;

    private final Bf16Matrix matrix;
    private final Arena arena = Arena.ofShared();
    private final boolean bf16;
    private final int threads;
    private final boolean warpgroups;
    private final Map<WeightFormat, CompressedMatrix> compressed = new HashMap<>();
    private final Map<Integer, IntArray> activations = new HashMap<>();
    private final Map<Integer, IntArray> wideActivations = new HashMap<>();
    private Frag11DeviceMatrix frag11;
    private TcaTbeDeviceMatrix tcaTbe;
    private RawDeviceMatrix raw;
    private IntArray rowMajor;

    /**
     * Draws the weights.
     *
     * @param coverage   see {@link SyntheticWeights}
     * @param bf16       whether products are rounded to BF16, as cuBLAS does, or left fp32
     * @param threads    for encoding
     * @param warpgroups whether the GPU has wgmma
     */
    GemmTasks(int rows, int columns, double coverage, boolean bf16, int threads, boolean warpgroups) {
        matrix = SyntheticWeights.gaussian(rows, columns, coverage, arena);
        this.bf16 = bf16;
        this.threads = threads;
        this.warpgroups = warpgroups;
    }

    Bf16Matrix matrix() {
        return matrix;
    }

    /** Whether products are BF16. */
    boolean bf16() {
        return bf16;
    }

    CompressedMatrix compressed(WeightFormat format) {
        return compressed.computeIfAbsent(format, wanted -> Codecs.of(wanted).encode(matrix, arena, threads));
    }

    /** Row-major activations, padded as the kernels want them. */
    IntArray activations(int n) {
        return activations.computeIfAbsent(n, batch -> SyntheticActivations.padded(batch, matrix.columns()));
    }

    /** The same activations in the order of {@link WideActivations}. */
    private IntArray wideActivations(int n) {
        return wideActivations.computeIfAbsent(n, batch -> SyntheticActivations.wide(activations(batch), batch,
                matrix.columns()));
    }

    /** The task of a case. */
    GemmTask task(GemmCase c) {
        int m = matrix.rows();
        int k = matrix.columns();
        return switch (c.kernel()) {
            case FRAG11 -> {
                Product p = product(c);
                yield task(c, FRAG11_ARRAYS, p.y, tasks -> tasks.multiply(c.task(), frag11(), p.x, p.y, p.scratch,
                        c.batch(), c.plan(), bf16));
            }
            case TCA_TBE -> {
                Product p = product(c);
                yield task(c, TCA_TBE_ARRAYS, p.y, tasks -> tasks.multiply(c.task(), tcaTbe(), p.x, p.y, p.scratch,
                        c.batch(), c.plan(), bf16));
            }
            case RAW -> {
                Product p = product(c);
                yield task(c, 1, p.y, tasks -> tasks.multiply(c.task(), raw(), p.x, p.y, p.scratch, c.batch(),
                        c.plan(), bf16));
            }
            case FRAG11_DECOMPRESS -> {
                IntArray out = HostArrays.ints(m * k / 2);
                yield task(c, FRAG11_ARRAYS, out, tasks -> tasks.decompress(c.task(), frag11(), out, k));
            }
            case TCA_TBE_DECOMPRESS -> {
                IntArray out = HostArrays.ints(m * k / 2);
                yield task(c, TCA_TBE_ARRAYS, out, tasks -> tasks.decompress(c.task(), tcaTbe(), out, k));
            }
            case FRAG11_UNFUSED -> unfused(c, FRAG11_ARRAYS, (tasks, rows, columns) ->
                    tasks.decompress("decompress", frag11(), rows, columns));
            case TCA_TBE_UNFUSED -> unfused(c, TCA_TBE_ARRAYS, (tasks, rows, columns) ->
                    tasks.decompress("decompress", tcaTbe(), rows, columns));
            case PREFILL -> {
                IntArray x = activations(c.batch());
                IntArray y = HostArrays.ints(GemmPlan.resultWords(m, c.batch(), bf16));
                IntArray w = rowMajor();
                yield task(c, 1, y, tasks -> prefill(tasks, c, w, x, y));
            }
            case ROW_MAJOR -> {
                IntArray x = activations(c.batch());
                IntArray y = HostArrays.ints(GemmPlan.resultWords(m, c.batch(), false));
                IntArray w = rowMajor();
                yield task(c, 1, y, tasks -> tasks.rowMajorGemm(c.task(), w, x, y, m, paddedColumns(), c.batch()));
            }
            case CUBLAS -> throw new IllegalArgumentException("cuBLAS is not a TornadoVM kernel");
        };
    }

    /** Adds decompression to rows of a number of columns. */
    @FunctionalInterface
    private interface Decompression {
        void add(KernelTasks tasks, IntArray rows, int columns);
    }

    private GemmTask unfused(GemmCase c, int weightArrays, Decompression decompression) {
        IntArray rows = HostArrays.ints(matrix.rows() * paddedColumns() / 2);
        IntArray y = HostArrays.ints(GemmPlan.resultWords(matrix.rows(), c.batch(), bf16));
        return task(c, weightArrays, y, tasks -> {
            decompression.add(tasks, rows, paddedColumns());
            prefill(tasks, c, rows, activations(c.batch()), y);
        });
    }

    private void prefill(KernelTasks tasks, GemmCase c, IntArray w, IntArray x, IntArray y) {
        PrefillPlan plan = prefillPlan(c);
        tasks.prefillGemm(c.task(), w, x, y, GemmScratch.of(plan, matrix.rows(), c.batch()), matrix.rows(),
                matrix.columns(), c.batch(), plan, bf16);
    }

    private PrefillPlan prefillPlan(GemmCase c) {
        return PrefillPlan.of(matrix.rows(), matrix.columns(), c.batch(), warpgroups);
    }

    /** How a case's product is cut, in words. */
    String plan(GemmCase c) {
        return switch (c.kernel()) {
            case PREFILL, FRAG11_UNFUSED, TCA_TBE_UNFUSED -> prefillPlan(c).toString();
            default -> c.plan() == null ? "-" : c.plan().toString();
        };
    }

    private GemmTask task(GemmCase c, int weightArrays, IntArray result, Consumer<KernelTasks> adding) {
        List<Launch> launches = new ArrayList<>();
        adding.accept(new KernelTasks(launches::add));
        return new GemmTask(c, List.copyOf(launches), weightArrays, result,
                2.0 * matrix.rows() * matrix.columns() * c.batch());
    }

    /** Whether a case's result is BF16. */
    boolean isBf16(GemmCase c) {
        return bf16 && c.kernel() != GemmCase.Kernel.ROW_MAJOR;
    }

    /** The arrays of a planned product besides its weights. */
    private record Product(IntArray x, IntArray y, GemmScratch scratch) {
    }

    private Product product(GemmCase c) {
        IntArray x = c.plan() instanceof WidePlan ? wideActivations(c.batch()) : activations(c.batch());
        return new Product(x, HostArrays.ints(GemmPlan.resultWords(matrix.rows(), c.batch(),
                bf16)),
                GemmScratch.of(c.plan(), matrix.rows(), c.batch()));
    }

    private Frag11DeviceMatrix frag11() {
        if (frag11 == null) {
            frag11 = Frag11DeviceMatrix.of(compressed(WeightFormat.FRAG11));
        }
        return frag11;
    }

    private TcaTbeDeviceMatrix tcaTbe() {
        if (tcaTbe == null) {
            tcaTbe = TcaTbeDeviceMatrix.of(compressed(WeightFormat.TCA_TBE));
        }
        return tcaTbe;
    }

    private RawDeviceMatrix raw() {
        if (raw == null) {
            raw = RawDeviceMatrix.of(matrix);
        }
        return raw;
    }

    /** Row-major weights, padded with zeros like the activations. */
    private IntArray rowMajor() {
        if (rowMajor == null) {
            rowMajor = HostArrays.ints(matrix.rows() * (paddedColumns() / 2));
            for (int row = 0; row < matrix.rows(); row++) {
                MemorySegment.copy(matrix.data(), 2L * row * matrix.columns(), rowMajor.getSegment(),
                        2L * row * paddedColumns(), 2L * matrix.columns());
            }
        }
        return rowMajor;
    }

    private int paddedColumns() {
        return FragmentLayout.blocks(matrix.columns()) * FragmentLayout.BLOCK;
    }

    @Override
    public void close() {
        arena.close();
    }
}
