package zipserv.tornado.engine;

import uk.ac.manchester.tornado.api.KernelContext;
import uk.ac.manchester.tornado.api.types.arrays.FloatArray;
import uk.ac.manchester.tornado.api.types.arrays.IntArray;
import zipserv.codec.FragmentLayout;
import zipserv.model.ModelConfig;
import zipserv.tornado.ptx.Pair;
import zipserv.tornado.ptx.PtxBits;
import zipserv.tornado.ptx.PtxFloat;
import zipserv.tornado.ptx.PtxMemory;
import zipserv.tornado.ptx.PtxShared;
import zipserv.tornado.ptx.PtxSync;
import zipserv.tornado.ptx.PtxWarp;
import zipserv.tornado.ptx.Quad;

/**
 * Attention of a decode step, in which every row is a sequence of its own: rotary embedding, the new key and value into the
 * cache, online softmax over all positions and the sum of values, in one launch. Flash decoding (Dao et al., 2023): a
 * sequence's positions are split among blocks, and the last block of a key/value head to finish adds up their results in
 * the order of the positions.
 *
 * <p>A block has all query heads that share a key/value head, one or more warps for each. Eight lanes of a warp take one
 * position; they are a stream with a maximum and a sum of its own, so that only the dot products need shuffles. A block's
 * streams are added up in their order. The bits of a row depend on its length and on the number of splits, which
 * depends on the rows of the step, see {@link #splits}.
 */
final class DecodeAttention {

    /** Threads of a block. */
    static final int THREADS = 256;
    /** Largest width of a head: eight lanes with eight words each. */
    static final int MAX_DIM = 128;
    /** Most query heads of a key/value head. */
    static final int MAX_GROUP = 8;
    /** Bit of the flags: there are biases. */
    static final int BIAS = 1;
    /** Bit of the flags: heads of queries and keys are normalised. */
    static final int NORM = 2;

    /** Bit of the flags: activations have two parts, see {@link SplitValue}. */
    static final int TWO_PARTS = 4;

    private static final int WARPS = THREADS / PtxWarp.SIZE;
    private static final int STREAMS = 4 * WARPS;
    private static final int MAX_SPLITS = 32;
    /** Blocks that fill a large GPU: two for each of an H200's 132 multiprocessors. */
    private static final int ENOUGH_BLOCKS = 264;
    /** Positions of a split are a multiple of this. */
    private static final int UNIT = 16;
    private static final float NOTHING = -1e30f;

    private static final int QUERY_BYTES = 4 * MAX_GROUP * MAX_DIM;
    private static final int SUM_BYTES = 4 * STREAMS * MAX_DIM;
    private static final int MAXIMA = QUERY_BYTES + SUM_BYTES;
    private static final int TOTALS = MAXIMA + 4 * STREAMS;
    private static final int TICKET = TOTALS + 4 * STREAMS;
    private static final int WEIGHTS = TICKET + 128;
    private static final int SHARED_BYTES = WEIGHTS + 4 * MAX_GROUP * MAX_SPLITS + 4 * MAX_GROUP;

    private DecodeAttention() {
    }

    /** Whether the kernel can run a model. */
    static boolean fits(ModelConfig config) {
        return config.headDim() <= MAX_DIM && config.headDim() % 4 == 0
                && config.heads() / config.kvHeads() <= MAX_GROUP;
    }

    /** Blocks that share a sequence: a power of two. */
    static int splits(ModelConfig config, int rows) {
        int wanted = ENOUGH_BLOCKS / (rows * config.kvHeads());
        return Math.clamp(Integer.highestOneBit(Math.max(1, wanted)), 1, MAX_SPLITS);
    }

    /** Blocks of the grid. */
    static int blocks(ModelConfig config, int rows) {
        return rows * config.kvHeads() * splits(config, rows);
    }

    /** What is constant in a kernel, as one number: flags and splits. */
    static int code(int flags, int splits) {
        return flags | splits << 3;
    }

