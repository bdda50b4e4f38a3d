package zipserv.tornado.engine;

import uk.ac.manchester.tornado.api.KernelContext;
import uk.ac.manchester.tornado.api.types.arrays.FloatArray;
import uk.ac.manchester.tornado.api.types.arrays.IntArray;
import zipserv.model.ModelConfig;
import zipserv.tornado.kernels.DeviceMath;
import zipserv.tornado.ptx.Accumulator;
import zipserv.tornado.ptx.Pair;
import zipserv.tornado.ptx.PtxBits;
import zipserv.tornado.ptx.PtxFloat;
import zipserv.tornado.ptx.PtxMemory;
import zipserv.tornado.ptx.PtxShared;
import zipserv.tornado.ptx.PtxSync;
import zipserv.tornado.ptx.PtxWarp;
import zipserv.tornado.ptx.Quad;

/**
 * Attention of a decode step of many sequences on Tensor Cores; it does what {@link DecodeAttention} does, but reads
 * and multiplies keys and values once for all query heads that share them, and does not split sequences among blocks.
 *
 * <p>A block has a row and a key/value head. Its warps take the sequence's tiles of {@value BatchTile#KEYS} positions
 * in turn, from the newest on, each with a ring of three tiles in shared memory of its own: keys, values, and one that
 * is on its way. They wait for nobody until their sums are added up at the end, in the order of the warps.
 *
 * <p>The mma's 16 rows are up to eight queries and, eight rows on, what rounding took away from them; so are those of
 * the probabilities. That takes no more products than rounded ones alone, since eight rows would be empty, and only
 * keys, values and results are rounded, to one BF16 or the sum of two. Scores are products of queries and keys, times
 * log2(e), so that the softmax takes powers of two.
 *
 * <p>The first tiles are asked for before the block waits for the projection, see {@link DecodeAttention}. The newest
 * position is in the first tile of the block's first warp: its key and value do not come back from the cache, the block
 * leaves them in that tile itself. No memory behind it is read. A row's bits depend on its sequence alone.
 */
final class BatchAttention {

    /** System property: false to leave steps of all sizes to {@link DecodeAttention}. */
    static final String PROPERTY = "zipserv.batchattention";

    /** Most query heads of a key/value head. */
    static final int MAX_GROUP = 8;
    /** Limit of registers: three blocks of four warps fit on a multiprocessor. */
    static final int MAX_REGISTERS = 168;

    /** Blocks from which on none have to share a sequence: about one for each multiprocessor of a large GPU. */
    private static final int ENOUGH_BLOCKS = 128;
    /** Warps of a block; half as many if keys and values have two parts, so that as much memory will do. */
    private static final int WARPS = 4;

    private BatchAttention() {
    }

    /** Whether the kernel can run a model. */
    static boolean fits(ModelConfig config) {
        return PromptAttention.fits(config) && config.heads() / config.kvHeads() <= MAX_GROUP;
    }

    /** Whether the kernel is to take the decode steps of so many rows. */
    static boolean takes(ModelConfig config, int rows) {
        return fits(config) && blocks(config, rows) >= ENOUGH_BLOCKS
                && !"false".equals(System.getProperty(PROPERTY));
    }

    /** Threads of a block. */
    static int threads(int restCache) {
        return (restCache != 0 ? WARPS / 2 : WARPS) * PtxWarp.SIZE;
    }

    /** Blocks of the grid. */
    static int blocks(ModelConfig config, int rows) {
        return rows * config.kvHeads();
    }

