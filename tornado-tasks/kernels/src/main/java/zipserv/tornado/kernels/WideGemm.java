package zipserv.tornado.kernels;

import uk.ac.manchester.tornado.api.KernelContext;
import uk.ac.manchester.tornado.api.types.arrays.FloatArray;
import uk.ac.manchester.tornado.api.types.arrays.IntArray;
import zipserv.codec.Frag11Layout;
import zipserv.codec.FragmentLayout;
import zipserv.tornado.ptx.Pair;
import zipserv.tornado.ptx.PtxBarrier;
import zipserv.tornado.ptx.PtxMemory;
import zipserv.tornado.ptx.PtxShared;
import zipserv.tornado.ptx.PtxSync;
import zipserv.tornado.ptx.PtxWarp;
import zipserv.tornado.ptx.PtxWgmma;
import zipserv.tornado.ptx.Quad;
import zipserv.tornado.ptx.WideAccumulator;

/**
 * The fused GEMM for GPUs of compute capability 9.0 and more than a few activation rows: {@code Y[n][m] = sum over k of
 * W[m][k] * X[n][k]} with W in any weight format, BF16 X and fp32 sums, for N = 1 .. {@value GemmPlan#MAX_BATCH}. Four
 * warps, a warpgroup, decode 16 weight rows each into registers, which wgmma multiplies by activations that lie in
 * shared memory: so activations take neither registers nor loads, and their number costs little.
 *
 * <p>Each warp brings its weights to a ring of slots in shared memory by asynchronous copies, as {@link Frag11Gemm}
 * does. One thread of the block brings the activations, one strip for each warpgroup at a time, by a bulk copy; an
 * mbarrier tells when they are there, another one when all warps have used them. While a strip's multiplications are
 * under way, frag11's next strip is read and its escapes are put in place; only then is it waited for them.
 *
 * <p>TornadoVM cannot load this kernel, since it has instructions of sm_90a: see {@link PtxWgmma}.
 */
public final class WideGemm {

    private WideGemm() {
    }

