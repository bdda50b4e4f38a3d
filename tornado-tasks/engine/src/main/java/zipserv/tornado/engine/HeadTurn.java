package zipserv.tornado.engine;

import uk.ac.manchester.tornado.api.types.arrays.FloatArray;
import uk.ac.manchester.tornado.api.types.arrays.IntArray;
import zipserv.tornado.kernels.DeviceMath;
import zipserv.tornado.ptx.PtxBits;
import zipserv.tornado.ptx.PtxFloat;
import zipserv.tornado.ptx.PtxMemory;
import zipserv.tornado.ptx.PtxShared;
import zipserv.tornado.ptx.PtxWarp;

/**
 * What a warp does with a head of queries, keys or values that a projection has left: bias, RMSNorm and rotary
 * embedding in the half-split layout. A lane takes every 32nd group of four elements: two neighbours of the head's first
 * half, and their partners of the second.
 */
final class HeadTurn {

    /** Bit of the flags: there are biases. */
    static final int BIAS = 1;
    /** Bit of the flags: heads of queries and keys are normalised. */
    static final int NORM = 2;

    /** Target: fp32 bits in an array. */
    static final int WORDS = 0;
    /** Target: BF16 in an array, in one part or two. */
    static final int CACHE = 1;
    /** Target: fp32 in shared memory. */
    static final int SHARED = 2;

    private HeadTurn() {
    }

    /**
     * Norm and rotation.
     *
     * @param from      where the head begins in x, which has parts {@code rest} apart, see {@link SplitValue}
     * @param biasFrom  where its biases begin; gainFrom and turnsFrom the same of gains and of cosines and sines
     * @param target    {@link #WORDS}, {@link #CACHE} or {@link #SHARED}
     * @param to        word of out, or byte address of shared memory, that the result begins with
     * @param flags     {@link #BIAS}, {@link #NORM}
     * @param restOut   distance of the parts of out
     */
    static void turn(IntArray x, int from, FloatArray bias, int biasFrom, FloatArray gain, int gainFrom,
            FloatArray turns, int turnsFrom, int target, IntArray out, int to, int headDim, int lane, float epsilon,
            int flags, int rest, int restOut) {
        int half = headDim >>> 1;
        float scale = 1f;
        if ((flags & NORM) != 0) {
            scale = scale(x, from, bias, biasFrom, headDim, lane, epsilon, flags, rest);
        }
        for (int i = lane << 1; i < half; i += 2 * PtxWarp.SIZE) {
            float first0 = element(x, from + i, bias, biasFrom + i, flags, rest);
            float first1 = element(x, from + i + 1, bias, biasFrom + i + 1, flags, rest);
            float second0 = element(x, from + half + i, bias, biasFrom + half + i, flags, rest);
            float second1 = element(x, from + half + i + 1, bias, biasFrom + half + i + 1, flags, rest);
            if ((flags & NORM) != 0) {
                first0 = PtxFloat.mul(gain.get(gainFrom + i), PtxFloat.mul(first0, scale));
                first1 = PtxFloat.mul(gain.get(gainFrom + i + 1), PtxFloat.mul(first1, scale));
                second0 = PtxFloat.mul(gain.get(gainFrom + half + i), PtxFloat.mul(second0, scale));
                second1 = PtxFloat.mul(gain.get(gainFrom + half + i + 1), PtxFloat.mul(second1, scale));
            }
            float cos0 = turns.get(turnsFrom + i);
            float cos1 = turns.get(turnsFrom + i + 1);
            float sin0 = turns.get(turnsFrom + half + i);
            float sin1 = turns.get(turnsFrom + half + i + 1);
            float turned0 = PtxFloat.fma(first0, cos0, -PtxFloat.mul(second0, sin0));
            float turned1 = PtxFloat.fma(first1, cos1, -PtxFloat.mul(second1, sin1));
            float partner0 = PtxFloat.fma(second0, cos0, PtxFloat.mul(first0, sin0));
            float partner1 = PtxFloat.fma(second1, cos1, PtxFloat.mul(first1, sin1));
            if (target == CACHE) {
                SplitValue.store(out, to + (i >>> 1), restOut, turned0, turned1);
                SplitValue.store(out, to + (half + i >>> 1), restOut, partner0, partner1);
            } else if (target == SHARED) {
                PtxShared.store64(to + (i << 2), PtxBits.asInt(turned0), PtxBits.asInt(turned1));
                PtxShared.store64(to + (half + i << 2), PtxBits.asInt(partner0), PtxBits.asInt(partner1));
            } else {
                PtxMemory.store64(out, to + i, PtxBits.asInt(turned0), PtxBits.asInt(turned1));
                PtxMemory.store64(out, to + half + i, PtxBits.asInt(partner0), PtxBits.asInt(partner1));
            }
        }
    }

    /** Brings a head of values to the cache: bias only. */
    static void store(IntArray x, int from, FloatArray bias, int biasFrom, IntArray values, int to, int headDim,
            int lane, int flags, int rest, int restOut) {
        for (int i = lane << 1; i < headDim; i += 2 * PtxWarp.SIZE) {
            float low = element(x, from + i, bias, biasFrom + i, flags, rest);
            float high = element(x, from + i + 1, bias, biasFrom + i + 1, flags, rest);
            SplitValue.store(values, to + (i >>> 1), restOut, low, high);
        }
    }

    /** Leaves a head of values in shared memory, fp32: bias only. */
    static void keep(IntArray x, int from, FloatArray bias, int biasFrom, int to, int headDim, int lane, int flags,
            int rest) {
        for (int i = lane << 1; i < headDim; i += 2 * PtxWarp.SIZE) {
            float low = element(x, from + i, bias, biasFrom + i, flags, rest);
            float high = element(x, from + i + 1, bias, biasFrom + i + 1, flags, rest);
            PtxShared.store64(to + (i << 2), PtxBits.asInt(low), PtxBits.asInt(high));
        }
    }

    /** What RMSNorm multiplies a head with, apart from the gain. */
    private static float scale(IntArray x, int from, FloatArray bias, int biasFrom, int headDim, int lane,
            float epsilon, int flags, int rest) {
        int half = headDim >>> 1;
        float squares = 0f;
        for (int i = lane << 1; i < half; i += 2 * PtxWarp.SIZE) {
            squares = addSquare(squares, element(x, from + i, bias, biasFrom + i, flags, rest));
            squares = addSquare(squares, element(x, from + i + 1, bias, biasFrom + i + 1, flags, rest));
            squares = addSquare(squares, element(x, from + half + i, bias, biasFrom + half + i, flags, rest));
            squares = addSquare(squares, element(x, from + half + i + 1, bias, biasFrom + half + i + 1, flags, rest));
        }
        return DeviceMath.inverseSqrt(PtxFloat.fma(Normalization.warpSum(squares), 1f / headDim, epsilon));
    }

    private static float addSquare(float squares, float value) {
        return PtxFloat.fma(value, value, squares);
    }

    private static float element(IntArray x, int at, FloatArray bias, int biasAt, int flags, int rest) {
        float value = SplitValue.load(x, at, rest);
        if ((flags & BIAS) != 0) {
            value = PtxFloat.add(value, bias.get(biasAt));
        }
        return value;
    }
}