    /**
     * The kernel. Worker: 1-D, {@link #threads} threads a block, {@link #blocks} blocks.
     *
     * @param input     {@link StepInput}
     * @param qkv       fp32 bits, rows of queries, keys and values as {@link Heads} describes them
     * @param bias      see {@link Heads}
     * @param gain      see {@link Heads}
     * @param turns     see {@link Heads}
     * @param keys      the layer's cache: per slot {@code kvHeads * headDim} BF16
     * @param values    like keys
     * @param out       BF16, zeros behind the heads; zeros for rows without work
     * @param headDim   a multiple of 16, at most {@value PromptAttention#MAX_DIM}
     * @param code      {@link DecodeAttention#code} without splits
     * @param restCache distance of the parts of keys and of values
     * @param scale     {@link PromptAttention#scale}
     */
    static void attend(KernelContext context, IntArray input, IntArray qkv, FloatArray bias, FloatArray gain,
            FloatArray turns, IntArray keys, IntArray values, IntArray out, int rows, int heads, int kvHeads,
            int headDim, float epsilon, int code, int restCache, float scale) {
        int warps = threads(restCache) >>> 5;
        int rowBytes = headDim << 1;
        int rest = restCache != 0 ? BatchTile.KEYS * rowBytes : 0;
        int tileBytes = BatchTile.KEYS * rowBytes + rest;
        int shared = PtxShared.allocate(3 * warps * tileBytes);
        int thread = context.localIdx;
        int warp = thread >>> 5;
        int lane = PtxWarp.lane();
        int part = lane & 3;
        int flags = code & 7;
        int parts = (flags & DecodeAttention.TWO_PARTS) != 0 ? 2 : 1;
        int group = heads / kvHeads;
        int row = context.groupIdx / kvHeads;
        int kvHead = context.groupIdx % kvHeads;
        int words = headDim >>> 1;
        int slotWords = kvHeads * words;
        int keyAt = DeviceMatrix.padded(heads * headDim);
        int valueAt = keyAt + DeviceMatrix.padded(kvHeads * headDim);
        int stride = valueAt + kvHeads * headDim;
        int restIn = (parts - 1) * rows * stride;
        int rowWords = DeviceMatrix.padded(heads * headDim) >>> 1;
        int order = ActivationRows.order(rowWords, code >>> 12);
        int restOut = (parts - 1) * rows * ActivationRows.distance(order);

        int token = PtxMemory.loadReadOnly32(input, StepInput.token(row));
        int position = PtxMemory.loadReadOnly32(input, StepInput.position(row));
        int firstSlot = PtxMemory.loadReadOnly32(input, StepInput.firstSlot(row));
        int length = token < 0 ? 0 : position + 1;
        int cache = firstSlot * slotWords + kvHead * words;
        int first = ((length + BatchTile.KEYS - 1) / BatchTile.KEYS - 1 - warp) * BatchTile.KEYS;

        // The third tiles follow those of all warps: until they are needed, queries are prepared there.
        int key = shared + 2 * warp * tileBytes;
        int value = key + tileBytes;
        int spare = shared + (2 * warps + warp) * tileBytes;
        if (first >= 0) {
            BatchTile.copyFirst(keys, key, cache + first * slotWords, length - 1 - first, headDim, slotWords,
                    restCache, lane);
        }
        PtxShared.commitCopies();
        if (first >= 0) {
            BatchTile.copyFirst(values, value, cache + first * slotWords, length - 1 - first, headDim, slotWords,
                    restCache, lane);
        }
        PtxShared.commitCopies();
        PtxSync.awaitPredecessor();

        // Each warp turns a head: the queries, the key, the value. Rows of fp32, in different banks.
        int turned = shared + 2 * warps * tileBytes;
        int headBytes = (headDim << 2) + 32;
        if (length > 0) {
            for (int head = warp; head < group + 2; head += warps) {
                int to = turned + head * headBytes;
                if (head <= group) {
                    int own = head < group ? (kvHead * group + head) * headDim : keyAt + kvHead * headDim;
                    int biasAt = head < group ? own : (heads + kvHead) * headDim;
                    HeadTurn.turn(qkv, row * stride + own, bias, biasAt, gain, head < group ? 0 : headDim, turns,
                            position * headDim, HeadTurn.SHARED, keys, to, headDim, lane, epsilon, flags, restIn, 0);
                } else {
                    HeadTurn.keep(qkv, row * stride + valueAt + kvHead * headDim, bias,
                            (heads + kvHeads + kvHead) * headDim, to, headDim, lane, flags, restIn);
                }
            }
        }
        context.localBarrier();
        int queries = turned + (group + 2) * headBytes + 15 & -16;
        if (length > 0) {
            int newest = length - 1 & BatchTile.KEYS - 1;
            int slot = cache + position * slotWords;
            for (int pair = (warp >>> 1 << 5) + lane; pair < words; pair += warps << 4) {
                if ((warp & 1) == 0) {
                    BatchTile.newest(turned + group * headBytes, pair, keys, slot, shared, newest, headDim, restCache);
                } else {
                    BatchTile.newest(turned + (group + 1) * headBytes, pair, values, slot, shared + tileBytes, newest,
                            headDim, restCache);
                }
            }
        }
        for (int n = warp; 16 * n < headDim; n += warps) {
            BatchTile.query(turned + (lane >>> 2) * headBytes + (16 * n + 2 * part << 2),
                    length > 0 && lane >>> 2 < group, scale, queries + 512 * n + (lane << 4));
        }
        context.localBarrier();
        Quad q0 = BatchTile.query(0, headDim, queries + (lane << 4));
        Quad q1 = BatchTile.query(1, headDim, queries + (lane << 4));
        Quad q2 = BatchTile.query(2, headDim, queries + (lane << 4));
        Quad q3 = BatchTile.query(3, headDim, queries + (lane << 4));
        Quad q4 = BatchTile.query(4, headDim, queries + (lane << 4));
        Quad q5 = BatchTile.query(5, headDim, queries + (lane << 4));
        Quad q6 = BatchTile.query(6, headDim, queries + (lane << 4));
        Quad q7 = BatchTile.query(7, headDim, queries + (lane << 4));
        context.localBarrier();

        float maximum = DecodeSums.NOTHING;
        float total = 0f;
        Accumulator o0 = Accumulator.zero();
        Accumulator o1 = Accumulator.zero();
        Accumulator o2 = Accumulator.zero();
        Accumulator o3 = Accumulator.zero();
        Accumulator o4 = Accumulator.zero();
        Accumulator o5 = Accumulator.zero();
        Accumulator o6 = Accumulator.zero();
        Accumulator o7 = Accumulator.zero();
        Accumulator o8 = Accumulator.zero();
        Accumulator o9 = Accumulator.zero();
        Accumulator o10 = Accumulator.zero();
        Accumulator o11 = Accumulator.zero();
        Accumulator o12 = Accumulator.zero();
        Accumulator o13 = Accumulator.zero();
        Accumulator o14 = Accumulator.zero();
        Accumulator o15 = Accumulator.zero();

        // Where this lane's ldmatrix addresses lie in a tile: four units of eight keys, two of 16 values.
        int keyUnit = (lane & 7) * rowBytes + ((lane >>> 3 ^ PromptTile.swizzle(lane & 7, headDim)) << 4);
        int valueUnit = (lane & 15) * rowBytes + ((lane >>> 4 ^ PromptTile.swizzle(lane & 15, headDim)) << 4);
        int step = warps * BatchTile.KEYS;
        for (int from = first; from >= 0; from -= step) {
            // The keys are there, and all lanes are done with the values of the tile before.
            PtxShared.awaitCopies(1);
            PtxWarp.sync();
            int next = from - step;
            if (next >= 0) {
                BatchTile.copy(keys, spare, cache + next * slotWords, headDim, slotWords, restCache, lane);
            }
            PtxShared.commitCopies();
            int at = key + keyUnit;
            Accumulator s0 = Accumulator.zero();
            Accumulator s1 = Accumulator.zero();
            s0 = PromptTile.score(0, headDim, at, rest, false, q0, q1, q0, q1, s0);
            s1 = PromptTile.score(0, headDim, at + 8 * rowBytes, rest, false, q0, q1, q0, q1, s1);
            s0 = PromptTile.score(1, headDim, at, rest, false, q2, q3, q2, q3, s0);
            s1 = PromptTile.score(1, headDim, at + 8 * rowBytes, rest, false, q2, q3, q2, q3, s1);
            s0 = PromptTile.score(2, headDim, at, rest, false, q4, q5, q4, q5, s0);
            s1 = PromptTile.score(2, headDim, at + 8 * rowBytes, rest, false, q4, q5, q4, q5, s1);
            s0 = PromptTile.score(3, headDim, at, rest, false, q6, q7, q6, q7, s0);
            s1 = PromptTile.score(3, headDim, at + 8 * rowBytes, rest, false, q6, q7, q6, q7, s1);
            Accumulator scores = BatchTile.scores(s0, s1);
            if (from + BatchTile.KEYS > length) {
                scores = BatchTile.masked(scores, from + 2 * part, length);
            }
            float largest = Math.max(maximum, BatchTile.maximum(scores));
            float factor = PtxFloat.exp2(PtxFloat.add(maximum, -largest));
            maximum = largest;
            scores = PromptTile.weights(scores, largest, largest);
            total = PtxFloat.fma(total, factor, BatchTile.sum(scores));
            Quad p = BatchTile.weights(scores);
            o0 = PromptTile.scaled(0, headDim, o0, factor, factor);
            o1 = PromptTile.scaled(1, headDim, o1, factor, factor);
            o2 = PromptTile.scaled(2, headDim, o2, factor, factor);
            o3 = PromptTile.scaled(3, headDim, o3, factor, factor);
            o4 = PromptTile.scaled(4, headDim, o4, factor, factor);
            o5 = PromptTile.scaled(5, headDim, o5, factor, factor);
            o6 = PromptTile.scaled(6, headDim, o6, factor, factor);
            o7 = PromptTile.scaled(7, headDim, o7, factor, factor);
            o8 = PromptTile.scaled(8, headDim, o8, factor, factor);
            o9 = PromptTile.scaled(9, headDim, o9, factor, factor);
            o10 = PromptTile.scaled(10, headDim, o10, factor, factor);
            o11 = PromptTile.scaled(11, headDim, o11, factor, factor);
            o12 = PromptTile.scaled(12, headDim, o12, factor, factor);
            o13 = PromptTile.scaled(13, headDim, o13, factor, factor);
            o14 = PromptTile.scaled(14, headDim, o14, factor, factor);
            o15 = PromptTile.scaled(15, headDim, o15, factor, factor);
            // The values are there, and all lanes are done with the keys.
            PtxShared.awaitCopies(1);
            PtxWarp.sync();
            if (next >= 0) {
                BatchTile.copy(values, key, cache + next * slotWords, headDim, slotWords, restCache, lane);
            }
            PtxShared.commitCopies();
            at = value + valueUnit;
            Quad v0 = BatchTile.value(0, headDim, at);
            Quad r0 = rest != 0 ? BatchTile.value(0, headDim, at + rest) : v0;
            o0 = BatchTile.weigh(0, headDim, rest, p, v0.x(), v0.y(), r0.x(), r0.y(), o0);
            o1 = BatchTile.weigh(0, headDim, rest, p, v0.z(), v0.w(), r0.z(), r0.w(), o1);
            Quad v1 = BatchTile.value(1, headDim, at);
            Quad r1 = rest != 0 ? BatchTile.value(1, headDim, at + rest) : v1;
            o2 = BatchTile.weigh(1, headDim, rest, p, v1.x(), v1.y(), r1.x(), r1.y(), o2);
            o3 = BatchTile.weigh(1, headDim, rest, p, v1.z(), v1.w(), r1.z(), r1.w(), o3);
            Quad v2 = BatchTile.value(2, headDim, at);
            Quad r2 = rest != 0 ? BatchTile.value(2, headDim, at + rest) : v2;
            o4 = BatchTile.weigh(2, headDim, rest, p, v2.x(), v2.y(), r2.x(), r2.y(), o4);
            o5 = BatchTile.weigh(2, headDim, rest, p, v2.z(), v2.w(), r2.z(), r2.w(), o5);
            Quad v3 = BatchTile.value(3, headDim, at);
            Quad r3 = rest != 0 ? BatchTile.value(3, headDim, at + rest) : v3;
            o6 = BatchTile.weigh(3, headDim, rest, p, v3.x(), v3.y(), r3.x(), r3.y(), o6);
            o7 = BatchTile.weigh(3, headDim, rest, p, v3.z(), v3.w(), r3.z(), r3.w(), o7);
            Quad v4 = BatchTile.value(4, headDim, at);
            Quad r4 = rest != 0 ? BatchTile.value(4, headDim, at + rest) : v4;
            o8 = BatchTile.weigh(4, headDim, rest, p, v4.x(), v4.y(), r4.x(), r4.y(), o8);
            o9 = BatchTile.weigh(4, headDim, rest, p, v4.z(), v4.w(), r4.z(), r4.w(), o9);
            Quad v5 = BatchTile.value(5, headDim, at);
            Quad r5 = rest != 0 ? BatchTile.value(5, headDim, at + rest) : v5;
            o10 = BatchTile.weigh(5, headDim, rest, p, v5.x(), v5.y(), r5.x(), r5.y(), o10);
            o11 = BatchTile.weigh(5, headDim, rest, p, v5.z(), v5.w(), r5.z(), r5.w(), o11);
            Quad v6 = BatchTile.value(6, headDim, at);
            Quad r6 = rest != 0 ? BatchTile.value(6, headDim, at + rest) : v6;
            o12 = BatchTile.weigh(6, headDim, rest, p, v6.x(), v6.y(), r6.x(), r6.y(), o12);
            o13 = BatchTile.weigh(6, headDim, rest, p, v6.z(), v6.w(), r6.z(), r6.w(), o13);
            Quad v7 = BatchTile.value(7, headDim, at);
            Quad r7 = rest != 0 ? BatchTile.value(7, headDim, at + rest) : v7;
            o14 = BatchTile.weigh(7, headDim, rest, p, v7.x(), v7.y(), r7.x(), r7.y(), o14);
            o15 = BatchTile.weigh(7, headDim, rest, p, v7.z(), v7.w(), r7.z(), r7.w(), o15);
            int done = value;
            value = key;
            key = spare;
            spare = done;
        }
        PtxShared.awaitCopies(0);
        PtxWarp.sync();

        // Each warp's sums to its first two tiles, maxima and totals to its third.
        total = PromptTile.quadSum(total);
        int head = lane >>> 2;
        if (head < group) {
            int sums = shared + 2 * warp * tileBytes + head * headBytes + (part << 3);
            BatchTile.store(0, headDim, sums, o0);
            BatchTile.store(1, headDim, sums, o1);
            BatchTile.store(2, headDim, sums, o2);
            BatchTile.store(3, headDim, sums, o3);
            BatchTile.store(4, headDim, sums, o4);
            BatchTile.store(5, headDim, sums, o5);
            BatchTile.store(6, headDim, sums, o6);
            BatchTile.store(7, headDim, sums, o7);
            BatchTile.store(8, headDim, sums, o8);
            BatchTile.store(9, headDim, sums, o9);
            BatchTile.store(10, headDim, sums, o10);
            BatchTile.store(11, headDim, sums, o11);
            BatchTile.store(12, headDim, sums, o12);
            BatchTile.store(13, headDim, sums, o13);
            BatchTile.store(14, headDim, sums, o14);
            BatchTile.store(15, headDim, sums, o15);
            if (part == 0) {
                PtxShared.store64(shared + (2 * warps + warp) * tileBytes + (head << 3), PtxBits.asInt(maximum),
                        PtxBits.asInt(total));
            }
        }
        context.localBarrier();
        int outAt = row * rowWords + kvHead * group * words;
        join(out, shared, thread, warps, tileBytes, headBytes, group, words, outAt, length, order, restOut);
        if (kvHead == kvHeads - 1 && warp == 0) {
            SplitValue.clear(out, row * rowWords + heads * words + lane, (row + 1) * rowWords, order, restOut);
        }
    }

