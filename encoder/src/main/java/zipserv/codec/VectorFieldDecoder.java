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

    private static final IntVector FIELD = IntVector.broadcast(LANES, Frag11Layout.FIELD);
    private static final IntVector FIELD_HIGH = IntVector.broadcast(LANES, Frag11Layout.FIELD_HIGH);
    private static final IntVector FIELD_LOW = IntVector.broadcast(LANES, Frag11Layout.FIELD_LOW);
    private static final IntVector SIGN = IntVector.broadcast(LANES, Frag11Layout.SIGN);

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

    /** One loop for all, because a call for each of its rounds would cost a third of the time. */
    @Override
    public void decode(MemorySegment words, long stripWord, int bias, short[] out, int to, int stride) {
        for (int run = 0; run < FragmentLayout.REGISTERS; run++) {
            for (int lane = 0; lane < Frag11Layout.LANES; lane += LANES.length()) {
                long at = 4 * (stripWord + Frag11Layout.word(0, lane));
                IntVector last = load(words, at, Frag11Layout.LANE_WORDS - 1);
                IntVector f0 = load(words, at, run).and(FIELD);
                IntVector f1 = load(words, at, 4 + run).and(FIELD);
                IntVector f2 = third(words, at, run, last);
                IntVector f3 = spareField(1 + run, load(words, at, 2 + 2 * run), load(words, at, 3 + 2 * run), last);
                IntVector top01 = TOP.selectFrom(f0, f1);
                IntVector top23 = TOP.selectFrom(f2, f3);
                IntVector bottom01 = BOTTOM.selectFrom(f0, f1);
                IntVector bottom23 = BOTTOM.selectFrom(f2, f3);
                IntVector added = IntVector.broadcast(LANES, bias);
                int plane = Frag11Layout.plane(run, lane);
                int row = to + Frag11Layout.row(plane) * stride + Frag11Layout.column(plane);
                store(out, row, added, FIRST.selectFrom(top01, top23));
                store(out, row + stride, added, SECOND.selectFrom(top01, top23));
                store(out, row + 2 * stride, added, FIRST.selectFrom(bottom01, bottom23));
                store(out, row + 3 * stride, added, SECOND.selectFrom(bottom01, bottom23));
            }
        }
    }

    /**
     * The fields of pair 8 + run: of words 8 .. 10, or, of run 3, of spare bits. Without a branch, because vectors that
     * meet behind one would be put into objects.
     */
    private static IntVector third(MemorySegment words, long at, int run, IntVector last) {
        int whole = run - 3 >> 31;
        IntVector word = load(words, at, 8 + run & whole).lanewise(LSHR, 5 & ~whole);
        IntVector rest = load(words, at, 1).lanewise(LSHR, 10).and(FIELD_LOW).or(last.lanewise(LSHL, 5).and(SIGN));
        return word.and(Frag11Layout.FIELD & whole | Frag11Layout.FIELD_HIGH & ~whole).or(rest.and(~whole));
    }

    private static IntVector load(MemorySegment words, long at, int word) {
        return IntVector.fromMemorySegment(LANES, words, at + 4L * Frag11Layout.word(word, 0),
                ByteOrder.LITTLE_ENDIAN);
    }

    /** {@link Frag11Layout#spareField}. */
    private static IntVector spareField(int j, IntVector even, IntVector odd, IntVector last) {
        return even.lanewise(LSHR, 5).and(FIELD_HIGH).or(odd.lanewise(LSHR, 10).and(FIELD_LOW))
                .or(last.lanewise(LSHL, 5 - j).and(SIGN));
    }

    private static void store(short[] out, int to, IntVector added, IntVector fields) {
        fields.add(added).reinterpretAsShorts().intoArray(out, to);
    }
}
