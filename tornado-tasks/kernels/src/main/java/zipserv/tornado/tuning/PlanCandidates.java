package zipserv.tornado.tuning;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import zipserv.codec.FragmentLayout;
import zipserv.codec.WeightFormat;
import zipserv.tornado.kernels.GemmPlan;

/**
 * The plans that are worth measuring for a product. A plan is a compromise: large blocks read activations less often,
 * many
 * blocks load multiprocessors evenly, and splits, which give more blocks, cost sums that go through memory. An
 * estimate of
 * these three costs puts all possible plans in an order, and measuring decides among the first.
 */
public final class PlanCandidates {

    private static final int[] STRIPS = {1, 2, 4, 8};
    private static final int[] SPLITS = {1, 2, 3, 4, 6, 8};
    private static final int[] WARPS = {8, 4};
    /** Steps of 64 columns that a warp should get at least. */
    private static final int MIN_STEPS = 3;
    /** Warps that a multiprocessor holds of these kernels, about. */
    private static final int RESIDENT_WARPS = 16;
    /** Bytes that the L2 cache delivers for one that device memory does. */
    private static final double L2_SPEED = 1.3;
    /** What adding up splits costs beyond its bytes, as bytes of memory traffic. */
    private static final double JOIN_BYTES = 1e7;

    private PlanCandidates() {
    }

    /**
     * The most promising plans, the built-in rule's always among them.
     *
     * @param multiprocessors of the GPU
     * @param order           only plans that add in the order of this one, if given
     * @param count           how many at most
     */
    public static List<GemmPlan> of(WeightFormat format, int rows, int columns, int batch, int multiprocessors,
            Optional<GemmPlan> order, int count) {
        List<GemmPlan> all = new ArrayList<>();
        for (int rowBlocks = 1; rowBlocks <= (format == WeightFormat.FRAG11 ? 2 : 1); rowBlocks++) {
            for (int warps : WARPS) {
                for (int strips : STRIPS) {
                    for (int splits : SPLITS) {
                        addIfPossible(all, rows, columns, batch, strips, warps / strips, splits, rowBlocks);
                    }
                }
            }
        }
        GemmPlan builtIn = order.isEmpty() ? GemmPlan.of(rows, columns, batch) : order.get().withRowBlocks(1);
        List<GemmPlan> candidates = new ArrayList<>(List.of(builtIn));
        all.stream().filter(plan -> !plan.equals(builtIn))
                .filter(plan -> order.isEmpty() || PlanBook.sameOrder(plan, order.get()))
                .sorted(Comparator.comparingDouble(plan -> cost(plan, format, rows, columns, batch, multiprocessors)))
                .limit(count - 1L).forEach(candidates::add);
        return candidates;
    }

    private static void addIfPossible(List<GemmPlan> plans, int rows, int columns, int batch, int strips, int slices,
            int splits, int rowBlocks) {
        if (slices < 1 || batch > GemmPlan.MAX_BATCH / rowBlocks) {
            return;
        }
        int steps = FragmentLayout.blocks(columns) / (slices * splits);
        GemmPlan plan = new GemmPlan(strips, slices, splits, rowBlocks);
        if ((steps >= MIN_STEPS || splits == 1) && !plans.contains(plan)) {
            plans.add(plan);
        }
    }

    /** Estimated cost in bytes of memory traffic. */
    static double cost(GemmPlan plan, WeightFormat format, int rows, int columns, int batch, int multiprocessors) {
        double weights = (double) rows * columns * (format == WeightFormat.RAW ? 16 : 11.4) / 8;
        double activations = 2.0 * batch * columns * plan.groups(rows);
        double sums = plan.splits() == 1 ? 0 : JOIN_BYTES + 8.0 * plan.splits() * batch * rows;
        double resident = multiprocessors * Math.max(1.0, RESIDENT_WARPS / (plan.threads() / 32.0));
        double waves = plan.blocks(rows) / resident;
        // Where not all warps that fit are there, the others go faster.
        double idle = waves < 1 ? 1 / Math.sqrt(waves) : Math.ceil(waves) / waves;
        return Math.max(weights * idle, (weights + activations) / L2_SPEED) + sums;
    }
}
