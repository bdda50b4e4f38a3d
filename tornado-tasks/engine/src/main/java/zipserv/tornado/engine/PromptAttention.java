package zipserv.tornado.engine;

import uk.ac.manchester.tornado.api.KernelContext;
import uk.ac.manchester.tornado.api.types.arrays.IntArray;
import zipserv.model.ModelConfig;
import zipserv.tornado.kernels.DeviceMath;
import zipserv.tornado.ptx.Accumulator;
import zipserv.tornado.ptx.PtxFloat;
import zipserv.tornado.ptx.PtxShared;
import zipserv.tornado.ptx.PtxWarp;
import zipserv.tornado.ptx.Quad;

/**
 * Causal attention of the rows of one sequence on Tensor Cores, with online softmax in fp32 (FlashAttention-2; Dao,
 * 2023).
 *
 * <p>Query heads that share a key/value head are rows of one matrix, token by token; a warp takes 16 neighbouring ones,
 * a block as many times 16 as it has warps. The block walks the sequence in tiles of 64 positions, or of 32 if anything
 * has two parts. Keys and values come to shared memory by asynchronous copies, each a stage of a ring of three: while
 * one is multiplied, the next is on its way or there, and the third is filled again. Queries, scores and sums stay in
 * registers, as the mma wants and leaves them; {@link PromptTile} says how stages are laid out and read.
 *
 * <p>Scores are products of queries and keys, times log2(e), so that the softmax takes powers of two. Where activations
 * or cache have two parts, queries and probabilities are sums of two BF16 too; products of two small parts are left
 * out.
 *
 * <p>A row's bits depend on its position and on what the cache holds up to there: positions behind have the weight 0,
 * which changes no sum, and memory behind the position of a block's last row is not read.
 */
final class PromptAttention {

    /** Largest width of a head. */
    static final int MAX_DIM = 128;
    /** Score of a position behind the row's own. */
    static final float NOTHING = -1e30f;

    /** Rows of a warp. */
    private static final int WARP_ROWS = 16;
    /** Warps of a block: a power of two, at least 4. */
    private static final int WARPS = 4;

    private PromptAttention() {
    }

    /** Whether the kernel can run a model. */
    static boolean fits(ModelConfig config) {
        return config.headDim() % 16 == 0 && config.headDim() <= MAX_DIM;
    }

    /** Threads of a block. */
    static int threads() {
        return WARPS * PtxWarp.SIZE;
    }

    /** Blocks of the grid. */
    static int blocks(ModelConfig config, int rows) {
        int matrixRows = rows * (config.heads() / config.kvHeads());
        return config.kvHeads() * ((matrixRows + WARPS * WARP_ROWS - 1) / (WARPS * WARP_ROWS));
    }

    /** What products of queries and keys are multiplied with. */
    static float scale(int headDim) {
        return (float) (1 / (Math.log(2) * Math.sqrt(headDim)));
    }