    /** Words of a split's result for a head: the sum of values, maximum and total, padded. */
    static int partialWords(int headDim) {
        return headDim + 4;
    }

    /**
     * The kernel. Worker: 1-D, {@value #THREADS} threads a block, {@link #blocks} blocks.
     *
     * @param input     {@link StepInput}
     * @param qkv       fp32 bits, rows of queries, keys and values as {@link Heads} describes them
     * @param bias      see {@link Heads}
     * @param gain      see {@link Heads}
     * @param turns     see {@link Heads}
     * @param keys      the layer's cache: per slot {@code kvHeads * headDim} BF16
     * @param values    like keys
     * @param partials  with splits, {@link #partialWords} for each row, head and split
     * @param tickets   with splits, a zero for each row and key/value head
     * @param out       BF16, rows padded to blocks of 64; zeros for rows without work
     * @param headDim   a multiple of 4, at most {@value #MAX_DIM}
     * @param code      {@link #code}
     * @param restCache distance of the parts of keys and of values
     */
    static void attend(KernelContext context, IntArray input, IntArray qkv, FloatArray bias, FloatArray gain,
            FloatArray turns, IntArray keys, IntArray values, IntArray partials, IntArray tickets, IntArray out,
            int rows, int heads, int kvHeads, int headDim, float epsilon, int code,
            int restCache) {
        int shared = PtxShared.allocate(SHARED_BYTES);
        int thread = context.localIdx;
        int flags = code & 7;
        int splits = code >>> 3;
        int parts = (flags & TWO_PARTS) != 0 ? 2 : 1;
        int warp = thread >>> 5;
        int lane = PtxWarp.lane();
        int group = heads / kvHeads;
        int split = context.groupIdx % splits;
        int unit = context.groupIdx / splits;
        int row = unit / kvHeads;
        int kvHead = unit % kvHeads;
        int words = headDim >>> 1;
        int slotWords = kvHeads * words;
        int keyAt = padded(heads * headDim);
        int valueAt = keyAt + padded(kvHeads * headDim);
        int stride = valueAt + kvHeads * headDim;
        int restIn = (parts - 1) * rows * stride;
        int rowWords = padded(heads * headDim) >>> 1;
        int restOut = (parts - 1) * rows * rowWords;

        int token = PtxMemory.loadReadOnly32(input, StepInput.token(row));
        int position = PtxMemory.loadReadOnly32(input, StepInput.position(row));
        int firstSlot = PtxMemory.loadReadOnly32(input, StepInput.firstSlot(row));
        int length = token < 0 ? 0 : position + 1;
        int chunk = ((length + splits - 1) / splits + UNIT - 1) / UNIT * UNIT;
        int from = split * chunk;
        int to = Math.min(from + chunk, length);
        int cache = firstSlot * slotWords + kvHead * words;

        if (from < to) {
            // Each warp prepares a head: the queries, and in the block of the newest position key and value.
            for (int head = warp; head < group + 2; head += WARPS) {
                if (head < group) {
                    int at = (kvHead * group + head) * headDim;
                    turn(qkv, row * stride + at, bias, at, gain, 0, turns, position * headDim,
                            shared + (head * MAX_DIM << 2), keys, 0, 0, headDim, lane, epsilon, flags, restIn, 0);
                } else if (to == length) {
                    int slot = cache + position * slotWords;
                    int at = kvHead * headDim;
                    if (head == group) {
                        turn(qkv, row * stride + keyAt + at, bias, heads * headDim + at, gain, headDim, turns,
                                position * headDim, shared, keys, slot, 1, headDim, lane, epsilon, flags, restIn,
                                restCache);
                    } else {
                        for (int pair = lane; pair < words; pair += 32) {
                            int biasAt = (heads + kvHeads) * headDim + at + 2 * pair;
                            float low = element(qkv, row * stride + valueAt + at + 2 * pair, bias, biasAt, flags,
                                    restIn);
                            float high = element(qkv, row * stride + valueAt + at + 2 * pair + 1, bias, biasAt + 1,
                                    flags, restIn);
                            SplitValue.store(values, slot + pair, restCache, low, high);
                        }
                    }
                }
            }
        }
        context.localBarrier();

        int warpsPerHead = WARPS / group;
        int ownHead = warp / warpsPerHead;
        int stream = (warp % warpsPerHead << 2) + (lane >>> 3);
        int streams = warpsPerHead << 2;
        int place = (lane & 7) << 2;
        boolean wide = headDim == MAX_DIM;
        if (ownHead < group) {
            int query = shared + (ownHead * MAX_DIM << 2) + (place << 3);
            Quad q0 = from < to ? PtxShared.load128(query) : Quad.of(0, 0, 0, 0);
            Quad q1 = from < to ? PtxShared.load128(query + 16) : Quad.of(0, 0, 0, 0);
            Quad q2 = from < to ? PtxShared.load128(query + 256) : Quad.of(0, 0, 0, 0);
            Quad q3 = from < to ? PtxShared.load128(query + 272) : Quad.of(0, 0, 0, 0);
            float scale = DeviceMath.inverseSqrt(headDim);
            float maximum = NOTHING;
            float total = 0f;
            float s0 = 0f;
            float s1 = 0f;
            float s2 = 0f;
            float s3 = 0f;
            float s4 = 0f;
            float s5 = 0f;
            float s6 = 0f;
            float s7 = 0f;
            float s8 = 0f;
            float s9 = 0f;
            float s10 = 0f;
            float s11 = 0f;
            float s12 = 0f;
            float s13 = 0f;
            float s14 = 0f;
            float s15 = 0f;
            // The next position's key and value are on their way while this one's are used.
            int ahead = cache + Math.max(0, Math.min(from + stream, to - 1)) * slotWords + place;
            Quad k0 = from < to ? load(keys, ahead, place, words, wide) : Quad.of(0, 0, 0, 0);
            Quad k1 = from < to ? load(keys, ahead + 32, place + 32, words, wide) : Quad.of(0, 0, 0, 0);
            Quad v0 = from < to ? load(values, ahead, place, words, wide) : Quad.of(0, 0, 0, 0);
            Quad v1 = from < to ? load(values, ahead + 32, place + 32, words, wide) : Quad.of(0, 0, 0, 0);
            for (int tile = from; tile < to; tile += streams) {
                int p = tile + stream;
                boolean valid = p < to;
                int at = cache + Math.min(p, to - 1) * slotWords + place;
                ahead = cache + Math.min(p + streams, to - 1) * slotWords + place;
                Quad nextK0 = load(keys, ahead, place, words, wide);
                Quad nextK1 = load(keys, ahead + 32, place + 32, words, wide);
                Quad nextV0 = load(values, ahead, place, words, wide);
                Quad nextV1 = load(values, ahead + 32, place + 32, words, wide);
                float product = dot(q0, q1, k0, 0f);
                product = dot(q2, q3, k1, product);
                if (restCache != 0) {
                    product = dot(q0, q1, load(keys, at + restCache, place, words, wide), product);
                    product = dot(q2, q3, load(keys, at + 32 + restCache, place + 32, words, wide), product);
                }
                product = PtxFloat.add(product, PtxWarp.shuffleXor(product, 4));
                product = PtxFloat.add(product, PtxWarp.shuffleXor(product, 2));
                product = PtxFloat.add(product, PtxWarp.shuffleXor(product, 1));
                float score = valid ? PtxFloat.mul(product, scale) : NOTHING;
                float newMaximum = Math.max(maximum, score);
                float factor = DeviceMath.exp(maximum - newMaximum);
                float weight = valid ? DeviceMath.exp(score - newMaximum) : 0f;
                maximum = newMaximum;
                total = PtxFloat.fma(total, factor, weight);
                s0 = PtxFloat.fma(weight, PtxFloat.lowBf16(v0.x()), PtxFloat.mul(s0, factor));
                s1 = PtxFloat.fma(weight, PtxFloat.highBf16(v0.x()), PtxFloat.mul(s1, factor));
                s2 = PtxFloat.fma(weight, PtxFloat.lowBf16(v0.y()), PtxFloat.mul(s2, factor));
                s3 = PtxFloat.fma(weight, PtxFloat.highBf16(v0.y()), PtxFloat.mul(s3, factor));
                s4 = PtxFloat.fma(weight, PtxFloat.lowBf16(v0.z()), PtxFloat.mul(s4, factor));
                s5 = PtxFloat.fma(weight, PtxFloat.highBf16(v0.z()), PtxFloat.mul(s5, factor));
                s6 = PtxFloat.fma(weight, PtxFloat.lowBf16(v0.w()), PtxFloat.mul(s6, factor));
                s7 = PtxFloat.fma(weight, PtxFloat.highBf16(v0.w()), PtxFloat.mul(s7, factor));
                s8 = PtxFloat.fma(weight, PtxFloat.lowBf16(v1.x()), PtxFloat.mul(s8, factor));
                s9 = PtxFloat.fma(weight, PtxFloat.highBf16(v1.x()), PtxFloat.mul(s9, factor));
                s10 = PtxFloat.fma(weight, PtxFloat.lowBf16(v1.y()), PtxFloat.mul(s10, factor));
                s11 = PtxFloat.fma(weight, PtxFloat.highBf16(v1.y()), PtxFloat.mul(s11, factor));
                s12 = PtxFloat.fma(weight, PtxFloat.lowBf16(v1.z()), PtxFloat.mul(s12, factor));
                s13 = PtxFloat.fma(weight, PtxFloat.highBf16(v1.z()), PtxFloat.mul(s13, factor));
                s14 = PtxFloat.fma(weight, PtxFloat.lowBf16(v1.w()), PtxFloat.mul(s14, factor));
                s15 = PtxFloat.fma(weight, PtxFloat.highBf16(v1.w()), PtxFloat.mul(s15, factor));
                if (restCache != 0) {
                    Quad r0 = load(values, at + restCache, place, words, wide);
                    Quad r1 = load(values, at + 32 + restCache, place + 32, words, wide);
                    s0 = PtxFloat.fma(weight, PtxFloat.lowBf16(r0.x()), s0);
                    s1 = PtxFloat.fma(weight, PtxFloat.highBf16(r0.x()), s1);
                    s2 = PtxFloat.fma(weight, PtxFloat.lowBf16(r0.y()), s2);
                    s3 = PtxFloat.fma(weight, PtxFloat.highBf16(r0.y()), s3);
                    s4 = PtxFloat.fma(weight, PtxFloat.lowBf16(r0.z()), s4);
                    s5 = PtxFloat.fma(weight, PtxFloat.highBf16(r0.z()), s5);
                    s6 = PtxFloat.fma(weight, PtxFloat.lowBf16(r0.w()), s6);
                    s7 = PtxFloat.fma(weight, PtxFloat.highBf16(r0.w()), s7);
                    s8 = PtxFloat.fma(weight, PtxFloat.lowBf16(r1.x()), s8);
                    s9 = PtxFloat.fma(weight, PtxFloat.highBf16(r1.x()), s9);
                    s10 = PtxFloat.fma(weight, PtxFloat.lowBf16(r1.y()), s10);
                    s11 = PtxFloat.fma(weight, PtxFloat.highBf16(r1.y()), s11);
                    s12 = PtxFloat.fma(weight, PtxFloat.lowBf16(r1.z()), s12);
                    s13 = PtxFloat.fma(weight, PtxFloat.highBf16(r1.z()), s13);
                    s14 = PtxFloat.fma(weight, PtxFloat.lowBf16(r1.w()), s14);
                    s15 = PtxFloat.fma(weight, PtxFloat.highBf16(r1.w()), s15);
                }
                k0 = nextK0;
                k1 = nextK1;
                v0 = nextV0;
                v1 = nextV1;
            }
            int own = ownHead * streams + stream;
            int sums = shared + QUERY_BYTES + (own * MAX_DIM << 2) + (place << 3);
            PtxShared.store128(sums, PtxBits.asInt(s0), PtxBits.asInt(s1), PtxBits.asInt(s2), PtxBits.asInt(s3));
            PtxShared.store128(sums + 16, PtxBits.asInt(s4), PtxBits.asInt(s5), PtxBits.asInt(s6), PtxBits.asInt(s7));
            PtxShared.store128(sums + 256, PtxBits.asInt(s8), PtxBits.asInt(s9), PtxBits.asInt(s10),
                    PtxBits.asInt(s11));
            PtxShared.store128(sums + 272, PtxBits.asInt(s12), PtxBits.asInt(s13), PtxBits.asInt(s14),
                    PtxBits.asInt(s15));
            if ((lane & 7) == 0) {
                PtxShared.storeFloat(shared + MAXIMA + (own << 2), maximum);
                PtxShared.storeFloat(shared + TOTALS + (own << 2), total);
            }
        }
        context.localBarrier();

        // The block's result: a thread adds up two neighbouring elements of all streams of a head.
        for (int pair = thread; pair < group * words; pair += THREADS) {
            int head = pair / words;
            int element = pair % words << 1;
            float maximum = NOTHING;
            for (int s = 0; s < streams; s++) {
                maximum = Math.max(maximum, PtxShared.loadFloat(shared + MAXIMA + (head * streams + s << 2)));
            }
            float total = 0f;
            float low = 0f;
            float high = 0f;
            for (int s = 0; s < streams; s++) {
                int own = head * streams + s;
                float factor = DeviceMath.exp(PtxShared.loadFloat(shared + MAXIMA + (own << 2)) - maximum);
                total = PtxFloat.fma(factor, PtxShared.loadFloat(shared + TOTALS + (own << 2)), total);
                int sums = shared + QUERY_BYTES + (own * MAX_DIM + element << 2);
                low = PtxFloat.fma(factor, PtxShared.loadFloat(sums), low);
                high = PtxFloat.fma(factor, PtxShared.loadFloat(sums + 4), high);
            }
            if (splits > 1) {
                int at = (((row * kvHeads + kvHead) * group + head) * splits + split) * partialWords(headDim);
                PtxMemory.store64(partials, at + element, PtxBits.asInt(low), PtxBits.asInt(high));
                if (element == 0) {
                    PtxMemory.store64(partials, at + headDim, PtxBits.asInt(maximum), PtxBits.asInt(total));
                }
            } else {
                float factor = length > 0 ? DeviceMath.reciprocal(total) : 0f;
                SplitValue.store(out, row * rowWords + (kvHead * group + head) * words + (element >>> 1), restOut,
                        PtxFloat.mul(low, factor), PtxFloat.mul(high, factor));
            }
        }

        if (splits > 1) {
            PtxSync.fence();
            context.localBarrier();
            if (thread == 0) {
                PtxShared.store32(shared + TICKET, PtxSync.fetchAdd(tickets, unit, 1));
            }
            context.localBarrier();
            if (PtxShared.load32(shared + TICKET) == splits - 1) {
                PtxSync.fence();
                int base = (row * kvHeads + kvHead) * group * splits * partialWords(headDim);
                // A warp per head, a lane per split: what each split's sum counts for.
                if (warp < group) {
                    int at = base + (warp * splits + lane) * partialWords(headDim) + headDim;
                    float maximum = NOTHING;
                    float total = 0f;
                    if (lane < splits) {
                        maximum = PtxBits.asFloat(PtxMemory.load32(partials, at));
                        total = PtxBits.asFloat(PtxMemory.load32(partials, at + 1));
                    }
                    float largest = maximum;
                    largest = Math.max(largest, PtxWarp.shuffleXor(largest, 16));
                    largest = Math.max(largest, PtxWarp.shuffleXor(largest, 8));
                    largest = Math.max(largest, PtxWarp.shuffleXor(largest, 4));
                    largest = Math.max(largest, PtxWarp.shuffleXor(largest, 2));
                    largest = Math.max(largest, PtxWarp.shuffleXor(largest, 1));
                    float weight = DeviceMath.exp(maximum - largest);
                    float sum = Normalization.warpSum(PtxFloat.mul(total, weight));
                    float factor = length > 0 ? DeviceMath.reciprocal(sum) : 0f;
                    PtxShared.storeFloat(shared + WEIGHTS + (warp * MAX_SPLITS + lane << 2),
                            total > 0f ? PtxFloat.mul(weight, factor) : 0f);
                }
                context.localBarrier();
                int used = length == 0 ? 0 : (length + chunk - 1) / chunk;
                for (int pair = thread; pair < group * words; pair += THREADS) {
                    int head = pair / words;
                    int element = pair % words << 1;
                    int at = base + head * splits * partialWords(headDim) + element;
                    int weights = shared + WEIGHTS + (head * MAX_SPLITS << 2);
                    float low = 0f;
                    float high = 0f;
                    // Four at a time, so that their loads overlap; those beyond have no weight.
                    for (int s = 0; s < used; s += 4) {
                        int s1 = Math.min(s + 1, splits - 1);
                        int s2 = Math.min(s + 2, splits - 1);
                        int s3 = Math.min(s + 3, splits - 1);
                        Pair sum0 = PtxMemory.load64(partials, at + s * partialWords(headDim));
                        Pair sum1 = PtxMemory.load64(partials, at + s1 * partialWords(headDim));
                        Pair sum2 = PtxMemory.load64(partials, at + s2 * partialWords(headDim));
                        Pair sum3 = PtxMemory.load64(partials, at + s3 * partialWords(headDim));
                        float weight0 = PtxShared.loadFloat(weights + (s << 2));
                        float weight1 = s + 1 < used ? PtxShared.loadFloat(weights + (s1 << 2)) : 0f;
                        float weight2 = s + 2 < used ? PtxShared.loadFloat(weights + (s2 << 2)) : 0f;
                        float weight3 = s + 3 < used ? PtxShared.loadFloat(weights + (s3 << 2)) : 0f;
                        low = PtxFloat.fma(weight0, PtxBits.asFloat(sum0.x()), low);
                        high = PtxFloat.fma(weight0, PtxBits.asFloat(sum0.y()), high);
                        low = PtxFloat.fma(weight1, PtxBits.asFloat(sum1.x()), low);
                        high = PtxFloat.fma(weight1, PtxBits.asFloat(sum1.y()), high);
                        low = PtxFloat.fma(weight2, PtxBits.asFloat(sum2.x()), low);
                        high = PtxFloat.fma(weight2, PtxBits.asFloat(sum2.y()), high);
                        low = PtxFloat.fma(weight3, PtxBits.asFloat(sum3.x()), low);
                        high = PtxFloat.fma(weight3, PtxBits.asFloat(sum3.y()), high);
                    }
                    SplitValue.store(out, row * rowWords + (kvHead * group + head) * words + (element >>> 1), restOut,
                            low, high);
                }
                if (thread == 0) {
                    tickets.set(unit, 0);
                }
            }
        }
        if (kvHead == kvHeads - 1 && split == 0) {
            for (int i = heads * words + thread; i < rowWords; i += THREADS) {
                SplitValue.store(out, row * rowWords + i, restOut, 0f, 0f);
            }
        }
    }

