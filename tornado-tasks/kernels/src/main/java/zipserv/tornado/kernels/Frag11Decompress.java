package zipserv.tornado.kernels;

import uk.ac.manchester.tornado.api.KernelContext;
import uk.ac.manchester.tornado.api.types.arrays.IntArray;
import uk.ac.manchester.tornado.api.types.arrays.ShortArray;
import zipserv.codec.Frag11Layout;
import zipserv.tornado.ptx.Pair;
import zipserv.tornado.ptx.PtxMemory;
import zipserv.tornado.ptx.PtxShared;
import zipserv.tornado.ptx.PtxWarp;
import zipserv.tornado.ptx.Quad;

/**
 * frag11 to row-major BF16. A warp decodes one strip: the lanes exchange the escapes in shared memory, then each
 * decodes its four runs of 8 neighbouring columns and stores them in the same place; then the lanes read what makes
 * whole lines of 128 bytes and write it.
 */
public final class Frag11Decompress {

    /** Threads of a block, as of {@link Decompress}. */
    public static final int THREADS = 64;

    private static final int WARPS = THREADS / 32;
    private static final int STRIP_BYTES = 2 * Frag11Layout.STRIP_ELEMENTS;

    private Frag11Decompress() {
    }

    /** Blocks of the grid. */
    public static int blocks(int rows, int columns) {
        return (Frag11Layout.rowBlocks(rows) * Frag11Layout.strips(columns) + WARPS - 1) / WARPS;
    }

    /**
     * The kernel for rows of whole 128-bit words. Worker: 1-D, {@value #THREADS} threads a block, {@link #blocks}
     * blocks. The first arrays are those of {@link Frag11DeviceMatrix}.
     *
     * @param out        {@code rows} rows of {@code outColumns} elements, two to a word
     * @param rows       M
     * @param columns    K; columns behind it become +0
     * @param outColumns a multiple of 8, at most K padded to a multiple of 64
     * @param first      see {@link GatedRows}
     * @param upAt       see {@link GatedRows}; unless it is 0, rows of whole strips are written
     */
    public static void toRows(KernelContext context, IntArray words, IntArray escapes, IntArray directory,
            IntArray out, int rows, int columns, int outColumns, int first, int upAt) {
        int strip = PtxShared.allocate(WARPS * STRIP_BYTES) + (context.localIdx >>> 5) * STRIP_BYTES;
        int lane = PtxWarp.lane();
        int strips = Frag11Layout.strips(columns);
        int place = place(context, rows, strips);
        int rowBlock = place / strips;
        decode(words, escapes, directory, strip, lane, place, rowBlock, Frag11Layout.rowBlocks(rows));
        int row = rowBlock * Frag11Layout.ROWS + outRow(lane, 0);
        int column = (place - rowBlock * strips) * Frag11Layout.STRIP_COLUMNS + outColumn(lane);
        boolean inside = outColumns == strips * Frag11Layout.STRIP_COLUMNS || column < outColumns;
        boolean whole = upAt != 0 || rows == Frag11Layout.rowBlocks(rows) * Frag11Layout.ROWS;
        long at = (long) GatedRows.place(first + row, upAt) * (outColumns >>> 1) + (column >>> 1);
        for (int part = 0; part < StripLayout.RUNS; part++) {
            Quad four = PtxShared.load128(strip + outPlace(lane, part));
            if (inside && (whole || row + 4 * part < rows)) {
                int left = columns == strips * Frag11Layout.STRIP_COLUMNS ? StripLayout.RUN : columns - column;
                PtxMemory.storeStream128(out, at + GatedRows.distance(4 * part, upAt) * (outColumns >>> 1),
                        four.x() & mask(left), four.y() & mask(left - 2), four.z() & mask(left - 4),
                        four.w() & mask(left - 6));
            }
        }
    }

    /**
     * The kernel for any number of columns, an element at a time; otherwise as {@link #toRows}.
     *
     * @param out {@code rows} rows of {@code columns} elements
     */
    public static void toUnalignedRows(KernelContext context, IntArray words, IntArray escapes, IntArray directory,
            ShortArray out, int rows, int columns) {
        int strip = PtxShared.allocate(WARPS * STRIP_BYTES) + (context.localIdx >>> 5) * STRIP_BYTES;
        int lane = PtxWarp.lane();
        int strips = Frag11Layout.strips(columns);
        int place = place(context, rows, strips);
        int rowBlock = place / strips;
        decode(words, escapes, directory, strip, lane, place, rowBlock, Frag11Layout.rowBlocks(rows));
        int row = rowBlock * Frag11Layout.ROWS + outRow(lane, 0);
        int column = (place - rowBlock * strips) * Frag11Layout.STRIP_COLUMNS + outColumn(lane);
        for (int part = 0; part < StripLayout.RUNS; part++) {
            Quad four = PtxShared.load128(strip + outPlace(lane, part));
            if (row + 4 * part < rows) {
                Decompress.writeRun(out, (row + 4 * part) * columns, column, columns, four);
            }
        }
    }

