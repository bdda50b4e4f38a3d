package zipserv.tornado.kernels;

import uk.ac.manchester.tornado.api.KernelContext;
import uk.ac.manchester.tornado.api.types.arrays.FloatArray;
import uk.ac.manchester.tornado.api.types.arrays.IntArray;
import zipserv.codec.Frag11Layout;
import zipserv.codec.FragmentLayout;
import zipserv.codec.TcaTbeLayout;
import zipserv.tornado.ptx.PtxBits;
import zipserv.tornado.ptx.PtxFloat;
import zipserv.tornado.ptx.PtxMemory;
import zipserv.tornado.ptx.PtxWarp;

/**
 * Single rows of a matrix, widened to fp32: the embedding table stays compressed and is decoded where it is looked
 * up. One warp takes 64 columns of one row, two columns a lane.
 *
 * <p>Which rows is said by an array that may hold more than that: row number {@code n} is word {@code stride * n} of
 * {@code input}. A negative number gives zeros.
 */
public final class EmbeddingLookup {

    /** Threads of a block. */
    public static final int THREADS = 128;

    private EmbeddingLookup() {
    }

    /** Blocks of the grid. */
    public static int blocks(int columns, int batch) {
        return (batch * FragmentLayout.blocks(columns) * PtxWarp.SIZE + THREADS - 1) / THREADS;
    }

    /**
     * The kernel for TCA-TBE. Worker: 1-D, {@value #THREADS} threads a block, {@link #blocks} blocks.
     *
     * <p>The lanes first count the coded elements of the strip's 16 FragTiles, one each, and add them up: that says how
     * many values lie before each FragTile.
     *
     * @param bitmaps the three bitmaps, one after the other
     * @param table   base exponent and strip table, see {@link TcaTbeStrip}
     * @param values  sign_mantissa and fallback
     * @param input   row numbers
     * @param out     fp32, {@code batch} rows of {@code columns}
     * @param stride  words from one row number to the next
     * @param batch   rows to look up
     * @param blockRows blocks of 64 rows of the table
     */
    public static void tcaTbe(KernelContext context, IntArray bitmaps, IntArray table, IntArray values, IntArray input,
            FloatArray out, int stride, int batch, int columns, int blockRows) {
        int lane = PtxWarp.lane();
        int blockColumns = (columns + FragmentLayout.BLOCK - 1) / FragmentLayout.BLOCK;
        int unit = context.globalIdx >>> 5;
        int n = unit / blockColumns;
        int blockColumn = unit % blockColumns;
        if (n < batch) {
            int row = PtxMemory.loadReadOnly32(input, n * stride);
            int known = row < 0 ? 0 : row;
            int strip = StripLayout.strip(known >>> 6, blockColumn, blockColumns, known >>> 4 & 3);
            int plane = blockRows * blockColumns * 128;

            int word = (strip << 5) + ((lane & 15) << 1);
            int coded = PtxBits.popc(anyCode(bitmaps, word, plane)) + PtxBits.popc(anyCode(bitmaps, word + 1, plane));
            int before = exclusiveSum(lane < 16 ? coded : 0, lane);

            int column = lane << 1;
            int frag = (column >>> 3 << 1) + (known >>> 3 & 1);
            int codedBefore = PtxWarp.shuffle(before, frag);
            int half = known >>> 2 & 1;
            int fragWord = (strip << 5) + (frag << 1);
            int any = anyCode(bitmaps, fragWord + half, plane);
            if (half != 0) {
                codedBefore += PtxBits.popc(anyCode(bitmaps, fragWord, plane));
            }
            int plane1 = PtxMemory.loadReadOnly32(bitmaps, fragWord + half);
            int plane2 = PtxMemory.loadReadOnly32(bitmaps, fragWord + half + plane);
            int plane3 = PtxMemory.loadReadOnly32(bitmaps, fragWord + half + 2 * plane);
            int signMantissa = TcaTbeStrip.start(table, strip).x();
            int fallback = TcaTbeStrip.start(table, strip).y();
            int baseExponent = PtxMemory.loadReadOnly32(table, 0);
            for (int i = 0; i < 2; i++) {
                int bit = ((known & 3) << 3) + (column + i & 7);
                int rank = codedBefore + PtxBits.popc(any & (1 << bit) - 1);
                int position = (frag << 6) + (half << 5) + bit;
                int code = (plane1 >>> bit & 1) + ((plane2 >>> bit & 1) << 1) + ((plane3 >>> bit & 1) << 2);
                int bits = 0;
                if (code != 0) {
                    int at = signMantissa + rank;
                    int coded8 = PtxMemory.loadReadOnly32(values, at >>> 2) >>> ((at & 3) << 3) & 0xFF;
                    bits = TcaTbeLayout.element(coded8, code, baseExponent);
                } else {
                    int at = fallback + position - rank;
                    bits = PtxMemory.loadReadOnly32(values, at >>> 1) >>> ((at & 1) << 4) & 0xFFFF;
                }
                write(out, n, (blockColumn << 6) + column + i, columns, row, bits);
            }
        }
    }

