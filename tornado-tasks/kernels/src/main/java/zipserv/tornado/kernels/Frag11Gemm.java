package zipserv.tornado.kernels;

import uk.ac.manchester.tornado.api.KernelContext;
import uk.ac.manchester.tornado.api.types.arrays.FloatArray;
import uk.ac.manchester.tornado.api.types.arrays.IntArray;
import zipserv.codec.Frag11Layout;
import zipserv.codec.FragmentLayout;
import zipserv.tornado.ptx.Accumulator;
import zipserv.tornado.ptx.Pair;
import zipserv.tornado.ptx.PtxMemory;
import zipserv.tornado.ptx.PtxShared;
import zipserv.tornado.ptx.PtxSync;
import zipserv.tornado.ptx.PtxWarp;
import zipserv.tornado.ptx.Quad;

/**
 * The fused GEMM from frag11: {@code Y[n][m] = sum over k of W[m][k] * X[n][k]} with compressed W, BF16 X and fp32 sums
 * in Tensor Cores, for N = 1 .. {@value GemmPlan#MAX_BATCH}. Weights exist uncompressed only in registers. {@link
 * RawGemm} is its uncompressed twin.
 *
 * <p>A warp takes strips of 16 x 64 weights, of one or two row blocks in turn, through a ring of slots in shared memory
 * ({@link Frag11Ring}): while it decodes and multiplies one strip, the next ones are on their way. Warps wait for
 * nobody but themselves until the sums are added up.
 */
public final class Frag11Gemm {

    private Frag11Gemm() {
    }

