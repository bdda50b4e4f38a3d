package zipserv.tornado.kernels;

/**
 * How {@link PrefillGemm} is cut into blocks and warps. Results depend on the splits only.
 *
 * @param batchWarps warps below each other, 64 activation rows each: 1, 2 or 4
 * @param rowWarps   warps side by side: 1, 2 or 4
 * @param rowTiles   tiles of 8 weight rows of a warp: 4 or 8
 * @param splits     blocks that share a tile's columns
 */
public record PrefillTile(int batchWarps, int rowWarps, int rowTiles, int splits) implements PrefillPlan {

    /** 128 x 256. */
    public static final PrefillTile LARGE = new PrefillTile(2, 4, 8, 1);
    /** 128 x 128. */
    public static final PrefillTile MEDIUM = new PrefillTile(2, 2, 8, 1);
    /** 128 x 64. */
    public static final PrefillTile SMALL = new PrefillTile(2, 2, 4, 1);

    /** Two blocks for each multiprocessor of an H200, which is what is resident at a time. */
    private static final int RESIDENT_BLOCKS = 264;
    /** Columns that a split should at least have, so that adding up stays small. */
    private static final int MIN_COLUMNS = 1024;

    public PrefillTile {
        if (batchWarps * rowWarps > 8 || Integer.bitCount(batchWarps) != 1 || Integer.bitCount(rowWarps) != 1
                || rowTiles != 4 && rowTiles != 8 || splits < 1) {
            throw new IllegalArgumentException("tile of " + batchWarps + " x " + rowWarps + " warps of " + rowTiles
                    + " tiles, " + splits
                    + " splits: need powers of 2, at most 8 warps, 4 or 8 tiles, at least 1 split");
        }
    }

    /** The same tile with other splits. */
    public PrefillTile withSplits(int number) {
        return new PrefillTile(batchWarps, rowWarps, rowTiles, number);
    }

    /** The tile for a shape. */
    public static PrefillTile of(int rows, int columns, int batch) {
        int tiles = MEDIUM.tiles(rows, batch);
        int possible = Math.max(1, columns / MIN_COLUMNS);
        return MEDIUM.withSplits(Math.clamp(RESIDENT_BLOCKS / tiles, 1, possible));
    }

    @Override
    public int threads() {
        return 32 * batchWarps * rowWarps;
    }

    @Override
    public int tiles(int rows, int batch) {
        int blockRows = 8 * rowTiles * rowWarps;
        int blockBatch = 64 * batchWarps;
        return Math.multiplyExact((rows + blockRows - 1) / blockRows, (batch + blockBatch - 1) / blockBatch);
    }

    @Override
    public int partials(int rows, int batch) {
        return splits == 1 ? 1 : Math.multiplyExact(blocks(rows, batch) * batchWarps * rowWarps, PrefillGemm.WARP_SUMS);
    }

    @Override
    public String toString() {
        return 64 * batchWarps + "x" + 8 * rowTiles * rowWarps + "/" + splits;
    }
}