    /**
     * The kernel for raw BF16 in fragment order. Worker and arguments as of {@link #tcaTbe}.
     *
     * @param weights see {@link RawDeviceMatrix}
     */
    public static void raw(KernelContext context, IntArray weights, IntArray input, FloatArray out, int stride,
            int batch,
            int columns) {
        int lane = PtxWarp.lane();
        int blockColumns = (columns + FragmentLayout.BLOCK - 1) / FragmentLayout.BLOCK;
        int unit = context.globalIdx >>> 5;
        int n = unit / blockColumns;
        int blockColumn = unit % blockColumns;
        if (n < batch) {
            int row = PtxMemory.loadReadOnly32(input, n * stride);
            int known = row < 0 ? 0 : row;
            int strip = StripLayout.strip(known >>> 6, blockColumn, blockColumns, known >>> 4 & 3);
            int column = lane << 1;
            int run = (column >>> 5 << 1) + (known >>> 3 & 1);
            int holder = ((known & 7) << 2) + (column >>> 3 & 3);
            int pair = PtxMemory.loadReadOnly32(weights, StripLayout.rawWord(strip, run, holder) + (column >>> 1 & 3));
            write(out, n, (blockColumn << 6) + column, columns, row, pair & 0xFFFF);
            write(out, n, (blockColumn << 6) + column + 1, columns, row, pair >>> 16);
        }
    }

    /**
     * The kernel for frag11. Worker and arguments as of {@link #tcaTbe}; the arrays are those of
     * {@link Frag11DeviceMatrix}. A lane takes one pair and looks through the strip's escapes for its own.
     */
    public static void frag11(KernelContext context, IntArray words, IntArray escapes, IntArray directory,
            IntArray input, FloatArray out, int stride, int batch, int rows, int columns) {
        int lane = PtxWarp.lane();
        int strips = Frag11Layout.strips(columns);
        int rowBlocks = Frag11Layout.rowBlocks(rows);
        int unit = context.globalIdx >>> 5;
        int n = unit / strips;
        int stripColumn = unit % strips;
        if (n < batch) {
            int row = PtxMemory.loadReadOnly32(input, n * stride);
            int known = row < 0 ? 0 : row;
            int strip = (known >>> 4) * strips + stripColumn;
            // Columns 2 lane and the next: which pair of which lane.
            int pair = ((lane & 3) << 2) + (lane >>> 4 << 1) + (known >>> 3 & 1);
            int holder = ((known & 7) << 2) + (lane >>> 2 & 3);
            int first = Frag11DeviceMatrix.word(strip, holder);
            int spare = pair < Frag11Layout.LANE_WORDS ? 0 : pair - Frag11Layout.LANE_WORDS;
            int whole = PtxMemory.loadReadOnly32(words, first + (pair < Frag11Layout.LANE_WORDS ? pair << 5 : 0));
            int even = PtxMemory.loadReadOnly32(words, first + (spare << 6));
            int odd = PtxMemory.loadReadOnly32(words, first + (spare << 6) + 32);
            int last = PtxMemory.loadReadOnly32(words, first + (Frag11Layout.LANE_WORDS - 1 << 5));
            int field = pair < Frag11Layout.LANE_WORDS ? Frag11Layout.field(whole)
                    : Frag11Layout.spareField(spare, even, odd, last);
            int bits = Frag11Layout.pair(field, PtxMemory.loadReadOnly32(directory, known >>> 4));

            int left = Frag11Layout.position(Frag11Layout.plane(pair, holder), 0);
            int begin = Frag11Escapes.first(directory, strip, rowBlocks, 0);
            int end = Frag11Escapes.first(directory, strip, rowBlocks, 1);
            for (int from = begin; from < end; from += Frag11Layout.LANES) {
                int own = Frag11Escapes.load(escapes, lane, from, end);
                for (int i = 0; i < Frag11Layout.LANES; i++) {
                    int entries = PtxWarp.shuffle(own, i);
                    bits = patched(bits, entries & 0xFFFF, left);
                    bits = patched(bits, entries >>> 16, left);
                }
            }
            int column = (stripColumn << 6) + (lane << 1);
            write(out, n, column, columns, row, bits & 0xFFFF);
            write(out, n, column + 1, columns, row, bits >>> 16);
        }
    }

    /**
     * A pair after an entry of escapes, which changes it if it is its own. An entry of 0 changes nothing.
     *
     * @param left position of the pair's left element
     */
    private static int patched(int bits, int entry, int left) {
        int added = Frag11Layout.escapeLeft(entry) == left ? Frag11Layout.escapeBits(entry) : 0;
        return bits + added;
    }

    /** Positions of half a FragTile with a code, given where their word lies in the first bitmap. */
    private static int anyCode(IntArray bitmaps, int word, int plane) {
        return PtxMemory.loadReadOnly32(bitmaps, word) | PtxMemory.loadReadOnly32(bitmaps, word + plane)
                | PtxMemory.loadReadOnly32(bitmaps, word + 2 * plane);
    }

    /** Sum of the counts of all lanes before this one, of which the first 16 have any. */
    private static int exclusiveSum(int count, int lane) {
        int sum = count;
        int left = PtxWarp.shuffleUp(sum, 1);
        sum += lane >= 1 ? left : 0;
        left = PtxWarp.shuffleUp(sum, 2);
        sum += lane >= 2 ? left : 0;
        left = PtxWarp.shuffleUp(sum, 4);
        sum += lane >= 4 ? left : 0;
        left = PtxWarp.shuffleUp(sum, 8);
        sum += lane >= 8 ? left : 0;
        return sum - count;
    }

    private static void write(FloatArray out, int n, int column, int columns, int row, int bits) {
        if (column < columns) {
            out.set(n * columns + column, row < 0 ? 0f : PtxFloat.lowBf16(bits));
        }
    }
}
