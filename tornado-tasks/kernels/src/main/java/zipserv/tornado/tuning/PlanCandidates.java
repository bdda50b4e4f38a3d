package zipserv.tornado.tuning;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import zipserv.codec.FragmentLayout;
import zipserv.codec.WeightFormat;
import zipserv.tornado.kernels.GemmPlan;
import zipserv.tornado.kernels.ProductPlan;
import zipserv.tornado.kernels.WidePlan;

/**
 * The plans that are worth measuring for a product. A plan is a compromise: large blocks read activations less often,
 * many warps hide the latency of memory and load multiprocessors evenly, and splits, which give more warps, cost sums
 * that go through memory. An estimate of these costs puts all possible plans in an order, and measuring decides among
 * the first.
 *
 * <p>The estimate's constants were fitted to timings of frag11's kernel on an H200.
 */
public final class PlanCandidates {

    private static final int[] STRIPS = {1, 2, 4, 8};
    /** Activation rows up to which plans of warps are worth measuring where warpgroups can be had. */
    private static final int MOST_OF_WARPS = 32;
    private static final int[] SPLITS = {1, 2, 3, 4, 6, 8};
    private static final int[] WARPS = {8, 4};
    /** Steps of 64 columns that a warp should get at least where columns are split. */
    private static final int MIN_STEPS = 4;
    /** Registers of a lane, besides those of each tile of sums and activations. */
    private static final int REGISTERS = 46;
    private static final int REGISTERS_OF_A_TILE = 8;
    private static final int REGISTER_FILE = 2048;
    private static final int MOST_WARPS = 36;
    /** Warps of a multiprocessor that hide the latency of memory. */
    private static final double ENOUGH_WARPS = 16;
    private static final double LATENCY_EXPONENT = 0.3;
    private static final double BALANCE_EXPONENT = 0.2;
    /** Bytes that the L2 cache delivers for one that device memory does. */
    private static final double L2_SPEED = 2;
    /** What adding up splits costs beyond its bytes, as bytes of memory traffic. */
    private static final double JOIN_BYTES = 15e6;

    private PlanCandidates() {
    }

    /**
     * The most promising plans, the built-in rules' first.
     *
     * @param multiprocessors of the GPU
     * @param warpgroups      whether it can run {@link zipserv.tornado.kernels.WideGemm}
     * @param order           only plans that add in the order of this one, if given
     * @param count           how many at most
     */
    public static List<ProductPlan> of(WeightFormat format, int rows, int columns, int batch, int multiprocessors,
            boolean warpgroups, Optional<ProductPlan> order, int count) {
        Set<ProductPlan> candidates = new LinkedHashSet<>();
        candidates.add(order.map(plan -> plan.forFormat(WeightFormat.RAW))
                .orElseGet(() -> ProductPlan.of(format, rows, columns, batch, warpgroups)));
        // Where warpgroups are worth trying at all, half of the candidates are of either kind, beyond all are wide.
        if (warpgroups && WidePlan.takes(batch)) {
            wide(rows, columns, batch, multiprocessors).stream()
                    .filter(plan -> order.isEmpty() || plan.sameOrder(order.get()))
                    .limit(batch > MOST_OF_WARPS ? count : count / 2).forEach(candidates::add);
        }
        warps(format, rows, columns, batch, multiprocessors, order).forEach(candidates::add);
        return candidates.stream().filter(plan -> plan.fits(batch)).limit(count).toList();
    }

    /** Plans of warpgroups, those that fill the GPU most evenly first. */
    private static List<WidePlan> wide(int rows, int columns, int batch, int multiprocessors) {
        int strips = FragmentLayout.blocks(columns);
        List<WidePlan> plans = new ArrayList<>();
        for (int warpgroups : new int[] {2, 4}) {
            for (int height = 1; height <= 2; height++) {
                int slices = warpgroups / height;
                for (int splits : SPLITS) {
                    if (strips / (slices * splits) < MIN_STEPS && splits > 1) {
                        continue;
                    }
                    WidePlan plan = new WidePlan(slices, height, splits, 0);
                    plans.add(plan);
                    int whole = plan.groups(rows) / multiprocessors * multiprocessors;
                    if (splits > 1 && whole > 0 && whole < plan.groups(rows)) {
                        plans.add(new WidePlan(slices, height, splits, whole));
                    }
                }
            }
        }
        // Blocks of four warpgroups are resident in half the number of those of two.
        int resident = multiprocessors * (batch > MOST_OF_WARPS ? 2 : 3) * 2;
        plans.sort(Comparator.comparingDouble(plan ->
                unevenness((double) plan.blocks(rows) / (resident / (plan.slices() * plan.height())))));
        return plans;
    }

    /** How far a number of waves of blocks is from filling the GPU. */
    private static double unevenness(double waves) {
        return Math.ceil(waves) / waves + 0.1 * waves;
    }

    /** Plans of warps, the cheapest by the estimate first. */
    private static List<GemmPlan> warps(WeightFormat format, int rows, int columns, int batch, int multiprocessors,
            Optional<ProductPlan> order) {
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
        Set<GemmPlan> plans = new LinkedHashSet<>();
        if (order.isEmpty()) {
            plans.add(GemmPlan.of(format, rows, columns, batch));
            plans.add(GemmPlan.of(rows, columns, batch));
        }
        all.stream().filter(plan -> order.isEmpty() || plan.sameOrder(order.get()))
                .sorted(Comparator.comparingDouble(plan -> cost(plan, format, rows, columns, batch, multiprocessors)))
                .forEach(plans::add);
        return List.copyOf(plans);
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
        double weights = (double) rows * columns * (format == WeightFormat.RAW ? 16 : 11.44) / 8;
        double activations = 2.0 * batch * columns * plan.groups(rows);
        double sums = plan.splits() == 1 ? 0 : JOIN_BYTES + 8.0 * plan.splits() * batch * rows;
        int registers = REGISTERS + REGISTERS_OF_A_TILE * ((batch + 7) / 8) * plan.rowBlocks();
        int residentWarps = Math.min(MOST_WARPS, REGISTER_FILE / registers);
        int warps = plan.threads() / 32;
        double blocks = (double) plan.blocks(rows) / multiprocessors;
        double latency = Math.pow(Math.max(1, ENOUGH_WARPS / Math.min(residentWarps, blocks * warps)),
                LATENCY_EXPONENT);
        double waves = blocks / Math.max(1, residentWarps / warps);
        double balance = Math.pow(waves <= 1 ? Math.ceil(blocks) / blocks : Math.ceil(waves) / waves,
                BALANCE_EXPONENT);
        return Math.max(weights * latency * balance, (weights + activations) / L2_SPEED * Math.sqrt(latency)) + sums;
    }
}
