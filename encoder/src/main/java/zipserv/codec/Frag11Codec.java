package zipserv.codec;

import java.lang.foreign.Arena;
import java.util.Map;
import java.util.Optional;

/**
 * A format made for decoding speed: sign, 3-bit exponent code and mantissa of every element in 11 bits, packed in the
 * order in which the lanes of a warp use them, and five more bits of the few elements that need them out of band: those
 * outside the window of eight exponents. With coverage r that makes about 27.04 - 16 r bits per weight.
 * {@link Frag11Layout} is the format.
 */
public final class Frag11Codec implements WeightCodec {

    @Override
    public WeightFormat format() {
        return WeightFormat.FRAG11;
    }

    @Override
    public Optional<CompressedMatrix> encodeBelow(long limit, Bf16Matrix matrix, Arena arena, int threads) {
        return new Frag11Encoder(matrix, threads).encode(arena, limit).map(CompressedMatrix.class::cast);
    }

    @Override
    public CompressedMatrix open(int rows, int columns, Map<String, MatrixPart> parts, Map<String, String> parameters) {
        WeightCodec.checkShape(rows, columns);
        return new Frag11Reader(parts, rows, columns).open();
    }
}
