package zipserv.codec;

import java.lang.foreign.MemorySegment;
import java.nio.ByteOrder;
import jdk.incubator.vector.IntVector;
import jdk.incubator.vector.VectorOperators;
import jdk.incubator.vector.VectorSpecies;

/** Encodes 16 pairs at a time. Right on any processor, fast only where {@link Kernels} chooses it. */
final class VectorFieldEncoder implements FieldEncoder {

    private static final VectorSpecies<Integer> PAIRS = IntVector.SPECIES_512;

    /** Of two rows of four runs, pairs 0 and 1 and pairs 2 and 3: pair by pair, lanes side by side. */
    private static final IntVector EARLY = pairs(0);
    private static final IntVector LATE = pairs(2);
    /** Of two vectors with two pairs of eight lanes, the first pair of all and the second one. */
    private static final IntVector FIRST = lanes(0);
    private static final IntVector SECOND = lanes(PAIRS.length() / 2);

    private static IntVector pairs(int first) {
        int[] from = new int[PAIRS.length()];
        for (int i = 0; i < from.length; i++) {
            from[i] = first + (i >>> 3) + (i & 3) * 4 + (i >>> 2 & 1) * from.length;
        }
        return IntVector.fromArray(PAIRS, from, 0);
    }

    private static IntVector lanes(int first) {
        int[] from = new int[PAIRS.length()];
        for (int i = 0; i < from.length; i++) {
            from[i] = first + (i & 7) + (i >>> 3) * from.length;
        }
        return IntVector.fromArray(PAIRS, from, 0);
    }

    @Override
    public void load(MemorySegment elements, long offset, long stride, int[] pairs) {
        for (int run = 0; run < FragmentLayout.REGISTERS; run++) {
            for (int lane = 0; lane < Frag11Layout.LANES; lane += PAIRS.length()) {
                int plane = Frag11Layout.plane(run, lane);
                loadRuns(elements, offset + Frag11Layout.row(plane) * stride + 2 * Frag11Layout.column(plane), stride,
                        pairs, Frag11Layout.word(run, lane));
            }
        }
    }

    /** Loads one run of 16 lanes, which are 32 elements of four rows. */
    private static void loadRuns(MemorySegment elements, long offset, long stride, int[] pairs, int to) {
        IntVector row0 = IntVector.fromMemorySegment(PAIRS, elements, offset, ByteOrder.LITTLE_ENDIAN);
        IntVector row1 = IntVector.fromMemorySegment(PAIRS, elements, offset + stride, ByteOrder.LITTLE_ENDIAN);
        IntVector row2 = IntVector.fromMemorySegment(PAIRS, elements, offset + 2 * stride, ByteOrder.LITTLE_ENDIAN);
        IntVector row3 = IntVector.fromMemorySegment(PAIRS, elements, offset + 3 * stride, ByteOrder.LITTLE_ENDIAN);
        IntVector early01 = EARLY.selectFrom(row0, row1);
        IntVector early23 = EARLY.selectFrom(row2, row3);
        IntVector late01 = LATE.selectFrom(row0, row1);
        IntVector late23 = LATE.selectFrom(row2, row3);
        FIRST.selectFrom(early01, early23).intoArray(pairs, to);
        SECOND.selectFrom(early01, early23).intoArray(pairs, to + 4 * Frag11Layout.LANES);
        FIRST.selectFrom(late01, late23).intoArray(pairs, to + 8 * Frag11Layout.LANES);
        SECOND.selectFrom(late01, late23).intoArray(pairs, to + 12 * Frag11Layout.LANES);
    }

    @Override
    public void encode(int[] pairs, int[] rests, int[] escaped, int bias) {
        for (int lane = 0; lane < Frag11Layout.LANES; lane += PAIRS.length()) {
            IntVector bits = IntVector.zero(PAIRS);
            for (int number = 0; number < Frag11Layout.PAIRS; number++) {
                int i = Frag11Layout.word(number, lane);
                IntVector difference = IntVector.fromArray(PAIRS, pairs, i).sub(bias);
                IntVector rest = difference.and(Frag11Layout.ESCAPED_PAIR);
                difference.and(Frag11Layout.FIELD).intoArray(pairs, i);
                rest.intoArray(rests, i);
                bits = bits.lanewise(VectorOperators.OR, 1 << number, rest.compare(VectorOperators.NE, 0));
            }
            bits.intoArray(escaped, lane);
        }
    }

    @Override
    public void pack(int[] fields) {
        for (int lane = 0; lane < Frag11Layout.LANES; lane += PAIRS.length()) {
            IntVector signs = IntVector.zero(PAIRS);
            for (int j = 0; j < Frag11Layout.PAIRS - Frag11Layout.LANE_WORDS; j++) {
                IntVector field = IntVector.fromArray(PAIRS, fields,
                        Frag11Layout.word(Frag11Layout.LANE_WORDS + j, lane));
                add(field.and(Frag11Layout.FIELD_HIGH).lanewise(VectorOperators.LSHL, 5), fields,
                        Frag11Layout.word(2 * j, lane));
                add(field.and(Frag11Layout.FIELD_LOW).lanewise(VectorOperators.LSHL, 10), fields,
                        Frag11Layout.word(2 * j + 1, lane));
                signs = signs.or(field.and(Frag11Layout.SIGN).lanewise(VectorOperators.LSHR, 5 - j));
            }
            add(signs, fields, Frag11Layout.word(Frag11Layout.LANE_WORDS - 1, lane));
        }
    }

    private static void add(IntVector bits, int[] fields, int at) {
        IntVector.fromArray(PAIRS, fields, at).or(bits).intoArray(fields, at);
    }
}
