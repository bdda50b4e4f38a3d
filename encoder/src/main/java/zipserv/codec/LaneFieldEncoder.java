package zipserv.codec;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteOrder;

/** Encodes one pair at a time; good on any processor. */
final class LaneFieldEncoder implements FieldEncoder {

    private static final ValueLayout.OfLong FOUR_ELEMENTS =
            ValueLayout.JAVA_LONG_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);

    @Override
    public int countEscapes(MemorySegment elements, long offset, int base) {
        long sum = 0;
        for (int column = 0; column < Frag11Layout.STRIP_COLUMNS; column += 4) {
            sum += Lanes.outside(elements.get(FOUR_ELEMENTS, offset + 2 * column), base);
        }
        return Lanes.sum(sum);
    }

    @Override
    public void encode(int[] pairs, int[] differences, int[] escaped, int bias) {
        for (int number = 0; number < Frag11Layout.PAIRS; number++) {
            int bits = 0;
            for (int lane = 0; lane < Frag11Layout.LANES; lane++) {
                int i = Frag11Layout.word(number, lane);
                int pair = pairs[i];
                int field = Frag11Layout.field(pair, bias);
                int difference = pair ^ Frag11Layout.pair(field, bias);
                pairs[i] = field;
                differences[i] = difference;
                bits |= (difference | -difference) >>> 31 << lane;
            }
            escaped[number] = bits;
        }
    }
}
