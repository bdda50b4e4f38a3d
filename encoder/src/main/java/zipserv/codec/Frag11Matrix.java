package zipserv.codec;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteOrder;
import java.util.Arrays;
import java.util.List;
import java.util.Map;

/**
 * A matrix in {@link WeightFormat#FRAG11}; {@link Frag11Layout} describes the arrays. Made by {@link Frag11Codec}. A
 * tile is four strips side by side, for no other reason than that longer rows are faster to use.
 *
 * @param words           11 bits of each element
 * @param bases           the first exponent of each row block's window
 * @param escapes         what the words do not tell, mostly of elements outside the windows
 * @param rowBlockEscapes where the escapes of each row block begin, and the end
 * @param stripEnds       where the escapes of each strip end in those of its row block
 */
record Frag11Matrix(int rows, int columns, MemorySegment words, MemorySegment bases, MemorySegment escapes,
                    MemorySegment rowBlockEscapes, MemorySegment stripEnds) implements CompressedMatrix {

    /** Parts may lie anywhere in a file, hence unaligned. */
    static final ValueLayout.OfInt I32 = ValueLayout.JAVA_INT_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);
    static final ValueLayout.OfLong I64 = ValueLayout.JAVA_LONG_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);
    static final ValueLayout.OfShort U16 = ValueLayout.JAVA_SHORT_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);

    private static final int ALIGNMENT = 64;
    private static final int TILE_STRIPS = 4;
    private static final int STRIDE = TILE_STRIPS * Frag11Layout.STRIP_COLUMNS;

    private static final int LEAST_ESCAPE = 1 << 10;
    private static final int MOST_ESCAPE = (1 << 15) - 1;
    /** By position in a strip: index in a tile, less the strip's first column. */
    private static final short[] PLACES = new short[Frag11Layout.STRIP_ELEMENTS];

    static {
        for (int position = 0; position < PLACES.length; position++) {
            int plane = Frag11Layout.escapePlane(position);
            PLACES[position] = (short) (Frag11Layout.row(plane) * STRIDE + Frag11Layout.column(plane)
                    + Frag11Layout.escapeHalf(position));
        }
    }

    /** A matrix whose parts are still to be filled. */
    static Frag11Matrix allocate(int rows, int columns, long escapeWords, Arena arena) {
        return new Frag11Matrix(rows, columns,
                arena.allocate(4 * Frag11Layout.wordsLength(rows, columns), ALIGNMENT),
                arena.allocate(Frag11Layout.rowBlocks(rows), ALIGNMENT),
                arena.allocate(4 * escapeWords, ALIGNMENT),
                arena.allocate(8 * Frag11Layout.rowBlockEscapesLength(rows), ALIGNMENT),
                arena.allocate(4 * Frag11Layout.stripEndsLength(rows, columns), ALIGNMENT));
    }

    @Override
    public WeightFormat format() {
        return WeightFormat.FRAG11;
    }

    @Override
    public List<MatrixPart> parts() {
        return List.of(
                new MatrixPart(Frag11Layout.WORDS, MatrixPart.Type.I32, words),
                new MatrixPart(Frag11Layout.BASES, MatrixPart.Type.U8, bases),
                new MatrixPart(Frag11Layout.ESCAPES, MatrixPart.Type.I32, escapes),
                new MatrixPart(Frag11Layout.ROW_BLOCK_ESCAPES, MatrixPart.Type.I64, rowBlockEscapes),
                new MatrixPart(Frag11Layout.STRIP_ENDS, MatrixPart.Type.I32, stripEnds));
    }

    @Override
    public Map<String, String> parameters() {
        return Map.of();
    }

    @Override
    public int tileRows() {
        return Frag11Layout.ROWS;
    }

    @Override
    public int tileColumns() {
        return STRIDE;
    }

    @Override
    public void decodeTile(int tileRow, int tileColumn, short[] out) {
        TileDecoder.checkTile(this, tileRow, tileColumn);
        int strips = Frag11Layout.strips(columns);
        int first = tileColumn * TILE_STRIPS;
        int last = Math.min(first + TILE_STRIPS, strips);
        int bias = Frag11Layout.bias(Byte.toUnsignedInt(bases.get(ValueLayout.JAVA_BYTE, tileRow)));
        long escapesBefore = rowBlockEscapes.get(I64, 8L * tileRow);
        for (int stripColumn = first; stripColumn < last; stripColumn++) {
            long strip = Frag11Layout.strip(tileRow, stripColumn, strips);
            int left = (stripColumn - first) * Frag11Layout.STRIP_COLUMNS;
            Kernels.FIELD_DECODER.decode(words, Frag11Layout.stripWord(strip), bias, out, left, STRIDE);
            int begin = stripColumn == 0 ? 0 : stripEnds.get(I32, 4 * (strip - 1));
            applyEscapes(escapesBefore + begin, escapesBefore + stripEnds.get(I32, 4 * strip), out, left);
        }
        clearOutside(tileRow, tileColumn, out);
    }

    /**
     * Applies the entries of words {@code from .. to - 1}, which {@link Frag11Reader} has found to exist. Whatever they
     * are, they change elements of their strip only, so they are judged all together at the end.
     *
     * @param left first column of their strip in the tile
     */
    private void applyEscapes(long from, long to, short[] out, int left) {
        int before = -1;
        int wrong = 0;
        for (long word = from; word < to; word++) {
            int entries = escapes.get(I32, 4 * word);
            int first = entries & 0xFFFF;
            int second = entries >>> 16;
            int firstPosition = Frag11Layout.escapePosition(first);
            int secondPosition = Frag11Layout.escapePosition(second);
            applyEscape(first, out, left + PLACES[firstPosition]);
            applyEscape(second, out, left + PLACES[secondPosition]);
            wrong |= first - LEAST_ESCAPE | MOST_ESCAPE - first | firstPosition - before - 1;
            wrong |= second == 0 && word == to - 1 ? 0
                    : second - LEAST_ESCAPE | MOST_ESCAPE - second | secondPosition - firstPosition - 1;
            before = secondPosition;
        }
        if (wrong < 0) {
            throw malformed(from);
        }
    }

    /**
     * Adds an entry's bits to a decoded pair: a carry of the left element, which has an even index, goes into the right
     * one, a carry of the right one nowhere. No branch, because which elements have entries is not to be predicted.
     */
    private static void applyEscape(int entry, short[] out, int at) {
        int sum = (out[at] & 0xFFFF) + (entry & Frag11Layout.ESCAPED);
        out[at] = (short) sum;
        out[at | 1] += (short) (sum >>> 16 & ~at);
    }

    /** Finds the entry that is none, or not behind the one before it. */
    private MalformedMatrixException malformed(long from) {
        int before = -1;
        long entry = 2 * from;
        while (Frag11Layout.isEscape(entry(entry)) && Frag11Layout.escapePosition(entry(entry)) > before) {
            before = Frag11Layout.escapePosition(entry(entry));
            entry++;
        }
        return new MalformedMatrixException(Frag11Layout.ESCAPES, 2 * entry, String.format(
                "entry 0x%04X, expected 0x0400 .. 0x7FFF and a position above %d", entry(entry), before));
    }

    private int entry(long index) {
        return Short.toUnsignedInt(escapes.get(U16, 2 * index));
    }

    /** Makes the elements of a tile beyond the matrix +0. */
    private void clearOutside(int tileRow, int tileColumn, short[] out) {
        int insideRows = Math.min(Frag11Layout.ROWS, rows - tileRow * Frag11Layout.ROWS);
        int insideColumns = Math.min(STRIDE, columns - tileColumn * STRIDE);
        if (insideColumns < STRIDE) {
            for (int row = 0; row < insideRows; row++) {
                Arrays.fill(out, row * STRIDE + insideColumns, (row + 1) * STRIDE, (short) 0);
            }
        }
        Arrays.fill(out, insideRows * STRIDE, Frag11Layout.ROWS * STRIDE, (short) 0);
    }
}