    /** As {@link DeviceMatrix#padded}, for kernels. */
    private static int padded(int width) {
        return (width + FragmentLayout.BLOCK - 1) / FragmentLayout.BLOCK * FragmentLayout.BLOCK;
    }

    /** Four words of a position's key or value; those behind the head are 0. */
    private static Quad load(IntArray cache, int at, int word, int words, boolean wide) {
        Quad quad = Quad.of(0, 0, 0, 0);
        if (wide) {
            quad = PtxMemory.load128(cache, at);
        } else {
            int x = 0;
            int y = 0;
            int z = 0;
            int w = 0;
            if (word < words) {
                x = PtxMemory.load32(cache, at);
            }
            if (word + 1 < words) {
                y = PtxMemory.load32(cache, at + 1);
            }
            if (word + 2 < words) {
                z = PtxMemory.load32(cache, at + 2);
            }
            if (word + 3 < words) {
                w = PtxMemory.load32(cache, at + 3);
            }
            quad = Quad.of(x, y, z, w);
        }
        return quad;
    }

    /** Adds the products of eight elements of a query and a key. */
    private static float dot(Quad low, Quad high, Quad key, float sum) {
        float result = PtxFloat.fma(PtxBits.asFloat(low.x()), PtxFloat.lowBf16(key.x()), sum);
        result = PtxFloat.fma(PtxBits.asFloat(low.y()), PtxFloat.highBf16(key.x()), result);
        result = PtxFloat.fma(PtxBits.asFloat(low.z()), PtxFloat.lowBf16(key.y()), result);
        result = PtxFloat.fma(PtxBits.asFloat(low.w()), PtxFloat.highBf16(key.y()), result);
        result = PtxFloat.fma(PtxBits.asFloat(high.x()), PtxFloat.lowBf16(key.z()), result);
        result = PtxFloat.fma(PtxBits.asFloat(high.y()), PtxFloat.highBf16(key.z()), result);
        result = PtxFloat.fma(PtxBits.asFloat(high.z()), PtxFloat.lowBf16(key.w()), result);
        return PtxFloat.fma(PtxBits.asFloat(high.w()), PtxFloat.highBf16(key.w()), result);
    }

