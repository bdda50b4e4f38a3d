package zipserv.tornado.kernels;

import uk.ac.manchester.tornado.api.KernelContext;
import uk.ac.manchester.tornado.api.types.arrays.IntArray;
import uk.ac.manchester.tornado.api.types.arrays.ShortArray;
import zipserv.codec.FragmentLayout;
import zipserv.tornado.ptx.Pair;
import zipserv.tornado.ptx.PtxMemory;
import zipserv.tornado.ptx.PtxShared;
import zipserv.tornado.ptx.PtxWarp;
import zipserv.tornado.ptx.Quad;

/**
 * TCA-TBE to row-major BF16 (ZipServ, ASPLOS'26, section 5, the decoupled path). A warp decodes one strip and, with the
 * lanes of {@link TcaTbeHalfFrags}, writes whole lines of 128 bytes. Strips are taken as they are stored: 1 % faster on
 * an H200 than along the rows of the matrix.
 */
public final class Decompress {

    /** Threads of a block: few, so that a multiprocessor takes the next strips as soon as some are done. */
    public static final int THREADS = 64;

    private static final int WARPS = THREADS / 32;
    private static final int WARP_BYTES = TcaTbeStrip.STAGE_BYTES + TcaTbeHalfFrags.OUT_BYTES;

    /**
     * Elements up to which results are written as data that nobody reads soon. Where they do not fit into an H200's L2
     * cache, ordinary stores were measured to be 2 % faster, at this size 6 % slower.
     */
    private static final long STREAMED_ELEMENTS = 1L << 24;

    private Decompress() {
    }

    /** Blocks of the grid. */
    public static int blocks(int rows, int columns) {
        return Math.toIntExact((FragmentLayout.STRIPS * FragmentLayout.blocks(rows, columns) + WARPS - 1) / WARPS);
    }

    /**
     * The kernel for rows of whole 128-bit words. Worker: 1-D, {@value #THREADS} threads a block, {@link #blocks}
     * blocks.
     *
     * @param bitmaps the three bitmaps, one after the other
     * @param table   base exponent and strip table, see {@link TcaTbeStrip}
     * @param values  sign_mantissa and fallback
     * @param out     {@code rows} rows of {@code columns} elements, two to a word
     * @param columns a multiple of 8, at most 64 * blockColumns; beyond K the encoder's zeros are written
     * @param first   see {@link GatedRows}
     * @param upAt    see {@link GatedRows}; unless it is 0, rows of whole blocks are written
     */
    public static void toRows(KernelContext context, IntArray bitmaps, IntArray table, IntArray values, IntArray out,
            int rows, int columns, int blockRows, int blockColumns, int first, int upAt) {
        int lane = PtxWarp.lane();
        int stage = PtxShared.allocate(WARPS * WARP_BYTES) + (context.localIdx >>> 5) * WARP_BYTES;
        int strip = strip(context, blockRows, blockColumns);
        decode(bitmaps, table, values, stage, lane, strip, blockRows, blockColumns);
        int block = strip / FragmentLayout.STRIPS;
        int blockRow = block / blockColumns;
        int row = blockRow * FragmentLayout.BLOCK + (strip & FragmentLayout.STRIPS - 1) * FragmentLayout.STRIP_ROWS
                + TcaTbeHalfFrags.row(lane, 0);
        int column = (block - blockRow * blockColumns) * FragmentLayout.BLOCK + TcaTbeHalfFrags.column(lane);
        boolean inside = columns == FragmentLayout.BLOCK * blockColumns || column < columns;
        boolean whole = upAt != 0 || rows == FragmentLayout.BLOCK * blockRows;
        long at = (long) GatedRows.place(first + row, upAt) * (columns >>> 1) + (column >>> 1);
        for (int run = 0; run < StripLayout.RUNS; run++) {
            Quad words = PtxShared.load128(TcaTbeHalfFrags.place(stage + TcaTbeStrip.STAGE_BYTES, lane, run));
            if (inside && (whole || row + run < rows)) {
                long own = at + GatedRows.distance(run, upAt) * (columns >>> 1);
                if ((long) rows * columns <= STREAMED_ELEMENTS) {
                    PtxMemory.storeStream128(out, own, words.x(), words.y(), words.z(), words.w());
                } else {
                    PtxMemory.store128(out, own, words.x(), words.y(), words.z(), words.w());
                }
            }
        }
    }

