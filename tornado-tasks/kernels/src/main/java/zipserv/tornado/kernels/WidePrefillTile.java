package zipserv.tornado.kernels;

import zipserv.codec.FragmentLayout;

/**
 * How {@link WidePrefillGemm} is cut: tiles of {@value #BATCH} activation rows and {@link #rows} weight rows, each
 * the work of {@link #splits} blocks. Results depend on the splits only.
 *
 * @param rows   weight rows of a tile: 256 or 128
 * @param splits blocks that share a tile's columns
 */
public record WidePrefillTile(int rows, int splits) implements PrefillPlan {

    /** Activation rows of a tile, 64 for each of two warpgroups. */
    static final int BATCH = 128;
    /** Threads of a block. */
    static final int THREADS = 256;
    /** Columns of a stage: rows of 128 bytes, which is what a matrix descriptor can swizzle. */
    static final int STAGE_COLUMNS = 64;
    /** Bytes of a row of a stage. */
    static final int ROW_BYTES = 2 * STAGE_COLUMNS;
    /** Shared memory of a block: four stages of 48 KB, or six of 32 KB. */
    static final int SHARED_BYTES = 192 * 1024;
    /** Weight rows whose tiles follow each other, so that what is computed at a time is about square. */
    static final int GROUP_ROWS = 2048;

    private static final int LARGE = 256;
    private static final int SMALL = 128;
    /** Multiprocessors of an H200; other GPUs that can run the kernel have as many or a few less. */
    private static final int MULTIPROCESSORS = 132;
    /** Columns that a split should at least have. */
    private static final int MIN_COLUMNS = 1024;
    private static final int MAX_SPLITS = 8;

    // Estimates in clock cycles of a multiprocessor. The Tensor Cores take 1,024 cycles for 128 x 256 x 64 products and
    // half of that for 128 x 128 x 64, during which shared memory is read and written 640 cycles long.
    private static final int LARGE_STEP = 1024;
    private static final int SMALL_STEP = 640;
    /** Filling the stages, writing the result. */
    private static final int BLOCK_CYCLES = 6000;
    /** Writing or reading one block's partial sums of 256 rows. */
    private static final int PARTIALS_CYCLES = 2500;

    public WidePrefillTile {
        if (rows != LARGE && rows != SMALL || splits < 1) {
            throw new IllegalArgumentException("tile of " + rows + " weight rows, " + splits
                    + " splits: need 128 or 256 rows, at least 1 split");
        }
    }

    /** The tile that should take the least time for a shape. */
    public static WidePrefillTile of(int rows, int columns, int batch) {
        WidePrefillTile best = null;
        long least = Long.MAX_VALUE;
        int possible = Math.clamp(columns / MIN_COLUMNS, 1, MAX_SPLITS);
        for (int tileRows : new int[] {LARGE, SMALL}) {
            for (int splits = 1; splits <= possible; splits++) {
                WidePrefillTile tile = new WidePrefillTile(tileRows, splits);
                long cycles = tile.cycles(rows, columns, batch);
                if (cycles < least) {
                    least = cycles;
                    best = tile;
                }
            }
        }
        return best;
    }

    private long cycles(int weightRows, int columns, int batch) {
        long waves = (blocks(weightRows, batch) + MULTIPROCESSORS - 1) / MULTIPROCESSORS;
        int steps = (FragmentLayout.blocks(columns) + splits - 1) / splits;
        int joining = splits == 1 ? 0 : PARTIALS_CYCLES * (2 + splits) * rows / LARGE;
        return waves * ((long) steps * (rows == LARGE ? LARGE_STEP : SMALL_STEP) + BLOCK_CYCLES * rows / LARGE
                + joining);
    }

    @Override
    public int threads() {
        return THREADS;
    }

    @Override
    public int tiles(int weightRows, int batch) {
        return Math.multiplyExact((weightRows + rows - 1) / rows, (batch + BATCH - 1) / BATCH);
    }

    @Override
    public int partials(int weightRows, int batch) {
        return splits == 1 ? 1 : Math.multiplyExact(blocks(weightRows, batch), BATCH * rows);
    }

    @Override
    public String toString() {
        return "w" + BATCH + "x" + rows + "/" + splits;
    }
}
