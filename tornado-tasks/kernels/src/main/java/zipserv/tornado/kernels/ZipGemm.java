package zipserv.tornado.kernels;

import uk.ac.manchester.tornado.api.KernelContext;
import uk.ac.manchester.tornado.api.types.arrays.FloatArray;
import uk.ac.manchester.tornado.api.types.arrays.IntArray;
import zipserv.codec.FragmentLayout;
import zipserv.tornado.ptx.Accumulator;
import zipserv.tornado.ptx.Pair;
import zipserv.tornado.ptx.PtxMemory;
import zipserv.tornado.ptx.PtxShared;
import zipserv.tornado.ptx.PtxWarp;
import zipserv.tornado.ptx.Quad;

/**
 * ZipGEMM (ZipServ, ASPLOS'26, section 5): {@code Y[N][M] = X[N][K] * W[M][K]^T} straight from TCA-TBE. Each warp
 * decodes 16 weight rows, 64 columns at a time, into the registers that the Tensor Core multiplies; weights are never
 * written anywhere.
 *
 * <p>Two stages: while a warp decodes one strip from shared memory and registers, the copies of its next one are in
 * flight. Warps wait for nobody but themselves until the sums are added up.
 */
public final class ZipGemm {

    private ZipGemm() {
    }

    /**
     * The kernel. Worker: 1-D, {@code 32 * strips * slices} threads a block, at most 256;
     * {@code ceil(4 * blockRows / strips) * splits} blocks, see {@link GemmPlan}.
     *
     * @param bitmaps  the three bitmaps, one after the other
     * @param table    base exponent and strip table, see {@link TcaTbeStrip}
     * @param values   sign_mantissa and fallback
     * @param x        activations, BF16, 8 * tiles rows of 64 * blockColumns columns; finite beyond K
     * @param y        result: fp32, {@code batch} rows of {@code rows} words; or BF16, {@code batch} rows of
     *                 {@code (rows + 1) / 2} words of two elements
     * @param partials with splits, {@code splits * batch * rows} sums
     * @param tickets  with splits, one zero per group of rows
     * @param rows     M
     * @param blockRows    blocks of 64 weight rows
     * @param blockColumns blocks of 64 columns
     * @param batch    N, 1 .. 128
     * @param strips   strips per block: 1, 2, 4 or 8
     * @param slices   warps that share a strip's columns
     * @param splits   blocks that share a strip's columns
     * @param bf16     1 for BF16 results, 0 for fp32
     */
    public static void multiply(KernelContext context, IntArray bitmaps, IntArray table, IntArray values, IntArray x,
            IntArray y, FloatArray partials, IntArray tickets, int rows, int blockRows, int blockColumns, int batch,
            int strips, int slices, int splits, int bf16) {
        int shared = PtxShared.allocate(GemmPlan.SHARED_BYTES);
        int lane = PtxWarp.lane();
        int thread = context.localIdx;
        int warp = thread >>> 5;
        int plan = GemmTile.plan(strips, slices, splits, 1);
        int group = context.groupIdx / splits;
        int split = context.groupIdx % splits;
        int stripOfMatrix = Math.min(group * strips + warp % strips, 4 * blockRows - 1);
        int blockRow = stripOfMatrix >>> 2;
        int stripOfBlock = stripOfMatrix & 3;
        int plane = blockRows * blockColumns * 128;
        int perSplit = (blockColumns + splits - 1) / splits;
        int last = Math.min((split + 1) * perSplit, blockColumns) - 1;
        int block = split * perSplit + warp / strips;

        int stages = shared + warp * (2 * TcaTbeStrip.STAGE_BYTES);
        int stage = 0;
        int baseExponent = PtxMemory.loadReadOnly32(table, 0);
        int upper0 = TcaTbeDecoder.upperTable0(baseExponent);
        int upper4 = TcaTbeDecoder.upperTable4(baseExponent);
        int lower0 = TcaTbeDecoder.lowerTable0(baseExponent);
        int lower4 = TcaTbeDecoder.lowerTable4(baseExponent);
        int xLane = StripLayout.activationWord(GemmTile.activationRow(lane, batch), 0, blockColumns)
                + ((lane & 3) << 2);
        int xTile = StripLayout.activationWord(8, 0, blockColumns);

        Accumulator sum0 = Accumulator.zero();
        Accumulator sum1 = Accumulator.zero();
        Accumulator sum2 = Accumulator.zero();
        Accumulator sum3 = Accumulator.zero();
        Accumulator sum4 = Accumulator.zero();
        Accumulator sum5 = Accumulator.zero();
        Accumulator sum6 = Accumulator.zero();
        Accumulator sum7 = Accumulator.zero();
        Accumulator sum8 = Accumulator.zero();
        Accumulator sum9 = Accumulator.zero();
        Accumulator sum10 = Accumulator.zero();
        Accumulator sum11 = Accumulator.zero();
        Accumulator sum12 = Accumulator.zero();
        Accumulator sum13 = Accumulator.zero();
        Accumulator sum14 = Accumulator.zero();
        Accumulator sum15 = Accumulator.zero();

        int strip = StripLayout.strip(blockRow, Math.min(block, last), blockColumns, stripOfBlock);
        Pair start = TcaTbeStrip.start(table, strip);
        Pair end = TcaTbeStrip.end(table, strip);
        int word1 = PtxMemory.loadStream32(bitmaps, TcaTbeStrip.bitmapWord(strip, lane));
        int word2 = PtxMemory.loadStream32(bitmaps, TcaTbeStrip.bitmapWord(strip, lane) + plane);
        int word3 = PtxMemory.loadStream32(bitmaps, TcaTbeStrip.bitmapWord(strip, lane) + 2 * plane);
        TcaTbeStrip.stage(values, start, end, stages, lane);
        PtxShared.commitCopies();
        int nextStrip = StripLayout.strip(blockRow, Math.min(block + slices, last), blockColumns, stripOfBlock);
        Pair nextStart = TcaTbeStrip.start(table, nextStrip);
        Pair nextEnd = TcaTbeStrip.end(table, nextStrip);

        while (block <= last) {
            int nextWord1 = 0;
            int nextWord2 = 0;
            int nextWord3 = 0;
            if (block + slices <= last) {
                TcaTbeStrip.stage(values, nextStart, nextEnd, stages + TcaTbeStrip.STAGE_BYTES - stage, lane);
                nextWord1 = PtxMemory.loadStream32(bitmaps, TcaTbeStrip.bitmapWord(nextStrip, lane));
                nextWord2 = PtxMemory.loadStream32(bitmaps, TcaTbeStrip.bitmapWord(nextStrip, lane) + plane);
                nextWord3 = PtxMemory.loadStream32(bitmaps, TcaTbeStrip.bitmapWord(nextStrip, lane) + 2 * plane);
            }
            PtxShared.commitCopies();
            int laterStrip = StripLayout.strip(blockRow, Math.min(block + 2 * slices, last), blockColumns,
                    stripOfBlock);
            Pair laterStart = TcaTbeStrip.start(table, laterStrip);
            Pair laterEnd = TcaTbeStrip.end(table, laterStrip);
            int plane1 = TcaTbeDecoder.runBits(word1, lane);
            int plane2 = TcaTbeDecoder.runBits(word2, lane);
            int plane3 = TcaTbeDecoder.runBits(word3, lane);
            int inNibbles = TcaTbeDecoder.countNibbles(plane1 | plane2 | plane3);
            int inRuns = TcaTbeDecoder.countBytes(inNibbles);
            int upToRow = TcaTbeDecoder.countUpToRow(inRuns, lane);
            int inFrags = TcaTbeDecoder.countOfFrags(upToRow, lane);
            int upToColumn = TcaTbeDecoder.countUpToColumn(inFrags, lane);
            int inHalf = TcaTbeDecoder.countOfHalf(upToColumn, lane);
            int codes01 = TcaTbeDecoder.codes01(plane1, plane2, plane3);
            int codes23 = TcaTbeDecoder.codes23(plane1, plane2, plane3);
            int codes45 = TcaTbeDecoder.codes45(plane1, plane2, plane3);
            int codes67 = TcaTbeDecoder.codes67(plane1, plane2, plane3);
            int signMantissa = TcaTbeStrip.signMantissa(stages + stage, start);
            int fallback = TcaTbeStrip.fallback(stages + stage, start, end);
            int rank0 = TcaTbeDecoder.rank(0, upToRow, inRuns, inFrags, upToColumn, inHalf);
            int rank1 = TcaTbeDecoder.rank(1, upToRow, inRuns, inFrags, upToColumn, inHalf);
            int rank2 = TcaTbeDecoder.rank(2, upToRow, inRuns, inFrags, upToColumn, inHalf);
            int rank3 = TcaTbeDecoder.rank(3, upToRow, inRuns, inFrags, upToColumn, inHalf);

            PtxShared.awaitCopies(1);
            PtxWarp.sync();
            Quad run0 = TcaTbeDecoder.run(0, lane, signMantissa, fallback, rank0, codes01, codes23, codes45, codes67,
                    inNibbles, upper0, upper4, lower0, lower4);
            Quad run1 = TcaTbeDecoder.run(1, lane, signMantissa, fallback, rank1, codes01, codes23, codes45, codes67,
                    inNibbles, upper0, upper4, lower0, lower4);
            Quad run2 = TcaTbeDecoder.run(2, lane, signMantissa, fallback, rank2, codes01, codes23, codes45, codes67,
                    inNibbles, upper0, upper4, lower0, lower4);
            Quad run3 = TcaTbeDecoder.run(3, lane, signMantissa, fallback, rank3, codes01, codes23, codes45, codes67,
                    inNibbles, upper0, upper4, lower0, lower4);
            PtxWarp.sync();
            if (GemmTile.keepsStep(slices, batch)) {
                context.localBarrier();
            }
            int xWord = xLane + block * StripLayout.BLOCK_WORDS;
            sum0 = GemmTile.multiply(run0, run1, run2, run3, x, xWord, sum0);
            if (batch > 8) {
                sum1 = GemmTile.multiply(run0, run1, run2, run3, x, xWord + 1 * xTile, sum1);
            }
            if (batch > 16) {
                sum2 = GemmTile.multiply(run0, run1, run2, run3, x, xWord + 2 * xTile, sum2);
            }
            if (batch > 24) {
                sum3 = GemmTile.multiply(run0, run1, run2, run3, x, xWord + 3 * xTile, sum3);
            }
            if (batch > 32) {
                sum4 = GemmTile.multiply(run0, run1, run2, run3, x, xWord + 4 * xTile, sum4);
            }
            if (batch > 40) {
                sum5 = GemmTile.multiply(run0, run1, run2, run3, x, xWord + 5 * xTile, sum5);
            }
            if (batch > 48) {
                sum6 = GemmTile.multiply(run0, run1, run2, run3, x, xWord + 6 * xTile, sum6);
            }
            if (batch > 56) {
                sum7 = GemmTile.multiply(run0, run1, run2, run3, x, xWord + 7 * xTile, sum7);
            }
            if (batch > 64) {
                sum8 = GemmTile.multiply(run0, run1, run2, run3, x, xWord + 8 * xTile, sum8);
            }
            if (batch > 72) {
                sum9 = GemmTile.multiply(run0, run1, run2, run3, x, xWord + 9 * xTile, sum9);
            }
            if (batch > 80) {
                sum10 = GemmTile.multiply(run0, run1, run2, run3, x, xWord + 10 * xTile, sum10);
            }
            if (batch > 88) {
                sum11 = GemmTile.multiply(run0, run1, run2, run3, x, xWord + 11 * xTile, sum11);
            }
            if (batch > 96) {
                sum12 = GemmTile.multiply(run0, run1, run2, run3, x, xWord + 12 * xTile, sum12);
            }
            if (batch > 104) {
                sum13 = GemmTile.multiply(run0, run1, run2, run3, x, xWord + 13 * xTile, sum13);
            }
            if (batch > 112) {
                sum14 = GemmTile.multiply(run0, run1, run2, run3, x, xWord + 14 * xTile, sum14);
            }
            if (batch > 120) {
                sum15 = GemmTile.multiply(run0, run1, run2, run3, x, xWord + 15 * xTile, sum15);
            }
            start = nextStart;
            end = nextEnd;
            word1 = nextWord1;
            word2 = nextWord2;
            word3 = nextWord3;
            nextStart = laterStart;
            nextEnd = laterEnd;
            nextStrip = laterStrip;
            stage = TcaTbeStrip.STAGE_BYTES - stage;
            block += slices;
        }
        PtxShared.awaitCopies(0);

        int firstRow = group * GemmTile.groupRowBlocks(plan) * FragmentLayout.STRIP_ROWS;
        context.localBarrier();
        if (GemmTile.holds(0, plan, batch)) {
            GemmTile.store(shared, warp, 0, lane, sum0);
        }
        if (GemmTile.holds(1, plan, batch)) {
            GemmTile.store(shared, warp, 1, lane, sum1);
        }
        if (GemmTile.holds(2, plan, batch)) {
            GemmTile.store(shared, warp, 2, lane, sum2);
        }
        if (GemmTile.holds(3, plan, batch)) {
            GemmTile.store(shared, warp, 3, lane, sum3);
        }
        if (GemmTile.holds(4, plan, batch)) {
            GemmTile.store(shared, warp, 4, lane, sum4);
        }
        if (GemmTile.holds(5, plan, batch)) {
            GemmTile.store(shared, warp, 5, lane, sum5);
        }
        if (GemmTile.holds(6, plan, batch)) {
            GemmTile.store(shared, warp, 6, lane, sum6);
        }
        if (GemmTile.holds(7, plan, batch)) {
            GemmTile.store(shared, warp, 7, lane, sum7);
        }
        context.localBarrier();
        GemmTile.output(thread, shared, y, partials, plan, split, 0, firstRow, rows, batch, bf16);
        if (GemmTile.holdsRound(1, plan, batch)) {
            context.localBarrier();
            if (GemmTile.holds(8, plan, batch)) {
                GemmTile.store(shared, warp, 8, lane, sum8);
            }
            if (GemmTile.holds(9, plan, batch)) {
                GemmTile.store(shared, warp, 9, lane, sum9);
            }
            if (GemmTile.holds(10, plan, batch)) {
                GemmTile.store(shared, warp, 10, lane, sum10);
            }
            if (GemmTile.holds(11, plan, batch)) {
                GemmTile.store(shared, warp, 11, lane, sum11);
            }
            if (GemmTile.holds(12, plan, batch)) {
                GemmTile.store(shared, warp, 12, lane, sum12);
            }
            if (GemmTile.holds(13, plan, batch)) {
                GemmTile.store(shared, warp, 13, lane, sum13);
            }
            if (GemmTile.holds(14, plan, batch)) {
                GemmTile.store(shared, warp, 14, lane, sum14);
            }
            if (GemmTile.holds(15, plan, batch)) {
                GemmTile.store(shared, warp, 15, lane, sum15);
            }
            context.localBarrier();
            GemmTile.output(thread, shared, y, partials, plan, split, 1, firstRow, rows, batch, bf16);
        }
        if (splits > 1) {
            GemmTile.joinSplits(context, thread, shared, y, partials, tickets, group, plan, firstRow, rows, batch,
                    bf16);
        }
    }
}
