package zipserv.tornado.engine;

import uk.ac.manchester.tornado.api.KernelContext;
import uk.ac.manchester.tornado.api.types.arrays.FloatArray;
import uk.ac.manchester.tornado.api.types.arrays.IntArray;
import zipserv.tornado.ptx.PtxBits;
import zipserv.tornado.ptx.PtxFloat;
import zipserv.tornado.ptx.PtxMemory;
import zipserv.tornado.ptx.PtxWarp;

/**
 * What happens to queries, keys and values between projection and attention: bias, per-head RMSNorm (Qwen3), rotary
 * embedding in the half-split layout; keys and values go to the cache as BF16, queries stay in fp32.
 */
final class Heads {

    /** Threads of a block: four warps, each of which takes one head of one row. */
    static final int THREADS = 128;

    private Heads() {
    }

    /** Blocks of the grid. */
    static int blocks(int rows, int heads, int kvHeads) {
        return (rows * (heads + 2 * kvHeads) * PtxWarp.SIZE + THREADS - 1) / THREADS;
    }

    /**
     * The kernel. Worker: 1-D, {@value #THREADS} threads a block, {@link #blocks} blocks. A lane takes every 32nd
     * group of four elements: two neighbours of the head's first half, and their partners of the second.
     *
     * @param input   {@link StepInput}
     * @param qkv     fp32 bits, rows of {@code stride}: queries, which are replaced; keys; values
     * @param bias    biases of q, k and v, one after the other
     * @param gain    RMSNorm's gains for a head of q and a head of k
     * @param turns   per position {@code headDim / 2} cosines, then as many sines
     * @param keys    the layer's cache: per slot {@code kvHeads * headDim} BF16
     * @param values  like keys
     * @param headDim a multiple of 4
     * @param addBias 1 if there are biases
     * @param norm    1 if there are gains
     * @param keyAt   where a row's keys begin
     * @param valueAt where its values begin
     * @param rest    distance of the parts of qkv, see {@link SplitValue}; the queries that result are whole
     * @param restCache distance of the parts of keys and of values
     */
    static void prepare(KernelContext context, IntArray input, IntArray qkv, FloatArray bias, FloatArray gain,
            FloatArray turns, IntArray keys, IntArray values, int rows, int heads, int kvHeads, int headDim,
            float epsilon, int addBias, int norm, int keyAt, int valueAt, int stride, int rest, int restCache) {
        int lane = PtxWarp.lane();
        int perRow = heads + 2 * kvHeads;
        int unit = context.globalIdx >>> 5;
        int row = unit / perRow;
        int head = unit % perRow;
        if (row < rows) {
            int token = PtxMemory.loadReadOnly32(input, StepInput.token(row));
            int position = PtxMemory.loadReadOnly32(input, StepInput.position(row));
            int slot = PtxMemory.loadReadOnly32(input, StepInput.firstSlot(row)) + position;
            if (head < heads) {
                int from = row * stride + head * headDim;
                float scale = 1f;
                if (norm != 0) {
                    scale = scale(qkv, from, bias, head * headDim, headDim, lane, epsilon, addBias, rest);
                }
                turn(qkv, from, bias, head * headDim, scale, gain, 0, turns, position * headDim, qkv, from, 0, headDim,
                        lane,
                        addBias, norm, rest, 0);
            } else if (head < heads + kvHeads) {
                int from = row * stride + keyAt + (head - heads) * headDim;
                int to = (slot * kvHeads + head - heads) * (headDim >>> 1);
                if (token >= 0) {
                    float scale = 1f;
                    if (norm != 0) {
                        scale = scale(qkv, from, bias, head * headDim, headDim, lane, epsilon, addBias, rest);
                    }
                    turn(qkv, from, bias, head * headDim, scale, gain, headDim, turns, position * headDim, keys, to, 1,
                            headDim, lane, addBias, norm, rest, restCache);
                }
            } else {
                int from = row * stride + valueAt + (head - heads - kvHeads) * headDim;
                int to = (slot * kvHeads + head - heads - kvHeads) * (headDim >>> 1);
                if (token >= 0) {
                    for (int pair = lane; pair < headDim >>> 1; pair += 32) {
                        float low = element(qkv, from, 2 * pair, bias, head * headDim, addBias, rest);
                        float high = element(qkv, from, 2 * pair + 1, bias, head * headDim, addBias, rest);
                        SplitValue.store(values, to + pair, restCache, low, high);
                    }
                }
            }
        }
    }

    /** What RMSNorm multiplies a head with, apart from the gain; computed by a warp. */
    private static float scale(IntArray x, int from, FloatArray bias, int biasFrom, int headDim, int lane,
            float epsilon,
            int addBias, int rest) {
        int half = headDim >>> 1;
        float squares = 0f;
        for (int pair = lane; pair < half >>> 1; pair += 32) {
            int i = pair << 1;
            squares = addSquare(squares, element(x, from, i, bias, biasFrom, addBias, rest));
            squares = addSquare(squares, element(x, from, i + 1, bias, biasFrom, addBias, rest));
            squares = addSquare(squares, element(x, from, half + i, bias, biasFrom, addBias, rest));
            squares = addSquare(squares, element(x, from, half + i + 1, bias, biasFrom, addBias, rest));
        }
        return DeviceMath.inverseSqrt(PtxFloat.fma(Normalization.warpSum(squares), 1f / headDim, epsilon));
    }

    /** Norm and rotation of a head by a warp; {@code bf16} chooses between fp32 bits and pairs of BF16. */
    private static void turn(IntArray x, int from, FloatArray bias, int biasFrom, float scale, FloatArray gain,
            int gainFrom,
            FloatArray turns, int turnsFrom, IntArray out, int to, int bf16, int headDim, int lane, int addBias,
            int norm,
            int rest, int restOut) {
        int half = headDim >>> 1;
        for (int pair = lane; pair < half >>> 1; pair += 32) {
            int i = pair << 1;
            float first0 = element(x, from, i, bias, biasFrom, addBias, rest);
            float first1 = element(x, from, i + 1, bias, biasFrom, addBias, rest);
            float second0 = element(x, from, half + i, bias, biasFrom, addBias, rest);
            float second1 = element(x, from, half + i + 1, bias, biasFrom, addBias, rest);
            if (norm != 0) {
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
            if (bf16 != 0) {
                SplitValue.store(out, to + pair, restOut, turned0, turned1);
                SplitValue.store(out, to + (half >>> 1) + pair, restOut, partner0, partner1);
            } else {
                PtxMemory.store64(out, to + i, PtxBits.asInt(turned0), PtxBits.asInt(turned1));
                PtxMemory.store64(out, to + half + i, PtxBits.asInt(partner0), PtxBits.asInt(partner1));
            }
        }
    }

    private static float addSquare(float squares, float value) {
        return PtxFloat.fma(value, value, squares);
    }

    private static float element(IntArray x, int from, int i, FloatArray bias, int biasFrom, int addBias, int rest) {
        float value = SplitValue.load(x, from + i, rest);
        if (addBias != 0) {
            value = PtxFloat.add(value, bias.get(biasFrom + i));
        }
        return value;
    }
}
