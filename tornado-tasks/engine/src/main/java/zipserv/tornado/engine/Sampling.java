package zipserv.tornado.engine;

import uk.ac.manchester.tornado.api.KernelContext;
import uk.ac.manchester.tornado.api.types.arrays.IntArray;
import zipserv.model.sampling.Choice;
import zipserv.model.sampling.SplitMix64;
import zipserv.tornado.ptx.PtxBits;
import zipserv.tornado.ptx.PtxDouble;
import zipserv.tornado.ptx.PtxMemory;
import zipserv.tornado.ptx.PtxShared;
import zipserv.tornado.ptx.PtxWarp;
import zipserv.tornado.ptx.Quad;

/**
 * Chooses a token for each row that is not greedy, the token that the host's sampler
 * ({@link zipserv.model.sampling.Sampler}) would choose: all that is added is integers. A block has a row, which it
 * reads from L2 up to seven times: three times each for top-k and top-p, and once to draw.
 */
final class Sampling {

    private static final int MAX_THREADS = 1024;
    private static final int MIN_THREADS = 64;
    /** As many as blocks of 1,024 threads can have. */
    static final int MAX_REGISTERS = 64;
    /** Elements of a thread, where there are not more of them than the largest block has. */
    private static final int ELEMENTS = 16;

    private static final int INFINITY = 0x7F80_0000;

    private Sampling() {
    }

    /** Threads of a block: a power of two. */
    static int threads(int columns) {
        int threads = MIN_THREADS;
        while (threads < MAX_THREADS && threads * ELEMENTS < columns) {
            threads = 2 * threads;
        }
        return threads;
    }

    /**
     * The kernel. Worker: 1-D, {@link #threads} threads a block, a block per row.
     *
     * @param logits  fp32 bits, rows of {@code columns}, added up by {@link Argmax}
     * @param choices see {@link StepChoices}
     * @param best    the index of the largest logit per row; becomes the chosen one, -1 if there is none
     * @param threads of a block
     */
    static void choose(KernelContext context, IntArray logits, IntArray choices, IntArray best, int columns,
            int threads) {
        int sums = PtxShared.allocate(BlockSums.BYTES);
        int digits = PtxShared.allocate(LogitThreshold.BYTES);
        int row = context.groupIdx;
        int first = row * columns;
        int at = row * StepChoices.STRIDE;
        long scaleBits = StepChoices.load(choices, at + StepChoices.SCALE);
        int largest = best.get(row);
        if (scaleBits != 0 && largest >= 0) {
            int mostBits = PtxMemory.load32(logits, first + largest);
            // Infinity is chosen at once.
            if (mostBits != INFINITY) {
                float most = PtxBits.asFloat(mostBits);
                double scale = PtxDouble.ofBits(scaleBits);
                // Neither NaN nor minus infinity is in play.
                float least = -Float.MAX_VALUE;
                int k = choices.get(at + StepChoices.TOP_K);
                if (k > 0 && k < columns) {
                    least = LogitThreshold.find(context, logits, first, columns, threads, most, scale, least, true, k,
                            sums, digits);
                }
                long fraction = StepChoices.load(choices, at + StepChoices.TOP_P);
                if (fraction != Choice.ALL) {
                    least = LogitThreshold.find(context, logits, first, columns, threads, most, scale, least, false,
                            fraction, sums, digits);
                }
                int token = draw(context, logits, first, columns, threads, most, scale, least,
                        StepChoices.load(choices, at + StepChoices.LEAST),
                        SplitMix64.number(StepChoices.load(choices, at + StepChoices.STATE)), sums);
                if (context.localIdx == 0) {
                    best.set(row, token);
                }
            }
        }
    }

    /**
     * The token at which the sum of weights, in the order of tokens, exceeds a random part of all; -1 if all are 0.
     * Each warp adds up a part of the row, then a part of the part that the token is in, until that is the token alone.
     */
    private static int draw(KernelContext context, IntArray logits, int first, int columns, int threads, float most,
            double scale, float least, long leastWeight, long random, int sums) {
        int warps = threads / PtxWarp.SIZE;
        int warp = context.localIdx / PtxWarp.SIZE;
        int begin = 0;
        int end = columns;
        int part = columns + 1;
        long limit = 0;
        long all = 0;
        while (part > 1) {
            boolean whole = part > columns;
            part = (end - begin + warps - 1) / warps;
            int from = begin + warp * part;
            int to = Math.min(from + part, end);
            long sum = 0;
            for (int i = from + PtxWarp.lane(); i < to; i += LogitLoad.COUNT * PtxWarp.SIZE) {
                Quad next = LogitLoad.four(logits, first, i, PtxWarp.SIZE, to);
                Quad then = LogitLoad.four(logits, first, i + 4 * PtxWarp.SIZE, PtxWarp.SIZE, to);
                for (int j = 0; j < LogitLoad.COUNT; j++) {
                    sum = sum + weight(PtxBits.asFloat(next.x()), most, scale, least, leastWeight);
                    next = Quad.of(next.y(), next.z(), next.w(), then.x());
                    then = Quad.of(then.y(), then.z(), then.w(), 0);
                }
            }
            BlockSums.before(context, sum, sums);
            if (whole) {
                all = BlockSums.total(sums, warps);
                limit = PtxBits.mulHighUnsigned(random, all);
            }
            int chosen = 0;
            long running = 0;
            long before = 0;
            for (int other = 0; other < warps; other++) {
                running = running + BlockSums.load(sums + 8 * other);
                if (running <= limit) {
                    before = running;
                    chosen = other + 1;
                }
            }
            limit = limit - before;
            begin = begin + chosen * part;
            end = Math.min(begin + part, end);
            context.localBarrier();
        }
        int token = -1;
        if (all > 0) {
            token = begin;
        }
        return token;
    }

    /** What a logit weighs in the draw. */
    private static long weight(float logit, float most, double scale, float least, long leastWeight) {
        long weight = 0;
        if (logit >= least) {
            weight = TokenWeight.of(logit, most, scale);
            if (weight < leastWeight) {
                weight = 0;
            }
        }
        return weight;
    }
}
