package zipserv.tornado.kernels;

import java.util.regex.Matcher;
import java.util.regex.Pattern;
import zipserv.codec.FragmentLayout;
import zipserv.codec.WeightFormat;

/**
 * How a GEMM of the fused or the uncompressed kernels is cut into blocks and warps. Two plans of the same matrix may
 * differ in the last bits of the result, the same plan never does; and plans that differ only in strips and row blocks
 * give the same bits.
 *
 * @param strips    warps of a block that lie above each other, each with rows of its own: 1, 2, 4 or 8
 * @param slices    warps of a block that share the columns of their rows; {@code strips * slices} is at most 8
 * @param splits    blocks that share the columns of their rows
 * @param rowBlocks row blocks of 16 weight rows that a warp multiplies with the same activations: 1 or 2
 */
public record GemmPlan(int strips, int slices, int splits, int rowBlocks) implements ProductPlan {

    private static final Pattern TEXT = Pattern.compile("(\\d{1,4})x(\\d{1,4})/(\\d{1,4})(?:\\*(\\d))?");
    /** Largest N of the fused kernels: 16 tiles of 8. */
    public static final int MAX_BATCH = 128;
    /**
     * Largest N for which multiplying straight from the compressed weights is worth it: beyond, decompressing them and
     * {@link PrefillGemm} together take less. Measured on an H200 (docs/kernels.md), frag11, microseconds of the fused
     * kernel with its best plan and of the other two in one graph: 113 and 187 for 28672 x 4096 at N = 64, 217 and 188
     * at 96, 292 and 191 at 128; 259 and 363 for 8192 x 28672 at N = 64, 804 and 364 at 96, 1124 and 367 at 128.
     * Between 64 and 128 only small matrices are an exception: 33 and 38 for 4096 x 4096 at N = 96, but 43.5 and 38 at
     * 128. TCA-TBE passes the limit between 64 and 96, too.
     */
    public static final int FUSED_LIMIT = 64;

    /** Warps of a block at most. */
    static final int MAX_WARPS = 8;
    /** Shared memory of a ZipGEMM block: two stages per warp, or 4 KB of sums per warp. */
    static final int SHARED_BYTES = MAX_WARPS * 2 * TcaTbeStrip.STAGE_BYTES;

    /** Columns in units of 64 that a warp should at least get, so that starting up and adding up stay small. */
    private static final int MIN_STEPS = 8;
    /** Blocks that keep a large GPU busy: three for each of an H200's 132 multiprocessors. */
    private static final int ENOUGH_BLOCKS = 396;
    /** Where activations are many, every block's reads of them cost more than idle multiprocessors. */
    private static final int ENOUGH_BLOCKS_OF_LARGE_BATCHES = 128;
    /** Weight rows from which on there are enough blocks of two strips. */
    private static final int MANY_ROWS = 16384;

    /** Strips of 64 columns from which on rows are long. */
    private static final int LONG_STRIPS = 192;
    /** Warps of two row blocks that keep a large GPU busy. */
    private static final int ENOUGH_WARPS = 2100;

    public GemmPlan {
        if (Integer.bitCount(strips) != 1 || slices < 1 || strips * slices > MAX_WARPS || splits < 1
                || rowBlocks < 1 || rowBlocks > 2) {
            throw new IllegalArgumentException("plan of " + strips + " strips, " + slices + " slices, " + splits
                    + " splits and " + rowBlocks + " row blocks: need 1, 2, 4 or 8 strips, at most " + MAX_WARPS
                    + " warps, at least 1 split, 1 or 2 row blocks");
        }
    }

    /** A plan of one row block a warp. */
    public GemmPlan(int strips, int slices, int splits) {
        this(strips, slices, splits, 1);
    }

    /** The same with another number of row blocks a warp, which changes no result. */
    public GemmPlan withRowBlocks(int rowBlocks) {
        return new GemmPlan(strips, slices, splits, rowBlocks);
    }

    /**
     * The plan for a shape. Measured on an H200 (docs/kernels.md): all eight warps of a block sharing one strip's
     * columns is best while activations are few, because that gives the most blocks; from N = 9 on, two strips a block
     * halve the traffic of activations where there are rows enough, beyond N = 64 always. Matrices with too few rows to
     * fill the GPU are split, as far as every warp keeps {@value #MIN_STEPS} steps of 64 columns.
     */
    public static GemmPlan of(int rows, int columns, int batch) {
        int strips = batch > 64 || batch > 8 && rows >= MANY_ROWS ? 2 : 1;
        int slices = MAX_WARPS / strips;
        int groups = (FragmentLayout.STRIPS * FragmentLayout.blocks(rows) + strips - 1) / strips;
        int enough = batch > 64 ? ENOUGH_BLOCKS_OF_LARGE_BATCHES : ENOUGH_BLOCKS;
        int wanted = (enough + groups - 1) / groups;
        int possible = FragmentLayout.blocks(columns) / (slices * MIN_STEPS);
        return new GemmPlan(strips, slices, Math.clamp(possible, 1, wanted));
    }

