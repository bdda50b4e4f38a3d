package zipserv.tornado.engine;

import uk.ac.manchester.tornado.api.KernelContext;
import uk.ac.manchester.tornado.api.types.arrays.FloatArray;
import uk.ac.manchester.tornado.api.types.arrays.IntArray;
import zipserv.model.ModelConfig;
import zipserv.tornado.kernels.DeviceMath;
import zipserv.tornado.kernels.Ticket;
import zipserv.tornado.ptx.Accumulator;
import zipserv.tornado.ptx.PtxBits;
import zipserv.tornado.ptx.PtxFloat;
import zipserv.tornado.ptx.PtxMemory;
import zipserv.tornado.ptx.PtxShared;
import zipserv.tornado.ptx.PtxSync;
import zipserv.tornado.ptx.PtxWarp;
import zipserv.tornado.ptx.Quad;

/**
 * Attention of a decode step, in which every row is a sequence of its own: rotary embedding, the new key and value into
 * the cache, online softmax over all positions and the sum of values, in one launch. Flash decoding (Dao et al., 2023):
 * a sequence's positions are split among blocks, and the last block of a key/value head to finish adds up their results
 * in the order of the positions.
 *
 * <p>A block has all query heads that share a key/value head, one or more warps for each. Eight lanes of a warp take
 * one position; they are a stream with a maximum and a sum of its own, so that only the dot products need shuffles.
 * The streams of a warp are added up in its registers, all the rest by {@link DecodeSums}. The bits of a row depend on its
 * length and on the number of splits, which depends on the rows of the step, see {@link #splits}.
 *
 * <p>Most of a single row's time is latency. So a block asks for its first keys and values before it waits for the
 * projection: those of earlier positions were written by earlier steps, and the input before the step's first kernel,
 * and all of that has ended, see {@link ReplayedSteps}.
 */
final class DecodeAttention {

    /** Threads of a block. */
    static final int THREADS = 256;
    /** Largest width of a head: eight lanes with eight words each. */
    static final int MAX_DIM = 128;
    /** Most query heads of a key/value head. */
    static final int MAX_GROUP = 8;
    /** Bit of the flags, besides {@link HeadTurn}'s: activations have two parts, see {@link SplitValue}. */
    static final int TWO_PARTS = 4;

    /** Warps of a block. */
    static final int WARPS = THREADS / PtxWarp.SIZE;

    /** Blocks that fill a large GPU: two for each of an H200's 132 multiprocessors. */
    private static final int ENOUGH_BLOCKS = 264;
    /** Positions of a split are a multiple of this. */
    private static final int UNIT = 16;

