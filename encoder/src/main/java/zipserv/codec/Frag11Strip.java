package zipserv.codec;

import static zipserv.codec.Frag11Layout.spareHigh;
import static zipserv.codec.Frag11Layout.spareLow;
import static zipserv.codec.Frag11Layout.spareSign;

import java.lang.foreign.MemorySegment;
import java.util.Arrays;

/** Scratch memory to encode one strip of 16 x 64 elements after the other; the results are copied from here. */
final class Frag11Strip {

    /** The strip's pairs, then their fields, at the end its words: pair p of lane l is where word p of that lane is. */
    final int[] words = new int[Frag11Layout.PLANE_WORDS];
    /** The entries, and how many there are; one more is written but not counted. */
    final short[] escapes = new short[Frag11Layout.STRIP_ELEMENTS + 1];
    int escapeCount;

    /** Lanes that share a long, a bit for each of the four pairs that an instruction takes of them. */
    private static final int LONG_LANES = Long.SIZE / FragmentLayout.REGISTERS;
    /** Every fourth bit. */
    private static final long FOURTHS = 0x1111_1111_1111_1111L;

    /** The pairs of one row of a strip. */
    private final int[] row = new int[Frag11Layout.STRIP_COLUMNS / 2];
    /** In which bits the pairs differ from what their fields decode to. */
    private final int[] differences = new int[Frag11Layout.PLANE_WORDS];
    /** For each pair of a lane, a bit for each lane: whether there is a difference. */
    private final int[] escaped = new int[Frag11Layout.PAIRS];

    void encode(Bf16Matrix matrix, int rowBlock, int stripColumn, int bias) {
        load(matrix, rowBlock * Frag11Layout.ROWS, stripColumn * Frag11Layout.STRIP_COLUMNS, bias);
        Kernels.FIELD_ENCODER.encode(words, differences, escaped, bias);
        collectEscapes();
        pack();
    }

    /** Takes a strip from a matrix; elements beyond the matrix are those whose fields are 0. */
    private void load(Bf16Matrix matrix, int top, int left, int bias) {
        int rows = Math.min(Frag11Layout.ROWS, matrix.rows() - top);
        int columns = Math.min(Frag11Layout.STRIP_COLUMNS, matrix.columns() - left);
        if (rows < Frag11Layout.ROWS || columns < Frag11Layout.STRIP_COLUMNS) {
            Arrays.fill(words, Frag11Layout.pair(0, bias));
            Arrays.fill(row, Frag11Layout.pair(0, bias));
        }
        for (int r = 0; r < rows; r++) {
            loadRow(matrix.data(), 2 * ((long) (top + r) * matrix.columns() + left), r, columns, bias);
        }
    }

    private void loadRow(MemorySegment data, long offset, int r, int columns, int bias) {
        MemorySegment.copy(data, Frag11Matrix.I32, offset, row, 0, columns >>> 1);
        if ((columns & 1) != 0) {
            int last = data.get(Frag11Matrix.U16, offset + 2L * (columns - 1)) & 0xFFFF;
            row[columns >>> 1] = last | Frag11Layout.pair(0, bias) & 0xFFFF_0000;
        }
        for (int pair = 0; pair < row.length; pair += FragmentLayout.REGISTERS) {
            int run = (pair >>> 4 << 1) + (r >>> 3);
            int to = Frag11Layout.word(run, ((r & 7) << 2) + (pair >>> 2 & 3));
            words[to] = row[pair];
            words[to + FragmentLayout.REGISTERS * Frag11Layout.LANES] = row[pair + 1];
            words[to + 2 * FragmentLayout.REGISTERS * Frag11Layout.LANES] = row[pair + 2];
            words[to + 3 * FragmentLayout.REGISTERS * Frag11Layout.LANES] = row[pair + 3];
        }
    }

    /** Makes entries of the differences, in the order of the plane. */
    private void collectEscapes() {
        escapeCount = 0;
        for (int pair = 0; pair < Frag11Layout.PAIRS; pair += FragmentLayout.REGISTERS) {
            for (int lane = 0; lane < Frag11Layout.LANES; lane += LONG_LANES) {
                long bits = spread(pair, lane) | spread(pair + 1, lane) << 1 | spread(pair + 2, lane) << 2
                        | spread(pair + 3, lane) << 3;
                int plane = Frag11Layout.plane(pair, lane);
                for (; bits != 0; bits &= bits - 1) {
                    appendEscapes(plane + Long.numberOfTrailingZeros(bits));
                }
            }
        }
        escapes[escapeCount] = 0;
    }

    /** Whether a pair of 16 lanes differs, four bits apart. */
    private long spread(int pair, int lane) {
        return Long.expand(escaped[pair] >>> lane, FOURTHS);
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

    /** Moves the fields of pairs 11 .. 15 into the spare bits of the words, which hold the fields of pairs 0 .. 10. */
    private void pack() {
        for (int j = 0; j < Frag11Layout.PAIRS - Frag11Layout.LANE_WORDS; j++) {
            for (int lane = 0; lane < Frag11Layout.LANES; lane++) {
                int field = words[Frag11Layout.word(Frag11Layout.LANE_WORDS + j, lane)];
                words[Frag11Layout.word(2 * j, lane)] |= spareHigh(field);
                words[Frag11Layout.word(2 * j + 1, lane)] |= spareLow(field);
                words[Frag11Layout.word(Frag11Layout.LANE_WORDS - 1, lane)] |= spareSign(j, field);
            }
        }
    }
}
