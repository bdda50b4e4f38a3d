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

    private static final long RAGGED_STRIDE = 2L * Frag11Layout.STRIP_COLUMNS;
    /** A strip that reaches beyond the matrix. */
    private final MemorySegment ragged = Arena.ofAuto().allocate(Frag11Layout.ROWS * RAGGED_STRIDE);
    /** In which bits the pairs differ from what their fields decode to. */
    private final int[] differences = new int[Frag11Layout.PLANE_WORDS];
    /** For each lane a bit for each of its pairs: whether there is a difference. */
    private final int[] escaped = new int[Frag11Layout.LANES];

    void encode(Bf16Matrix matrix, int rowBlock, int stripColumn, int bias) {
        load(matrix, rowBlock * Frag11Layout.ROWS, stripColumn * Frag11Layout.STRIP_COLUMNS, bias);
        Kernels.FIELD_ENCODER.encode(words, differences, escaped, bias);
        collectEscapes();
        Kernels.FIELD_ENCODER.pack(words);
    }

    /** Takes a strip from a matrix; elements beyond the matrix are those whose fields are 0. */
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
        }
        Kernels.FIELD_ENCODER.load(ragged, 0, RAGGED_STRIDE, words);
    }

    /** Makes entries of the differences, in the order of the plane. */
    private void collectEscapes() {
        escapeCount = 0;
        for (int pair = 0; pair < Frag11Layout.PAIRS; pair += FragmentLayout.REGISTERS) {
            for (int lane = 0; lane < Frag11Layout.LANES; lane += LONG_LANES) {
                int plane = Frag11Layout.plane(pair, lane);
                for (long bits = escapedPairs(pair, lane); bits != 0; bits &= bits - 1) {
                    appendEscapes(plane + Long.numberOfTrailingZeros(bits));
                }
            }
        }
        escapes[escapeCount] = 0;
    }

    /** Whether four pairs of 16 lanes differ, lane after lane. */
    private long escapedPairs(int pair, int lane) {
        long bits = 0;
        for (int i = 0; i < LONG_LANES; i++) {
            bits |= (escaped[lane + i] >>> pair & 0xFL) << i * FragmentLayout.REGISTERS;
        }
        return bits;
    }

    /** Writes both halves' entries and keeps those that are escapes: which ones no processor can predict. */
    private void appendEscapes(int plane) {
        int difference = differences[Frag11Layout.word(Frag11Layout.pairOf(plane), Frag11Layout.laneOf(plane))];
        int left = difference & 0xFFFF;
        int right = difference >>> 16;
        escapes[escapeCount] = (short) Frag11Layout.escape(plane, 0, left);
        escapeCount += left + 0xFFFF >>> 16;
        escapes[escapeCount] = (short) Frag11Layout.escape(plane, 1, right);
        escapeCount += right + 0xFFFF >>> 16;
    }
}
