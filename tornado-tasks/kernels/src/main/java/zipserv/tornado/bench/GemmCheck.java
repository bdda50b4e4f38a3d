package zipserv.tornado.bench;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.HashMap;
import java.util.Map;
import java.util.stream.IntStream;
import uk.ac.manchester.tornado.api.types.arrays.IntArray;
import zipserv.codec.Bf16;
import zipserv.codec.Bf16Matrix;
import zipserv.tornado.kernels.GemmPlan;
import zipserv.tornado.kernels.WidePlan;

/**
 * Whether the kernels that were timed computed what they should: fused products the bits of the uncompressed kernel of
 * the
 * same order of additions, all products what float64 gives, as far as rounding allows, and decompression the weights.
 */
final class GemmCheck {

    /** What rounding to BF16 alone may do: half a unit in the last place, doubled. */
    private static final double BF16_ERROR = 1.0 / 256;
    /** Tensor Cores cut off sums instead of rounding them, so errors add up. */
    private static final double FP32_ERROR = 1e-4;
    private static final int SAMPLED_ROWS = 61;
    private static final int SAMPLED_BATCH = 8;

    private final GemmTasks tasks;
    private final Map<String, GemmTask> twins = new HashMap<>();

    GemmCheck(GemmTasks tasks) {
        this.tasks = tasks;
    }

    /** Notes the result of an uncompressed kernel, for {@link #verdict} to compare others with. */
    void addTwin(GemmTask task) {
        if (task.of().kernel() == GemmCase.Kernel.RAW) {
            twins.put(order(task.of()), task);
        }
    }

    /** The order in which products are added, as a text. */
    private static String order(GemmCase c) {
        return c.batch() + " " + switch (c.plan()) {
            case GemmPlan plan -> plan.slices() + " " + plan.splits();
            case WidePlan plan -> plan.toString();
        };
    }

    /** A few words; see {@link GemmResult#isCorrect}. */
    String verdict(GemmTask task) {
        if (task.of().kernel().isDecompression()) {
            long at = task.result().getSegment().mismatch(tasks.matrix().data());
            return at < 0 ? "exact" : "WRONG from byte " + at + " on";
        }
        IntArray x = tasks.activations(task.of().batch());
        String error = error(task.result().getSegment(), x, task.of().batch(), tasks.isBf16(task.of()));
        GemmTask twin = task.of().kernel().isPlanned() ? twins.get(order(task.of())) : null;
        if (twin == null || twin == task) {
            return error;
        }
        return error + (twin.result().getSegment().mismatch(task.result().getSegment()) < 0 ? " identical"
                : " DIFFERS from raw");
    }

    /** The largest difference from float64, on a sample, relative to the sum of magnitudes. */
    String error(MemorySegment y, IntArray x, int batch, boolean bf16) {
        Bf16Matrix w = tasks.matrix();
        int step = Math.max(1, w.rows() / SAMPLED_ROWS);
        double worst = IntStream.range(0, (w.rows() + step - 1) / step).parallel()
                .mapToDouble(i -> errorOfRow(y, x, step * i, batch, bf16)).max().orElseThrow();
        boolean small = worst <= (bf16 ? BF16_ERROR : FP32_ERROR);
        return String.format("error %.1e%s", worst, small ? "" : " WRONG");
    }

    private double errorOfRow(MemorySegment y, IntArray x, int row, int batch, boolean bf16) {
        Bf16Matrix w = tasks.matrix();
        double worst = 0;
        for (int n = row % Math.max(1, batch / SAMPLED_BATCH); n < batch; n += Math.max(1, batch / SAMPLED_BATCH)) {
            double exact = 0;
            double magnitude = 0;
            for (int k = 0; k < w.columns(); k++) {
                double product = (double) Bf16.toFloat(w.get(row, k))
                        * SyntheticActivations.get(x, w.columns(), n, k);
                exact += product;
                magnitude += Math.abs(product);
            }
            // The largest of numbers and a NaN is the NaN.
            worst = Math.max(worst, Math.abs(element(y, w.rows(), n, row, bf16) - exact) / magnitude);
        }
        return worst;
    }

    private static float element(MemorySegment y, int m, int n, int row, boolean bf16) {
        return bf16 ? Bf16.toFloat(y.get(ValueLayout.JAVA_SHORT, 2L * (n * ((m + 1L) / 2 * 2) + row)))
                : y.get(ValueLayout.JAVA_FLOAT, 4L * ((long) n * m + row));
    }
}
