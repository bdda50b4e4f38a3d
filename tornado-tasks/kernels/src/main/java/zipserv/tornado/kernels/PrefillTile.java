package zipserv.tornado.kernels;

/**
 * What a block of {@link PrefillGemm} computes. Results do not depend on it.
 *
 * @param batchWarps warps below each other, 64 activation rows each: 1, 2 or 4
 * @param rowWarps   warps side by side: 1, 2 or 4
 * @param rowTiles   tiles of 8 weight rows of a warp: 4 or 8
 */
public record PrefillTile(int batchWarps, int rowWarps, int rowTiles) {

    /** 128 x 256: the least traffic, where there are blocks enough. */
    public static final PrefillTile LARGE = new PrefillTile(2, 4, 8);
    /** 128 x 128. */
    public static final PrefillTile MEDIUM = new PrefillTile(2, 2, 8);
    /** 128 x 64. */
    public static final PrefillTile SMALL = new PrefillTile(2, 2, 4);

    public PrefillTile {
        if (batchWarps * rowWarps > 8 || Integer.bitCount(batchWarps) != 1 || Integer.bitCount(rowWarps) != 1
                || rowTiles != 4 && rowTiles != 8) {
            throw new IllegalArgumentException("tile of " + batchWarps + " x " + rowWarps + " warps of " + rowTiles
                    + " tiles: need powers of 2, at most 8 warps, 4 or 8 tiles");
        }
    }

    /** The tile for a shape. */
    public static PrefillTile of(int rows, int batch) {
        return LARGE;
    }

    /** Threads of a block. */
    public int threads() {
        return 32 * batchWarps * rowWarps;
    }

    /** Blocks of the grid. */
    public int blocks(int rows, int batch) {
        int blockRows = 8 * rowTiles * rowWarps;
        int blockBatch = 64 * batchWarps;
        return Math.multiplyExact((rows + blockRows - 1) / blockRows, (batch + blockBatch - 1) / blockBatch);
    }

    @Override
    public String toString() {
        return 64 * batchWarps + "x" + 8 * rowTiles * rowWarps;
    }
}
