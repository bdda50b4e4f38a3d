package zipserv.codec;

import static zipserv.codec.Frag11Layout.field;
import static zipserv.codec.Frag11Layout.pair;
import static zipserv.codec.Frag11Layout.spareField;
import static zipserv.codec.Frag11Matrix.I32;

import java.lang.foreign.MemorySegment;

/** Decodes one lane's share of a strip after the other, as a warp does at once; good on any processor. */
final class LaneFieldDecoder implements FieldDecoder {

    /** From a lane's word to its next, in bytes. */
    private static final long STEP = 4L * Frag11Layout.LANES;

    @Override
    public void decode(MemorySegment words, long stripWord, int bias, short[] out, int to, int stride) {
        for (int lane = 0; lane < Frag11Layout.LANES; lane++) {
            int plane = Frag11Layout.plane(0, lane);
            decodeLane(words, 4 * (stripWord + Frag11Layout.word(0, lane)), bias, out,
                    to + Frag11Layout.row(plane) * stride + Frag11Layout.column(plane), stride);
        }
    }

    /**
     * Decodes what one lane holds of a strip.
     *
     * @param at offset of the lane's first word
     * @param to index in {@code out} of the lane's first element
     */
    private static void decodeLane(MemorySegment words, long at, int bias, short[] out, int to, int stride) {
        int w0 = words.get(I32, at);
        int w1 = words.get(I32, at + STEP);
        int w2 = words.get(I32, at + 2 * STEP);
        int w3 = words.get(I32, at + 3 * STEP);
        int w4 = words.get(I32, at + 4 * STEP);
        int w5 = words.get(I32, at + 5 * STEP);
        int w6 = words.get(I32, at + 6 * STEP);
        int w7 = words.get(I32, at + 7 * STEP);
        int w8 = words.get(I32, at + 8 * STEP);
        int w9 = words.get(I32, at + 9 * STEP);
        int w10 = words.get(I32, at + 10 * STEP);
        int lower = to + stride * FragmentLayout.FRAG;
        int right = Frag11Layout.STRIP_COLUMNS / 2;
        storeRun(out, to, bias, field(w0), field(w4), field(w8), spareField(1, w2, w3, w10));
        storeRun(out, lower, bias, field(w1), field(w5), field(w9), spareField(2, w4, w5, w10));
        storeRun(out, to + right, bias, field(w2), field(w6), field(w10), spareField(3, w6, w7, w10));
        storeRun(out, lower + right, bias, field(w3), field(w7), spareField(0, w0, w1, w10),
                spareField(4, w8, w9, w10));
    }

    /** Stores the four pairs of a run, given their fields. */
    private static void storeRun(short[] out, int to, int bias, int f0, int f1, int f2, int f3) {
        storePair(out, to, pair(f0, bias));
        storePair(out, to + 2, pair(f1, bias));
        storePair(out, to + 4, pair(f2, bias));
        storePair(out, to + 6, pair(f3, bias));
    }

    private static void storePair(short[] out, int to, int pair) {
        out[to] = (short) pair;
        out[to + 1] = (short) (pair >>> 16);
    }
}
