package zipserv.codec;

import java.lang.foreign.MemorySegment;
import java.nio.ByteOrder;
import jdk.incubator.vector.IntVector;
import jdk.incubator.vector.ShortVector;
import jdk.incubator.vector.VectorOperators;
import jdk.incubator.vector.VectorSpecies;

/** Encodes 16 pairs at a time. Right on any processor, fast only where {@link Kernels} chooses it. */
final class VectorFieldEncoder implements FieldEncoder {

    private static final VectorSpecies<Integer> PAIRS = IntVector.SPECIES_512;
    private static final VectorSpecies<Short> ELEMENTS = ShortVector.SPECIES_512;

    @Override
    public int countEscapes(MemorySegment elements, long offset, int base) {
        int count = 0;
        for (int column = 0; column < Frag11Layout.STRIP_COLUMNS; column += ELEMENTS.length()) {
            count += ShortVector.fromMemorySegment(ELEMENTS, elements, offset + 2 * column, ByteOrder.LITTLE_ENDIAN)
                    .lanewise(VectorOperators.LSHR, 7).and((short) 0xFF).sub((short) base)
                    .compare(VectorOperators.UGE, (short) Frag11Layout.WINDOW).trueCount();
        }
        return count;
    }

    @Override
    public void encode(int[] pairs, int[] differences, int[] escaped, int bias) {
        for (int number = 0; number < Frag11Layout.PAIRS; number++) {
            long bits = 0;
            for (int lane = 0; lane < Frag11Layout.LANES; lane += PAIRS.length()) {
                int i = Frag11Layout.word(number, lane);
                IntVector pair = IntVector.fromArray(PAIRS, pairs, i);
                IntVector field = field(pair, bias);
                IntVector difference = field.add(bias).lanewise(VectorOperators.XOR, pair);
                field.intoArray(pairs, i);
                difference.intoArray(differences, i);
                bits |= difference.compare(VectorOperators.NE, 0).toLong() << lane;
            }
            escaped[number] = (int) bits;
        }
    }

    /** {@link Frag11Layout#field(int, int)}. */
    private static IntVector field(IntVector pair, int bias) {
        return pair.and(Frag11Layout.SIGN_MANTISSA)
                .or(pair.or(Frag11Layout.SIGN).sub(bias).and(Frag11Layout.CODE));
    }
}