    /**
     * The kernel. Worker: 1-D, {@link GemmPlan#threads} threads a block, {@link GemmPlan#blocks} blocks. The first
     * arrays are those of {@link Frag11DeviceMatrix}.
     *
     * @param x        activations, BF16, 8 * tiles rows of whole strips of 64 columns; finite beyond K
     * @param y        result: fp32, {@code batch} rows of {@code rows} words; or BF16, {@code batch} rows of
     *                 {@code (rows + 1) / 2} words of two elements
     * @param partials with splits, {@code splits * batch * rows} sums
     * @param tickets  with splits, one zero per group of rows
     * @param rows     M
     * @param columns  K
     * @param batch    N, 1 .. 128; up to 64 with two row blocks a warp
     * @param plan     {@link GemmPlan#code}
     * @param result   1 for BF16 results, 0 for fp32; or SwiGLU of gate and up, {@link GatedTile#result}, then of one
     *                 split and one round of sums, y as {@link GatedTile#store} says
     * @param gateBias for SwiGLU of gate, then of up; else anything
     */
    public static void multiply(KernelContext context, IntArray words, IntArray escapes, IntArray directory, IntArray x,
            IntArray y, FloatArray partials, IntArray tickets, int rows, int columns, int batch, int plan, int result,
            FloatArray gateBias) {
        int shared = PtxShared.allocate(GemmTile.warps(plan)
                * Math.max(Frag11Ring.warpBytes(plan), GemmTile.WARP_SUM_BYTES));
        int lane = PtxWarp.lane();
        int thread = context.localIdx;
        int warp = thread >>> 5;
        boolean tall = GemmTile.rowBlocks(plan) == 2;
        int strips = GemmTile.strips(plan);
        int slices = GemmTile.slices(plan);
        int splits = GemmTile.splits(plan);
        int group = context.groupIdx / splits;
        int split = context.groupIdx % splits;
        int rowBlocks = Frag11Layout.rowBlocks(rows);
        int stripColumns = Frag11Layout.strips(columns);
        int first = (group * strips + warp % strips) * GemmTile.rowBlocks(plan);
        int upper = Math.min(GatedTile.rowBlock(first, rows, result), rowBlocks - 1);
        int lower = Math.min(GatedTile.rowBlock(first + 1, rows, result), rowBlocks - 1);
        int perSplit = (stripColumns + splits - 1) / splits;
        int end = Math.min((split + 1) * perSplit, stripColumns);
        int column = split * perSplit + warp / strips;
        int xLane = StripLayout.activationWord(GemmTile.activationRow(lane, batch), 0, stripColumns)
                + ((lane & 3) << 2);
        int odd = -(lane >>> 2 & 1);
        int xTile = StripLayout.activationWord(8, 0, stripColumns);

        int ahead = Frag11Ring.ahead(plan);
        int upperStrip = upper * stripColumns + column;
        int lowerStrip = lower * stripColumns + column;
        int lastStrip = rowBlocks * stripColumns - 1;
        int ring = shared + warp * Frag11Ring.warpBytes(plan);
        int plane = ring + Frag11Ring.slots(plan) * Frag11Ring.SLOT_BYTES;
        // Lane l knows where the escapes begin and end of the warp's l-th strip from here on.
        int known = Math.min(upperStrip + lane * slices, lastStrip);
        int upperBegins = Frag11Escapes.first(directory, known, rowBlocks, 0);
        int upperEnds = Frag11Escapes.first(directory, known, rowBlocks, 1);
        known = Math.min(lowerStrip + lane * slices, lastStrip);
        int lowerBegins = Frag11Escapes.first(directory, known, rowBlocks, 0);
        int lowerEnds = Frag11Escapes.first(directory, known, rowBlocks, 1);
        int slot = ring;
        int fetched = 0;
        while (fetched * slices < ahead) {
            if (column + fetched * slices < end) {
                Frag11Ring.fetch(slot, words, escapes, upperStrip + fetched * slices, upperBegins, upperEnds,
                        fetched, lane);
            }
            PtxShared.commitCopies();
            slot += Frag11Ring.SLOT_BYTES;
            if (tall) {
                if (column + fetched * slices < end) {
                    Frag11Ring.fetch(slot, words, escapes, lowerStrip + fetched * slices, lowerBegins, lowerEnds,
                            fetched, lane);
                }
                PtxShared.commitCopies();
                slot += Frag11Ring.SLOT_BYTES;
            }
            fetched++;
        }
        int refill = slot;
        slot = ring;
        Frag11Escapes.clear(plane, lane);
        int upperBias = PtxMemory.loadReadOnly32(directory, upper);
        int lowerBias = PtxMemory.loadReadOnly32(directory, lower);

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

        PtxSync.awaitPredecessor();
        while (column < end) {
            if ((fetched & 31) == 0) {
                known = Math.min(upperStrip + ahead + lane * slices, lastStrip);
                upperBegins = Frag11Escapes.first(directory, known, rowBlocks, 0);
                upperEnds = Frag11Escapes.first(directory, known, rowBlocks, 1);
                if (tall) {
                    known = Math.min(lowerStrip + ahead + lane * slices, lastStrip);
                    lowerBegins = Frag11Escapes.first(directory, known, rowBlocks, 0);
                    lowerEnds = Frag11Escapes.first(directory, known, rowBlocks, 1);
                }
            }
            PtxShared.awaitCopies(Frag11Ring.slots(plan) - 2);
            PtxWarp.sync();
            if (column + ahead < end) {
                Frag11Ring.fetch(refill, words, escapes, upperStrip + ahead, upperBegins, upperEnds, fetched & 31,
                        lane);
            }
            PtxShared.commitCopies();
            int xWord = xLane + column * StripLayout.BLOCK_WORDS;
            int xFirst = xWord + (odd & 16);
            int xSecond = xWord + (~odd & 16);
            Quad x0 = PtxMemory.loadReadOnly128(x, xFirst, 0);
            Quad y0 = PtxMemory.loadReadOnly128(x, xSecond, 0);
            Quad low0 = GemmTile.choose(odd, y0, x0);
            Quad high0 = GemmTile.choose(odd, x0, y0);
            Quad low1 = low0;
            Quad high1 = high0;
            if (batch > 8) {
                Quad x1 = PtxMemory.loadReadOnly128(x, xFirst, xTile);
                Quad y1 = PtxMemory.loadReadOnly128(x, xSecond, xTile);
                low1 = GemmTile.choose(odd, y1, x1);
                high1 = GemmTile.choose(odd, x1, y1);
            }
            Quad low2 = low0;
            Quad high2 = high0;
            Quad low3 = low0;
            Quad high3 = high0;
            if (tall && batch > 16) {
                Quad x2 = PtxMemory.loadReadOnly128(x, xFirst, 2 * xTile);
                Quad y2 = PtxMemory.loadReadOnly128(x, xSecond, 2 * xTile);
                low2 = GemmTile.choose(odd, y2, x2);
                high2 = GemmTile.choose(odd, x2, y2);
                if (batch > 24) {
                    Quad x3 = PtxMemory.loadReadOnly128(x, xFirst, 3 * xTile);
                    Quad y3 = PtxMemory.loadReadOnly128(x, xSecond, 3 * xTile);
                    low3 = GemmTile.choose(odd, y3, x3);
                    high3 = GemmTile.choose(odd, x3, y3);
                }
            }
            int entries = Frag11Ring.escapes(slot, lane);
            int last = Frag11Escapes.scatter(plane, escapes, directory, upperStrip, rowBlocks, lane, entries);
            PtxWarp.sync();
            int w0 = Frag11Ring.word(slot, 0, lane);
            int w1 = Frag11Ring.word(slot, 1, lane);
            int w2 = Frag11Ring.word(slot, 2, lane);
            int w3 = Frag11Ring.word(slot, 3, lane);
            int w4 = Frag11Ring.word(slot, 4, lane);
            int w5 = Frag11Ring.word(slot, 5, lane);
            int w6 = Frag11Ring.word(slot, 6, lane);
            int w7 = Frag11Ring.word(slot, 7, lane);
            int w8 = Frag11Ring.word(slot, 8, lane);
            int w9 = Frag11Ring.word(slot, 9, lane);
            int w10 = Frag11Ring.word(slot, 10, lane);
            Pair patch0 = Frag11Escapes.patches(plane, 0, lane);
            Pair patch1 = Frag11Escapes.patches(plane, 1, lane);
            Pair patch2 = Frag11Escapes.patches(plane, 2, lane);
            Pair patch3 = Frag11Escapes.patches(plane, 3, lane);
            Quad a0 = Frag11Fragments.first(w0, w1, w4, w5, upperBias, patch0, patch1);
            Quad a1 = Frag11Fragments.second(w2, w3, w4, w5, w8, w9, w10, upperBias, patch2, patch3);
            Quad a2 = Frag11Fragments.third(w2, w3, w6, w7, upperBias, patch0, patch1);
            Quad a3 = Frag11Fragments.fourth(w0, w1, w6, w7, w8, w9, w10, upperBias, patch2, patch3);
            PtxWarp.sync();
            Frag11Escapes.undo(plane, lane, entries, last);
            refill = slot;
            slot = Frag11Ring.next(slot, ring, plan);
            if (!tall || batch <= 32) {
                sum0 = GemmTile.multiplyFragments(a0, a1, a2, a3, low0, high0, sum0);
                if (batch > 8) {
                    sum1 = GemmTile.multiplyFragments(a0, a1, a2, a3, low1, high1, sum1);
                }
                if (tall && batch > 16) {
                    sum2 = GemmTile.multiplyFragments(a0, a1, a2, a3, low2, high2, sum2);
                    if (batch > 24) {
                        sum3 = GemmTile.multiplyFragments(a0, a1, a2, a3, low3, high3, sum3);
                    }
                }
            }
            if (tall) {
                PtxShared.awaitCopies(Frag11Ring.slots(plan) - 2);
                PtxWarp.sync();
                if (column + ahead < end) {
                    Frag11Ring.fetch(refill, words, escapes, lowerStrip + ahead, lowerBegins, lowerEnds, fetched & 31,
                            lane);
                }
                PtxShared.commitCopies();
                entries = Frag11Ring.escapes(slot, lane);
                last = Frag11Escapes.scatter(plane, escapes, directory, lowerStrip, rowBlocks, lane, entries);
                PtxWarp.sync();
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
                patch0 = Frag11Escapes.patches(plane, 0, lane);
                patch1 = Frag11Escapes.patches(plane, 1, lane);
                patch2 = Frag11Escapes.patches(plane, 2, lane);
                patch3 = Frag11Escapes.patches(plane, 3, lane);
                Quad b0 = Frag11Fragments.first(w0, w1, w4, w5, lowerBias, patch0, patch1);
                Quad b1 = Frag11Fragments.second(w2, w3, w4, w5, w8, w9, w10, lowerBias, patch2, patch3);
                Quad b2 = Frag11Fragments.third(w2, w3, w6, w7, lowerBias, patch0, patch1);
                Quad b3 = Frag11Fragments.fourth(w0, w1, w6, w7, w8, w9, w10, lowerBias, patch2, patch3);
                PtxWarp.sync();
                Frag11Escapes.undo(plane, lane, entries, last);
                refill = slot;
                slot = Frag11Ring.next(slot, ring, plan);
                if (batch <= 32) {
                    sum4 = GemmTile.multiplyFragments(b0, b1, b2, b3, low0, high0, sum4);
                    if (batch > 8) {
                        sum5 = GemmTile.multiplyFragments(b0, b1, b2, b3, low1, high1, sum5);
                    }
                    if (batch > 16) {
                        sum6 = GemmTile.multiplyFragments(b0, b1, b2, b3, low2, high2, sum6);
                    }
                    if (batch > 24) {
                        sum7 = GemmTile.multiplyFragments(b0, b1, b2, b3, low3, high3, sum7);
                    }
                } else {
                    sum0 = GemmTile.multiplyFragments(a0, a1, a2, a3, low0, high0, sum0);
                    sum4 = GemmTile.multiplyFragments(b0, b1, b2, b3, low0, high0, sum4);
                    sum1 = GemmTile.multiplyFragments(a0, a1, a2, a3, low1, high1, sum1);
                    sum5 = GemmTile.multiplyFragments(b0, b1, b2, b3, low1, high1, sum5);
                    sum2 = GemmTile.multiplyFragments(a0, a1, a2, a3, low2, high2, sum2);
                    sum6 = GemmTile.multiplyFragments(b0, b1, b2, b3, low2, high2, sum6);
                    if (GemmTile.holds(3, plan, batch)) {
                        sum3 = GemmTile.multiplyFragments(a0, a1, a2, a3, low3, high3, sum3);
                        sum7 = GemmTile.multiplyFragments(b0, b1, b2, b3, low3, high3, sum7);
                    }
                    if (GemmTile.holds(8, plan, batch)) {
                        Quad x8 = PtxMemory.loadReadOnly128(x, xFirst, GemmTile.tile(8, plan) * xTile);
                        Quad y8 = PtxMemory.loadReadOnly128(x, xSecond, GemmTile.tile(8, plan) * xTile);
                        Quad low8 = GemmTile.choose(odd, y8, x8);
                        Quad high8 = GemmTile.choose(odd, x8, y8);
                        sum8 = GemmTile.multiplyFragments(a0, a1, a2, a3, low8, high8, sum8);
                        sum12 = GemmTile.multiplyFragments(b0, b1, b2, b3, low8, high8, sum12);
                    }
                    if (GemmTile.holds(9, plan, batch)) {
                        Quad x9 = PtxMemory.loadReadOnly128(x, xFirst, GemmTile.tile(9, plan) * xTile);
                        Quad y9 = PtxMemory.loadReadOnly128(x, xSecond, GemmTile.tile(9, plan) * xTile);
                        Quad low9 = GemmTile.choose(odd, y9, x9);
                        Quad high9 = GemmTile.choose(odd, x9, y9);
                        sum9 = GemmTile.multiplyFragments(a0, a1, a2, a3, low9, high9, sum9);
                        sum13 = GemmTile.multiplyFragments(b0, b1, b2, b3, low9, high9, sum13);
                    }
                    if (GemmTile.holds(10, plan, batch)) {
                        Quad x10 = PtxMemory.loadReadOnly128(x, xFirst, GemmTile.tile(10, plan) * xTile);
                        Quad y10 = PtxMemory.loadReadOnly128(x, xSecond, GemmTile.tile(10, plan) * xTile);
                        Quad low10 = GemmTile.choose(odd, y10, x10);
                        Quad high10 = GemmTile.choose(odd, x10, y10);
                        sum10 = GemmTile.multiplyFragments(a0, a1, a2, a3, low10, high10, sum10);
                        sum14 = GemmTile.multiplyFragments(b0, b1, b2, b3, low10, high10, sum14);
                    }
                    if (GemmTile.holds(11, plan, batch)) {
                        Quad x11 = PtxMemory.loadReadOnly128(x, xFirst, GemmTile.tile(11, plan) * xTile);
                        Quad y11 = PtxMemory.loadReadOnly128(x, xSecond, GemmTile.tile(11, plan) * xTile);
                        Quad low11 = GemmTile.choose(odd, y11, x11);
                        Quad high11 = GemmTile.choose(odd, x11, y11);
                        sum11 = GemmTile.multiplyFragments(a0, a1, a2, a3, low11, high11, sum11);
                        sum15 = GemmTile.multiplyFragments(b0, b1, b2, b3, low11, high11, sum15);
                    }
                }
            } else {
                if (batch > 16) {
                    sum2 = GemmTile.multiplyFragments(a0, a1, a2, a3, x, xFirst, xSecond, 2 * xTile, odd, sum2);
                }
                if (batch > 24) {
                    sum3 = GemmTile.multiplyFragments(a0, a1, a2, a3, x, xFirst, xSecond, 3 * xTile, odd, sum3);
                }
                if (batch > 32) {
                    sum4 = GemmTile.multiplyFragments(a0, a1, a2, a3, x, xFirst, xSecond, 4 * xTile, odd, sum4);
                }
                if (batch > 40) {
                    sum5 = GemmTile.multiplyFragments(a0, a1, a2, a3, x, xFirst, xSecond, 5 * xTile, odd, sum5);
                }
                if (batch > 48) {
                    sum6 = GemmTile.multiplyFragments(a0, a1, a2, a3, x, xFirst, xSecond, 6 * xTile, odd, sum6);
                }
                if (batch > 56) {
                    sum7 = GemmTile.multiplyFragments(a0, a1, a2, a3, x, xFirst, xSecond, 7 * xTile, odd, sum7);
                }
                if (batch > 64) {
                    sum8 = GemmTile.multiplyFragments(a0, a1, a2, a3, x, xFirst, xSecond, 8 * xTile, odd, sum8);
                }
                if (batch > 72) {
                    sum9 = GemmTile.multiplyFragments(a0, a1, a2, a3, x, xFirst, xSecond, 9 * xTile, odd, sum9);
                }
                if (batch > 80) {
                    sum10 = GemmTile.multiplyFragments(a0, a1, a2, a3, x, xFirst, xSecond, 10 * xTile, odd, sum10);
                }
                if (batch > 88) {
                    sum11 = GemmTile.multiplyFragments(a0, a1, a2, a3, x, xFirst, xSecond, 11 * xTile, odd, sum11);
                }
                if (batch > 96) {
                    sum12 = GemmTile.multiplyFragments(a0, a1, a2, a3, x, xFirst, xSecond, 12 * xTile, odd, sum12);
                }
                if (batch > 104) {
                    sum13 = GemmTile.multiplyFragments(a0, a1, a2, a3, x, xFirst, xSecond, 13 * xTile, odd, sum13);
                }
                if (batch > 112) {
                    sum14 = GemmTile.multiplyFragments(a0, a1, a2, a3, x, xFirst, xSecond, 14 * xTile, odd, sum14);
                }
                if (batch > 120) {
                    sum15 = GemmTile.multiplyFragments(a0, a1, a2, a3, x, xFirst, xSecond, 15 * xTile, odd, sum15);
                }
            }
            column += slices;
            upperStrip += slices;
            lowerStrip += slices;
            fetched++;
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
        if (GatedTile.isGated(result)) {
            GemmTile.outputGated(thread, shared, y, gateBias, plan, group, rows, batch, result);
        } else {
            GemmTile.output(thread, shared, y, partials, plan, split, 0, firstRow, rows, batch, result);
        }
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
            GemmTile.output(thread, shared, y, partials, plan, split, 1, firstRow, rows, batch, result);
        }
        if (splits > 1) {
            GemmTile.joinSplits(context, thread, shared, y, partials, tickets, group, plan, firstRow, rows, batch,
                    result);
        }
    }
}
