package zipserv.tornado.engine;

import uk.ac.manchester.tornado.api.KernelContext;
import uk.ac.manchester.tornado.api.types.arrays.IntArray;
import zipserv.tornado.kernels.DeviceMath;
import zipserv.tornado.ptx.PtxBits;
import zipserv.tornado.ptx.PtxFloat;
import zipserv.tornado.ptx.PtxMemory;
import zipserv.tornado.ptx.PtxWarp;

/**
 * Causal attention of one row against the cache of its sequence, with grouped heads and online softmax. A block takes
 * up to {@value #MAX_HEADS} query heads that share a key/value head, and walks the sequence in tiles of {@value #TILE}
 * positions. The order of all sums depends on the row's position only, so a prefill and single steps give the same
 * bits.
 */
final class Attention {

    /** Threads of a block: a warp per head where scores become probabilities. */
    static final int THREADS = 256;
    /** Query heads of a block at most. */
    static final int MAX_HEADS = 8;
    /** Elements of a block's query heads together at most. */
    static final int MAX_WIDTH = 1024;

    private static final int TILE = 64;

    private Attention() {
    }

    /** Query heads that a block takes: as many of a group as fit, and none left over. */
    static int headsPerBlock(int heads, int kvHeads, int headDim) {
        int group = heads / kvHeads;
        int fitting = Math.min(MAX_HEADS, MAX_WIDTH / headDim);
        while (group % fitting != 0) {
            fitting--;
        }
        return fitting;
    }

