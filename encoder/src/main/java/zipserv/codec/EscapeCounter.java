package zipserv.codec;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.Arrays;

/** Counts the escapes that row blocks would have in frag11, strip by strip. Scratch memory for one thread. */
final class EscapeCounter {

    private static final int STRIP_LONGS = Frag11Layout.STRIP_COLUMNS / 4;

    private final int columns;
    private final int strips;
    /** One row, four elements in each long, filled to whole strips. */
    private final long[] row;
    private final MemorySegment rowSegment;
    /** How many of the 16 elements one above the other are escapes, for four columns in each long. */
    private final long[] counts;

    EscapeCounter(int columns) {
        this.columns = columns;
        strips = Frag11Layout.strips(columns);
        row = new long[Math.multiplyExact(strips, STRIP_LONGS)];
        rowSegment = MemorySegment.ofArray(row);
        counts = new long[row.length];
    }

    /**
     * Words that the escapes of a row block take, each strip's filled to whole ones.
     *
     * @param elements of the row block, little-endian BF16
     * @param rows     1 .. 16
     * @param base     first exponent of the window
     */
    long words(MemorySegment elements, int rows, int base) {
        long bias = Frag11Layout.bias(base) * (1L + (1L << 32));
        // Beyond the last column: no escapes, whether the element before them borrows or not.
        Arrays.fill(row, row.length - STRIP_LONGS, row.length, bias + Lanes.ONES);
        Arrays.fill(counts, 0);
        for (int i = 0; i < rows; i++) {
            MemorySegment.copy(elements, Bf16Matrix.ELEMENT, 2L * i * columns, rowSegment,
                    ValueLayout.JAVA_SHORT, 0, columns);
            for (int j = 0; j < row.length; j++) {
                counts[j] += Lanes.escaped(row[j], bias);
            }
        }
        long words = 0;
        for (int strip = 0; strip < strips; strip++) {
            long sum = 0;
            for (int j = 0; j < STRIP_LONGS; j++) {
                sum += counts[strip * STRIP_LONGS + j];
            }
            words += Frag11Layout.escapeWords(Lanes.sum(sum));
        }
        return words;
    }
}
