package zipserv.tornado.kernels;

import uk.ac.manchester.tornado.api.KernelContext;
import uk.ac.manchester.tornado.api.types.arrays.IntArray;
import uk.ac.manchester.tornado.api.types.arrays.ShortArray;
import zipserv.codec.Frag11Layout;
import zipserv.tornado.ptx.PtxMemory;
import zipserv.tornado.ptx.PtxShared;
import zipserv.tornado.ptx.PtxWarp;
import zipserv.tornado.ptx.Quad;

/**
 * frag11 to row-major BF16. A warp decodes one strip: each lane its four runs of 8 neighbouring columns, as if there
 * were no escapes, into shared memory; then the escapes' bits are changed there, an element at a time; then the lanes
 * read what makes whole lines of 128 bytes and write it.
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
     */
    public static void toRows(KernelContext context, IntArray words, IntArray escapes, IntArray directory,
            IntArray out, int rows, int columns, int outColumns) {
        int strip = PtxShared.allocate(WARPS * STRIP_BYTES) + (context.localIdx >>> 5) * STRIP_BYTES;
        int lane = PtxWarp.lane();
        int strips = Frag11Layout.strips(columns);
        int place = place(context, rows, strips);
        int rowBlock = place / strips;
        decode(words, escapes, directory, strip, lane, place, rowBlock, Frag11Layout.rowBlocks(rows));
        int row = rowBlock * Frag11Layout.ROWS + outRow(lane, 0);
        int column = (place - rowBlock * strips) * Frag11Layout.STRIP_COLUMNS + outColumn(lane);
        boolean inside = outColumns == strips * Frag11Layout.STRIP_COLUMNS || column < outColumns;
        long at = (long) row * (outColumns >>> 1) + (column >>> 1);
        for (int part = 0; part < StripLayout.RUNS; part++) {
            Quad four = PtxShared.load128(strip + outPlace(lane, part));
            if (inside && (rows == Frag11Layout.rowBlocks(rows) * Frag11Layout.ROWS || row + 4 * part < rows)) {
                int left = columns == strips * Frag11Layout.STRIP_COLUMNS ? StripLayout.RUN : columns - column;
                PtxMemory.storeStream128(out, at + 4 * part * (outColumns >>> 1), four.x() & mask(left),
                        four.y() & mask(left - 2), four.z() & mask(left - 4), four.w() & mask(left - 6));
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

    /** Decodes a strip into shared memory. */
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
        int entries = 0;
        if (begin + lane < end) {
            entries = PtxMemory.loadReadOnly32(escapes, begin + lane);
        }
        // Pair 4 i + r is word i of run r.
        PtxShared.store128(strip + runPlace(lane, 0), whole(w0, bias), whole(w4, bias), whole(w8, bias),
                spare(1, w2, w3, w10, bias));
        PtxShared.store128(strip + runPlace(lane, 1), whole(w1, bias), whole(w5, bias), whole(w9, bias),
                spare(2, w4, w5, w10, bias));
        PtxShared.store128(strip + runPlace(lane, 2), whole(w2, bias), whole(w6, bias), whole(w10, bias),
                spare(3, w6, w7, w10, bias));
        PtxShared.store128(strip + runPlace(lane, 3), whole(w3, bias), whole(w7, bias), spare(0, w0, w1, w10, bias),
                spare(4, w8, w9, w10, bias));
        PtxWarp.sync();
        escape(strip, entries & 0xFFFF);
        escape(strip, entries >>> 16);
        for (int at = begin + lane + 32; at < end; at += 32) {
            int more = PtxMemory.loadReadOnly32(escapes, at);
            escape(strip, more & 0xFFFF);
            escape(strip, more >>> 16);
        }
        PtxWarp.sync();
    }

    private static int whole(int word, int bias) {
        return Frag11Layout.pair(Frag11Layout.field(word), bias);
    }

    private static int spare(int j, int even, int odd, int last, int bias) {
        return Frag11Layout.pair(Frag11Layout.spareField(j, even, odd, last), bias);
    }

    /** Changes the element that an entry names; an entry of 0 names none. */
    private static void escape(int strip, int entry) {
        if (entry != 0) {
            int plane = Frag11Layout.escapePlane(entry);
            int at = strip + runPlace(plane >>> 2 & 31, plane & 3) + (plane >>> 7 << 2) + ((entry & 1) << 1);
            PtxShared.store16(at, PtxShared.load16(at) ^ entry & Frag11Layout.ESCAPED);
        }
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
