package zipserv.tornado.kernels;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;
import uk.ac.manchester.tornado.api.types.arrays.IntArray;
import zipserv.codec.CompressedMatrix;
import zipserv.codec.Frag11Layout;
import zipserv.codec.FragmentLayout;
import zipserv.codec.MatrixPart;
import zipserv.codec.WeightFormat;
import zipserv.tornado.kernels.DeviceArrays.Piece;

/**
 * A frag11 matrix as the kernels want it: {@code words} and {@code escapes} as they are stored, and everything else
 * that is needed to use them in one small array. With R row blocks of S strips:
 *
 * <pre>
 * array      words                    what
 * words      352 * R * S              as stored
 * escapes    as stored, at least 1    two entries a word
 * directory  R + R * S + 1            for each row block what {@link Frag11Layout#pair} adds to its fields; for each
 *                                     strip the first of its escapes; the end of all escapes
 * </pre>
 *
 * @param rows      M
 * @param columns   K
 */
public record Frag11DeviceMatrix(int rows, int columns, IntArray words, IntArray escapes, IntArray directory) {

    private static final ValueLayout.OfInt I32 = ValueLayout.JAVA_INT_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);
    private static final ValueLayout.OfLong I64 = ValueLayout.JAVA_LONG_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);

    /** Copies a matrix into native arrays, see {@link #of(List, DeviceArrays)}. */
    public static Frag11DeviceMatrix of(CompressedMatrix matrix) {
        return of(List.of(matrix), DeviceArrays.HOST);
    }

    /**
     * Copies matrices of as many columns into arrays, one below the other. Each begins with a new block of 64 rows;
     * what the rows in between hold is finite and otherwise means nothing.
     *
     * @throws IllegalArgumentException for another format or if an array would pass 2^31 words
     */
    public static Frag11DeviceMatrix of(List<CompressedMatrix> stack, DeviceArrays arrays) {
        int columns = stack.getFirst().columns();
        List<Piece> words = new ArrayList<>();
        List<Piece> escapes = new ArrayList<>();
        long wordsEnd = 0;
        long escapesEnd = 0;
        int rows = 0;
        for (CompressedMatrix matrix : stack) {
            if (matrix.format() != WeightFormat.FRAG11 || matrix.columns() != columns) {
                throw new IllegalArgumentException("matrix of " + matrix.columns() + " columns is stored as "
                        + matrix.format().id() + ", expected " + columns + " columns of " + WeightFormat.FRAG11.id());
            }
            Map<String, MemorySegment> parts = parts(matrix);
            int first = rows == 0 ? 0 : FragmentLayout.BLOCK * FragmentLayout.blocks(rows);
            long firstStrip = Frag11Layout.strip(first / Frag11Layout.ROWS, 0, Frag11Layout.strips(columns));
            wordsEnd = 4L * Frag11Layout.stripWord(firstStrip);
            words.add(Piece.of(wordsEnd, parts.get(Frag11Layout.WORDS)));
            wordsEnd += parts.get(Frag11Layout.WORDS).byteSize();
            escapes.add(Piece.of(escapesEnd, parts.get(Frag11Layout.ESCAPES)));
            escapesEnd += parts.get(Frag11Layout.ESCAPES).byteSize();
            rows = first + matrix.rows();
        }
        if (Math.max(wordsEnd, escapesEnd) / 4 > Integer.MAX_VALUE) {
            throw new IllegalArgumentException("matrix of " + rows + " x " + columns
                    + " is too large: a part of it has " + Math.max(wordsEnd, escapesEnd) / 4
                    + " words, at most 2^31 - 1 are supported");
        }
        int directoryWords = directoryLength(rows, columns);
        int allRows = rows;
        return new Frag11DeviceMatrix(rows, columns, arrays.ints(wordsEnd / 4, words.toArray(Piece[]::new)),
                arrays.ints(Math.max(1, escapesEnd / 4), escapes.toArray(Piece[]::new)),
                arrays.ints(directoryWords,
                        new Piece(0, 4L * directoryWords, () -> directory(stack, allRows, columns))));
    }

    private static Map<String, MemorySegment> parts(CompressedMatrix matrix) {
        return matrix.parts().stream().collect(Collectors.toMap(MatrixPart::name, MatrixPart::data));
    }

    private static MemorySegment directory(List<CompressedMatrix> stack, int rows, int columns) {
        int rowBlocks = Frag11Layout.rowBlocks(rows);
        int strips = Frag11Layout.strips(columns);
        MemorySegment directory = Arena.ofAuto().allocate(4L * directoryLength(rows, columns), 4);
        int rowBlock = 0;
        int end = 0;
        directory.set(I32, 4L * firstEscape(0, rowBlocks), 0);
        for (CompressedMatrix matrix : stack) {
            Map<String, MemorySegment> parts = parts(matrix);
            MemorySegment bases = parts.get(Frag11Layout.BASES);
            MemorySegment rowBlockEscapes = parts.get(Frag11Layout.ROW_BLOCK_ESCAPES);
            MemorySegment stripEnds = parts.get(Frag11Layout.STRIP_ENDS);
            int own = Frag11Layout.rowBlocks(matrix.rows());
            int padded = matrix == stack.getLast() ? own : FragmentLayout.STRIPS * FragmentLayout.blocks(matrix.rows());
            int before = end;
            for (int i = 0; i < padded; i++) {
                int base = Byte.toUnsignedInt(bases.get(ValueLayout.JAVA_BYTE, Math.min(i, own - 1)));
                directory.set(I32, 4L * (rowBlock + i), Frag11Layout.bias(base));
                for (int column = 0; column < strips; column++) {
                    if (i < own) {
                        end = before + (int) rowBlockEscapes.get(I64, 8L * i)
                                + stripEnds.get(I32, 4L * (i * strips + column));
                    }
                    directory.set(I32, 4L * firstEscape((rowBlock + i) * strips + column + 1, rowBlocks), end);
                }
            }
            rowBlock += padded;
        }
        return directory;
    }

    /** Words of a matrix's directory. */
    public static int directoryLength(int rows, int columns) {
        int rowBlocks = Frag11Layout.rowBlocks(rows);
        return firstEscape(Math.multiplyExact(rowBlocks, Frag11Layout.strips(columns)), rowBlocks) + 1;
    }

    /** Index in the directory of a strip's first word of escapes; that of the next strip is where they end. */
    static int firstEscape(int strip, int rowBlocks) {
        return rowBlocks + strip;
    }

    /** Index in {@code words} of a lane's first one of a strip; the others follow at distances of 32. */
    static int word(int strip, int lane) {
        return Frag11Layout.word(strip, 0, lane);
    }

    /** Bytes of device memory. */
    public long bytes() {
        return 4L * words.getSize() + 4L * escapes.getSize() + 4L * directory.getSize();
    }
}