    private static float element(IntArray x, int at, FloatArray bias, int biasAt, int flags, int rest) {
        float value = SplitValue.load(x, at, rest);
        if ((flags & BIAS) != 0) {
            value = PtxFloat.add(value, bias.get(biasAt));
        }
        return value;
    }

    /** Norm and rotation of a head by a warp, to shared memory (fp32, zeros behind the head) or to the cache. */
    private static void turn(IntArray x, int from, FloatArray bias, int biasFrom, FloatArray gain, int gainFrom,
            FloatArray turns, int turnsFrom, int shared, IntArray keys, int slot, int toCache, int headDim, int lane,
            float epsilon, int flags, int rest, int restCache) {
        int half = headDim >>> 1;
        float scale = 1f;
        if ((flags & NORM) != 0) {
            float squares = 0f;
            for (int i = lane; i < headDim; i += 32) {
                float value = element(x, from + i, bias, biasFrom + i, flags, rest);
                squares = PtxFloat.fma(value, value, squares);
            }
            scale = DeviceMath.inverseSqrt(PtxFloat.fma(Normalization.warpSum(squares), 1f / headDim, epsilon));
        }
        for (int i = lane << 1; i < half; i += 64) {
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
            if (toCache != 0) {
                SplitValue.store(keys, slot + (i >>> 1), restCache, turned0, turned1);
                SplitValue.store(keys, slot + (half + i >>> 1), restCache, partner0, partner1);
            } else {
                PtxShared.store64(shared + (i << 2), PtxBits.asInt(turned0), PtxBits.asInt(turned1));
                PtxShared.store64(shared + (half + i << 2), PtxBits.asInt(partner0), PtxBits.asInt(partner1));
            }
        }
        if (toCache == 0) {
            for (int i = headDim + lane; i < MAX_DIM; i += 32) {
                PtxShared.store32(shared + (i << 2), 0);
            }
        }
    }
}