    private static final int QUERY_BYTES = 4 * MAX_GROUP * MAX_DIM;

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
        return Math.clamp(Integer.highestOneBit(Math.max(1, wanted)), 1, DecodeSums.MAX_SPLITS);
    }

    /** Blocks of the grid. */
    static int blocks(ModelConfig config, int rows) {
        return rows * config.kvHeads() * splits(config, rows);
    }

    /**
     * What is constant in a kernel, as one number.
     *
     * @param width of the result, see {@link ActivationRows}
     */
    static int code(int flags, int splits, int width) {
        return flags | splits << 3 | width << 12;
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
     * @param partials  with splits, {@link DecodeSums#partialWords} for each row, head and split
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
        int queries = PtxShared.allocate(QUERY_BYTES);
        int sums = PtxShared.allocate(DecodeSums.SHARED_BYTES);
        int thread = context.localIdx;
        int flags = code & 7;
        int splits = code >>> 3 & 511;
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
        int keyAt = DeviceMatrix.padded(heads * headDim);
        int valueAt = keyAt + DeviceMatrix.padded(kvHeads * headDim);
        int stride = valueAt + kvHeads * headDim;
        int restIn = (parts - 1) * rows * stride;
        int rowWords = DeviceMatrix.padded(heads * headDim) >>> 1;
        int width = code >>> 12;
        int order = ActivationRows.order(rowWords, width);
        int restOut = (parts - 1) * rows * ActivationRows.distance(order);

        int token = PtxMemory.loadReadOnly32(input, StepInput.token(row));
        int position = PtxMemory.loadReadOnly32(input, StepInput.position(row));
        int firstSlot = PtxMemory.loadReadOnly32(input, StepInput.firstSlot(row));
        int length = token < 0 ? 0 : position + 1;
        int chunk = ((length + splits - 1) / splits + UNIT - 1) / UNIT * UNIT;
        int from = split * chunk;
        int to = Math.min(from + chunk, length);
        int cache = firstSlot * slotWords + kvHead * words;

        int perHead = WARPS / group;
        int ownHead = warp / perHead;
        int stream = (warp % perHead << 2) + (lane >>> 3);
        int streams = perHead << 2;
        int place = (lane & 7) << 2;
        boolean wide = headDim == MAX_DIM;
        boolean busy = ownHead < group && from < to;
        int first = Math.min(from + stream, to - 1);
        int ahead = cache + first * slotWords + place;
        Quad k0 = Quad.of(0, 0, 0, 0);
        Quad k1 = Quad.of(0, 0, 0, 0);
        Quad v0 = Quad.of(0, 0, 0, 0);
        Quad v1 = Quad.of(0, 0, 0, 0);
        if (busy && first < length - 1) {
            k0 = load(keys, ahead, place, words, wide);
            k1 = load(keys, ahead + 32, place + 32, words, wide);
            v0 = load(values, ahead, place, words, wide);
            v1 = load(values, ahead + 32, place + 32, words, wide);
        }
        PtxSync.awaitPredecessor();

        if (from < to) {
            // Each warp prepares a head: the queries, and in the block of the newest position key and value.
            for (int head = warp; head < group + 2; head += WARPS) {
                int at = kvHead * headDim;
                int slot = cache + position * slotWords;
                if (head < group) {
                    int query = (kvHead * group + head) * headDim;
                    int query0 = queries + (head * MAX_DIM << 2);
                    HeadTurn.turn(qkv, row * stride + query, bias, query, gain, 0, turns, position * headDim,
                            HeadTurn.SHARED, keys, query0, headDim, lane, epsilon, flags, restIn, 0);
                    for (int i = headDim + lane; i < MAX_DIM; i += PtxWarp.SIZE) {
                        PtxShared.store32(query0 + (i << 2), 0);
                    }
                } else if (to == length) {
                    if (head == group) {
                        HeadTurn.turn(qkv, row * stride + keyAt + at, bias, heads * headDim + at, gain, headDim, turns,
                                position * headDim, HeadTurn.CACHE, keys, slot, headDim, lane, epsilon, flags, restIn,
                                restCache);
                    } else {
                        HeadTurn.store(qkv, row * stride + valueAt + at, bias, (heads + kvHeads) * headDim + at, values,
                                slot, headDim, lane, flags, restIn, restCache);
                    }
                }
            }
        }
        context.localBarrier();

        if (ownHead < group) {
            int query = queries + (ownHead * MAX_DIM << 2) + (place << 3);
            Quad q0 = from < to ? PtxShared.load128(query) : Quad.of(0, 0, 0, 0);
            Quad q1 = from < to ? PtxShared.load128(query + 16) : Quad.of(0, 0, 0, 0);
            Quad q2 = from < to ? PtxShared.load128(query + 256) : Quad.of(0, 0, 0, 0);
            Quad q3 = from < to ? PtxShared.load128(query + 272) : Quad.of(0, 0, 0, 0);
            float scale = DeviceMath.inverseSqrt(headDim);
            float maximum = DecodeSums.NOTHING;
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
            if (busy && first == length - 1) {
                k0 = load(keys, ahead, place, words, wide);
                k1 = load(keys, ahead + 32, place + 32, words, wide);
                v0 = load(values, ahead, place, words, wide);
                v1 = load(values, ahead + 32, place + 32, words, wide);
            }
            // The next position's key and value are on their way while this one's are used.
            for (int tile = from; tile < to; tile += streams) {
                int p = tile + stream;
                boolean valid = p < to;
                int at = cache + Math.min(p, to - 1) * slotWords + place;
                ahead = cache + Math.min(p + streams, to - 1) * slotWords + place;
                Quad nextK0 = load(keys, ahead, place, words, wide);
                Quad nextK1 = load(keys, ahead + 32, place + 32, words, wide);
                Quad nextV0 = load(values, ahead, place, words, wide);
                Quad nextV1 = load(values, ahead + 32, place + 32, words, wide);
                Quad restK0 = restCache != 0 ? load(keys, at + restCache, place, words, wide) : k0;
                Quad restK1 = restCache != 0 ? load(keys, at + 32 + restCache, place + 32, words, wide) : k1;
                Quad r0 = restCache != 0 ? load(values, at + restCache, place, words, wide) : v0;
                Quad r1 = restCache != 0 ? load(values, at + 32 + restCache, place + 32, words, wide) : v1;
                float product = dot(q0, q1, k0, 0f);
                product = dot(q2, q3, k1, product);
                if (restCache != 0) {
                    product = dot(q0, q1, restK0, product);
                    product = dot(q2, q3, restK1, product);
                }
                product = PtxFloat.add(product, PtxWarp.shuffleXor(product, 4));
                product = PtxFloat.add(product, PtxWarp.shuffleXor(product, 2));
                product = PtxFloat.add(product, PtxWarp.shuffleXor(product, 1));
                float score = valid ? PtxFloat.mul(product, scale) : DecodeSums.NOTHING;
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
            float largest = Math.max(maximum, PtxWarp.shuffleXor(maximum, 8));
            largest = Math.max(largest, PtxWarp.shuffleXor(largest, 16));
            float factor = DeviceMath.exp(maximum - largest);
            total = acrossStreams(total, factor);
            s0 = acrossStreams(s0, factor);
            s1 = acrossStreams(s1, factor);
            s2 = acrossStreams(s2, factor);
            s3 = acrossStreams(s3, factor);
            s4 = acrossStreams(s4, factor);
            s5 = acrossStreams(s5, factor);
            s6 = acrossStreams(s6, factor);
            s7 = acrossStreams(s7, factor);
            s8 = acrossStreams(s8, factor);
            s9 = acrossStreams(s9, factor);
            s10 = acrossStreams(s10, factor);
            s11 = acrossStreams(s11, factor);
            s12 = acrossStreams(s12, factor);
            s13 = acrossStreams(s13, factor);
            s14 = acrossStreams(s14, factor);
            s15 = acrossStreams(s15, factor);
            if (lane < 8) {
                int own = DecodeSums.place(sums, warp, lane, largest, total);
                PtxShared.store128(own, PtxBits.asInt(s0), PtxBits.asInt(s1), PtxBits.asInt(s2), PtxBits.asInt(s3));
                PtxShared.store128(own + 16, PtxBits.asInt(s4), PtxBits.asInt(s5), PtxBits.asInt(s6),
                        PtxBits.asInt(s7));
                PtxShared.store128(own + 256, PtxBits.asInt(s8), PtxBits.asInt(s9), PtxBits.asInt(s10),
                        PtxBits.asInt(s11));
                PtxShared.store128(own + 272, PtxBits.asInt(s12), PtxBits.asInt(s13), PtxBits.asInt(s14),
                        PtxBits.asInt(s15));
            }
        }
        context.localBarrier();

        int partial = unit * group * splits * DecodeSums.partialWords(headDim);
        int outAt = row * rowWords + kvHead * group * words;
        if (from < to || splits == 1) {
            DecodeSums.joinWarps(partials, out, sums, thread, perHead, partial, outAt, group, headDim, splits, split,
                    length, order, restOut);
        }
        if (splits > 1) {
            if (Ticket.isLast(context, thread, sums + DecodeSums.TICKET, tickets, unit, splits)) {
                int used = length == 0 ? 0 : (length + chunk - 1) / chunk;
                Accumulator slice = DecodeSums.joinSplits(context, partials, sums, thread, partial, group, headDim,
                        splits, used);
                DecodeSums.joinSlices(context, out, sums, thread, outAt, group, headDim, splits, order, restOut,
                        slice);
            }
        }
        if (kvHead == kvHeads - 1 && split == 0 && warp == 0) {
            SplitValue.clear(out, row * rowWords + heads * words + lane, (row + 1) * rowWords, order, restOut);
        }
    }

    /** The sum over a warp's four streams, each times its own factor. */
    private static float acrossStreams(float value, float factor) {
        float own = PtxFloat.mul(value, factor);
        float sum = PtxFloat.add(own, PtxWarp.shuffleXor(own, 8));
        return PtxFloat.add(sum, PtxWarp.shuffleXor(sum, 16));
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
}
