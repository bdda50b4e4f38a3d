package zipserv.tornado.engine;

import uk.ac.manchester.tornado.api.KernelContext;
import uk.ac.manchester.tornado.api.types.arrays.IntArray;
import zipserv.tornado.kernels.DeviceMath;
import zipserv.tornado.ptx.Accumulator;
import zipserv.tornado.ptx.PtxBits;
import zipserv.tornado.ptx.PtxFloat;
import zipserv.tornado.ptx.PtxMemory;
import zipserv.tornado.ptx.PtxShared;
import zipserv.tornado.ptx.PtxWarp;
import zipserv.tornado.ptx.Quad;

/**
 * How {@link DecodeAttention} adds up: a sum of values comes with the maximum that its weights are relative to and the
 * total of these. First the sums of a head's warps in a block, then those of a sequence's splits, in the order of the
 * positions.
 */
final class DecodeSums {

    /** Score of no position at all. */
    static final float NOTHING = -1e30f;
    /** Most splits: a lane for each. */
    static final int MAX_SPLITS = PtxWarp.SIZE;

    /** Shared memory: a sum of values for each warp, later for each slice of splits. */
    private static final int SUM_BYTES = 4 * DecodeAttention.WARPS * DecodeAttention.MAX_DIM;
    private static final int MAXIMA = SUM_BYTES;
    private static final int TOTALS = MAXIMA + 4 * DecodeAttention.WARPS;
    static final int TICKET = TOTALS + 4 * DecodeAttention.WARPS;
    private static final int WEIGHTS = TICKET + 64;
    /** Bytes of shared memory that the methods use. */
    static final int SHARED_BYTES = WEIGHTS + 4 * DecodeAttention.MAX_GROUP * MAX_SPLITS;

    private DecodeSums() {
    }

    /** Words of a split's result for a head: the sum of values, maximum and total, padded. */
    static int partialWords(int headDim) {
        return headDim + 4;
    }

    /** Where a lane leaves eight elements of a warp's sum, and eight more 64 elements on; the maximum and total too. */
    static int place(int shared, int warp, int lane, float maximum, float total) {
        if (lane == 0) {
            PtxShared.storeFloat(shared + MAXIMA + (warp << 2), maximum);
            PtxShared.storeFloat(shared + TOTALS + (warp << 2), total);
        }
        return shared + (warp * DecodeAttention.MAX_DIM << 2) + (lane << 5);
    }

    /**
     * Adds up the sums of the warps of each head and writes the result, or what {@link #joinSplits} will take.
     *
     * @param perHead warps of a head
     * @param at      word of partials that the results of the row's heads begin with
     * @param outAt   word of out that they begin with
     * @param length  of the sequence; 0 for a row without work
     */
    static void joinWarps(IntArray partials, IntArray out, int shared, int thread, int perHead, int at, int outAt,
            int group, int headDim, int splits, int split, int length, int order, int restOut) {
        int words = headDim >>> 1;
        for (int pair = thread; pair < group * words; pair += DecodeAttention.THREADS) {
            int head = pair / words;
            int element = pair % words << 1;
            float maximum = NOTHING;
            for (int w = head * perHead; w < (head + 1) * perHead; w++) {
                maximum = Math.max(maximum, PtxShared.loadFloat(shared + MAXIMA + (w << 2)));
            }
            float total = 0f;
            float low = 0f;
            float high = 0f;
            for (int w = head * perHead; w < (head + 1) * perHead; w++) {
                float factor = DeviceMath.exp(PtxShared.loadFloat(shared + MAXIMA + (w << 2)) - maximum);
                total = PtxFloat.fma(factor, PtxShared.loadFloat(shared + TOTALS + (w << 2)), total);
                int sums = shared + (w * DecodeAttention.MAX_DIM + element << 2);
                low = PtxFloat.fma(factor, PtxShared.loadFloat(sums), low);
                high = PtxFloat.fma(factor, PtxShared.loadFloat(sums + 4), high);
            }
            if (splits > 1) {
                int own = at + (head * splits + split) * partialWords(headDim);
                PtxMemory.store64(partials, own + element, PtxBits.asInt(low), PtxBits.asInt(high));
                if (element == 0) {
                    PtxMemory.store64(partials, own + headDim, PtxBits.asInt(maximum), PtxBits.asInt(total));
                }
            } else {
                float factor = length > 0 ? DeviceMath.reciprocal(total) : 0f;
                SplitValue.store(out, outAt + head * words + (element >>> 1), order, restOut, PtxFloat.mul(low, factor),
                        PtxFloat.mul(high, factor));
            }
        }
    }

