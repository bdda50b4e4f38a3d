package zipserv.tornado.kernels;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.IntStream;
import uk.ac.manchester.tornado.api.types.arrays.IntArray;
import zipserv.codec.Bf16Matrix;
import zipserv.codec.FragmentLayout;

/**
 * Raw BF16 weights for {@link RawGemm}: padded with zeros to whole blocks and arranged in fragment order, so that run
 * {@code r} of lane {@code l} of a strip is the four words at {@link StripLayout#rawWord}.
 *
 * @param rows    M
 * @param columns K
 * @param weights 512 words per strip
 */
public record RawDeviceMatrix(int rows, int columns, IntArray weights) {

    /** Bytes that are arranged at a time. */
    private static final long PIECE_BYTES = 64L << 20;

    /** Arranges a matrix in an array of the host. */
    public static RawDeviceMatrix of(Bf16Matrix matrix) {
        return of(List.of(matrix), DeviceArrays.HOST);
    }

    /**
     * Arranges matrices of as many columns one below the other, each of which begins with a new block of 64 rows.
     * Pieces are arranged by all processors and given away one by one, so that the host never holds a whole matrix
     * twice.
     */
    public static RawDeviceMatrix of(List<Bf16Matrix> stack, DeviceArrays arrays) {
        int columns = stack.getFirst().columns();
        int blockColumns = FragmentLayout.blocks(columns);
        long rowBlockBytes = 4L * FragmentLayout.STRIPS * blockColumns * StripLayout.STRIP_WORDS;
        int rowBlocksAtATime = (int) Math.max(1, PIECE_BYTES / rowBlockBytes);
        List<DeviceArrays.Piece> pieces = new ArrayList<>();
        int rowBlocks = 0;
        for (Bf16Matrix matrix : stack) {
            int ownBlocks = FragmentLayout.blocks(matrix.rows());
            for (int from = 0; from < ownBlocks; from += rowBlocksAtATime) {
                int first = from;
                int count = Math.min(rowBlocksAtATime, ownBlocks - from);
                pieces.add(new DeviceArrays.Piece((rowBlocks + from) * rowBlockBytes, count * rowBlockBytes,
                        () -> arrange(matrix, first, count)));
            }
            rowBlocks += ownBlocks;
        }
        int lastBlocks = FragmentLayout.blocks(stack.getLast().rows());
        int rows = FragmentLayout.BLOCK * (rowBlocks - lastBlocks) + stack.getLast().rows();
        return new RawDeviceMatrix(rows, columns, arrays.ints(rowBlocks * rowBlockBytes / 4,
                pieces.toArray(DeviceArrays.Piece[]::new)));
    }

    private static MemorySegment arrange(Bf16Matrix matrix, int firstRowBlock, int rowBlocks) {
        int blockColumns = FragmentLayout.blocks(matrix.columns());
        int firstStrip = FragmentLayout.STRIPS * blockColumns * firstRowBlock;
        int strips = FragmentLayout.STRIPS * blockColumns * rowBlocks;
        MemorySegment out = Arena.ofAuto().allocate(4L * strips * StripLayout.STRIP_WORDS, 16);
        IntStream.range(0, strips).parallel().forEach(i -> {
            int strip = firstStrip + i;
            int block = strip / FragmentLayout.STRIPS;
            int row = block / blockColumns * FragmentLayout.BLOCK
                    + strip % FragmentLayout.STRIPS * FragmentLayout.STRIP_ROWS;
            int column = block % blockColumns * FragmentLayout.BLOCK;
            for (int run = 0; run < StripLayout.RUNS; run++) {
                for (int lane = 0; lane < 32; lane++) {
                    copyRun(matrix, row + StripLayout.runRow(lane, run), column + StripLayout.runColumn(lane, run), out,
                            4L * StripLayout.rawWord(i, run, lane));
                }
            }
        });
        return out;
    }

    private static void copyRun(Bf16Matrix matrix, int row, int column, MemorySegment out, long at) {
        int inside = row < matrix.rows() ? Math.clamp(matrix.columns() - column, 0, StripLayout.RUN) : 0;
        if (inside > 0) {
            MemorySegment.copy(matrix.data(), 2L * ((long) row * matrix.columns() + column), out, at, 2L * inside);
        }
        for (int i = inside; i < StripLayout.RUN; i++) {
            out.set(ValueLayout.JAVA_SHORT_UNALIGNED, at + 2L * i, (short) 0);
        }
    }
}
