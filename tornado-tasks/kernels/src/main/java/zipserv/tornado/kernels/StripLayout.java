package zipserv.tornado.kernels;

import zipserv.codec.FragmentLayout;

/**
 * Which elements of a 16 x 64 strip each lane of a warp holds, in every kernel of this package.
 *
 * <p>The unit is a <em>run</em>: the 8 neighbouring elements of one row of one FragTile, which are one 128-bit word of
 * BF16 and, because FragTiles are stored row-major, also 8 neighbouring positions of the compressed format. With
 * {@code g = lane / 4} and {@code t = lane % 4}, a lane holds four runs:
 * <pre>
 *   run 0: row g,      columns 8t .. 8t+7           run 2: row g,      columns 32+8t .. 32+8t+7
 *   run 1: row g + 8,  columns 8t .. 8t+7           run 3: row g + 8,  columns 32+8t .. 32+8t+7
 * </pre>
 * The strip's four mma instructions take two neighbouring words of two runs each: the first the first two words of runs
 * 0 and 1 as its registers a0, a2 and a1, a3, the second the other two words of these runs, the third and the fourth
 * the same of runs 2 and 3. So the first instruction's columns 2t and 2t + 8 stand for columns 8t and 8t + 2 of the
 * strip. A product does not care in which order its columns are added as long as the activations use the same order,
 * and in this order they need no rearranging: b0 and b1 of the four instructions are neighbouring words of two 128-bit
 * loads from a row of X, at columns 8t and 32 + 8t.
 *
 * <p>Pure functions without branches, for kernels and hosts.
 */
public final class StripLayout {

    /** Elements of a run. */
    public static final int RUN = FragmentLayout.FRAG;
    /** Runs that a lane holds. */
    public static final int RUNS = 4;
    /** 32-bit words of a row of a block. */
    public static final int BLOCK_WORDS = FragmentLayout.BLOCK / 2;
    /** 32-bit words of a strip of raw BF16. */
    public static final int STRIP_WORDS = FragmentLayout.STRIP_ROWS * BLOCK_WORDS;
    /** 32-bit words that one run takes in all lanes together. */
    public static final int RUN_WORDS = 128;

    private StripLayout() {
    }

    /** FragTile of the strip that holds a lane's run. */
    public static int runFrag(int lane, int run) {
        return ((lane & 3) << 1) + (run & 1) + (run >>> 1 << 3);
    }

    /** First position of a lane's run in strip order: 64 positions per FragTile. */
    public static int runPosition(int lane, int run) {
        return (runFrag(lane, run) << 6) + (lane >>> 2 << 3);
    }

    /** Row of the strip of a lane's run. */
    public static int runRow(int lane, int run) {
        return (lane >>> 2) + ((run & 1) << 3);
    }

    /** First column of the strip of a lane's run. */
    public static int runColumn(int lane, int run) {
        return ((lane & 3) << 3) + (run >>> 1 << 5);
    }

    /** Number of a strip: strips are counted within their block, blocks row-major. */
    public static int strip(int blockRow, int blockColumn, int blockColumns, int stripOfBlock) {
        return (blockRow * blockColumns + blockColumn << 2) + stripOfBlock;
    }

    /** First word of a lane's run in raw fragment order: strip by strip, run by run, lane by lane, 4 words each. */
    public static int rawWord(int strip, int run, int lane) {
        return (strip << 9) + (run << 7) + (lane << 2);
    }

    /** First word of activation row n, of {@code blockColumns} blocks of 64 BF16. */
    public static int activationWord(int row, int blockColumn, int blockColumns) {
        return (row * blockColumns + blockColumn) * BLOCK_WORDS;
    }
}