    /**
     * Adds up four elements of a slice of the splits. The first eight partial sums are on their way while it is found
     * out what they count for.
     *
     * @param used splits that have positions; the others have written nothing
     */
    static Accumulator joinSplits(KernelContext context, IntArray partials, int shared, int thread, int at, int group,
            int headDim, int splits, int used) {
        int words = partialWords(headDim);
        int quads = group * headDim >>> 2;
        int slices = slices(quads, splits);
        int quad = thread % quads;
        int slice = Math.min(thread / quads, slices - 1);
        int head = quad / (headDim >>> 2);
        int first = slice * (splits / slices);
        int end = Math.min(first + splits / slices, used);
        int own = at + head * splits * words + (quad % (headDim >>> 2) << 2);
        int last = Math.max(used - 1, 0);
        Quad v0 = PtxMemory.load128(partials, own + Math.min(first, last) * words);
        Quad v1 = PtxMemory.load128(partials, own + Math.min(first + 1, last) * words);
        Quad v2 = PtxMemory.load128(partials, own + Math.min(first + 2, last) * words);
        Quad v3 = PtxMemory.load128(partials, own + Math.min(first + 3, last) * words);
        Quad v4 = PtxMemory.load128(partials, own + Math.min(first + 4, last) * words);
        Quad v5 = PtxMemory.load128(partials, own + Math.min(first + 5, last) * words);
        Quad v6 = PtxMemory.load128(partials, own + Math.min(first + 6, last) * words);
        Quad v7 = PtxMemory.load128(partials, own + Math.min(first + 7, last) * words);
        int warp = thread >>> 5;
        if (warp < group) {
            weigh(partials, at + warp * splits * words + headDim, shared + WEIGHTS + (warp * MAX_SPLITS << 2),
                    words, used);
        }
        context.localBarrier();
        int weights = shared + WEIGHTS + (head * MAX_SPLITS << 2);
        Accumulator sum = Accumulator.zero();
        for (int s = first; s < end; s += 8) {
            sum = weighed(sum, v0, weights, s, end);
            sum = weighed(sum, v1, weights, s + 1, end);
            sum = weighed(sum, v2, weights, s + 2, end);
            sum = weighed(sum, v3, weights, s + 3, end);
            sum = weighed(sum, v4, weights, s + 4, end);
            sum = weighed(sum, v5, weights, s + 5, end);
            sum = weighed(sum, v6, weights, s + 6, end);
            sum = weighed(sum, v7, weights, s + 7, end);
            v0 = PtxMemory.load128(partials, own + Math.min(s + 8, last) * words);
            v1 = PtxMemory.load128(partials, own + Math.min(s + 9, last) * words);
            v2 = PtxMemory.load128(partials, own + Math.min(s + 10, last) * words);
            v3 = PtxMemory.load128(partials, own + Math.min(s + 11, last) * words);
            v4 = PtxMemory.load128(partials, own + Math.min(s + 12, last) * words);
            v5 = PtxMemory.load128(partials, own + Math.min(s + 13, last) * words);
            v6 = PtxMemory.load128(partials, own + Math.min(s + 14, last) * words);
            v7 = PtxMemory.load128(partials, own + Math.min(s + 15, last) * words);
        }
        return sum;
    }

    /** Adds up the slices in their order and writes the result. */
    static void joinSlices(KernelContext context, IntArray out, int shared, int thread, int outAt, int group,
            int headDim, int splits, int order, int restOut, Accumulator own) {
        int quads = group * headDim >>> 2;
        int slices = slices(quads, splits);
        Accumulator sum = own;
        if (thread < slices * quads) {
            PtxShared.store128(shared + (thread << 4), PtxBits.asInt(sum.c0()), PtxBits.asInt(sum.c1()),
                    PtxBits.asInt(sum.c2()), PtxBits.asInt(sum.c3()));
        }
        context.localBarrier();
        if (thread < quads) {
            for (int i = 1; i < slices; i++) {
                Quad more = PtxShared.load128(shared + (i * quads + thread << 4));
                sum = Accumulator.of(PtxFloat.add(sum.c0(), PtxBits.asFloat(more.x())),
                        PtxFloat.add(sum.c1(), PtxBits.asFloat(more.y())),
                        PtxFloat.add(sum.c2(), PtxBits.asFloat(more.z())),
                        PtxFloat.add(sum.c3(), PtxBits.asFloat(more.w())));
            }
            SplitValue.store(out, outAt + (thread << 1), order, restOut, sum.c0(), sum.c1(), sum.c2(), sum.c3());
        }
    }

    /** Four elements of a sum with those of a split, as far as it is one of the slice. */
    private static Accumulator weighed(Accumulator sum, Quad split, int weights, int s, int end) {
        float weight = 0f;
        if (s < end) {
            weight = PtxShared.loadFloat(weights + (s << 2));
        }
        return Accumulator.of(PtxFloat.fma(weight, PtxBits.asFloat(split.x()), sum.c0()),
                PtxFloat.fma(weight, PtxBits.asFloat(split.y()), sum.c1()),
                PtxFloat.fma(weight, PtxBits.asFloat(split.z()), sum.c2()),
                PtxFloat.fma(weight, PtxBits.asFloat(split.w()), sum.c3()));
    }

    /** Threads that share four elements: a power of two, as there are threads, and no more than splits. */
    private static int slices(int quads, int splits) {
        int enough = DecodeAttention.THREADS / quads;
        int slices = enough >= 32 ? 32 : enough >= 16 ? 16 : enough >= 8 ? 8 : enough >= 4 ? 4 : enough >= 2 ? 2 : 1;
        return Math.min(slices, splits);
    }

    /** What each split's sum of a head counts for; by a warp, with a lane per split. */
    private static void weigh(IntArray partials, int at, int weights, int words, int used) {
        int lane = PtxWarp.lane();
        float maximum = NOTHING;
        float total = 0f;
        if (lane < used) {
            maximum = PtxBits.asFloat(PtxMemory.load32(partials, at + lane * words));
            total = PtxBits.asFloat(PtxMemory.load32(partials, at + lane * words + 1));
        }
        float largest = Math.max(maximum, PtxWarp.shuffleXor(maximum, 16));
        largest = Math.max(largest, PtxWarp.shuffleXor(largest, 8));
        largest = Math.max(largest, PtxWarp.shuffleXor(largest, 4));
        largest = Math.max(largest, PtxWarp.shuffleXor(largest, 2));
        largest = Math.max(largest, PtxWarp.shuffleXor(largest, 1));
        float weight = DeviceMath.exp(maximum - largest);
        float sum = Normalization.warpSum(PtxFloat.mul(total, weight));
        float factor = used > 0 ? DeviceMath.reciprocal(sum) : 0f;
        PtxShared.storeFloat(weights + (lane << 2), PtxFloat.mul(weight, factor));
    }
}
