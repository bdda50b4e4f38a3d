package zipserv.codec;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.Optional;
import java.util.function.IntConsumer;

/**
 * Encodes one matrix: histogram, window and number of escapes of each row block, prefix sums, emit. Two parallel passes
 * over the elements; the first fixes the size and every row block's place before anything is written, so that row
 * blocks can be written in any order and the result is the same.
 */
final class Frag11Encoder {

    private final Bf16Matrix matrix;
    private final int threads;
    private final int rowBlocks;
    private final int strips;
    private final byte[] bases;
    /** Where the row blocks' escapes begin, in words; one more for the end. */
    private final long[] firstEscapes;

    Frag11Encoder(Bf16Matrix matrix, int threads) {
        this.matrix = matrix;
        this.threads = threads;
        this.rowBlocks = Frag11Layout.rowBlocks(matrix.rows());
        this.strips = Frag11Layout.strips(matrix.columns());
        this.bases = new byte[rowBlocks];
        this.firstEscapes = new long[rowBlocks + 1];
    }

    /**
     * The encoded matrix, or nothing if it would take {@code limit} bytes or more, or if the escapes of 16 rows, which
     * must then have more than 2^28 columns, would take 2^31 words.
     */
    Optional<Frag11Matrix> encode(Arena arena, long limit) {
        RowBlocks.forEach(rowBlocks, threads, this::measurer);
        for (int rowBlock = 0; rowBlock < rowBlocks; rowBlock++) {
            if (firstEscapes[rowBlock + 1] > Integer.MAX_VALUE) {
                return Optional.empty();
            }
            firstEscapes[rowBlock + 1] += firstEscapes[rowBlock];
        }
        long escapeWords = firstEscapes[rowBlocks];
        if (Frag11Layout.bytes(matrix.rows(), matrix.columns(), escapeWords) >= limit) {
            return Optional.empty();
        }
        Frag11Matrix result = Frag11Matrix.allocate(matrix.rows(), matrix.columns(), escapeWords, arena);
        MemorySegment.copy(bases, 0, result.bases(), ValueLayout.JAVA_BYTE, 0, rowBlocks);
        MemorySegment.copy(firstEscapes, 0, result.rowBlockEscapes(), Frag11Matrix.I64, 0, rowBlocks + 1);
        RowBlocks.forEach(rowBlocks, threads, () -> {
            Frag11Strip scratch = new Frag11Strip();
            return rowBlock -> emit(rowBlock, scratch, result);
        });
        return Optional.of(result);
    }

    /** Notes the window of a row block that covers most elements, and the words that the escapes take. */
    private IntConsumer measurer() {
        EscapeCounter counter = new EscapeCounter(matrix.columns());
        return rowBlock -> {
            int row = rowBlock * Frag11Layout.ROWS;
            int rows = Math.min(Frag11Layout.ROWS, matrix.rows() - row);
            long rowBytes = 2L * matrix.columns();
            MemorySegment elements = matrix.data().asSlice(row * rowBytes, rows * rowBytes);
            int base = bestBase(ExponentHistogram.of(elements, 1));
            bases[rowBlock] = (byte) base;
            firstEscapes[rowBlock + 1] = counter.words(elements, rows, base);
        };
    }

    private static int bestBase(ExponentHistogram histogram) {
        long covered = 0;
        for (int exponent = 0; exponent < Frag11Layout.WINDOW; exponent++) {
            covered += histogram.count(exponent);
        }
        long most = covered;
        int best = 0;
        for (int base = 1; base <= Frag11Layout.LAST_BASE; base++) {
            covered += histogram.count(base + Frag11Layout.WINDOW - 1) - histogram.count(base - 1);
            if (covered > most) {
                most = covered;
                best = base;
            }
        }
        return best;
    }

    private void emit(int rowBlock, Frag11Strip scratch, Frag11Matrix result) {
        int bias = Frag11Layout.bias(Byte.toUnsignedInt(bases[rowBlock]));
        int most = (int) (firstEscapes[rowBlock + 1] - firstEscapes[rowBlock]);
        int end = 0;
        for (int stripColumn = 0; stripColumn < strips; stripColumn++) {
            scratch.encode(matrix, rowBlock, stripColumn, bias);
            int begin = end;
            end += Frag11Layout.escapeWords(scratch.escapeCount);
            if (end > most) {
                throw changed();
            }
            long strip = Frag11Layout.strip(rowBlock, stripColumn, strips);
            MemorySegment.copy(scratch.words, 0, result.words(), Frag11Matrix.I32, 4 * Frag11Layout.stripWord(strip),
                    Frag11Layout.STRIP_WORDS);
            MemorySegment.copy(scratch.escapes, 0, result.escapes(), Frag11Matrix.U16,
                    4 * (firstEscapes[rowBlock] + begin), 2 * (end - begin));
            result.stripEnds().set(Frag11Matrix.I32, 4 * strip, end);
        }
        if (end != most) {
            throw changed();
        }
    }

    private static IllegalStateException changed() {
        return new IllegalStateException("the matrix changed while it was encoded");
    }
}
