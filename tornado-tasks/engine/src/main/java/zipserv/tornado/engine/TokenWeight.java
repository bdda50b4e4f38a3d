package zipserv.tornado.engine;

import zipserv.model.sampling.Weights;
import zipserv.tornado.ptx.PtxBits;
import zipserv.tornado.ptx.PtxDouble;

/** What the host's sampler computes of a logit, in kernels: the same integers by the same operations. */
final class TokenWeight {

    private TokenWeight() {
    }

    /** {@link Weights}: 2^44 times 2 to the power of (logit - most) * scale. */
    static long of(float logit, float most, double scale) {
        double x = PtxDouble.mul(PtxDouble.sub(PtxDouble.of(logit), PtxDouble.of(most)), scale);
        long weight = 0;
        if (x > Weights.LEAST) {
            double shifted = PtxDouble.add(x, Weights.ROUNDING);
            double f = PtxDouble.sub(x, PtxDouble.sub(shifted, Weights.ROUNDING));
            double power = PtxDouble.ofBits(PtxDouble.bits(shifted) + Weights.EXPONENT_BIAS << Weights.MANTISSA_BITS);
            double series = PtxDouble.add(PtxDouble.mul(f, Weights.C9), Weights.C8);
            series = PtxDouble.add(PtxDouble.mul(series, f), Weights.C7);
            series = PtxDouble.add(PtxDouble.mul(series, f), Weights.C6);
            series = PtxDouble.add(PtxDouble.mul(series, f), Weights.C5);
            series = PtxDouble.add(PtxDouble.mul(series, f), Weights.C4);
            series = PtxDouble.add(PtxDouble.mul(series, f), Weights.C3);
            series = PtxDouble.add(PtxDouble.mul(series, f), Weights.C2);
            series = PtxDouble.add(PtxDouble.mul(series, f), Weights.C1);
            series = PtxDouble.add(PtxDouble.mul(series, f), 1.0);
            weight = PtxDouble.bits(PtxDouble.add(PtxDouble.mul(series, power), Weights.INTEGER))
                    - Weights.INTEGER_BITS;
        }
        return weight;
    }

    /** An integer that, unsigned, is the smaller the larger the logit. Of the two zeros, though equal, one is first. */
    static int key(float logit) {
        return reversed(PtxBits.asInt(logit));
    }

    /** The logit of a key. */
    static float logit(int key) {
        return PtxBits.asFloat(reversed(key));
    }

    private static int reversed(int bits) {
        return bits ^ ~(bits >> 31) & 0x7FFF_FFFF;
    }
}
