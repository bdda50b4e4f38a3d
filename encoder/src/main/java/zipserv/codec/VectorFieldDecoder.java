package zipserv.codec;

import static jdk.incubator.vector.VectorOperators.LSHL;
import static jdk.incubator.vector.VectorOperators.LSHR;

import java.lang.foreign.MemorySegment;
import java.nio.ByteOrder;
import jdk.incubator.vector.IntVector;
import jdk.incubator.vector.VectorSpecies;

/**
 * Decodes 16 lanes at a time, which hold four rows of a strip's upper half and four of its lower one. Right on any
 * processor, fast only with vectors of 512 bits, where {@link Kernels} chooses it.
 */
final class VectorFieldDecoder implements FieldDecoder {

    private static final VectorSpecies<Integer> LANES = IntVector.SPECIES_512;

    /** Of two vectors of pairs, those of the first two rows and of the last two: row by row, pairs side by side. */
    private static final IntVector TOP = pairs(0);
    private static final IntVector BOTTOM = pairs(LANES.length() / 2);
    /** Of two vectors with two pairs of each run, all of the first row and of the second one. */
    private static final IntVector FIRST = runs(0);
    private static final IntVector SECOND = runs(LANES.length() / 2);

    private static IntVector pairs(int first) {
        int[] from = new int[LANES.length()];
        for (int i = 0; i < from.length; i++) {
            from[i] = first + i / 2 + (i & 1) * from.length;
        }
        return IntVector.fromArray(LANES, from, 0);
    }

    private static IntVector runs(int first) {
        int[] from = new int[LANES.length()];
        for (int i = 0; i < from.length; i++) {
            from[i] = first + i / 4 * 2 + (i & 1) + (i >>> 1 & 1) * from.length;
        }
        return IntVector.fromArray(LANES, from, 0);
    }

    @Override
    public void decode(MemorySegment words, long stripWord, int bias, short[] out, int to, int stride) {
        for (int lane = 0; lane < Frag11Layout.LANES; lane += LANES.length()) {
            int upper = to + Frag11Layout.row(Frag11Layout.plane(0, lane)) * stride;
            decodeLanes(words, 4 * (stripWord + Frag11Layout.word(0, lane)), bias, out, upper, stride);
        }
    }

    private static void decodeLanes(MemorySegment words, long at, int bias, short[] out, int upper, int stride) {
        IntVector w0 = load(words, at, 0);
        IntVector w1 = load(words, at, 1);
        IntVector w2 = load(words, at, 2);
        IntVector w3 = load(words, at, 3);
        IntVector w4 = load(words, at, 4);
        IntVector w5 = load(words, at, 5);
        IntVector w6 = load(words, at, 6);
        IntVector w7 = load(words, at, 7);
        IntVector w8 = load(words, at, 8);
        IntVector w9 = load(words, at, 9);
        IntVector w10 = load(words, at, 10);
        int lower = upper + stride * FragmentLayout.FRAG;
        int right = Frag11Layout.STRIP_COLUMNS / 2;
        storeRuns(out, upper, stride, bias, field(w0), field(w4), field(w8), spareField(1, w2, w3, w10));
        storeRuns(out, lower, stride, bias, field(w1), field(w5), field(w9), spareField(2, w4, w5, w10));
        storeRuns(out, upper + right, stride, bias, field(w2), field(w6), field(w10), spareField(3, w6, w7, w10));
        storeRuns(out, lower + right, stride, bias, field(w3), field(w7), spareField(0, w0, w1, w10),
                spareField(4, w8, w9, w10));
    }

    private static IntVector load(MemorySegment words, long at, int word) {
        return IntVector.fromMemorySegment(LANES, words, at + 4L * Frag11Layout.word(word, 0),
                ByteOrder.LITTLE_ENDIAN);
    }

    /** {@link Frag11Layout#field(int)}. */
    private static IntVector field(IntVector word) {
        return word.and(Frag11Layout.FIELD);
    }

    /** {@link Frag11Layout#spareField}. */
    private static IntVector spareField(int j, IntVector even, IntVector odd, IntVector last) {
        return even.lanewise(LSHR, 5).and(Frag11Layout.FIELD_HIGH)
                .or(odd.lanewise(LSHR, 10).and(Frag11Layout.FIELD_LOW))
                .or(last.lanewise(LSHL, 5 - j).and(Frag11Layout.SIGN));
    }

    /** Stores the runs of 16 lanes, which are 32 elements of four rows, given the fields of their four pairs. */
    private static void storeRuns(short[] out, int to, int stride, int bias,
                                  IntVector f0, IntVector f1, IntVector f2, IntVector f3) {
        IntVector top01 = TOP.selectFrom(f0, f1);
        IntVector top23 = TOP.selectFrom(f2, f3);
        IntVector bottom01 = BOTTOM.selectFrom(f0, f1);
        IntVector bottom23 = BOTTOM.selectFrom(f2, f3);
        store(out, to, bias, FIRST.selectFrom(top01, top23));
        store(out, to + stride, bias, SECOND.selectFrom(top01, top23));
        store(out, to + 2 * stride, bias, FIRST.selectFrom(bottom01, bottom23));
        store(out, to + 3 * stride, bias, SECOND.selectFrom(bottom01, bottom23));
    }

    private static void store(short[] out, int to, int bias, IntVector fields) {
        fields.add(bias).reinterpretAsShorts().intoArray(out, to);
    }
}
