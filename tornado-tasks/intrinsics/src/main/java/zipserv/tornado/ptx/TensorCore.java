package zipserv.tornado.ptx;

import zipserv.tornado.emulation.Uninstrumented;

/**
 * The arithmetic of a bfloat16 mma.
 *
 * <p>PTX leaves the order and precision of the additions inside an mma open. This is what Hopper's Tensor Cores do: the
 * sixteen exact products and the accumulator are aligned to the largest exponent among them, cut toward zero to
 * {@value #FRACTION_BITS} fraction bits, added exactly, and the sum is cut toward zero to fp32. An H200 gave the same
 * bits in 512,000 results out of 512,000, over wide ranges of exponents and over arbitrary bit patterns (2026-11-20);
 * the checksums in the tests are of its output. Ampere and Ada add eight products at a time and may differ in the last
 * bits.
 */
@Uninstrumented
final class TensorCore {

    /** Bits kept below the binary point of the term with the largest exponent. */
    static final int FRACTION_BITS = 25;

    private static final float CANONICAL_NAN = Float.intBitsToFloat(0x7FFF_FFFF);
    private static final int NO_EXPONENT = -1_000_000;

    private TensorCore() {
    }

    /**
     * {@code D = C + A * B}.
     *
     * @param a bfloat16 bits, row by row
     * @param b bfloat16 bits, column by column
     * @param c row by row
     * @param depth columns of A and rows of B
     * @return D, row by row
     */
    static float[] multiply(int[] a, int[] b, float[] c, int depth) {
        int columns = b.length / depth;
        float[] d = new float[c.length];
        Product product = new Product(a, b, depth);
        for (int i = 0; i < d.length; i++) {
            d[i] = product.add(i / columns, i % columns, c[i]);
        }
        return d;
    }

    /** Two matrices, to be multiplied element by element of the result. */
    static final class Product {

        private final int[] a;
        private final int[] b;
        private final int depth;
        private final Terms rows;
        private final Terms columns;

        /** See {@link TensorCore#multiply}. */
        Product(int[] a, int[] b, int depth) {
            this.a = a;
            this.b = b;
            this.depth = depth;
            this.rows = Terms.of(a, depth);
            this.columns = Terms.of(b, depth);
        }

        /** An element of {@code C + A * B}, of which {@code c} is C's. */
        float add(int row, int column, float c) {
            boolean special = rows.special[row] || columns.special[column] || !Float.isFinite(c);
            return special ? special(a, row * depth, b, column * depth, c, depth)
                    : dot(rows, row * depth, columns, column * depth, c, depth);
        }
    }

    /**
     * Bfloat16 numbers taken apart.
     *
     * @param significands with sign and 7 fraction bits
     * @param exponents {@link #NO_EXPONENT} for zeros
     * @param negative the sign bit
     * @param special for each row, whether it has an infinity or a NaN
     */
    private record Terms(int[] significands, int[] exponents, boolean[] negative, boolean[] special) {

        static Terms of(int[] bf16, int depth) {
            Terms terms = new Terms(new int[bf16.length], new int[bf16.length], new boolean[bf16.length],
                    new boolean[bf16.length / depth]);
            for (int i = 0; i < bf16.length; i++) {
                int significand = significand(bf16[i]);
                terms.negative[i] = (bf16[i] & 0x8000) != 0;
                terms.significands[i] = terms.negative[i] ? -significand : significand;
                terms.exponents[i] = significand == 0 ? NO_EXPONENT : exponent(bf16[i]);
                terms.special[i / depth] |= (bf16[i] & 0x7F80) == 0x7F80;
            }
            return terms;
        }
    }

    /** An infinity or a NaN. */
    private static float special(int[] a, int row, int[] b, int column, float c, int depth) {
        float special = 0f;
        for (int k = 0; k < depth; k++) {
            if ((a[row + k] & 0x7F80) == 0x7F80 || (b[column + k] & 0x7F80) == 0x7F80) {
                special += Float.intBitsToFloat(a[row + k] << 16) * Float.intBitsToFloat(b[column + k] << 16);
            }
        }
        if (!Float.isFinite(c)) {
            special += c;
        }
        return Float.isNaN(special) ? CANONICAL_NAN : special;
    }

    private static float dot(Terms a, int row, Terms b, int column, float c, int depth) {
        int bits = Float.floatToRawIntBits(c);
        int fraction = bits & 0x7F_FFFF | ((bits >>> 23 & 0xFF) == 0 ? 0 : 0x80_0000);
        int ownExponent = fraction == 0 ? NO_EXPONENT : Math.max(bits >>> 23 & 0xFF, 1) - 127;
        int largest = ownExponent;
        for (int k = 0; k < depth; k++) {
            largest = Math.max(largest, a.exponents[row + k] + b.exponents[column + k]);
        }
        if (largest <= NO_EXPONENT / 2) {
            return allNegativeZero(a, row, b, column, c, depth) ? -0f : 0f;
        }
        long sum = 0;
        for (int k = 0; k < depth; k++) {
            // Two significands with 7 fraction bits each: 14 fraction bits, brought to FRACTION_BITS. At most 27 bits.
            int product = a.significands[row + k] * b.significands[column + k];
            int shift = Math.min(largest - a.exponents[row + k] - b.exponents[column + k], 31);
            int magnitude = Math.abs(product) << FRACTION_BITS - 14 >>> shift;
            sum += product < 0 ? -magnitude : magnitude;
        }
        long own = (long) fraction << FRACTION_BITS - 23 >>> Math.min(largest - ownExponent, 62);
        return truncate(bits < 0 ? sum - own : sum + own, largest);
    }

    private static int significand(int bf16) {
        return bf16 & 0x7F | ((bf16 & 0x7F80) == 0 ? 0 : 0x80);
    }

    private static int exponent(int bf16) {
        return Math.max(bf16 >>> 7 & 0xFF, 1) - 127;
    }

    private static boolean allNegativeZero(Terms a, int row, Terms b, int column, float c, int depth) {
        boolean negative = Float.floatToRawIntBits(c) < 0;
        for (int k = 0; k < depth; k++) {
            negative &= a.negative[row + k] != b.negative[column + k];
        }
        return negative;
    }

    /** {@code sum * 2^(exponent - FRACTION_BITS)} toward zero, as a float. */
    private static float truncate(long sum, int exponent) {
        if (sum == 0) {
            return 0f;
        }
        long magnitude = Math.abs(sum);
        int top = 63 - Long.numberOfLeadingZeros(magnitude);
        int unbiased = top + exponent - FRACTION_BITS;
        int sign = sum < 0 ? 0x8000_0000 : 0;
        if (unbiased > 127) {
            return Float.intBitsToFloat(sign | 0x7F80_0000);
        }
        // A result below the normal range keeps fewer bits.
        int keptBits = unbiased >= -126 ? 24 : 24 - (-126 - unbiased);
        if (keptBits <= 0) {
            return Float.intBitsToFloat(sign);
        }
        int drop = top + 1 - keptBits;
        long kept = drop >= 0 ? magnitude >>> drop : magnitude << -drop;
        int biased = unbiased >= -126 ? unbiased + 127 : 0;
        return Float.intBitsToFloat(sign | biased << 23 | (int) kept & 0x7F_FFFF);
    }
}
