package zipserv.tornado.engine;

import uk.ac.manchester.tornado.api.KernelContext;
import uk.ac.manchester.tornado.api.types.arrays.FloatArray;
import uk.ac.manchester.tornado.api.types.arrays.IntArray;
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
     * The kernel. Worker: 1-D, {@value #THREADS} threads a block, {@link #blocks} blocks.
     *
     * @param input   {@link StepInput}
     * @param qkv     fp32 bits, rows of {@code stride}: queries, which are replaced; keys; values
     * @param bias    biases of q, k and v, one after the other
     * @param gain    RMSNorm's gains for a head of q and a head of k
     * @param turns   per position {@code headDim / 2} cosines, then as many sines
     * @param keys    the layer's cache: per slot {@code kvHeads * headDim} BF16
     * @param values  like keys
     * @param headDim a multiple of 4
     * @param flags   {@link HeadTurn#BIAS} and {@link HeadTurn#NORM}
     * @param keyAt   where a row's keys begin
     * @param valueAt where its values begin
     * @param rest    distance of the parts of qkv, see {@link SplitValue}; the queries that result are whole
     * @param restCache distance of the parts of keys and of values
     */
    static void prepare(KernelContext context, IntArray input, IntArray qkv, FloatArray bias, FloatArray gain,
            FloatArray turns, IntArray keys, IntArray values, int rows, int heads, int kvHeads, int headDim,
            float epsilon, int flags, int keyAt, int valueAt, int stride, int rest, int restCache) {
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
                HeadTurn.turn(qkv, from, bias, head * headDim, gain, 0, turns, position * headDim, HeadTurn.WORDS, qkv,
                        from, headDim, lane, epsilon, flags, rest, 0);
            } else if (head < heads + kvHeads) {
                int from = row * stride + keyAt + (head - heads) * headDim;
                int to = (slot * kvHeads + head - heads) * (headDim >>> 1);
                if (token >= 0) {
                    HeadTurn.turn(qkv, from, bias, head * headDim, gain, headDim, turns, position * headDim,
                            HeadTurn.CACHE, keys, to, headDim, lane, epsilon, flags, rest, restCache);
                }
            } else {
                int from = row * stride + valueAt + (head - heads - kvHeads) * headDim;
                int to = (slot * kvHeads + head - heads - kvHeads) * (headDim >>> 1);
                if (token >= 0) {
                    HeadTurn.store(qkv, from, bias, head * headDim, values, to, headDim, lane, flags, rest, restCache);
                }
            }
        }
    }
}
