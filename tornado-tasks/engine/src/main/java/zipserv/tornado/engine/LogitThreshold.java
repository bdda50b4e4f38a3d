package zipserv.tornado.engine;

import uk.ac.manchester.tornado.api.KernelContext;
import uk.ac.manchester.tornado.api.types.arrays.IntArray;
import zipserv.tornado.ptx.PtxBits;
import zipserv.tornado.ptx.PtxShared;
import zipserv.tornado.ptx.Quad;

/**
 * How far down a row's logits have to be taken, from the largest on, to reach a number of tokens or a weight: a block's
 * version of the host's search. The logit's bits are found eleven at a time, the highest first, from sums per value of
 * these bits, to which threads add in any order.
 */
final class LogitThreshold {

    private static final int DIGIT_BITS = 11;
    private static final int DIGITS = 1 << DIGIT_BITS;
    /** Bytes of shared memory: a 64-bit sum per digit, then the digit that was found and the sum before it. */
    static final int BYTES = 8 * DIGITS + 16;

    private static final int FOUND = 8 * DIGITS;
    private static final int BEFORE = FOUND + 8;

    private LogitThreshold() {
    }

    /**
     * The logit at which the sum, all logits equal to it included, reaches what is wanted; {@code least} if all
     * together do not.
     *
     * @param first    element of {@code logits} where the row begins
     * @param threads  of the block, a power of two, 32 to 1,024
     * @param most     the largest logit
     * @param scale    see {@link TokenWeight#of}
     * @param least    logits below take no part
     * @param counting whether tokens count; else their weights
     * @param wanted   a number of tokens; or an unsigned fraction of 2^64 of all weights
     * @param sums     shared memory for {@link BlockSums}
     * @param digits   {@value #BYTES} bytes of shared memory
     */
    static float find(KernelContext context, IntArray logits, int first, int columns, int threads, float most,
            double scale, float least, boolean counting, long wanted, int sums, int digits) {
        int thread = context.localIdx;
        int own = DIGITS / threads;
        int key = 0;
        int known = 0;
        int shift = Integer.SIZE - DIGIT_BITS;
        long left = wanted - 1;
        boolean reached = true;
        while (known != -1 && reached) {
            for (int digit = thread; digit < DIGITS; digit += threads) {
                PtxShared.store64(digits + 8 * digit, 0, 0);
            }
            if (thread == 0) {
                PtxShared.store32(digits + FOUND, -1);
            }
            context.localBarrier();
            for (int i = thread; i < columns; i += LogitLoad.COUNT * threads) {
                Quad next = LogitLoad.four(logits, first, i, threads, columns);
                Quad then = LogitLoad.four(logits, first, i + 4 * threads, threads, columns);
                for (int j = 0; j < LogitLoad.COUNT; j++) {
                    add(digits, PtxBits.asFloat(next.x()), least, key, known, shift, counting, most, scale);
                    next = Quad.of(next.y(), next.z(), next.w(), then.x());
                    then = Quad.of(then.y(), then.z(), then.w(), 0);
                }
            }
            context.localBarrier();
            long sum = 0;
            for (int digit = own * thread; digit < own * (thread + 1); digit++) {
                sum = sum + BlockSums.load(digits + 8 * digit);
            }
            long before = BlockSums.before(context, sum, sums);
            if (known == 0 && !counting) {
                left = Math.max(PtxBits.mulHighUnsigned(wanted, BlockSums.total(sums, threads / 32)), 1) - 1;
            }
            // Exactly one thread has the digit, unless all sums together do not reach what is left.
            if (before <= left && before + sum > left) {
                store(digits, own * thread, before, left);
            }
            context.localBarrier();
            int digit = PtxShared.load32(digits + FOUND);
            reached = digit >= 0;
            if (reached) {
                left = left - BlockSums.load(digits + BEFORE);
                key = key | digit << shift;
                known = -1 << shift;
                shift = Math.max(shift - DIGIT_BITS, 0);
            }
            context.localBarrier();
        }
        float threshold = least;
        if (reached) {
            threshold = TokenWeight.logit(key);
        }
        return threshold;
    }

    /** The digit, from one on, at which the sum exceeds a limit, and the sum before it. */
    private static void store(int digits, int firstDigit, long before, long limit) {
        int digit = firstDigit - 1;
        long sum = before;
        long next = before;
        while (next <= limit) {
            digit++;
            sum = next;
            next = sum + BlockSums.load(digits + 8 * digit);
        }
        PtxShared.store32(digits + FOUND, digit);
        BlockSums.store(digits + BEFORE, sum);
    }

    /** Adds what belongs to a logit, if it takes part and has the bits that are known, to the sum of its digit. */
    private static void add(int digits, float logit, float least, int key, int known, int shift, boolean counting,
            float most, double scale) {
        if (logit >= least) {
            int own = TokenWeight.key(logit);
            if (((own ^ key) & known) == 0) {
                long amount = 1;
                if (!counting) {
                    amount = TokenWeight.of(logit, most, scale);
                }
                add(digits + 8 * (own >>> shift & DIGITS - 1), amount);
            }
        }
    }

    /** Adds to a 64-bit sum, 32 bits at a time: whoever makes the lower word overflow, carries. */
    private static void add(int address, long amount) {
        int low = (int) amount;
        int high = (int) (amount >>> 32);
        if (low != 0) {
            int before = PtxShared.fetchAdd(address, low);
            if (Integer.compareUnsigned(before + low, low) < 0) {
                high++;
            }
        }
        if (high != 0) {
            PtxShared.fetchAdd(address + 4, high);
        }
    }
}
