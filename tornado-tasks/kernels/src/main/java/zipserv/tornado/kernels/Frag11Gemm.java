package zipserv.tornado.kernels;

import uk.ac.manchester.tornado.api.KernelContext;
import uk.ac.manchester.tornado.api.types.arrays.FloatArray;
import uk.ac.manchester.tornado.api.types.arrays.IntArray;
import zipserv.codec.Frag11Layout;
import zipserv.codec.FragmentLayout;
import zipserv.tornado.ptx.Accumulator;
import zipserv.tornado.ptx.PtxMemory;
import zipserv.tornado.ptx.PtxShared;
import zipserv.tornado.ptx.PtxSync;
import zipserv.tornado.ptx.PtxWarp;
import zipserv.tornado.ptx.Quad;

/**
 * The fused GEMM from frag11: {@code Y[n][m] = sum over k of W[m][k] * X[n][k]} with compressed W, BF16 X and fp32 sums in
 * Tensor Cores, for N = 1 .. {@value GemmPlan#MAX_BATCH}. Weights exist uncompressed only in registers. {@link RawGemm} is
 * its uncompressed twin.
 *
 * <p>A warp takes strips of 16 x 64 weights, of one or two row blocks at a time. A strip's eleven words a lane are loaded
 * straight into registers, and the next strip's words as soon as they are decoded: from then on, while the warp multiplies
 * and waits for others, they are on their way. So are the next strip's escapes, and where those begin that come after.
 */
public final class Frag11Gemm {

    private Frag11Gemm() {
    }

