package zipserv.codec;

import static zipserv.codec.Frag11Layout.spareHigh;
import static zipserv.codec.Frag11Layout.spareLow;
import static zipserv.codec.Frag11Layout.spareSign;

import java.lang.foreign.MemorySegment;
import java.util.Arrays;

/** Encodes one pair at a time, in loops that a compiler makes vectors of; good on any processor. */
final class LaneFieldEncoder implements FieldEncoder {

    @Override
    public void load(MemorySegment elements, long offset, long stride, int[] pairs) {
        for (int lane = 0; lane < Frag11Layout.LANES; lane++) {
            for (int run = 0; run < FragmentLayout.REGISTERS; run++) {
                int plane = Frag11Layout.plane(run, lane);
                long at = offset + Frag11Layout.row(plane) * stride + 2 * Frag11Layout.column(plane);
                pairs[Frag11Layout.word(run, lane)] = elements.get(Frag11Matrix.I32, at);
                pairs[Frag11Layout.word(4 + run, lane)] = elements.get(Frag11Matrix.I32, at + 4);
                pairs[Frag11Layout.word(8 + run, lane)] = elements.get(Frag11Matrix.I32, at + 8);
                pairs[Frag11Layout.word(12 + run, lane)] = elements.get(Frag11Matrix.I32, at + 12);
            }
        }
    }

    @Override
    public void encode(int[] pairs, int[] rests, int[] escaped, int bias) {
        for (int i = 0; i < Frag11Layout.PLANE_WORDS; i++) {
            int pair = pairs[i];
            pairs[i] = Frag11Layout.field(pair, bias);
            rests[i] = Frag11Layout.escaped(pair, bias);
        }
        Arrays.fill(escaped, 0);
        for (int number = 0; number < Frag11Layout.PAIRS; number++) {
            for (int lane = 0; lane < Frag11Layout.LANES; lane++) {
                int rest = rests[Frag11Layout.word(number, lane)];
                escaped[lane] |= (rest | -rest) >>> 31 << number;
            }
        }
    }

    @Override
    public void pack(int[] fields) {
        for (int j = 0; j < Frag11Layout.PAIRS - Frag11Layout.LANE_WORDS; j++) {
            for (int lane = 0; lane < Frag11Layout.LANES; lane++) {
                int field = fields[Frag11Layout.word(Frag11Layout.LANE_WORDS + j, lane)];
                fields[Frag11Layout.word(2 * j, lane)] |= spareHigh(field);
                fields[Frag11Layout.word(2 * j + 1, lane)] |= spareLow(field);
                fields[Frag11Layout.word(Frag11Layout.LANE_WORDS - 1, lane)] |= spareSign(j, field);
            }
        }
    }
}