    /** The warp's strip; superfluous warps repeat the last one. */
    private static int place(KernelContext context, int rows, int strips) {
        return Math.min(context.groupIdx * WARPS + (context.localIdx >>> 5), Frag11Layout.rowBlocks(rows) * strips - 1);
    }

    /** Decodes a strip into shared memory, where its first half is the plane of escapes before. */
    private static void decode(IntArray words, IntArray escapes, IntArray directory, int strip, int lane, int place,
            int rowBlock, int rowBlocks) {
        int begin = PtxMemory.loadReadOnly32(directory, Frag11DeviceMatrix.firstEscape(place, rowBlocks));
        int end = PtxMemory.loadReadOnly32(directory, Frag11DeviceMatrix.firstEscape(place + 1, rowBlocks));
        int word = Frag11DeviceMatrix.word(place, lane);
        int w0 = PtxMemory.loadStream32(words, word);
        int w1 = PtxMemory.loadStream32(words, word + 32);
        int w2 = PtxMemory.loadStream32(words, word + 64);
        int w3 = PtxMemory.loadStream32(words, word + 96);
        int w4 = PtxMemory.loadStream32(words, word + 128);
        int w5 = PtxMemory.loadStream32(words, word + 160);
        int w6 = PtxMemory.loadStream32(words, word + 192);
        int w7 = PtxMemory.loadStream32(words, word + 224);
        int w8 = PtxMemory.loadStream32(words, word + 256);
        int w9 = PtxMemory.loadStream32(words, word + 288);
        int w10 = PtxMemory.loadStream32(words, word + 320);
        int bias = PtxMemory.loadReadOnly32(directory, rowBlock);
        Frag11Escapes.clear(strip, lane);
        int entries = Frag11Escapes.load(escapes, lane, begin, end);
        PtxWarp.sync();
        Frag11Escapes.scatter(strip, escapes, directory, place, rowBlocks, lane, entries);
        PtxWarp.sync();
        Pair patch0 = Frag11Escapes.patches(strip, 0, lane);
        Pair patch1 = Frag11Escapes.patches(strip, 1, lane);
        Pair patch2 = Frag11Escapes.patches(strip, 2, lane);
        Pair patch3 = Frag11Escapes.patches(strip, 3, lane);
        PtxWarp.sync();
        // Pair 4 i + r is word i of run r.
        PtxShared.store128(strip + runPlace(lane, 0), Frag11Fragments.whole(w0, patch0.x(), bias),
                Frag11Fragments.whole(w4, patch1.x(), bias), Frag11Fragments.whole(w8, patch2.x(), bias),
                Frag11Fragments.spare(1, w2, w3, w10, patch3.x(), bias));
        PtxShared.store128(strip + runPlace(lane, 1),
                Frag11Fragments.whole(w1, Frag11Escapes.second(patch0.x()), bias),
                Frag11Fragments.whole(w5, Frag11Escapes.second(patch1.x()), bias),
                Frag11Fragments.whole(w9, Frag11Escapes.second(patch2.x()), bias),
                Frag11Fragments.spare(2, w4, w5, w10, Frag11Escapes.second(patch3.x()), bias));
        PtxShared.store128(strip + runPlace(lane, 2), Frag11Fragments.whole(w2, patch0.y(), bias),
                Frag11Fragments.whole(w6, patch1.y(), bias), Frag11Fragments.whole(w10, patch2.y(), bias),
                Frag11Fragments.spare(3, w6, w7, w10, patch3.y(), bias));
        PtxShared.store128(strip + runPlace(lane, 3),
                Frag11Fragments.whole(w3, Frag11Escapes.second(patch0.y()), bias),
                Frag11Fragments.whole(w7, Frag11Escapes.second(patch1.y()), bias),
                Frag11Fragments.spare(0, w0, w1, w10, Frag11Escapes.second(patch2.y()), bias),
                Frag11Fragments.spare(4, w8, w9, w10, Frag11Escapes.second(patch3.y()), bias));
        PtxWarp.sync();
    }

    /**
     * Where a lane's run lies in the strip's bytes. The right half's runs change places, so that the eight lanes that
     * then read a row meet all banks.
     */
    private static int runPlace(int lane, int run) {
        return (run << 9) + ((lane ^ (run & 2) << 1) << 4);
    }

    /** Row of the strip that a lane writes: eight lanes a row. */
    private static int outRow(int lane, int part) {
        return (part << 2) + (lane >>> 3);
    }

    /** First column of the strip that a lane writes. */
    private static int outColumn(int lane) {
        return (lane & 7) << 3;
    }

    /** Where the 8 elements at {@link #outRow} and {@link #outColumn} lie. */
    private static int outPlace(int lane, int part) {
        int row = outRow(lane, part);
        return runPlace((row & 7) << 2 | lane & 3, row >>> 3 | lane >>> 1 & 2);
    }

    /** The bits of a word that lie within the matrix, given how many elements from its first one on do. */
    private static int mask(int left) {
        return left > 1 ? -1 : left == 1 ? 0xFFFF : 0;
    }
}