    /**
     * The kernel for any number of columns, an element at a time; otherwise as {@link #toRows}.
     *
     * @param out {@code rows} rows of {@code columns} elements
     */
    public static void toUnalignedRows(KernelContext context, IntArray bitmaps, IntArray table, IntArray values,
            ShortArray out, int rows, int columns, int blockRows, int blockColumns) {
        int lane = PtxWarp.lane();
        int stage = PtxShared.allocate(WARPS * WARP_BYTES) + (context.localIdx >>> 5) * WARP_BYTES;
        int strip = strip(context, blockRows, blockColumns);
        decode(bitmaps, table, values, stage, lane, strip, blockRows, blockColumns);
        int block = strip / FragmentLayout.STRIPS;
        int blockRow = block / blockColumns;
        int row = blockRow * FragmentLayout.BLOCK + (strip & FragmentLayout.STRIPS - 1) * FragmentLayout.STRIP_ROWS
                + TcaTbeHalfFrags.row(lane, 0);
        int column = (block - blockRow * blockColumns) * FragmentLayout.BLOCK + TcaTbeHalfFrags.column(lane);
        for (int run = 0; run < StripLayout.RUNS; run++) {
            Quad words = PtxShared.load128(TcaTbeHalfFrags.place(stage + TcaTbeStrip.STAGE_BYTES, lane, run));
            if (row + run < rows) {
                writeRun(out, (row + run) * columns, column, columns, words);
            }
        }
    }

    /** The warp's strip; superfluous warps repeat the last one. */
    private static int strip(KernelContext context, int blockRows, int blockColumns) {
        int strips = FragmentLayout.STRIPS * blockRows * blockColumns;
        return Math.min(context.groupIdx * WARPS + (context.localIdx >>> 5), strips - 1);
    }

    /** Brings a strip's values to shared memory and decodes it to what lies behind them. */
    private static void decode(IntArray bitmaps, IntArray table, IntArray values, int stage, int lane, int strip,
            int blockRows, int blockColumns) {
        int plane = StripLayout.RUN_WORDS * blockRows * blockColumns;
        Pair start = TcaTbeStrip.start(table, strip);
        Pair end = TcaTbeStrip.end(table, strip);
        int word = TcaTbeStrip.storedWord(strip, lane);
        int plane1 = PtxMemory.loadStream32(bitmaps, word);
        int plane2 = PtxMemory.loadStream32(bitmaps, word + plane);
        int plane3 = PtxMemory.loadStream32(bitmaps, word + 2 * plane);
        Quad tables = PtxMemory.loadReadOnly128(table, TcaTbeStrip.EXPONENT_TABLES);
        TcaTbeStrip.stage(values, start, end, stage, lane);
        PtxShared.commitCopies();
        PtxShared.awaitCopies(0);
        PtxWarp.sync();
        TcaTbeHalfFrags.decode(lane, plane1, plane2, plane3, tables, TcaTbeStrip.signMantissa(stage, start),
                TcaTbeStrip.fallback(stage, start, end), stage + TcaTbeStrip.STAGE_BYTES);
    }

    /** Writes a run element by element, as far as it lies within its row. */
    static void writeRun(ShortArray out, int row, int column, int columns, Quad words) {
        writePair(out, row, column, columns, words.x());
        writePair(out, row, column + 2, columns, words.y());
        writePair(out, row, column + 4, columns, words.z());
        writePair(out, row, column + 6, columns, words.w());
    }

    private static void writePair(ShortArray out, int row, int column, int columns, int pair) {
        if (column < columns) {
            out.set(row + column, (short) pair);
        }
        if (column + 1 < columns) {
            out.set(row + column + 1, (short) (pair >>> 16));
        }
    }
}