    /**
     * The kernel. Worker: 1-D, {@link WidePlan#threads} threads a block, {@link WidePlan#blocks} blocks.
     *
     * @param weights  frag11: words; raw: {@link RawDeviceMatrix#weights}; TCA-TBE: bitmaps
     * @param second   frag11: escapes; TCA-TBE: table; else anything
     * @param third    frag11: directory; TCA-TBE: values; else anything
     * @param x        activations in the order of {@link WideActivations}, of whole strips; finite beyond K
     * @param y        result: fp32, {@code batch} rows of {@code rows} words; or BF16, {@code batch} rows of
     *                 {@code (rows + 1) / 2} words of two elements
     * @param partials with splits, {@link WidePlan#partials} sums
     * @param tickets  with splits, one zero per group of 64 rows
     * @param format   of the weights, {@link WideTile#FRAG11} for instance
     * @param rows     M
     * @param columns  K
     * @param batch    N, 1 .. 128
     * @param plan     {@link WidePlan#code}
     * @param result   1 for BF16 results, 0 for fp32; or SwiGLU of gate and up, {@link GatedTile#result}, y as
     *                 {@link GatedTile#store} says
     * @param gateBias for SwiGLU of gate, then of up; else anything
     */
    public static void multiply(KernelContext context, IntArray weights, IntArray second, IntArray third, IntArray x,
            IntArray y, FloatArray partials, IntArray tickets, int format, int rows, int columns, int batch, int plan,
            int result, FloatArray gateBias) {
        int width = WideTile.width(batch);
        int slices = WideTile.slices(plan);
        int splits = WideTile.splits(plan);
        int whole = WideTile.whole(plan);
        int shared = PtxShared.allocateLarge(WideTile.sharedBytes(format, plan, width));
        int thread = context.localIdx;
        int lane = PtxWarp.lane();
        int warp = PtxWarp.shuffle(thread >>> 5, 0);
        int rowWarp = warp & WideTile.rowWarps(plan) - 1;
        int slice = (warp >>> 2) / WideTile.height(plan);
        int stripColumns = Frag11Layout.strips(columns);
        int rowBlocks = Frag11Layout.rowBlocks(rows);
        int block = context.groupIdx;
        int group = block;
        int split = 0;
        int from = 0;
        int end = stripColumns;
        if (block >= whole) {
            group = whole + (block - whole) / splits;
            split = (block - whole) % splits;
            from = stripColumns * split / splits;
            end = stripColumns * (split + 1) / splits;
        }
        int rowBlock = group * WideTile.rowWarps(plan) + rowWarp;
        int lastBlock = format == WideTile.FRAG11 ? rowBlocks - 1 : (rowBlocks - 1 | WideTile.GROUP_WARPS - 1);
        int own = Math.min(GatedTile.rowBlock(rowBlock, rows, result), lastBlock);
        int step = slices * WideTile.nextColumn(format);
        int first = WideTile.strip(format, own, from + slice, stripColumns);
        int lastStrip = rowBlocks * stripColumns - 1;
        int strips = (end - from - slice + slices - 1) / slices;
        int bitmap = format == WideTile.TCA_TBE ? FragmentLayout.blocks(rows) * stripColumns * 128 : 0;
        int slotBytes = WideTile.slotBytes(format);
        int ring = shared + WideTile.rings(format, plan) + warp * (WideTile.SLOTS * slotBytes);
        int plane = shared + warp * Frag11Escapes.PLANE_BYTES;
        // Lane l knows where the escapes begin and end of the warp's l-th strip from here on.
        int begins = 0;
        int ends = 0;
        int bias = 0;
        int upper0 = 0;
        int upper4 = 0;
        int lower0 = 0;
        int lower4 = 0;
        if (format == WideTile.FRAG11) {
            int known = Math.min(first + lane * slices, lastStrip);
            begins = Frag11Escapes.first(third, known, rowBlocks, 0);
            ends = Frag11Escapes.first(third, known, rowBlocks, 1);
        }
        if (strips > 0) {
            WideStrips.fetch(format, ring, weights, second, third, first, bitmap, begins, ends, 0, lane);
        }
        PtxShared.commitCopies();
        if (strips > 1) {
            WideStrips.fetch(format, ring + slotBytes, weights, second, third, first + step, bitmap, begins, ends, 1,
                    lane);
        }
        PtxShared.commitCopies();
        if (format == WideTile.FRAG11) {
            Frag11Escapes.clear(plane, lane);
            bias = PtxMemory.loadReadOnly32(third, own);
        } else if (format == WideTile.TCA_TBE) {
            int baseExponent = PtxMemory.loadReadOnly32(second, 0);
            upper0 = TcaTbeDecoder.upperTable0(baseExponent);
            upper4 = TcaTbeDecoder.upperTable4(baseExponent);
            lower0 = TcaTbeDecoder.lowerTable0(baseExponent);
            lower4 = TcaTbeDecoder.lowerTable4(baseExponent);
        }

        int barriers = shared + WideTile.barriers(format, plan);
        if (thread < WideTile.CHUNKS) {
            PtxBarrier.init(barriers + thread * WideTile.BARRIER_BYTES, 1);
            PtxBarrier.init(barriers + thread * WideTile.BARRIER_BYTES + 8, WideTile.warps(plan));
            PtxBarrier.fenceInit();
        }
        context.localBarrier();

        PtxSync.awaitPredecessor();
        int stripBytes = WideTile.stripBytes(width);
        int chunkBytes = slices * stripBytes;
        int chunks = shared + WideTile.chunks(format, plan);
        int nextChunk = from;
        if (thread == 0 && from < end) {
            WideStrips.fetchActivations(chunks, x, from, Math.min(slices, end - from), width, barriers);
            if (from + slices < end) {
                WideStrips.fetchActivations(chunks + chunkBytes, x, from + slices,
                        Math.min(slices, end - from - slices), width, barriers + WideTile.BARRIER_BYTES);
            }
        }
        nextChunk += 2 * slices;

        WideAccumulator sum8 = WideAccumulator.zero8();
        WideAccumulator sum16 = WideAccumulator.zero16();
        WideAccumulator sum32 = WideAccumulator.zero32();
        WideAccumulator sum64 = WideAccumulator.zero64();
        WideAccumulator sum128 = WideAccumulator.zero128();
        int strip = first;
        int slot = ring;
        int refill = ring + 2 * slotBytes;
        int ringEnd = ring + WideTile.SLOTS * slotBytes;
        int chunk = 0;
        int parity = 0;
        for (int i = 0; i < strips; i++) {
            if (format == WideTile.FRAG11 && (i + 2 & 31) == 0) {
                int known = Math.min(strip + 2 * step + lane * slices, lastStrip);
                begins = Frag11Escapes.first(third, known, rowBlocks, 0);
                ends = Frag11Escapes.first(third, known, rowBlocks, 1);
            }
            PtxShared.awaitCopies(1);
            PtxWarp.sync();
            if (i + 2 < strips) {
                WideStrips.fetch(format, refill, weights, second, third, strip + 2 * step, bitmap, begins, ends,
                        i + 2 & 31, lane);
            }
            PtxShared.commitCopies();

            int w0 = 0;
            int w1 = 0;
            int w2 = 0;
            int w3 = 0;
            int w4 = 0;
            int w5 = 0;
            int w6 = 0;
            int w7 = 0;
            int w8 = 0;
            int w9 = 0;
            int w10 = 0;
            Pair patch0 = Pair.of(0, 0);
            Pair patch1 = patch0;
            Pair patch2 = patch0;
            Pair patch3 = patch0;
            Quad run0 = Quad.of(0, 0, 0, 0);
            Quad run1 = run0;
            Quad run2 = run0;
            Quad run3 = run0;
            if (format == WideTile.FRAG11) {
                int entries = Frag11Ring.escapes(slot, lane);
                int last = Frag11Escapes.scatter(plane, second, third, strip, rowBlocks, lane, entries);
                PtxWarp.sync();
                patch0 = Frag11Escapes.patches(plane, 0, lane);
                patch1 = Frag11Escapes.patches(plane, 1, lane);
                patch2 = Frag11Escapes.patches(plane, 2, lane);
                patch3 = Frag11Escapes.patches(plane, 3, lane);
                PtxWarp.sync();
                Frag11Escapes.undo(plane, lane, entries, last);
                w0 = Frag11Ring.word(slot, 0, lane);
                w1 = Frag11Ring.word(slot, 1, lane);
                w2 = Frag11Ring.word(slot, 2, lane);
                w3 = Frag11Ring.word(slot, 3, lane);
                w4 = Frag11Ring.word(slot, 4, lane);
                w5 = Frag11Ring.word(slot, 5, lane);
                w6 = Frag11Ring.word(slot, 6, lane);
                w7 = Frag11Ring.word(slot, 7, lane);
                w8 = Frag11Ring.word(slot, 8, lane);
                w9 = Frag11Ring.word(slot, 9, lane);
                w10 = Frag11Ring.word(slot, 10, lane);
            }

            // The strip before has been multiplied from here on, and its activations are not needed any more.
            PtxWgmma.await(0);
            if (i != 0) {
                int used = barriers + (chunk ^ 1) * WideTile.BARRIER_BYTES;
                if (lane == 0) {
                    PtxBarrier.arrive(used + 8);
                }
                if (thread == 0 && nextChunk < end) {
                    PtxBarrier.await(used + 8, chunk == 0 ? parity ^ 1 : parity);
                    WideStrips.fetchActivations(chunks + (chunk ^ 1) * chunkBytes, x, nextChunk,
                            Math.min(slices, end - nextChunk), width, used);
                }
                nextChunk += slices;
                PtxWarp.sync();
            }
            // The registers that the multiplications read must not be set before: the assembler does not see to it.
            if (format == WideTile.RAW) {
                run0 = WideStrips.rawRun(slot, 0, lane);
                run1 = WideStrips.rawRun(slot, 1, lane);
                run2 = WideStrips.rawRun(slot, 2, lane);
                run3 = WideStrips.rawRun(slot, 3, lane);
            } else if (format == WideTile.TCA_TBE) {
                Pair start = TcaTbeStrip.start(second, strip);
                Pair stop = TcaTbeStrip.end(second, strip);
                int plane1 = TcaTbeDecoder.runBits(WideStrips.bitmap(slot, 0, lane), lane);
                int plane2 = TcaTbeDecoder.runBits(WideStrips.bitmap(slot, 1, lane), lane);
                int plane3 = TcaTbeDecoder.runBits(WideStrips.bitmap(slot, 2, lane), lane);
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
                int signMantissa = TcaTbeStrip.signMantissa(slot, start);
                int fallback = TcaTbeStrip.fallback(slot, start, stop);
                int rank0 = TcaTbeDecoder.rank(0, upToRow, inRuns, inFrags, upToColumn, inHalf);
                int rank1 = TcaTbeDecoder.rank(1, upToRow, inRuns, inFrags, upToColumn, inHalf);
                int rank2 = TcaTbeDecoder.rank(2, upToRow, inRuns, inFrags, upToColumn, inHalf);
                int rank3 = TcaTbeDecoder.rank(3, upToRow, inRuns, inFrags, upToColumn, inHalf);
                run0 = TcaTbeDecoder.run(0, lane, signMantissa, fallback, rank0, codes01, codes23, codes45, codes67,
                        inNibbles, upper0, upper4, lower0, lower4);
                run1 = TcaTbeDecoder.run(1, lane, signMantissa, fallback, rank1, codes01, codes23, codes45, codes67,
                        inNibbles, upper0, upper4, lower0, lower4);
                run2 = TcaTbeDecoder.run(2, lane, signMantissa, fallback, rank2, codes01, codes23, codes45, codes67,
                        inNibbles, upper0, upper4, lower0, lower4);
                run3 = TcaTbeDecoder.run(3, lane, signMantissa, fallback, rank3, codes01, codes23, codes45, codes67,
                        inNibbles, upper0, upper4, lower0, lower4);
            }
            Quad a0 = Quad.of(run0.x(), run1.x(), run0.y(), run1.y());
            Quad a1 = Quad.of(run0.z(), run1.z(), run0.w(), run1.w());
            Quad a2 = Quad.of(run2.x(), run3.x(), run2.y(), run3.y());
            Quad a3 = Quad.of(run2.z(), run3.z(), run2.w(), run3.w());
            if (format == WideTile.FRAG11) {
                a0 = Frag11Fragments.first(w0, w1, w4, w5, bias, patch0, patch1);
                a1 = Frag11Fragments.second(w2, w3, w4, w5, w8, w9, w10, bias, patch2, patch3);
                a2 = Frag11Fragments.third(w2, w3, w6, w7, bias, patch0, patch1);
                a3 = Frag11Fragments.fourth(w0, w1, w6, w7, w8, w9, w10, bias, patch2, patch3);
            }
            PtxBarrier.await(barriers + chunk * WideTile.BARRIER_BYTES, parity);
            long b = PtxWgmma.descriptor(chunks + chunk * chunkBytes + slice * stripBytes, width << 4, 128);
            PtxWgmma.fence();
            if (width == 8) {
                sum8 = PtxWgmma.n8(a0, b, sum8);
                sum8 = PtxWgmma.n8(a1, b + 16, sum8);
                sum8 = PtxWgmma.n8(a2, b + 32, sum8);
                sum8 = PtxWgmma.n8(a3, b + 48, sum8);
            } else if (width == 16) {
                sum16 = PtxWgmma.n16(a0, b, sum16);
                sum16 = PtxWgmma.n16(a1, b + 32, sum16);
                sum16 = PtxWgmma.n16(a2, b + 64, sum16);
                sum16 = PtxWgmma.n16(a3, b + 96, sum16);
            } else if (width == 32) {
                sum32 = PtxWgmma.n32(a0, b, sum32);
                sum32 = PtxWgmma.n32(a1, b + 64, sum32);
                sum32 = PtxWgmma.n32(a2, b + 128, sum32);
                sum32 = PtxWgmma.n32(a3, b + 192, sum32);
            } else if (width == 64) {
                sum64 = PtxWgmma.n64(a0, b, sum64);
                sum64 = PtxWgmma.n64(a1, b + 128, sum64);
                sum64 = PtxWgmma.n64(a2, b + 256, sum64);
                sum64 = PtxWgmma.n64(a3, b + 384, sum64);
            } else {
                sum128 = PtxWgmma.n128(a0, b, sum128);
                sum128 = PtxWgmma.n128(a1, b + 256, sum128);
                sum128 = PtxWgmma.n128(a2, b + 512, sum128);
                sum128 = PtxWgmma.n128(a3, b + 768, sum128);
            }
            PtxWgmma.commit();
            refill = slot;
            slot += slotBytes;
            if (slot == ringEnd) {
                slot = ring;
            }
            strip += step;
            parity ^= chunk;
            chunk ^= 1;
        }
        PtxWgmma.await(0);
        PtxShared.awaitCopies(0);

        int sums = WideSums.place(shared + WideTile.rings(format, plan), warp, lane, width);
        int row = rowBlock * FragmentLayout.STRIP_ROWS + (lane >>> 2 & 6);
        boolean alone = block < whole || splits == 1;
        int to = !alone ? WideSums.TO_PARTIALS : GatedTile.isGated(result) ? WideSums.TO_SHARED : WideSums.TO_RESULT;
        int at = WideSums.partial(group - whole, split, plan, rowWarp, lane, width);
        context.localBarrier();
        if (slice != 0) {
            WideSums.store(sums, 0, width, sum8, sum16, sum32, sum64, sum128);
            WideSums.store(sums, 4, width, sum8, sum16, sum32, sum64, sum128);
            WideSums.store(sums, 8, width, sum8, sum16, sum32, sum64, sum128);
            WideSums.store(sums, 12, width, sum8, sum16, sum32, sum64, sum128);
        }
        context.localBarrier();
        if (slice == 0) {
            WideSums.output(sums, 0, lane, y, partials, to, at, plan, width, row, rows, batch, result, sum8,
                    sum16, sum32, sum64, sum128);
            WideSums.output(sums, 2, lane, y, partials, to, at, plan, width, row, rows, batch, result, sum8,
                    sum16, sum32, sum64, sum128);
            WideSums.output(sums, 4, lane, y, partials, to, at, plan, width, row, rows, batch, result, sum8,
                    sum16, sum32, sum64, sum128);
            WideSums.output(sums, 6, lane, y, partials, to, at, plan, width, row, rows, batch, result, sum8,
                    sum16, sum32, sum64, sum128);
            WideSums.output(sums, 8, lane, y, partials, to, at, plan, width, row, rows, batch, result, sum8,
                    sum16, sum32, sum64, sum128);
            WideSums.output(sums, 10, lane, y, partials, to, at, plan, width, row, rows, batch, result, sum8,
                    sum16, sum32, sum64, sum128);
            WideSums.output(sums, 12, lane, y, partials, to, at, plan, width, row, rows, batch, result, sum8,
                    sum16, sum32, sum64, sum128);
            WideSums.output(sums, 14, lane, y, partials, to, at, plan, width, row, rows, batch, result, sum8,
                    sum16, sum32, sum64, sum128);
        }
        boolean complete = alone;
        if (!alone && Ticket.isLast(context, thread, barriers + WideTile.TICKET, tickets, group, splits)) {
            int joined = WideSums.partial(group - whole, 0, plan, rowWarp, lane, width);
            int place = WideSums.place(shared + WideTile.rings(format, plan), rowWarp, lane, width);
            for (int j = slice << 1; j < width >>> 3; j += slices << 1) {
                WideSums.join(lane, y, partials, joined, j, plan, width, row, rows, batch, result, place);
            }
            complete = true;
        }
        if (GatedTile.isGated(result) && complete) {
            context.localBarrier();
            int place = WideSums.place(shared + WideTile.rings(format, plan), rowWarp & -2, lane, width);
            int column = (rowBlock & -2) << 3 | lane >>> 2 & 6;
            for (int j = slice; j << 3 < batch / GatedTile.parts(result); j += slices) {
                WideSums.gate(j, rowWarp & 1, place, lane, y, gateBias, column, width, rows, batch, result);
            }
        }
    }
}