    /**
     * The plan for a shape and a format: that of {@link #of(int, int, int)}, but for frag11 the following, which is
     * what was measured on an H200 (docs/frag11-kernels.md). Small matrices have all eight warps of a block share one
     * row block's columns, so that there are enough blocks. Others take two row blocks a warp, which halves the traffic
     * of activations: the larger the matrix, the fewer warps share columns, and where that leaves too few blocks
     * columns are split. Beyond N = 32 there are not registers enough for two.
     */
    public static GemmPlan of(WeightFormat format, int rows, int columns, int batch) {
        if (format != WeightFormat.FRAG11) {
            return of(rows, columns, batch);
        }
        int strips = FragmentLayout.blocks(columns);
        boolean small = rows < (batch <= 8 ? 9000 : 7000) && strips < LONG_STRIPS;
        if (small || batch > 32) {
            return new GemmPlan(1, Math.min(MAX_WARPS, strips), 1, 1);
        }
        if (batch <= 8 && strips >= LONG_STRIPS && rows < 7000) {
            return new GemmPlan(1, MAX_WARPS, 2, 1);
        }
        if (batch <= 16) {
            return split(1, rows >= MANY_ROWS ? 4 : 8, rows, columns);
        }
        return rows >= 2 * MANY_ROWS ? split(8, 1, rows, columns)
                : rows >= 9000 ? split(2, 2, rows, columns) : split(1, 8, rows, columns);
    }

    /** A plan of two row blocks a warp with as many splits as keep a large GPU busy. */
    private static GemmPlan split(int warpsAbove, int warpsBeside, int rows, int columns) {
        GemmPlan whole = new GemmPlan(warpsAbove, Math.min(warpsBeside, FragmentLayout.blocks(columns)), 1, 2);
        int wanted = Math.max(1, ENOUGH_WARPS / (warpsAbove * whole.slices) / whole.groups(rows));
        int possible = FragmentLayout.blocks(columns) / (whole.slices * MIN_STEPS / 2);
        return new GemmPlan(warpsAbove, whole.slices, Math.clamp(possible, 1, wanted), 2);
    }

    /**
     * Registers per thread that the frag11 kernel should be limited to, like {@link #maxRegisters}: where the compiler
     * would take more than leave room for enough warps, and never so few that it moves any to memory.
     */
    static int frag11Registers(int batch, int rowBlocks) {
        return batch <= 8 || batch <= 16 && rowBlocks == 1 ? 80
                : batch > 16 && batch <= 32 && rowBlocks == 2 || batch > 32 && batch <= 64 && rowBlocks == 1 ? 128 : 0;
    }

    /**
     * Registers per thread that a fused kernel should be limited to when it is compiled, so that two or three blocks
     * fit on a multiprocessor; 0 for no limit. TornadoVM takes it as compiler flag {@code CU_JIT_MAX_REGISTERS}.
     */
    public static int maxRegisters(int batch) {
        return batch <= 16 ? 80 : batch > 32 && batch <= 64 ? 128 : 0;
    }

    /** Threads of a block. */
    @Override
    public int threads() {
        return 32 * strips * slices;
    }

    /** Groups of rows: blocks of the grid but for splits, and counters for them. */
    @Override
    public int groups(int rows) {
        return GemmTile.groups(rows, code());
    }

    @Override
    public boolean fits(int batch) {
        return batch >= 1 && batch <= MAX_BATCH / rowBlocks;
    }

    @Override
    public GemmPlan forFormat(WeightFormat format) {
        return format == WeightFormat.FRAG11 ? this : withRowBlocks(1);
    }

    @Override
    public GemmPlan from(int row) {
        return this;
    }

    @Override
    public boolean sameOrder(ProductPlan other) {
        return other instanceof GemmPlan plan && plan.slices == slices && plan.splits == splits;
    }

    /** Sums have to be in shared memory all at once, and those of both gate and up. */
    @Override
    public boolean canGate(int batch, int parts) {
        return splits == 1 && GemmTile.groupRowBlocks(code()) % 2 == 0 && !GemmTile.holdsRound(1, code(), batch);
    }

    @Override
    public GemmPlan gated() {
        return strips * rowBlocks % 2 == 0 ? this
                : 2 * strips * slices <= MAX_WARPS ? new GemmPlan(2 * strips, slices, splits, rowBlocks)
                : withRowBlocks(2);
    }

    @Override
    public GemmPlan ofGate() {
        return this;
    }

    /** The plan as one number, which is how kernels get it. */
    int code() {
        return GemmTile.plan(strips, slices, splits, rowBlocks);
    }

    /** Blocks of the grid. */
    @Override
    public int blocks(int rows) {
        return groups(rows) * splits;
    }

    /** Words of the array of partial sums; 1 where none are needed, since arrays cannot be empty. */
    @Override
    public int partials(int rows, int batch) {
        return splits == 1 ? 1 : Math.multiplyExact(splits * batch, rows);
    }

    /** Words of activations, padded to whole tiles of 8 rows and blocks of 64 columns. */
    public static int activationWords(int columns, int batch) {
        return (batch + 7) / 8 * 8 * FragmentLayout.blocks(columns) * StripLayout.BLOCK_WORDS;
    }

    /** Words of the result: fp32, or pairs of BF16. */
    public static int resultWords(int rows, int batch, boolean bf16) {
        return batch * (bf16 ? (rows + 1) / 2 : rows);
    }

    /**
     * What {@link #toString} writes.
     *
     * @throws IllegalArgumentException for anything else
     */
    public static GemmPlan parse(String text) {
        Matcher parts = TEXT.matcher(text);
        if (!parts.matches()) {
            throw new IllegalArgumentException("'" + text
                    + "' is no plan: expected strips x slices / splits, and * row blocks if not 1, "
                    + "such as 1x8/1 or 2x4/1*2");
        }
        return new GemmPlan(Integer.parseInt(parts.group(1)), Integer.parseInt(parts.group(2)),
                Integer.parseInt(parts.group(3)), parts.group(4) == null ? 1 : Integer.parseInt(parts.group(4)));
    }

    @Override
    public String toString() {
        return strips + "x" + slices + "/" + splits + (rowBlocks == 1 ? "" : "*" + rowBlocks);
    }
}
