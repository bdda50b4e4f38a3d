package zipserv.model.sampling;

import jdk.incubator.vector.DoubleVector;
import jdk.incubator.vector.VectorOperators;
import jdk.incubator.vector.VectorSpecies;

/**
 * What tokens weigh in a choice: their probability relative to the most probable one, as an integer. Sums of integers
 * do not depend on the order of addition, so that processors and GPUs, which add in orders of their own, choose the
 * same token; and a weight consists of additions and multiplications of doubles, which are rounded alike everywhere.
 *
 * <p>A weight is 2^44 times 2^x, rounded, for x = (logit - largest logit) * {@link #scale}. A vocabulary of 2^18 tokens
 * weighs at most 2^62.
 */
public final class Weights {

    /** Weight of the most probable token. */
    public static final long ONE = 1L << 44;
    /** What is raised to less, weighs nothing. */
    public static final double LEAST = -46;
    /** Added to a number of at most 2^51, leaves it rounded to an integer in the lowest bits. */
    public static final double ROUNDING = 0x1.8p52;
    /** Added to k, gives the exponent's bits of 2^k * {@link #ONE}. */
    public static final int EXPONENT_BIAS = 1023 + 44;
    public static final int MANTISSA_BITS = 52;
    /** Added to a number from 0 to 2^51, leaves it rounded to an integer in the bits of the mantissa. */
    public static final double INTEGER = 0x1p52;
    /** Bits of {@link #INTEGER}. */
    public static final long INTEGER_BITS = 0x4330_0000_0000_0000L;

    /** (ln 2)^n / n!, the Taylor series of 2^f. For |f| up to 1/2 it is off by less than 2^-36 of its value. */
    public static final double C1 = 0x1.62e42fefa39efp-1;
    public static final double C2 = 0x1.ebfbdff82c58fp-3;
    public static final double C3 = 0x1.c6b08d704a0c0p-5;
    public static final double C4 = 0x1.3b2ab6fba4e77p-7;
    public static final double C5 = 0x1.5d87fe78a6731p-10;
    public static final double C6 = 0x1.430912f86c787p-13;
    public static final double C7 = 0x1.ffcbfc588b0c7p-17;
    public static final double C8 = 0x1.62c0223a5c824p-20;
    public static final double C9 = 0x1.b5253d395e7c4p-24;

    private static final VectorSpecies<Double> SPECIES = DoubleVector.SPECIES_PREFERRED;
    private static final double PER_LN2 = 1.4426950408889634;

    private Weights() {
    }

    /** Powers of two per unit of a logit. */
    static double scale(double temperature) {
        // A finite number, since the largest logit's distance to itself is multiplied by it too.
        return Math.min(PER_LN2 / temperature, Double.MAX_VALUE);
    }

    /** A probability below 1 as an unsigned fraction of 2^64. */
    static long fraction(double probability) {
        double scaled = probability * 0x1p64;
        return scaled < 0x1p63 ? (long) scaled : (long) (scaled - 0x1p63) + Long.MIN_VALUE;
    }

    /** The least weight of a token with a probability relative to the most probable one. */
    static long least(double relative) {
        return (long) Math.ceil(relative * ONE);
    }

    /**
     * Weighs tokens.
     *
     * @param exponents x, at most 0
     * @param weights   gets the weights
     * @param count     how many, from the first on
     */
    static void weigh(double[] exponents, long[] weights, int count) {
        int i = 0;
        for (; i <= count - SPECIES.length(); i += SPECIES.length()) {
            weigh(DoubleVector.fromArray(SPECIES, exponents, i)).reinterpretAsLongs()
                    .sub(INTEGER_BITS).intoArray(weights, i);
        }
        for (; i < count; i++) {
            weights[i] = weigh(exponents[i]);
        }
    }

    /** Weights in the bits of mantissas, by the operations of {@link #weigh(double)}. */
    private static DoubleVector weigh(DoubleVector exponents) {
        DoubleVector x = exponents.max(LEAST);
        DoubleVector shifted = x.add(ROUNDING);
        DoubleVector f = x.sub(shifted.sub(ROUNDING));
        DoubleVector power = shifted.reinterpretAsLongs().add(EXPONENT_BIAS)
                .lanewise(VectorOperators.LSHL, MANTISSA_BITS).reinterpretAsDoubles();
        DoubleVector series = f.mul(C9).add(C8).mul(f).add(C7).mul(f).add(C6).mul(f).add(C5).mul(f).add(C4).mul(f)
                .add(C3).mul(f).add(C2).mul(f).add(C1).mul(f).add(1);
        return series.mul(power).add(INTEGER);
    }

    /**
     * The weight of a token.
     *
     * @param exponent x, at most 0
     */
    public static long weigh(double exponent) {
        double x = Math.max(exponent, LEAST);
        // x = k + f with |f| at most 1/2, both exact.
        double shifted = x + ROUNDING;
        double f = x - (shifted - ROUNDING);
        double power = Double.longBitsToDouble(Double.doubleToRawLongBits(shifted) + EXPONENT_BIAS << MANTISSA_BITS);
        double series = ((((((((C9 * f + C8) * f + C7) * f + C6) * f + C5) * f + C4) * f + C3) * f + C2) * f + C1) * f
                + 1;
        return Double.doubleToRawLongBits(series * power + INTEGER) - INTEGER_BITS;
    }
}