    /**
     * The kernel. Worker: 1-D, {@link GemmPlan#threads} threads a block, {@link GemmPlan#blocks} blocks. The first arrays are
     * those of {@link Frag11DeviceMatrix}.
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
     * @param bf16     1 for BF16 results, 0 for fp32
     */
    public static void multiply(KernelContext context, IntArray words, IntArray escapes, IntArray directory, IntArray x,
            IntArray y, FloatArray partials, IntArray tickets, int rows, int columns, int batch, int plan, int bf16) {
        int shared = PtxShared.allocate(GemmTile.warps(plan) * GemmTile.WARP_SUM_BYTES);
        int lane = PtxWarp.lane();
        int warp = context.localIdx >>> 5;
        boolean tall = GemmTile.rowBlocks(plan) == 2;
        int strips = GemmTile.strips(plan);
        int slices = GemmTile.slices(plan);
        int splits = GemmTile.splits(plan);
        int groups = GemmTile.groups(rows, plan);
        int group = context.groupIdx % groups;
        int split = context.groupIdx / groups;
        int rowBlocks = Frag11Layout.rowBlocks(rows);
        int stripColumns = Frag11Layout.strips(columns);
        int first = (group * strips + warp % strips) * GemmTile.rowBlocks(plan);
        int upper = Math.min(first, rowBlocks - 1);
        int lower = Math.min(first + 1, rowBlocks - 1);
        int perSplit = (stripColumns + splits - 1) / splits;
        int end = Math.min((split + 1) * perSplit, stripColumns);
        int column = split * perSplit + warp / strips;
        int xLane = StripLayout.activationWord(lane >>> 2, 0, stripColumns) + ((lane & 3) << 2);
        int xTile = StripLayout.activationWord(8, 0, stripColumns);

        int planeA = shared + warp * (2 * Frag11Escapes.PLANE_BYTES);
        int planeB = planeA + Frag11Escapes.PLANE_BYTES;
        Frag11Escapes.clear(planeA, lane);
        if (tall) {
            Frag11Escapes.clear(planeB, lane);
        }
        int biasA = PtxMemory.loadReadOnly32(directory, upper);
        int biasB = PtxMemory.loadReadOnly32(directory, lower);
        int stripA = upper * stripColumns + column;
        int stripB = lower * stripColumns + column;
        int beginA = 0;
        int endA = 0;
        int beginB = 0;
        int endB = 0;
        int nextBeginA = 0;
        int nextEndA = 0;
        int nextBeginB = 0;
        int nextEndB = 0;
        int a0 = 0;
        int a1 = 0;
        int a2 = 0;
        int a3 = 0;
        int a4 = 0;
        int a5 = 0;
        int a6 = 0;
        int a7 = 0;
        int a8 = 0;
        int a9 = 0;
        int a10 = 0;
        int b0 = 0;
        int b1 = 0;
        int b2 = 0;
        int b3 = 0;
        int b4 = 0;
        int b5 = 0;
        int b6 = 0;
        int b7 = 0;
        int b8 = 0;
        int b9 = 0;
        int b10 = 0;
        if (column < end) {
            beginA = Frag11Escapes.first(directory, stripA, rowBlocks, 0);
            endA = Frag11Escapes.first(directory, stripA, rowBlocks, 1);
            int word = Frag11DeviceMatrix.word(stripA, lane);
            a0 = PtxMemory.loadStream32(words, word, 0);
            a1 = PtxMemory.loadStream32(words, word, 32);
            a2 = PtxMemory.loadStream32(words, word, 64);
            a3 = PtxMemory.loadStream32(words, word, 96);
            a4 = PtxMemory.loadStream32(words, word, 128);
            a5 = PtxMemory.loadStream32(words, word, 160);
            a6 = PtxMemory.loadStream32(words, word, 192);
            a7 = PtxMemory.loadStream32(words, word, 224);
            a8 = PtxMemory.loadStream32(words, word, 256);
            a9 = PtxMemory.loadStream32(words, word, 288);
            a10 = PtxMemory.loadStream32(words, word, 320);
            if (tall) {
                beginB = Frag11Escapes.first(directory, stripB, rowBlocks, 0);
                endB = Frag11Escapes.first(directory, stripB, rowBlocks, 1);
                word = Frag11DeviceMatrix.word(stripB, lane);
                b0 = PtxMemory.loadStream32(words, word, 0);
                b1 = PtxMemory.loadStream32(words, word, 32);
                b2 = PtxMemory.loadStream32(words, word, 64);
                b3 = PtxMemory.loadStream32(words, word, 96);
                b4 = PtxMemory.loadStream32(words, word, 128);
                b5 = PtxMemory.loadStream32(words, word, 160);
                b6 = PtxMemory.loadStream32(words, word, 192);
                b7 = PtxMemory.loadStream32(words, word, 224);
                b8 = PtxMemory.loadStream32(words, word, 256);
                b9 = PtxMemory.loadStream32(words, word, 288);
                b10 = PtxMemory.loadStream32(words, word, 320);
            }
        }
        if (column + slices < end) {
            nextBeginA = Frag11Escapes.first(directory, stripA + slices, rowBlocks, 0);
            nextEndA = Frag11Escapes.first(directory, stripA + slices, rowBlocks, 1);
            if (tall) {
                nextBeginB = Frag11Escapes.first(directory, stripB + slices, rowBlocks, 0);
                nextEndB = Frag11Escapes.first(directory, stripB + slices, rowBlocks, 1);
            }
        }
        int entriesA = Frag11Escapes.load(escapes, lane, beginA, endA);
        int entriesB = Frag11Escapes.load(escapes, lane, beginB, endB);

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
            int xWord = xLane + column * StripLayout.BLOCK_WORDS;
            Quad low0 = PtxMemory.loadReadOnly128(x, xWord, 0);
            Quad high0 = PtxMemory.loadReadOnly128(x, xWord, 16);
            Quad low1 = low0;
            Quad high1 = high0;
            if (batch > 8) {
                low1 = PtxMemory.loadReadOnly128(x, xWord, xTile);
                high1 = PtxMemory.loadReadOnly128(x, xWord, xTile + 16);
            }
            PtxWarp.sync();
            Frag11Escapes.scatter(planeA, escapes, lane, entriesA, beginA, endA);
            if (tall) {
                Frag11Escapes.scatter(planeB, escapes, lane, entriesB, beginB, endB);
            }
            PtxWarp.sync();
            Quad p0 = Frag11Fragments.first(a0, a1, a2, a3, biasA, Frag11Escapes.patch(planeA, 0, lane));
            Quad p1 = Frag11Fragments.second(a4, a5, a6, a7, biasA, Frag11Escapes.patch(planeA, 1, lane));
            Quad p2 = Frag11Fragments.third(a8, a9, a10, a0, a1, biasA, Frag11Escapes.patch(planeA, 2, lane));
            Quad p3 = Frag11Fragments.fourth(a2, a3, a4, a5, a6, a7, a8, a9, a10, biasA,
                    Frag11Escapes.patch(planeA, 3, lane));
            stripA += slices;
            column += slices;
            if (column < end) {
                int word = Frag11DeviceMatrix.word(stripA, lane);
                a0 = PtxMemory.loadStream32(words, word, 0);
                a1 = PtxMemory.loadStream32(words, word, 32);
                a2 = PtxMemory.loadStream32(words, word, 64);
                a3 = PtxMemory.loadStream32(words, word, 96);
                a4 = PtxMemory.loadStream32(words, word, 128);
                a5 = PtxMemory.loadStream32(words, word, 160);
                a6 = PtxMemory.loadStream32(words, word, 192);
                a7 = PtxMemory.loadStream32(words, word, 224);
                a8 = PtxMemory.loadStream32(words, word, 256);
                a9 = PtxMemory.loadStream32(words, word, 288);
                a10 = PtxMemory.loadStream32(words, word, 320);
            }
            Quad q0 = p0;
            Quad q1 = p1;
            Quad q2 = p2;
            Quad q3 = p3;
            if (tall) {
                Quad r0 = Frag11Fragments.first(b0, b1, b2, b3, biasB, Frag11Escapes.patch(planeB, 0, lane));
                Quad r1 = Frag11Fragments.second(b4, b5, b6, b7, biasB, Frag11Escapes.patch(planeB, 1, lane));
                Quad r2 = Frag11Fragments.third(b8, b9, b10, b0, b1, biasB, Frag11Escapes.patch(planeB, 2, lane));
                Quad r3 = Frag11Fragments.fourth(b2, b3, b4, b5, b6, b7, b8, b9, b10, biasB,
                        Frag11Escapes.patch(planeB, 3, lane));
                q0 = r0;
                q1 = r1;
                q2 = r2;
                q3 = r3;
                stripB += slices;
                if (column < end) {
                    int word = Frag11DeviceMatrix.word(stripB, lane);
                    b0 = PtxMemory.loadStream32(words, word, 0);
                    b1 = PtxMemory.loadStream32(words, word, 32);
                    b2 = PtxMemory.loadStream32(words, word, 64);
                    b3 = PtxMemory.loadStream32(words, word, 96);
                    b4 = PtxMemory.loadStream32(words, word, 128);
                    b5 = PtxMemory.loadStream32(words, word, 160);
                    b6 = PtxMemory.loadStream32(words, word, 192);
                    b7 = PtxMemory.loadStream32(words, word, 224);
                    b8 = PtxMemory.loadStream32(words, word, 256);
                    b9 = PtxMemory.loadStream32(words, word, 288);
                    b10 = PtxMemory.loadStream32(words, word, 320);
                }
            }
            PtxWarp.sync();
            Frag11Escapes.unscatter(planeA, escapes, lane, entriesA, beginA, endA);
            beginA = nextBeginA;
            endA = nextEndA;
            entriesA = Frag11Escapes.load(escapes, lane, beginA, endA);
            if (tall) {
                Frag11Escapes.unscatter(planeB, escapes, lane, entriesB, beginB, endB);
                beginB = nextBeginB;
                endB = nextEndB;
                entriesB = Frag11Escapes.load(escapes, lane, beginB, endB);
            }
            if (column + slices < end) {
                nextBeginA = Frag11Escapes.first(directory, stripA + slices, rowBlocks, 0);
                nextEndA = Frag11Escapes.first(directory, stripA + slices, rowBlocks, 1);
                if (tall) {
                    nextBeginB = Frag11Escapes.first(directory, stripB + slices, rowBlocks, 0);
                    nextEndB = Frag11Escapes.first(directory, stripB + slices, rowBlocks, 1);
                }
            }
            if (GemmTile.holds(0, plan, batch)) {
                sum0 = GemmTile.multiplyFragments(p0, p1, p2, p3, low0, high0, sum0);
                if (tall) {
                    sum4 = GemmTile.multiplyFragments(q0, q1, q2, q3, low0, high0, sum4);
                }
            }
            if (GemmTile.holds(1, plan, batch)) {
                sum1 = GemmTile.multiplyFragments(p0, p1, p2, p3, low1, high1, sum1);
                if (tall) {
                    sum5 = GemmTile.multiplyFragments(q0, q1, q2, q3, low1, high1, sum5);
                }
            }
            if (GemmTile.holds(2, plan, batch)) {
                Quad low = PtxMemory.loadReadOnly128(x, xWord, GemmTile.tile(2, plan) * xTile);
                Quad high = PtxMemory.loadReadOnly128(x, xWord, GemmTile.tile(2, plan) * xTile + 16);
                sum2 = GemmTile.multiplyFragments(p0, p1, p2, p3, low, high, sum2);
                if (tall) {
                    sum6 = GemmTile.multiplyFragments(q0, q1, q2, q3, low, high, sum6);
                }
            }
            if (GemmTile.holds(3, plan, batch)) {
                Quad low = PtxMemory.loadReadOnly128(x, xWord, GemmTile.tile(3, plan) * xTile);
                Quad high = PtxMemory.loadReadOnly128(x, xWord, GemmTile.tile(3, plan) * xTile + 16);
                sum3 = GemmTile.multiplyFragments(p0, p1, p2, p3, low, high, sum3);
                if (tall) {
                    sum7 = GemmTile.multiplyFragments(q0, q1, q2, q3, low, high, sum7);
                }
            }
            if (!tall && GemmTile.holds(4, plan, batch)) {
                sum4 = GemmTile.multiplyFragments(p0, p1, p2, p3, PtxMemory.loadReadOnly128(x, xWord, 4 * xTile),
                        PtxMemory.loadReadOnly128(x, xWord, 4 * xTile + 16), sum4);
            }
            if (!tall && GemmTile.holds(5, plan, batch)) {
                sum5 = GemmTile.multiplyFragments(p0, p1, p2, p3, PtxMemory.loadReadOnly128(x, xWord, 5 * xTile),
                        PtxMemory.loadReadOnly128(x, xWord, 5 * xTile + 16), sum5);
            }
            if (!tall && GemmTile.holds(6, plan, batch)) {
                sum6 = GemmTile.multiplyFragments(p0, p1, p2, p3, PtxMemory.loadReadOnly128(x, xWord, 6 * xTile),
                        PtxMemory.loadReadOnly128(x, xWord, 6 * xTile + 16), sum6);
            }
            if (!tall && GemmTile.holds(7, plan, batch)) {
                sum7 = GemmTile.multiplyFragments(p0, p1, p2, p3, PtxMemory.loadReadOnly128(x, xWord, 7 * xTile),
                        PtxMemory.loadReadOnly128(x, xWord, 7 * xTile + 16), sum7);
            }
            if (GemmTile.holds(8, plan, batch)) {
                Quad low = PtxMemory.loadReadOnly128(x, xWord, GemmTile.tile(8, plan) * xTile);
                Quad high = PtxMemory.loadReadOnly128(x, xWord, GemmTile.tile(8, plan) * xTile + 16);
                sum8 = GemmTile.multiplyFragments(p0, p1, p2, p3, low, high, sum8);
                if (tall) {
                    sum12 = GemmTile.multiplyFragments(q0, q1, q2, q3, low, high, sum12);
                }
            }
            if (GemmTile.holds(9, plan, batch)) {
                Quad low = PtxMemory.loadReadOnly128(x, xWord, GemmTile.tile(9, plan) * xTile);
                Quad high = PtxMemory.loadReadOnly128(x, xWord, GemmTile.tile(9, plan) * xTile + 16);
                sum9 = GemmTile.multiplyFragments(p0, p1, p2, p3, low, high, sum9);
                if (tall) {
                    sum13 = GemmTile.multiplyFragments(q0, q1, q2, q3, low, high, sum13);
                }
            }
            if (GemmTile.holds(10, plan, batch)) {
                Quad low = PtxMemory.loadReadOnly128(x, xWord, GemmTile.tile(10, plan) * xTile);
                Quad high = PtxMemory.loadReadOnly128(x, xWord, GemmTile.tile(10, plan) * xTile + 16);
                sum10 = GemmTile.multiplyFragments(p0, p1, p2, p3, low, high, sum10);
                if (tall) {
                    sum14 = GemmTile.multiplyFragments(q0, q1, q2, q3, low, high, sum14);
                }
            }
            if (GemmTile.holds(11, plan, batch)) {
                Quad low = PtxMemory.loadReadOnly128(x, xWord, GemmTile.tile(11, plan) * xTile);
                Quad high = PtxMemory.loadReadOnly128(x, xWord, GemmTile.tile(11, plan) * xTile + 16);
                sum11 = GemmTile.multiplyFragments(p0, p1, p2, p3, low, high, sum11);
                if (tall) {
                    sum15 = GemmTile.multiplyFragments(q0, q1, q2, q3, low, high, sum15);
                }
            }
            if (!tall && GemmTile.holds(12, plan, batch)) {
                sum12 = GemmTile.multiplyFragments(p0, p1, p2, p3, PtxMemory.loadReadOnly128(x, xWord, 12 * xTile),
                        PtxMemory.loadReadOnly128(x, xWord, 12 * xTile + 16), sum12);
            }
            if (!tall && GemmTile.holds(13, plan, batch)) {
                sum13 = GemmTile.multiplyFragments(p0, p1, p2, p3, PtxMemory.loadReadOnly128(x, xWord, 13 * xTile),
                        PtxMemory.loadReadOnly128(x, xWord, 13 * xTile + 16), sum13);
            }
            if (!tall && GemmTile.holds(14, plan, batch)) {
                sum14 = GemmTile.multiplyFragments(p0, p1, p2, p3, PtxMemory.loadReadOnly128(x, xWord, 14 * xTile),
                        PtxMemory.loadReadOnly128(x, xWord, 14 * xTile + 16), sum14);
            }
            if (!tall && GemmTile.holds(15, plan, batch)) {
                sum15 = GemmTile.multiplyFragments(p0, p1, p2, p3, PtxMemory.loadReadOnly128(x, xWord, 15 * xTile),
                        PtxMemory.loadReadOnly128(x, xWord, 15 * xTile + 16), sum15);
            }
        }

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
        GemmTile.output(context, shared, y, partials, plan, split, 0, firstRow, rows, batch, bf16);
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
            GemmTile.output(context, shared, y, partials, plan, split, 1, firstRow, rows, batch, bf16);
        }
        if (splits > 1) {
            GemmTile.joinSplits(context, shared, y, partials, tickets, group, plan, firstRow, rows, batch, bf16);
        }
    }
}