    /**
     * The kernel. Worker: 1-D, {@value #THREADS} threads a block, {@code heads / blockHeads} blocks per row.
     *
     * @param input      {@link StepInput}
     * @param q          queries, fp32 bits, rows of {@code stride}
     * @param keys       the layer's cache: per slot {@code kvHeads * headDim} BF16
     * @param values     like keys
     * @param order      of out, see {@link ActivationRows}
     * @param out        BF16, zeros behind the heads; zeros for rows without work
     * @param headDim    even, at most {@value #MAX_WIDTH}
     * @param blockHeads {@link #headsPerBlock}
     * @param restOut    distance of the parts of out, see {@link SplitValue}
     * @param restCache  distance of the parts of keys and of values
     * @param scale      of the scores: 1 / sqrt(headDim)
     */
    static void attend(KernelContext context, IntArray input, IntArray q, IntArray keys, IntArray values, IntArray out,
            int heads, int kvHeads, int headDim, int blockHeads, int stride, int order, int restOut,
            int restCache, float scale) {
        float[] query = context.allocateFloatLocalArray(MAX_WIDTH);
        float[] sum = context.allocateFloatLocalArray(MAX_WIDTH);
        float[] score = context.allocateFloatLocalArray(MAX_HEADS * TILE);
        float[] rescale = context.allocateFloatLocalArray(MAX_HEADS);
        int rowWords = ActivationRows.pairs(order);
        int thread = context.localIdx;
        int warp = thread >>> 5;
        int lane = PtxWarp.lane();
        int blocksPerRow = heads / blockHeads;
        int row = context.groupIdx / blocksPerRow;
        int block = context.groupIdx % blocksPerRow;
        int firstHead = block * blockHeads;
        int kvHead = firstHead / (heads / kvHeads);
        int words = headDim >>> 1;
        int slotWords = kvHeads * words;
        int token = PtxMemory.loadReadOnly32(input, StepInput.token(row));
        int length = token < 0 ? 0 : PtxMemory.loadReadOnly32(input, StepInput.position(row)) + 1;
        int cache = PtxMemory.loadReadOnly32(input, StepInput.firstSlot(row)) * slotWords + kvHead * words;

        for (int i = thread; i < blockHeads * headDim; i += THREADS) {
            float element = PtxBits.asFloat(PtxMemory.loadReadOnly32(q, row * stride + firstHead * headDim + i));
            query[i] = PtxFloat.mul(element, scale);
            sum[i] = 0f;
        }
        float maximum = Float.NEGATIVE_INFINITY;
        float total = 0f;
        for (int tile = 0; tile < length; tile += TILE) {
            int count = Math.min(TILE, length - tile);
            context.localBarrier();
            for (int i = thread; i < blockHeads * TILE; i += THREADS) {
                int position = i % TILE;
                if (position < count) {
                    int element = i / TILE * headDim;
                    int key = cache + (tile + position) * slotWords;
                    float product = 0f;
                    for (int word = 0; word < words; word++) {
                        int pair = PtxMemory.loadReadOnly32(keys, key + word);
                        product = PtxFloat.fma(query[element + 2 * word], PtxFloat.lowBf16(pair), product);
                        product = PtxFloat.fma(query[element + 2 * word + 1], PtxFloat.highBf16(pair), product);
                        if (restCache != 0) {
                            int rest = PtxMemory.loadReadOnly32(keys, key + word + restCache);
                            product = PtxFloat.fma(query[element + 2 * word], PtxFloat.lowBf16(rest), product);
                            product = PtxFloat.fma(query[element + 2 * word + 1], PtxFloat.highBf16(rest), product);
                        }
                    }
                    score[i] = product;
                }
            }
            context.localBarrier();
            if (warp < blockHeads) {
                float low = Float.NEGATIVE_INFINITY;
                float high = Float.NEGATIVE_INFINITY;
                if (lane < count) {
                    low = score[warp * TILE + lane];
                }
                if (lane + 32 < count) {
                    high = score[warp * TILE + lane + 32];
                }
                float newMaximum = Math.max(maximum, warpMaximum(Math.max(low, high)));
                float factor = DeviceMath.exp(maximum - newMaximum);
                low = lane < count ? DeviceMath.exp(low - newMaximum) : 0f;
                high = lane + 32 < count ? DeviceMath.exp(high - newMaximum) : 0f;
                total = PtxFloat.fma(total, factor, Normalization.warpSum(PtxFloat.add(low, high)));
                maximum = newMaximum;
                score[warp * TILE + lane] = low;
                score[warp * TILE + lane + 32] = high;
                if (lane == 0) {
                    rescale[warp] = factor;
                }
            }
            context.localBarrier();
            for (int i = thread; i < blockHeads * words; i += THREADS) {
                int head = i / words;
                int value = cache + tile * slotWords + i % words;
                float low = PtxFloat.mul(sum[2 * i], rescale[head]);
                float high = PtxFloat.mul(sum[2 * i + 1], rescale[head]);
                for (int position = 0; position < count; position++) {
                    int pair = PtxMemory.loadReadOnly32(values, value + position * slotWords);
                    float probability = score[head * TILE + position];
                    low = PtxFloat.fma(probability, PtxFloat.lowBf16(pair), low);
                    high = PtxFloat.fma(probability, PtxFloat.highBf16(pair), high);
                    if (restCache != 0) {
                        int rest = PtxMemory.loadReadOnly32(values, value + position * slotWords + restCache);
                        low = PtxFloat.fma(probability, PtxFloat.lowBf16(rest), low);
                        high = PtxFloat.fma(probability, PtxFloat.highBf16(rest), high);
                    }
                }
                sum[2 * i] = low;
                sum[2 * i + 1] = high;
            }
        }
        context.localBarrier();
        if (warp < blockHeads && lane == 0) {
            rescale[warp] = length > 0 ? DeviceMath.reciprocal(total) : 0f;
        }
        context.localBarrier();
        for (int i = thread; i < blockHeads * words; i += THREADS) {
            float factor = rescale[i / words];
            SplitValue.store(out, row * rowWords + firstHead * words + i, order, restOut, PtxFloat.mul(sum[2 * i], factor),
                    PtxFloat.mul(sum[2 * i + 1], factor));
        }
        if (block == blocksPerRow - 1) {
            for (int i = heads * words + thread; i < rowWords; i += THREADS) {
                SplitValue.store(out, row * rowWords + i, order, restOut, 0f, 0f);
            }
        }
    }

    private static float warpMaximum(float value) {
        float maximum = Math.max(value, PtxWarp.shuffleXor(value, 16));
        maximum = Math.max(maximum, PtxWarp.shuffleXor(maximum, 8));
        maximum = Math.max(maximum, PtxWarp.shuffleXor(maximum, 4));
        maximum = Math.max(maximum, PtxWarp.shuffleXor(maximum, 2));
        return Math.max(maximum, PtxWarp.shuffleXor(maximum, 1));
    }
}
