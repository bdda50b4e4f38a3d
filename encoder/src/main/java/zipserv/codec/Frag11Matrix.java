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
 * @param escapes         what the words do not tell of elements outside the windows
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
     * Applies the entries of words {@code from .. to - 1}, which {@link Frag11Reader} has found to exist. The very last
     * one may be filling.
     *
     * @param left first column of their strip in the tile
     */
    private void applyEscapes(long from, long to, short[] out, int left) {
        int before = -1;
        for (long i = 2 * from; i < 2 * to; i++) {
            int entry = Short.toUnsignedInt(escapes.get(U16, 2 * i));
            int position = Frag11Layout.escapePosition(entry);
            if (!Frag11Layout.isEscape(entry) || position <= before) {
                if (entry == 0 && i == 2 * to - 1) {
                    return;
                }
                throw new MalformedMatrixException(Frag11Layout.ESCAPES, 2 * i, String.format(
                        "entry 0x%04X, expected 0x0400 .. 0x7FFF and a position above %d", entry, before));
            }
            before = position;
            int plane = Frag11Layout.escapePlane(entry);
            out[Frag11Layout.row(plane) * STRIDE + left + Frag11Layout.column(plane) + (position & 1)] ^=
                    (short) (entry & Frag11Layout.ESCAPED);
        }
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
