package zipserv.tornado.kernels;

import uk.ac.manchester.tornado.api.KernelContext;
import uk.ac.manchester.tornado.api.types.arrays.IntArray;
import zipserv.codec.FragmentLayout;
import zipserv.tornado.ptx.PtxMemory;
import zipserv.tornado.ptx.PtxWarp;
import zipserv.tornado.ptx.Quad;

/**
 * Uncompressed weights from fragment order to row-major BF16: the uncompressed twin of {@link Decompress} and
 * {@link Frag11Decompress}, so that {@link PrefillGemm} multiplies the weights of every format. A warp takes a strip.
 */
public final class RawRows {

    /** Threads of a block, as of {@link Decompress}. */
    public static final int THREADS = 64;

    private static final int WARPS = THREADS / 32;

    private RawRows() {
    }

    /** Blocks of the grid. */
    public static int blocks(int rows, int columns) {
        return Math.toIntExact((FragmentLayout.STRIPS * FragmentLayout.blocks(rows, columns) + WARPS - 1) / WARPS);
    }

    /**
     * The kernel. Worker: 1-D, {@value #THREADS} threads a block, {@link #blocks} blocks.
     *
     * @param weights      as of {@link RawDeviceMatrix}
     * @param out          {@code rows} rows of {@code 64 * blockColumns} elements, two to a word; zeros behind K
     * @param rows         M
     * @param blockRows    M in blocks of 64, rounded up
     * @param blockColumns K in blocks of 64, rounded up
     * @param first        see {@link GatedRows}
     * @param upAt         see {@link GatedRows}; unless it is 0, rows of whole blocks are written
     */
    public static void toRows(KernelContext context, IntArray weights, IntArray out, int rows, int blockRows,
            int blockColumns, int first, int upAt) {
        int lane = PtxWarp.lane();
        int strips = FragmentLayout.STRIPS * blockRows * blockColumns;
        // Superfluous warps repeat the last strip.
        int strip = Math.min(context.groupIdx * WARPS + (context.localIdx >>> 5), strips - 1);
        int block = strip / FragmentLayout.STRIPS;
        int blockRow = block / blockColumns;
        int row = blockRow * FragmentLayout.BLOCK + (strip & FragmentLayout.STRIPS - 1) * FragmentLayout.STRIP_ROWS;
        int word = (block - blockRow * blockColumns) * StripLayout.BLOCK_WORDS;
        for (int run = 0; run < StripLayout.RUNS; run++) {
            int own = row + StripLayout.runRow(lane, run);
            if (upAt != 0 || own < rows) {
                Quad four = PtxMemory.loadStream128(weights, StripLayout.rawWord(strip, run, lane), 0);
                long at = (long) GatedRows.place(first + own, upAt) * blockColumns * StripLayout.BLOCK_WORDS + word
                        + (StripLayout.runColumn(lane, run) >>> 1);
                PtxMemory.store128(out, at, four.x(), four.y(), four.z(), four.w());
            }
        }
    }
}
