package zipserv.tornado.kernels;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteOrder;
import java.util.Map;
import java.util.function.Function;
import java.util.stream.Collectors;
import uk.ac.manchester.tornado.api.types.arrays.IntArray;
import zipserv.codec.CompressedMatrix;
import zipserv.codec.FragmentLayout;
import zipserv.codec.MatrixPart;
import zipserv.codec.TcaTbeLayout;
import zipserv.codec.WeightFormat;
import zipserv.tornado.kernels.DeviceArrays.Piece;

/**
 * A TCA-TBE matrix as the kernels want it: the stored arrays in three native arrays, and in place of the two offset
 * tables one that a warp reads with a single 64-bit load. 11.31 bits per weight at 97.5 % coverage.
 *
 * <pre>
 * array    words                                what
 * bitmaps  3 * 128 per block                    bitmap1, bitmap2, bitmap3
 * table    32 + 2 * (strips + 1)                [0] base exponent; [4] to [7] TcaTbeDecoder's exponent tables;
 *                                               from word 32 on per strip: first byte of its sign_mantissa and
 *                                               first half-word of its fallback, both within values; the last
 *                                               pair is the end of both
 * values   (sign_mantissa + fallback) / 4 + 12  sign_mantissa, 32 bytes to read over, fallback, 16 bytes to read over
 * </pre>
 */
public final class TcaTbeDeviceMatrix {

    private static final ValueLayout.OfLong I64 = ValueLayout.JAVA_LONG_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);
    private static final ValueLayout.OfInt I32 = ValueLayout.JAVA_INT_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);
    private static final int READ_OVER = 32;

    private final int rows;
    private final int columns;
    private final IntArray bitmaps;
    private final IntArray table;
    private final IntArray values;

    private TcaTbeDeviceMatrix(int rows, int columns, IntArray bitmaps, IntArray table, IntArray values) {
        this.rows = rows;
        this.columns = columns;
        this.bitmaps = bitmaps;
        this.table = table;
        this.values = values;
    }

    /** Copies a matrix into native arrays, see {@link #of(CompressedMatrix, DeviceArrays)}. */
    public static TcaTbeDeviceMatrix of(CompressedMatrix matrix) {
        return of(matrix, DeviceArrays.HOST);
    }

    /**
     * Copies a matrix into arrays.
     *
     * @throws IllegalArgumentException for another format or if an array would pass 2^31 bytes of values
     */
    public static TcaTbeDeviceMatrix of(CompressedMatrix matrix, DeviceArrays arrays) {
        if (matrix.format() != WeightFormat.TCA_TBE) {
            throw new IllegalArgumentException("matrix is stored as " + matrix.format().id() + ", expected "
                    + WeightFormat.TCA_TBE.id());
        }
        Map<String, MemorySegment> parts = matrix.parts().stream()
                .collect(Collectors.toMap(MatrixPart::name, MatrixPart::data));
        Function<String, MemorySegment> part = parts::get;
        long blocks = FragmentLayout.blocks(matrix.rows(), matrix.columns());

        int planeWords = Math.toIntExact(2 * TcaTbeLayout.bitmapWords(blocks));
        IntArray bitmaps = arrays.ints(Math.multiplyExact(3, planeWords),
                Piece.of(0, part.apply(TcaTbeLayout.BITMAP1)),
                Piece.of(4L * planeWords, part.apply(TcaTbeLayout.BITMAP2)),
                Piece.of(8L * planeWords, part.apply(TcaTbeLayout.BITMAP3)));

        MemorySegment signMantissa = part.apply(TcaTbeLayout.SIGN_MANTISSA);
        MemorySegment fallback = part.apply(TcaTbeLayout.FALLBACK);
        long fallbackByte = signMantissa.byteSize() + READ_OVER;
        long bytes = fallbackByte + fallback.byteSize() + READ_OVER / 2;
        if (bytes > Integer.MAX_VALUE) {
            throw new IllegalArgumentException("matrix of " + matrix.rows() + " x " + matrix.columns() + " has " + bytes
                    + " bytes of values, at most " + Integer.MAX_VALUE + " are supported");
        }
        IntArray values = arrays.ints(bytes / 4, Piece.of(0, signMantissa), Piece.of(fallbackByte, fallback));

        int tableWords = TcaTbeStrip.entry(Math.toIntExact(FragmentLayout.STRIPS * blocks) + 1);
        IntArray table = arrays.ints(tableWords, new Piece(0, 4L * tableWords, () -> {
            IntArray words = stripTable(part.apply(TcaTbeLayout.BLOCK_OFFSETS), part.apply(TcaTbeLayout.STRIP_OFFSETS),
                    blocks, (int) (fallbackByte / 2));
            int baseExponent = Integer.parseInt(matrix.parameters().get(TcaTbeLayout.BASE_EXPONENT));
            words.set(0, baseExponent);
            words.set(TcaTbeStrip.EXPONENT_TABLES, TcaTbeDecoder.upperTable0(baseExponent));
            words.set(TcaTbeStrip.EXPONENT_TABLES + 1, TcaTbeDecoder.upperTable4(baseExponent));
            words.set(TcaTbeStrip.EXPONENT_TABLES + 2, TcaTbeDecoder.lowerTable0(baseExponent));
            words.set(TcaTbeStrip.EXPONENT_TABLES + 3, TcaTbeDecoder.lowerTable4(baseExponent));
            return words.getSegment();
        }));
        return new TcaTbeDeviceMatrix(matrix.rows(), matrix.columns(), bitmaps, table, values);
    }

    private static IntArray stripTable(MemorySegment blockOffsets, MemorySegment stripOffsets, long blocks,
            int fallback) {
        int strips = Math.toIntExact(FragmentLayout.STRIPS * blocks);
        IntArray table = HostArrays.ints(TcaTbeStrip.entry(strips + 1));
        for (int word = 0; word < TcaTbeStrip.TABLE_HEADER; word++) {
            table.set(word, 0);
        }
        for (int strip = 0; strip <= strips; strip++) {
            long block = strip / FragmentLayout.STRIPS;
            long blockAt = 8 * TcaTbeLayout.blockOffset(block);
            int coded = (int) blockOffsets.get(I64, blockAt);
            int uncoded = (int) blockOffsets.get(I64, blockAt + 8) + fallback;
            if (strip < strips) {
                long stripAt = 4 * TcaTbeLayout.stripOffset(block, strip % FragmentLayout.STRIPS);
                coded += stripOffsets.get(I32, stripAt);
                uncoded += stripOffsets.get(I32, stripAt + 4);
            }
            table.set(TcaTbeStrip.entry(strip), coded);
            table.set(TcaTbeStrip.entry(strip) + 1, uncoded);
        }
        return table;
    }

    /** Output features (M). */
    public int rows() {
        return rows;
    }

    /** Input features (K). */
    public int columns() {
        return columns;
    }

    /** The three bitmaps. */
    public IntArray bitmaps() {
        return bitmaps;
    }

    /** Base exponent and strip table. */
    public IntArray table() {
        return table;
    }

    /** Both value streams. */
    public IntArray values() {
        return values;
    }

    /** Bytes of device memory. */
    public long bytes() {
        return 4L * (bitmaps.getSize() + table.getSize() + values.getSize());
    }
}
