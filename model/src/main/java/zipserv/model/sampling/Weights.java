package zipserv.model.sampling;

import jdk.incubator.vector.DoubleVector;
import jdk.incubator.vector.VectorOperators;
import jdk.incubator.vector.VectorSpecies;

/**
 * The weights of tokens: exp of numbers that are at most 0. A choice must not depend on the machine's way to compute exp,
 * and {@code StrictMath.exp} takes milliseconds for a large vocabulary; this one consists of additions and
 * multiplications, which Java rounds alike everywhere, whether it takes one number at a time or several.
 */
final class Weights {

    private static final VectorSpecies<Double> SPECIES = DoubleVector.SPECIES_PREFERRED;
    /** What is smaller than the smallest normal double is 0: nothing would be chosen once in 10^300 draws. */
    private static final double LEAST = -708;
    private static final double PER_LN2 = 1.4426950408889634;
    /** ln 2 in two parts; products of the first with integers up to 2^11 are exact. */
    private static final double LN2_HIGH = 0x1.62e42feep-1;
    private static final double LN2_LOW = 0x1.a39ef35793c76p-33;
    /** Added to a number of at most 2^51, leaves it rounded to an integer in the lowest bits. */
    private static final double ROUNDING = 0x1.8p52;
    private static final int EXPONENT_BIAS = 1023;
    private static final int MANTISSA_BITS = 52;

    private Weights() {
    }

    /**
     * Replaces numbers by their exp.
     *
     * @param values at most 0; minus infinity gives 0
     * @param count  how many, from the first on
     */
    static void exp(double[] values, int count) {
        int i = 0;
        for (; i <= count - SPECIES.length(); i += SPECIES.length()) {
            exp(DoubleVector.fromArray(SPECIES, values, i)).intoArray(values, i);
        }
        for (; i < count; i++) {
            values[i] = exp(values[i]);
        }
    }

    /** {@link #exp(double)} of several numbers, by the same operations. */
    private static DoubleVector exp(DoubleVector values) {
        DoubleVector x = values.max(LEAST);
        DoubleVector shifted = x.mul(PER_LN2).add(ROUNDING);
        DoubleVector k = shifted.sub(ROUNDING);
        DoubleVector r = x.sub(k.mul(LN2_HIGH)).sub(k.mul(LN2_LOW));
        DoubleVector power = shifted.reinterpretAsLongs().add(EXPONENT_BIAS)
                .lanewise(VectorOperators.LSHL, MANTISSA_BITS).reinterpretAsDoubles();
        DoubleVector result = r.mul(r).mul(tail(r)).add(r).add(1).mul(power);
        return result.blend(0, values.lt(LEAST));
    }

    private static DoubleVector tail(DoubleVector r) {
        DoubleVector r2 = r.mul(r);
        DoubleVector r4 = r2.mul(r2);
        DoubleVector t01 = r.mul(1.0 / 6).add(1.0 / 2);
        DoubleVector t23 = r.mul(1.0 / 120).add(1.0 / 24);
        DoubleVector t45 = r.mul(1.0 / 5040).add(1.0 / 720);
        DoubleVector t67 = r.mul(1.0 / 362880).add(1.0 / 40320);
        DoubleVector t89 = r.mul(1.0 / 39916800).add(1.0 / 3628800);
        DoubleVector t1011 = r.mul(1.0 / 6227020800.0).add(1.0 / 479001600);
        return t01.add(r2.mul(t23)).add(r4.mul(t45.add(r2.mul(t67)).add(r4.mul(t89.add(r2.mul(t1011))))));
    }

    /** exp of a number that is at most 0, off by at most one unit in the last place. */
    static double exp(double value) {
        double x = Math.max(value, LEAST);
        // x = k ln 2 + r with |r| at most half of ln 2.
        double shifted = x * PER_LN2 + ROUNDING;
        double k = shifted - ROUNDING;
        double r = x - k * LN2_HIGH - k * LN2_LOW;
        double power = Double.longBitsToDouble(Double.doubleToRawLongBits(shifted) + EXPONENT_BIAS << MANTISSA_BITS);
        double result = (r * r * tail(r) + r + 1) * power;
        return value < LEAST ? 0 : result;
    }

    /** (exp(r) - 1 - r) / r^2 by its Taylor series, of which 13 powers suffice. */
    private static double tail(double r) {
        double r2 = r * r;
        double r4 = r2 * r2;
        double t01 = 1.0 / 2 + r * (1.0 / 6);
        double t23 = 1.0 / 24 + r * (1.0 / 120);
        double t45 = 1.0 / 720 + r * (1.0 / 5040);
        double t67 = 1.0 / 40320 + r * (1.0 / 362880);
        double t89 = 1.0 / 3628800 + r * (1.0 / 39916800);
        double t1011 = 1.0 / 479001600 + r * (1.0 / 6227020800.0);
        return t01 + r2 * t23 + r4 * (t45 + r2 * t67 + r4 * (t89 + r2 * t1011));
    }
}
