package zipserv.codec;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;

/** Scratch memory to encode one strip of 16 x 64 elements after the other; the results are copied from here. */
final class Frag11Strip {

    /** The strip's pairs, then their fields, at the end its words: pair p of lane l is where word p of that lane is. */
    final int[] words = new int[Frag11Layout.PLANE_WORDS];
    /** The entries, and how many there are; one more is written but not counted. */
    final short[] escapes = new short[Frag11Layout.STRIP_ELEMENTS + 1];
    int escapeCount;

    /** Lanes that share a long, with a bit for each of the four pairs that an instruction takes of them. */
    private static final int LONG_LANES = Long.SIZE / FragmentLayout.REGISTERS;
    private static final long FIRST_OF_TWO = 0x5555_5555_5555_5555L;

    private static final long RAGGED_STRIDE = 2L * Frag11Layout.STRIP_COLUMNS;
    /** A strip that reaches beyond the matrix. */
    private final MemorySegment ragged = Arena.ofAuto().allocate(Frag11Layout.ROWS * RAGGED_STRIDE);
    /** The bits of the pairs' differences that are no fields. */
    private final int[] rests = new int[Frag11Layout.PLANE_WORDS];
    /** For each lane a bit for each of its pairs: whether there are such bits. */
    private final int[] escaped = new int[Frag11Layout.LANES];

    void encode(Bf16Matrix matrix, int rowBlock, int stripColumn, int bias) {
        load(matrix, rowBlock * Frag11Layout.ROWS, stripColumn * Frag11Layout.STRIP_COLUMNS, bias);
        Kernels.FIELD_ENCODER.encode(words, rests, escaped, bias);
        collectEscapes();
        Kernels.FIELD_ENCODER.pack(words);
    }

    /** Takes a strip from a matrix; elements beyond the matrix are those whose bits of the difference are 0. */
    private void load(Bf16Matrix matrix, int top, int left, int bias) {
        int rows = Math.min(Frag11Layout.ROWS, matrix.rows() - top);
        int columns = Math.min(Frag11Layout.STRIP_COLUMNS, matrix.columns() - left);
        long offset = 2 * ((long) top * matrix.columns() + left);
        long stride = 2L * matrix.columns();
        if (rows == Frag11Layout.ROWS && columns == Frag11Layout.STRIP_COLUMNS) {
            Kernels.FIELD_ENCODER.load(matrix.data(), offset, stride, words);
            return;
        }
        for (long at = 0; at < ragged.byteSize(); at += 4) {
            ragged.set(Frag11Matrix.I32, at, Frag11Layout.pair(0, bias));
        }
        for (int row = 0; row < rows; row++) {
            MemorySegment.copy(matrix.data(), offset + row * stride, ragged, row * RAGGED_STRIDE, 2L * columns);
            if ((columns & 1) != 0) {
                completePair(row * RAGGED_STRIDE + 2L * (columns - 1), bias);
            }
        }
        Kernels.FIELD_ENCODER.load(ragged, 0, RAGGED_STRIDE, words);
    }

    /** Makes the right half of the difference 0 of which only the left element is inside the matrix. */
    private void completePair(long at, int bias) {
        int difference = ragged.get(Frag11Matrix.I32, at) - bias & 0xFFFF;
        ragged.set(Frag11Matrix.I32, at, Frag11Layout.pair(difference, bias));
    }

    /** Makes entries of the rests, in the order of their positions. */
    private void collectEscapes() {
        int count = 0;
        for (int pair = 0; pair < Frag11Layout.PAIRS; pair += FragmentLayout.REGISTERS) {
            for (int lane = 0; lane < Frag11Layout.LANES; lane += LONG_LANES) {
                int plane = Frag11Layout.plane(pair, lane);
                for (long bits = escapedTwos(pair, lane); bits != 0; bits &= bits - 1) {
                    count = appendEscapes(plane + Long.numberOfTrailingZeros(bits), count);
                }
            }
        }
        escapes[count] = 0;
        escapeCount = count;
    }

    /** Of four pairs of 16 lanes, lane after lane, the first of each two of which at least one has escapes. */
    private long escapedTwos(int pair, int lane) {
        long bits = 0;
        for (int i = 0; i < LONG_LANES; i++) {
            bits |= (escaped[lane + i] >>> pair & 0xFL) << i * FragmentLayout.REGISTERS;
        }
        return (bits | bits >>> 1) & FIRST_OF_TWO;
    }

    /**
     * Writes the entries of two pairs by ascending positions, as if all four elements had one, and keeps those that are
     * escapes: which ones no processor can predict.
     *
     * @param plane index of the first pair
     * @return number of entries from then on
     */
    private int appendEscapes(int plane, int count) {
        int word = Frag11Layout.word(Frag11Layout.pairOf(plane), Frag11Layout.laneOf(plane));
        int first = rests[word];
        int second = rests[word + Frag11Layout.LANES];
        int after = append(plane + 1, 0, second & 0xFFFF, count);
        after = append(plane, 0, first & 0xFFFF, after);
        after = append(plane + 1, 1, second >>> 16, after);
        return append(plane, 1, first >>> 16, after);
    }

    private int append(int plane, int half, int rest, int count) {
        escapes[count] = (short) Frag11Layout.escape(plane, half, rest);
        return count + (rest + 0xFFFF >>> 16);
    }
}