    /**
     * The kernel. Worker: 1-D, {@link #threads} threads a block, {@link #blocks} blocks.
     *
     * @param input     {@link StepInput}; rows that have work are of one sequence
     * @param q         queries, fp32 bits, rows of {@code stride}
     * @param keys      the layer's cache: per slot {@code kvHeads * headDim} BF16
     * @param values    like keys
     * @param out       BF16, zeros behind the heads; zeros for rows without work
     * @param headDim   a multiple of 16, at most {@value #MAX_DIM}
     * @param order     of out, see {@link ActivationRows}
     * @param restOut   distance of the parts of out, see {@link SplitValue}
     * @param restCache distance of the parts of keys and of values
     * @param scale     {@link #scale}
     * @param threads   {@link #threads}
     */
    static void attend(KernelContext context, IntArray input, IntArray q, IntArray keys, IntArray values, IntArray out,
            int rows, int heads, int kvHeads, int headDim, int stride, int order, int restOut, int restCache,
            float scale, int threads) {
        int rowWords = ActivationRows.pairs(order);
        boolean twice = (restOut | restCache) != 0;
        int tileKeys = twice ? 32 : 64;
        int rowBytes = headDim << 1;
        int rest = restCache != 0 ? tileKeys * rowBytes : 0;
        int stageBytes = tileKeys * rowBytes + rest;
        int shared = PtxShared.allocate(2 * stageBytes + Math.max(stageBytes, threads << 4));
        int thread = context.localIdx;
        int lane = PtxWarp.lane();
        int group = heads / kvHeads;
        int matrixRows = rows * group;
        int blockRows = (threads >>> 5) * WARP_ROWS;
        int words = headDim >>> 1;
        int slotWords = kvHeads * words;
        int keys8 = rowBytes << 3;

        // The last rows have the longest way to go: their blocks begin.
        int blockTile = (matrixRows + blockRows - 1) / blockRows - 1 - context.groupIdx / kvHeads;
        int kvHead = context.groupIdx % kvHeads;
        int first = blockTile * blockRows;
        int firstRow = first / group;
        int lastRow = Math.min(first + blockRows - 1, matrixRows - 1) / group;
        int blockLength = PromptRows.longest(input, firstRow, lastRow);
        int firstSlot = PromptRows.firstSlot(input, firstRow, lastRow);
        int cache = firstSlot * slotWords + kvHead * words;

        // This lane has parts of two of the matrix's rows.
        int low = first + (thread >>> 5) * WARP_ROWS + (lane >>> 2);
        int high = low + 8;
        int lowRow = Math.min(low, matrixRows - 1) / group;
        int highRow = Math.min(high, matrixRows - 1) / group;
        int lowHead = kvHead * group + Math.min(low, matrixRows - 1) - lowRow * group;
        int highHead = kvHead * group + Math.min(high, matrixRows - 1) - highRow * group;
        int lowLength = low < matrixRows ? PromptRows.length(input, lowRow) : 0;
        int highLength = high < matrixRows ? PromptRows.length(input, highRow) : 0;
        int warpLength = PromptRows.largest(Math.max(lowLength, highLength));
        int shortest = -PromptRows.largest(Math.max(lowLength > 0 ? -lowLength : Integer.MIN_VALUE,
                highLength > 0 ? -highLength : Integer.MIN_VALUE));

        int key = shared;
        int value = key + stageBytes;
        int spare = value + stageBytes;
        PromptTile.copy(keys, key, cache, blockLength, tileKeys, headDim, slotWords, restCache, thread, threads);
        PtxShared.commitCopies();
        PromptTile.copy(values, value, cache, blockLength, tileKeys, headDim, slotWords, restCache, thread, threads);
        PtxShared.commitCopies();

        // Where results will go, or -1. Exchanged with nobody, but now: so the rest need not be kept until the end.
        int part = lane & 3;
        int lowOut = PtxWarp.shuffleXor(low < matrixRows ? lowRow * rowWords + lowHead * words + part : -1, 0);
        int highOut = PtxWarp.shuffleXor(high < matrixRows ? highRow * rowWords + highHead * words + part : -1, 0);
        int lowQ = lowRow * stride + lowHead * headDim + 2 * part;
        int highQ = highRow * stride + highHead * headDim + 2 * part;
        int kept = spare + 16 * thread;
        Quad q0 = PromptTile.query(0, headDim, q, lowQ, highQ, scale, kept, false);
        Quad q1 = PromptTile.query(1, headDim, q, lowQ, highQ, scale, kept, false);
        Quad q2 = PromptTile.query(2, headDim, q, lowQ, highQ, scale, kept, false);
        Quad q3 = PromptTile.query(3, headDim, q, lowQ, highQ, scale, kept, false);
        Quad q4 = PromptTile.query(4, headDim, q, lowQ, highQ, scale, kept, false);
        Quad q5 = PromptTile.query(5, headDim, q, lowQ, highQ, scale, kept, false);
        Quad q6 = PromptTile.query(6, headDim, q, lowQ, highQ, scale, kept, false);
        Quad q7 = PromptTile.query(7, headDim, q, lowQ, highQ, scale, kept, false);
        Quad t0 = twice ? PromptTile.query(0, headDim, q, lowQ, highQ, scale, kept, true) : q0;
        Quad t1 = twice ? PromptTile.query(1, headDim, q, lowQ, highQ, scale, kept, true) : q1;
        Quad t2 = twice ? PromptTile.query(2, headDim, q, lowQ, highQ, scale, kept, true) : q2;
        Quad t3 = twice ? PromptTile.query(3, headDim, q, lowQ, highQ, scale, kept, true) : q3;
        Quad t4 = twice ? PromptTile.query(4, headDim, q, lowQ, highQ, scale, kept, true) : q4;
        Quad t5 = twice ? PromptTile.query(5, headDim, q, lowQ, highQ, scale, kept, true) : q5;
        Quad t6 = twice ? PromptTile.query(6, headDim, q, lowQ, highQ, scale, kept, true) : q6;
        Quad t7 = twice ? PromptTile.query(7, headDim, q, lowQ, highQ, scale, kept, true) : q7;

        // All that a row without work sees is masked: beside 0 its weight is 0.
        float lowMaximum = lowLength > 0 ? NOTHING : 0f;
        float highMaximum = highLength > 0 ? NOTHING : 0f;
        float lowTotal = 0f;
        float highTotal = 0f;
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

        // Where this lane's ldmatrix addresses lie in a stage: four units of eight keys' rows, one of 32 values' rows.
        int keyAt = (lane & 7) * rowBytes + ((lane >>> 3 ^ PromptTile.swizzle(lane & 7, headDim)) << 4);
        int valueAt = lane * rowBytes + (PromptTile.swizzle(lane, headDim) << 4);

        // Not what the copies of keys say, else the compiler would keep their addresses until values are copied.
        int nextValues = cache + tileKeys * slotWords;
        int valuesLeft = blockLength - tileKeys;
        for (int from = 0; from < blockLength; from += tileKeys) {
            // The keys are there, and all warps are done with the values of the tile before.
            PtxShared.awaitCopies(1);
            context.localBarrier();
            int next = from + tileKeys;
            if (next < blockLength) {
                PromptTile.copy(keys, spare, cache + next * slotWords, blockLength - next, tileKeys, headDim, slotWords,
                        restCache, thread, threads);
            }
            PtxShared.commitCopies();
            Quad p0 = Quad.of(0, 0, 0, 0);
            Quad p1 = Quad.of(0, 0, 0, 0);
            Quad p2 = Quad.of(0, 0, 0, 0);
            Quad p3 = Quad.of(0, 0, 0, 0);
            Quad r0 = Quad.of(0, 0, 0, 0);
            Quad r1 = Quad.of(0, 0, 0, 0);
            Quad r2 = Quad.of(0, 0, 0, 0);
            Quad r3 = Quad.of(0, 0, 0, 0);
            if (from < warpLength) {
                int at = key + keyAt;
                Accumulator s0 = Accumulator.zero();
                Accumulator s1 = Accumulator.zero();
                Accumulator s2 = Accumulator.zero();
                Accumulator s3 = Accumulator.zero();
                Accumulator s4 = Accumulator.zero();
                Accumulator s5 = Accumulator.zero();
                Accumulator s6 = Accumulator.zero();
                Accumulator s7 = Accumulator.zero();
                s0 = PromptTile.score(0, headDim, at, rest, twice, q0, q1, t0, t1, s0);
                s1 = PromptTile.score(0, headDim, at + keys8, rest, twice, q0, q1, t0, t1, s1);
                s2 = PromptTile.score(0, headDim, at + 2 * keys8, rest, twice, q0, q1, t0, t1, s2);
                s3 = PromptTile.score(0, headDim, at + 3 * keys8, rest, twice, q0, q1, t0, t1, s3);
                if (tileKeys > 32) {
                    s4 = PromptTile.score(0, headDim, at + 4 * keys8, rest, twice, q0, q1, t0, t1, s4);
                    s5 = PromptTile.score(0, headDim, at + 5 * keys8, rest, twice, q0, q1, t0, t1, s5);
                    s6 = PromptTile.score(0, headDim, at + 6 * keys8, rest, twice, q0, q1, t0, t1, s6);
                    s7 = PromptTile.score(0, headDim, at + 7 * keys8, rest, twice, q0, q1, t0, t1, s7);
                }
                s0 = PromptTile.score(1, headDim, at, rest, twice, q2, q3, t2, t3, s0);
                s1 = PromptTile.score(1, headDim, at + keys8, rest, twice, q2, q3, t2, t3, s1);
                s2 = PromptTile.score(1, headDim, at + 2 * keys8, rest, twice, q2, q3, t2, t3, s2);
                s3 = PromptTile.score(1, headDim, at + 3 * keys8, rest, twice, q2, q3, t2, t3, s3);
                if (tileKeys > 32) {
                    s4 = PromptTile.score(1, headDim, at + 4 * keys8, rest, twice, q2, q3, t2, t3, s4);
                    s5 = PromptTile.score(1, headDim, at + 5 * keys8, rest, twice, q2, q3, t2, t3, s5);
                    s6 = PromptTile.score(1, headDim, at + 6 * keys8, rest, twice, q2, q3, t2, t3, s6);
                    s7 = PromptTile.score(1, headDim, at + 7 * keys8, rest, twice, q2, q3, t2, t3, s7);
                }
                s0 = PromptTile.score(2, headDim, at, rest, twice, q4, q5, t4, t5, s0);
                s1 = PromptTile.score(2, headDim, at + keys8, rest, twice, q4, q5, t4, t5, s1);
                s2 = PromptTile.score(2, headDim, at + 2 * keys8, rest, twice, q4, q5, t4, t5, s2);
                s3 = PromptTile.score(2, headDim, at + 3 * keys8, rest, twice, q4, q5, t4, t5, s3);
                if (tileKeys > 32) {
                    s4 = PromptTile.score(2, headDim, at + 4 * keys8, rest, twice, q4, q5, t4, t5, s4);
                    s5 = PromptTile.score(2, headDim, at + 5 * keys8, rest, twice, q4, q5, t4, t5, s5);
                    s6 = PromptTile.score(2, headDim, at + 6 * keys8, rest, twice, q4, q5, t4, t5, s6);
                    s7 = PromptTile.score(2, headDim, at + 7 * keys8, rest, twice, q4, q5, t4, t5, s7);
                }
                s0 = PromptTile.score(3, headDim, at, rest, twice, q6, q7, t6, t7, s0);
                s1 = PromptTile.score(3, headDim, at + keys8, rest, twice, q6, q7, t6, t7, s1);
                s2 = PromptTile.score(3, headDim, at + 2 * keys8, rest, twice, q6, q7, t6, t7, s2);
                s3 = PromptTile.score(3, headDim, at + 3 * keys8, rest, twice, q6, q7, t6, t7, s3);
                if (tileKeys > 32) {
                    s4 = PromptTile.score(3, headDim, at + 4 * keys8, rest, twice, q6, q7, t6, t7, s4);
                    s5 = PromptTile.score(3, headDim, at + 5 * keys8, rest, twice, q6, q7, t6, t7, s5);
                    s6 = PromptTile.score(3, headDim, at + 6 * keys8, rest, twice, q6, q7, t6, t7, s6);
                    s7 = PromptTile.score(3, headDim, at + 7 * keys8, rest, twice, q6, q7, t6, t7, s7);
                }
                if (next > shortest) {
                    int own = from + 2 * part;
                    s0 = PromptTile.masked(s0, own, lowLength, highLength);
                    s1 = PromptTile.masked(s1, own + 8, lowLength, highLength);
                    s2 = PromptTile.masked(s2, own + 16, lowLength, highLength);
                    s3 = PromptTile.masked(s3, own + 24, lowLength, highLength);
                    if (tileKeys > 32) {
                        s4 = PromptTile.masked(s4, own + 32, lowLength, highLength);
                        s5 = PromptTile.masked(s5, own + 40, lowLength, highLength);
                        s6 = PromptTile.masked(s6, own + 48, lowLength, highLength);
                        s7 = PromptTile.masked(s7, own + 56, lowLength, highLength);
                    }
                }
                float lowLargest = PromptTile.lowMaximum(s0, s1, s2, s3);
                float highLargest = PromptTile.highMaximum(s0, s1, s2, s3);
                if (tileKeys > 32) {
                    lowLargest = Math.max(lowLargest, PromptTile.lowMaximum(s4, s5, s6, s7));
                    highLargest = Math.max(highLargest, PromptTile.highMaximum(s4, s5, s6, s7));
                }
                float lowNew = Math.max(lowMaximum, PromptTile.quadMaximum(lowLargest));
                float highNew = Math.max(highMaximum, PromptTile.quadMaximum(highLargest));
                float lowFactor = PtxFloat.exp2(PtxFloat.add(lowMaximum, -lowNew));
                float highFactor = PtxFloat.exp2(PtxFloat.add(highMaximum, -highNew));
                lowMaximum = lowNew;
                highMaximum = highNew;
                s0 = PromptTile.weights(s0, lowNew, highNew);
                s1 = PromptTile.weights(s1, lowNew, highNew);
                s2 = PromptTile.weights(s2, lowNew, highNew);
                s3 = PromptTile.weights(s3, lowNew, highNew);
                float lowSum = PromptTile.lowSum(s0, s1, s2, s3);
                float highSum = PromptTile.highSum(s0, s1, s2, s3);
                p0 = PromptTile.rounded(s0, s1);
                p1 = PromptTile.rounded(s2, s3);
                if (twice) {
                    r0 = PromptTile.remainder(s0, s1, p0);
                    r1 = PromptTile.remainder(s2, s3, p1);
                }
                if (tileKeys > 32) {
                    s4 = PromptTile.weights(s4, lowNew, highNew);
                    s5 = PromptTile.weights(s5, lowNew, highNew);
                    s6 = PromptTile.weights(s6, lowNew, highNew);
                    s7 = PromptTile.weights(s7, lowNew, highNew);
                    lowSum = PtxFloat.add(lowSum, PromptTile.lowSum(s4, s5, s6, s7));
                    highSum = PtxFloat.add(highSum, PromptTile.highSum(s4, s5, s6, s7));
                    p2 = PromptTile.rounded(s4, s5);
                    p3 = PromptTile.rounded(s6, s7);
                    if (twice) {
                        r2 = PromptTile.remainder(s4, s5, p2);
                        r3 = PromptTile.remainder(s6, s7, p3);
                    }
                }
                lowTotal = PtxFloat.fma(lowTotal, lowFactor, lowSum);
                highTotal = PtxFloat.fma(highTotal, highFactor, highSum);
                o0 = PromptTile.scaled(0, headDim, o0, lowFactor, highFactor);
                o1 = PromptTile.scaled(1, headDim, o1, lowFactor, highFactor);
                o2 = PromptTile.scaled(2, headDim, o2, lowFactor, highFactor);
                o3 = PromptTile.scaled(3, headDim, o3, lowFactor, highFactor);
                o4 = PromptTile.scaled(4, headDim, o4, lowFactor, highFactor);
                o5 = PromptTile.scaled(5, headDim, o5, lowFactor, highFactor);
                o6 = PromptTile.scaled(6, headDim, o6, lowFactor, highFactor);
                o7 = PromptTile.scaled(7, headDim, o7, lowFactor, highFactor);
                o8 = PromptTile.scaled(8, headDim, o8, lowFactor, highFactor);
                o9 = PromptTile.scaled(9, headDim, o9, lowFactor, highFactor);
                o10 = PromptTile.scaled(10, headDim, o10, lowFactor, highFactor);
                o11 = PromptTile.scaled(11, headDim, o11, lowFactor, highFactor);
                o12 = PromptTile.scaled(12, headDim, o12, lowFactor, highFactor);
                o13 = PromptTile.scaled(13, headDim, o13, lowFactor, highFactor);
                o14 = PromptTile.scaled(14, headDim, o14, lowFactor, highFactor);
                o15 = PromptTile.scaled(15, headDim, o15, lowFactor, highFactor);
            }
            // The values are there, and all warps are done with the keys.
            PtxShared.awaitCopies(1);
            context.localBarrier();
            if (valuesLeft > 0) {
                PromptTile.copy(values, key, nextValues, valuesLeft, tileKeys, headDim, slotWords, restCache, thread,
                        threads);
            }
            nextValues += tileKeys * slotWords;
            valuesLeft -= tileKeys;
            PtxShared.commitCopies();
            if (from < warpLength) {
                int at = value + valueAt;
                o0 = PromptTile.weigh(0, headDim, at, rest, twice, p0, p1, r0, r1, o0);
                o1 = PromptTile.weigh(1, headDim, at, rest, twice, p0, p1, r0, r1, o1);
                o2 = PromptTile.weigh(2, headDim, at, rest, twice, p0, p1, r0, r1, o2);
                o3 = PromptTile.weigh(3, headDim, at, rest, twice, p0, p1, r0, r1, o3);
                o4 = PromptTile.weigh(4, headDim, at, rest, twice, p0, p1, r0, r1, o4);
                o5 = PromptTile.weigh(5, headDim, at, rest, twice, p0, p1, r0, r1, o5);
                o6 = PromptTile.weigh(6, headDim, at, rest, twice, p0, p1, r0, r1, o6);
                o7 = PromptTile.weigh(7, headDim, at, rest, twice, p0, p1, r0, r1, o7);
                o8 = PromptTile.weigh(8, headDim, at, rest, twice, p0, p1, r0, r1, o8);
                o9 = PromptTile.weigh(9, headDim, at, rest, twice, p0, p1, r0, r1, o9);
                o10 = PromptTile.weigh(10, headDim, at, rest, twice, p0, p1, r0, r1, o10);
                o11 = PromptTile.weigh(11, headDim, at, rest, twice, p0, p1, r0, r1, o11);
                o12 = PromptTile.weigh(12, headDim, at, rest, twice, p0, p1, r0, r1, o12);
                o13 = PromptTile.weigh(13, headDim, at, rest, twice, p0, p1, r0, r1, o13);
                o14 = PromptTile.weigh(14, headDim, at, rest, twice, p0, p1, r0, r1, o14);
                o15 = PromptTile.weigh(15, headDim, at, rest, twice, p0, p1, r0, r1, o15);
                if (tileKeys > 32) {
                    int behind = at + 32 * rowBytes;
                    o0 = PromptTile.weigh(0, headDim, behind, rest, twice, p2, p3, r2, r3, o0);
                    o1 = PromptTile.weigh(1, headDim, behind, rest, twice, p2, p3, r2, r3, o1);
                    o2 = PromptTile.weigh(2, headDim, behind, rest, twice, p2, p3, r2, r3, o2);
                    o3 = PromptTile.weigh(3, headDim, behind, rest, twice, p2, p3, r2, r3, o3);
                    o4 = PromptTile.weigh(4, headDim, behind, rest, twice, p2, p3, r2, r3, o4);
                    o5 = PromptTile.weigh(5, headDim, behind, rest, twice, p2, p3, r2, r3, o5);
                    o6 = PromptTile.weigh(6, headDim, behind, rest, twice, p2, p3, r2, r3, o6);
                    o7 = PromptTile.weigh(7, headDim, behind, rest, twice, p2, p3, r2, r3, o7);
                    o8 = PromptTile.weigh(8, headDim, behind, rest, twice, p2, p3, r2, r3, o8);
                    o9 = PromptTile.weigh(9, headDim, behind, rest, twice, p2, p3, r2, r3, o9);
                    o10 = PromptTile.weigh(10, headDim, behind, rest, twice, p2, p3, r2, r3, o10);
                    o11 = PromptTile.weigh(11, headDim, behind, rest, twice, p2, p3, r2, r3, o11);
                    o12 = PromptTile.weigh(12, headDim, behind, rest, twice, p2, p3, r2, r3, o12);
                    o13 = PromptTile.weigh(13, headDim, behind, rest, twice, p2, p3, r2, r3, o13);
                    o14 = PromptTile.weigh(14, headDim, behind, rest, twice, p2, p3, r2, r3, o14);
                    o15 = PromptTile.weigh(15, headDim, behind, rest, twice, p2, p3, r2, r3, o15);
                }
            }
            int done = value;
            value = key;
            key = spare;
            spare = done;
        }
        PtxShared.awaitCopies(0);

        lowTotal = PromptTile.quadSum(lowTotal);
        highTotal = PromptTile.quadSum(highTotal);
        float lowInverse = lowLength > 0 ? DeviceMath.reciprocal(lowTotal) : 0f;
        float highInverse = highLength > 0 ? DeviceMath.reciprocal(highTotal) : 0f;
        PromptTile.store(0, headDim, out, lowOut, highOut, order, restOut, o0, lowInverse, highInverse);
        PromptTile.store(1, headDim, out, lowOut, highOut, order, restOut, o1, lowInverse, highInverse);
        PromptTile.store(2, headDim, out, lowOut, highOut, order, restOut, o2, lowInverse, highInverse);
        PromptTile.store(3, headDim, out, lowOut, highOut, order, restOut, o3, lowInverse, highInverse);
        PromptTile.store(4, headDim, out, lowOut, highOut, order, restOut, o4, lowInverse, highInverse);
        PromptTile.store(5, headDim, out, lowOut, highOut, order, restOut, o5, lowInverse, highInverse);
        PromptTile.store(6, headDim, out, lowOut, highOut, order, restOut, o6, lowInverse, highInverse);
        PromptTile.store(7, headDim, out, lowOut, highOut, order, restOut, o7, lowInverse, highInverse);
        PromptTile.store(8, headDim, out, lowOut, highOut, order, restOut, o8, lowInverse, highInverse);
        PromptTile.store(9, headDim, out, lowOut, highOut, order, restOut, o9, lowInverse, highInverse);
        PromptTile.store(10, headDim, out, lowOut, highOut, order, restOut, o10, lowInverse, highInverse);
        PromptTile.store(11, headDim, out, lowOut, highOut, order, restOut, o11, lowInverse, highInverse);
        PromptTile.store(12, headDim, out, lowOut, highOut, order, restOut, o12, lowInverse, highInverse);
        PromptTile.store(13, headDim, out, lowOut, highOut, order, restOut, o13, lowInverse, highInverse);
        PromptTile.store(14, headDim, out, lowOut, highOut, order, restOut, o14, lowInverse, highInverse);
        PromptTile.store(15, headDim, out, lowOut, highOut, order, restOut, o15, lowInverse, highInverse);
        if (kvHead == kvHeads - 1) {
            for (int row = firstRow + (thread >>> 5); row <= lastRow; row += threads >>> 5) {
                SplitValue.clear(out, row * rowWords + heads * words + lane, (row + 1) * rowWords, order,
                        restOut);
            }
        }
    }
}