    /** Adds up the warps' sums and writes the result. A warp without positions has the weight 0. */
    private static void join(IntArray out, int shared, int thread, int warps, int tileBytes, int headBytes, int group,
            int words, int outAt, int length, int order, int restOut) {
        int maxima = shared + 2 * warps * tileBytes;
        for (int pair = thread; pair < group * words; pair += warps << 5) {
            int head = pair / words;
            int own = maxima + (head << 3);
            float maximum = DecodeSums.NOTHING;
            for (int w = 0; w < warps; w++) {
                maximum = Math.max(maximum, PtxShared.loadFloat(own + w * tileBytes));
            }
            float total = 0f;
            float low = 0f;
            float high = 0f;
            for (int w = 0; w < warps; w++) {
                Pair warp = PtxShared.load64(own + w * tileBytes);
                float factor = PtxFloat.exp2(PtxFloat.add(PtxBits.asFloat(warp.x()), -maximum));
                Pair sums = PtxShared.load64(shared + 2 * w * tileBytes + head * headBytes + (pair % words << 3));
                total = PtxFloat.fma(factor, PtxBits.asFloat(warp.y()), total);
                low = PtxFloat.fma(factor, PtxBits.asFloat(sums.x()), low);
                high = PtxFloat.fma(factor, PtxBits.asFloat(sums.y()), high);
            }
            float inverse = length > 0 ? DeviceMath.reciprocal(total) : 0f;
            SplitValue.store(out, outAt + pair, order, restOut, PtxFloat.mul(low, inverse),
                    PtxFloat.mul(high, inverse));
        }
    }
}
