package zipserv.tornado.kernels;

import java.util.regex.Matcher;
import java.util.regex.Pattern;
import zipserv.codec.FragmentLayout;
import zipserv.codec.WeightFormat;

/**
 * How {@link WideGemm} is cut: its blocks have groups of {@code height * 64} weight rows. The first {@code whole}
 * groups are the work of one block each, the others of {@code splits} blocks each, which share the columns. Results
 * depend on slices, splits, and on how many rows are in whole groups, and on nothing else.
 *
 * @param slices warpgroups of a block that have the same rows and take their strips of 64 columns in turn: 1, 2 or 4
 * @param height warpgroups of a block that have the same columns, and the activations for them, but other rows: 1 or 2;
 *               at most 4 warpgroups in all
 * @param splits blocks that share the columns of their rows, for groups from {@code whole} on
 * @param whole  groups that one block has to itself
 */
public record WidePlan(int slices, int height, int splits, int whole) implements ProductPlan {

    /**
     * Activation rows from which on warpgroups are faster than single warps, which have to bring activations to
     * registers.
     */
    private static final int LEAST_BATCH = 9;

    private static final Pattern TEXT = Pattern.compile("w(\\d)(?:x(\\d))?/(\\d{1,4})(?:\\+(\\d{1,6}))?");
    /** Multiprocessors of an H200; other GPUs that can run the kernel have as many or a few less. */
    private static final int MULTIPROCESSORS = 132;
    /** Strips that a warpgroup should at least get, so that starting up and adding up stay small. */
    private static final int MIN_STRIPS = 8;
    private static final int SLICES = 2;
    /** Splits from which on adding up costs more than it gains. */
    private static final int MOST_SPLITS = 6;
    private static final int MAX_SPLITS = 1 << 12;
    private static final int MAX_WHOLE = 1 << 15;
    private static final int MOST_WARPGROUPS = 4;

    public WidePlan {
        if (slices < 1 || slices > 4 || Integer.bitCount(slices) != 1 || height < 1 || height > 2
                || slices * height > MOST_WARPGROUPS || splits < 1 || splits >= MAX_SPLITS || whole < 0
                || whole >= MAX_WHOLE) {
            throw new IllegalArgumentException("wide plan of " + slices + " slices, height " + height + ", " + splits
                    + " splits and " + whole + " whole groups: need 1, 2 or 4 slices, height 1 or 2, at most "
                    + MOST_WARPGROUPS + " warpgroups, 1 to " + (MAX_SPLITS - 1) + " splits, 0 to " + (MAX_WHOLE - 1)
                    + " whole groups");
        }
    }

    /** A plan of blocks with 64 rows. */
    public WidePlan(int slices, int splits, int whole) {
        this(slices, 1, splits, whole);
    }

    /** Whether products with so many activation rows are multiplied by {@link WideGemm}, where the GPU can run it. */
    public static boolean takes(int batch) {
        return batch >= LEAST_BATCH && batch <= GemmPlan.MAX_BATCH;
    }

    /**
     * The plan for a shape, as measured on an H200 (docs/wide-gemm.md): two warpgroups a block. Of large matrices every
     * multiprocessor gets equally many whole groups, and only the groups left over are split, into so many parts that
     * they fill the gaps. Small matrices are split so that the blocks, as many of which run at a time as registers and
     * shared memory allow, end together. High blocks are better for many activation rows, where as few of them do.
     */
    public static WidePlan of(int rows, int columns, int batch) {
        int groups = FragmentLayout.blocks(rows);
        int possible = Math.clamp(FragmentLayout.blocks(columns) / (SLICES * MIN_STRIPS), 1, MOST_SPLITS);
        int high = Math.ceilDiv(groups, 2);
        if (batch > 32 && groups >= 2 * MULTIPROCESSORS && high <= 2 * MULTIPROCESSORS) {
            return new WidePlan(1, 2, 1, 0);
        }
        if (groups >= 2 * MULTIPROCESSORS) {
            int whole = groups / MULTIPROCESSORS * MULTIPROCESSORS;
            int parts = batch > 16 && batch <= 32 && whole < groups
                    ? Math.clamp(Math.round(1.5f * MULTIPROCESSORS / (groups - whole)), 2, 4) : 2;
            return new WidePlan(SLICES, whole == groups ? 1 : Math.min(parts, possible), whole);
        }
        int resident = MULTIPROCESSORS * (batch > 32 ? 2 : 3);
        int best = 1;
        for (int splits = 2; splits <= possible; splits++) {
            if (time(groups, splits, resident) < time(groups, best, resident)) {
                best = splits;
            }
        }
        boolean asFew = 2 * time(high, best, resident) <= time(groups, best, resident);
        return batch > 32 && best > 1 && asFew ? new WidePlan(1, 2, best, 0) : new WidePlan(SLICES, best, 0);
    }

