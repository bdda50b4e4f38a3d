package zipserv.model.sampling;

import java.util.Arrays;

/**
 * Finds how far down the logits have to be taken, from the largest on, to reach a sum of what belongs to them: a number
 * of tokens for top-k, a weight for top-p. Nothing is sorted: the logit's bits are found eleven at a time, the highest
 * first, from sums per value of these bits. A GPU's kernel searches in the same way; integers give it the same sums.
 */
final class ThresholdSearch {

    private static final int DIGIT_BITS = 11;

    private final long[] sums = new long[1 << DIGIT_BITS];

    /**
     * The logit at which the sum, all logits equal to it included, first exceeds a limit.
     *
     * @param amounts what belongs to the logits, none negative; null for 1 each
     * @param limit   0 or more
     * @return minus infinity if all together do not exceed it
     */
    float find(float[] logits, long[] amounts, int count, long limit) {
        int key = 0;
        int known = 0;
        long left = limit;
        for (int shift = Integer.SIZE - DIGIT_BITS; known != -1; shift = Math.max(shift - DIGIT_BITS, 0)) {
            Arrays.fill(sums, 0);
            for (int i = 0; i < count; i++) {
                int own = key(logits[i]);
                if (((own ^ key) & known) == 0) {
                    sums[own >>> shift & sums.length - 1] += amounts == null ? 1 : amounts[i];
                }
            }
            int digit = 0;
            while (digit < sums.length && sums[digit] <= left) {
                left -= sums[digit++];
            }
            if (digit == sums.length) {
                return Float.NEGATIVE_INFINITY;
            }
            key |= digit << shift;
            known = -1 << shift;
        }
        return logit(key);
    }

    /** An integer that, unsigned, is the smaller the larger the logit. Of the two zeros, though equal, one is first. */
    private static int key(float logit) {
        return reversed(Float.floatToRawIntBits(logit));
    }

    private static float logit(int key) {
        return Float.intBitsToFloat(reversed(key));
    }

    /** Bits of negative floats ascend, unsigned, as the floats descend; those of the others have to be turned round. */
    private static int reversed(int bits) {
        return bits ^ ~(bits >> 31) & 0x7FFF_FFFF;
    }
}
