package zipserv.tornado.kernels;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteOrder;
import java.util.Map;
import java.util.stream.Collectors;
import uk.ac.manchester.tornado.api.types.arrays.IntArray;
import zipserv.codec.CompressedMatrix;
import zipserv.codec.Frag11Layout;
import zipserv.codec.MatrixPart;
import zipserv.codec.WeightFormat;

/**
 * A frag11 matrix as the kernels want it: {@code words} and {@code escapes} as they are stored, and everything else that
 * is needed to use them in one small array. With R row blocks of S strips:
 *
 * <pre>
 * array      words                    what
 * words      28 + 352 * R * S         28 unused, so that the lines of a strip lie at multiples of 128 bytes; then words
 * escapes    as stored, at least 1    two entries a word
 * directory  R + R * S + 1            for each row block what {@link Frag11Layout#pair} adds to its fields; for each
 *                                     strip the first of its escapes; the end of all escapes
 * </pre>
 *
 * @param rows      M
 * @param columns   K
 */
public record Frag11DeviceMatrix(int rows, int columns, IntArray words, IntArray escapes, IntArray directory) {

    /** Unused words before the first strip: element 0 of a device array lies 16 bytes behind a multiple of 256. */
    public static final int UNUSED_WORDS = 28;
    private static final ValueLayout.OfInt I32 = ValueLayout.JAVA_INT_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);
    private static final ValueLayout.OfLong I64 = ValueLayout.JAVA_LONG_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);

    /**
     * Copies a matrix into native arrays.
     *
     * @throws IllegalArgumentException for another format or if an array would pass 2^31 words
     */
    public static Frag11DeviceMatrix of(CompressedMatrix matrix) {
        if (matrix.format() != WeightFormat.FRAG11) {
            throw new IllegalArgumentException("matrix is stored as " + matrix.format().id() + ", expected "
                    + WeightFormat.FRAG11.id());
        }
        Map<String, MemorySegment> parts = matrix.parts().stream()
                .collect(Collectors.toMap(MatrixPart::name, MatrixPart::data));
        MemorySegment words = parts.get(Frag11Layout.WORDS);
        MemorySegment escapes = parts.get(Frag11Layout.ESCAPES);
        return new Frag11DeviceMatrix(matrix.rows(), matrix.columns(), copy(matrix, words, UNUSED_WORDS),
                copy(matrix, escapes, 0), directory(matrix.rows(), matrix.columns(), parts));
    }

    private static IntArray copy(CompressedMatrix matrix, MemorySegment part, int unused) {
        long length = Math.max(1, unused + part.byteSize() / 4);
        if (length > Integer.MAX_VALUE) {
            throw new IllegalArgumentException("matrix of " + matrix.rows() + " x " + matrix.columns()
                    + " is too large: a part of it has " + length + " words, at most 2^31 - 1 are supported");
        }
        IntArray copy = HostArrays.ints((int) length);
        copy.getSegment().asSlice(0, 4L * Math.max(1, unused)).fill((byte) 0);
        MemorySegment.copy(part, 0, copy.getSegment(), 4L * unused, part.byteSize());
        return copy;
    }

    private static IntArray directory(int rows, int columns, Map<String, MemorySegment> parts) {
        MemorySegment bases = parts.get(Frag11Layout.BASES);
        MemorySegment rowBlockEscapes = parts.get(Frag11Layout.ROW_BLOCK_ESCAPES);
        MemorySegment stripEnds = parts.get(Frag11Layout.STRIP_ENDS);
        int rowBlocks = Frag11Layout.rowBlocks(rows);
        int strips = Frag11Layout.strips(columns);
        IntArray directory = HostArrays.ints(directoryLength(rows, columns));
        directory.set(rowBlocks, 0);
        for (int rowBlock = 0; rowBlock < rowBlocks; rowBlock++) {
            int base = Byte.toUnsignedInt(bases.get(ValueLayout.JAVA_BYTE, rowBlock));
            directory.set(rowBlock, Frag11Layout.bias(base));
            int before = (int) rowBlockEscapes.get(I64, 8L * rowBlock);
            for (int column = 0; column < strips; column++) {
                int strip = rowBlock * strips + column;
                directory.set(firstEscape(strip + 1, rowBlocks), before + stripEnds.get(I32, 4L * strip));
            }
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
        return UNUSED_WORDS + Frag11Layout.word(strip, 0, lane);
    }

    /** Bytes of device memory. */
    public long bytes() {
        return 4L * words.getSize() + 4L * escapes.getSize() + 4L * directory.getSize();
    }
}