    /** How long blocks take, if one of a whole group takes 1 and so many run at a time. */
    private static double time(int groups, int splits, int resident) {
        return Math.ceilDiv(groups * splits, resident) / (double) splits;
    }

    /** The plan as one number, which is how the kernel gets it. */
    int code() {
        return WideTile.plan(slices, height, splits, whole);
    }

    @Override
    public int threads() {
        return slices * height * WideTile.GROUP_THREADS;
    }

    @Override
    public int groups(int rows) {
        return Math.ceilDiv(FragmentLayout.blocks(rows), height);
    }

    /** Registers per thread that the kernel should be limited to: what leaves room for so many blocks as planned. */
    int maxRegisters(int batch) {
        // Of high blocks, whose activations take half the shared memory, three fit for up to 64 activation rows.
        int blocks = slices * height == MOST_WARPGROUPS ? 1 : batch > 32 * height ? 2 : 3;
        return Math.min(255, 65536 / (threads() * blocks) / 8 * 8);
    }

    @Override
    public boolean fits(int batch) {
        return batch >= 1 && batch <= GemmPlan.MAX_BATCH;
    }

    @Override
    public WidePlan forFormat(WeightFormat format) {
        return this;
    }

    @Override
    public WidePlan from(int row) {
        int before = row / FragmentLayout.BLOCK;
        return before % height == 0 ? new WidePlan(slices, height, splits, Math.max(0, whole - before / height))
                : new WidePlan(slices, splits, Math.max(0, whole * height - before));
    }

    @Override
    public boolean sameOrder(ProductPlan other) {
        return other instanceof WidePlan wide && slices == wide.slices && splits == wide.splits
                && whole * height == wide.whole * wide.height;
    }

    /** Second parts have to be whole tiles behind the first, and whole groups as many rows of gate as of up. */
    @Override
    public boolean canGate(int batch, int parts) {
        return (parts == 1 || batch % 16 == 0) && whole * height % 2 == 0;
    }

    @Override
    public WidePlan gated() {
        return this;
    }

    @Override
    public WidePlan ofGate() {
        return whole % 2 == 0 ? new WidePlan(slices, height, splits, whole / 2)
                : new WidePlan(slices, splits, whole * height / 2);
    }

    private int wholeGroups(int rows) {
        return Math.min(whole, groups(rows));
    }

    @Override
    public int blocks(int rows) {
        return wholeGroups(rows) + Math.multiplyExact(groups(rows) - wholeGroups(rows), splits);
    }

    @Override
    public int partials(int rows, int batch) {
        int shared = groups(rows) - wholeGroups(rows);
        return splits == 1 || shared == 0 ? 1 : WideSums.partials(shared * height, splits, WideTile.width(batch));
    }

    /** Whether a text is meant to be such a plan. */
    static boolean isText(String text) {
        return text.startsWith("w");
    }

    /**
     * Reads what {@link #toString} writes: {@code w} slices, {@code x} height if it is not 1, {@code /} splits, and
     * {@code +} whole groups if there are.
     *
     * @throws IllegalArgumentException if the text is no such plan
     */
    static WidePlan parse(String text) {
        Matcher parts = TEXT.matcher(text);
        if (!parts.matches()) {
            throw new IllegalArgumentException("plan '" + text
                    + "', expected wSLICES/SPLITS or wSLICESxHEIGHT/SPLITS+WHOLE, such as w2/4 or w1x2/2+396");
        }
        return new WidePlan(Integer.parseInt(parts.group(1)), number(parts.group(2), 1),
                Integer.parseInt(parts.group(3)), number(parts.group(4), 0));
    }

    private static int number(String text, int otherwise) {
        return text == null ? otherwise : Integer.parseInt(text);
    }

    @Override
    public String toString() {
        return "w" + slices + (height == 1 ? "" : "x" + height) + "/" + splits + (whole == 0 ? "" : "+" + whole);
    }
}
