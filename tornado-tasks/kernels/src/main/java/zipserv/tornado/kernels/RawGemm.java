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
 * The uncompressed twin of {@link ZipGemm} and {@link Frag11Gemm}: the same tiling and the same order of additions,
 * from raw BF16 that the host has arranged so that a warp reads its runs in whole 512-byte pieces
 * ({@link StripLayout#rawWord}). It bounds from below what compression gains, and its results are what the fused
 * kernels' must be, bit for bit.
 */
public final class RawGemm {

    private RawGemm() {
    }

    /**
     * The kernel. Worker and parameters as for {@link Frag11Gemm#multiply}, with one array of weights.
     *
     * @param weights raw BF16 in fragment order, 512 words per strip
     */
    public static void multiply(KernelContext context, IntArray weights, IntArray x, IntArray y, FloatArray partials,
            IntArray tickets, int rows, int columns, int batch, int plan, int result,
            FloatArray gateBias) {
        int shared = PtxShared.allocate(GemmTile.warps(plan) * GemmTile.WARP_SUM_BYTES);
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
        int xTile = StripLayout.activationWord(8, 0, stripColumns);

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

        int next = Math.min(column, end - 1);
        int wordA = StripLayout.rawWord(StripLayout.strip(upper >>> 2, next, stripColumns, upper & 3), 0, lane);
        int wordB = StripLayout.rawWord(StripLayout.strip(lower >>> 2, next, stripColumns, lower & 3), 0, lane);
        Quad a0 = PtxMemory.loadStream128(weights, wordA, 0);
        Quad a1 = PtxMemory.loadStream128(weights, wordA, 128);
        Quad a2 = PtxMemory.loadStream128(weights, wordA, 256);
        Quad a3 = PtxMemory.loadStream128(weights, wordA, 384);
        Quad b0 = a0;
        Quad b1 = a1;
        Quad b2 = a2;
        Quad b3 = a3;
        if (tall) {
            b0 = PtxMemory.loadStream128(weights, wordB, 0);
            b1 = PtxMemory.loadStream128(weights, wordB, 128);
            b2 = PtxMemory.loadStream128(weights, wordB, 256);
            b3 = PtxMemory.loadStream128(weights, wordB, 384);
        }
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
            next = Math.min(column + slices, end - 1);
            wordA = StripLayout.rawWord(StripLayout.strip(upper >>> 2, next, stripColumns, upper & 3), 0, lane);
            wordB = StripLayout.rawWord(StripLayout.strip(lower >>> 2, next, stripColumns, lower & 3), 0, lane);
            Quad nextA0 = PtxMemory.loadStream128(weights, wordA, 0);
            Quad nextA1 = PtxMemory.loadStream128(weights, wordA, 128);
            Quad nextA2 = PtxMemory.loadStream128(weights, wordA, 256);
            Quad nextA3 = PtxMemory.loadStream128(weights, wordA, 384);
            Quad nextB0 = nextA0;
            Quad nextB1 = nextA1;
            Quad nextB2 = nextA2;
            Quad nextB3 = nextA3;
            if (tall) {
                nextB0 = PtxMemory.loadStream128(weights, wordB, 0);
                nextB1 = PtxMemory.loadStream128(weights, wordB, 128);
                nextB2 = PtxMemory.loadStream128(weights, wordB, 256);
                nextB3 = PtxMemory.loadStream128(weights, wordB, 384);
            }
            if (GemmTile.keepsStep(slices, batch)) {
                context.localBarrier();
            }
            if (GemmTile.holds(0, plan, batch)) {
                sum0 = GemmTile.multiply(a0, a1, a2, a3, low0, high0, sum0);
                if (tall) {
                    sum4 = GemmTile.multiply(b0, b1, b2, b3, low0, high0, sum4);
                }
            }
            if (GemmTile.holds(1, plan, batch)) {
                sum1 = GemmTile.multiply(a0, a1, a2, a3, low1, high1, sum1);
                if (tall) {
                    sum5 = GemmTile.multiply(b0, b1, b2, b3, low1, high1, sum5);
                }
            }
            if (GemmTile.holds(2, plan, batch)) {
                Quad low = PtxMemory.loadReadOnly128(x, xWord, GemmTile.tile(2, plan) * xTile);
                Quad high = PtxMemory.loadReadOnly128(x, xWord, GemmTile.tile(2, plan) * xTile + 16);
                sum2 = GemmTile.multiply(a0, a1, a2, a3, low, high, sum2);
                if (tall) {
                    sum6 = GemmTile.multiply(b0, b1, b2, b3, low, high, sum6);
                }
            }
            if (GemmTile.holds(3, plan, batch)) {
                Quad low = PtxMemory.loadReadOnly128(x, xWord, GemmTile.tile(3, plan) * xTile);
                Quad high = PtxMemory.loadReadOnly128(x, xWord, GemmTile.tile(3, plan) * xTile + 16);
                sum3 = GemmTile.multiply(a0, a1, a2, a3, low, high, sum3);
                if (tall) {
                    sum7 = GemmTile.multiply(b0, b1, b2, b3, low, high, sum7);
                }
            }
            if (!tall && GemmTile.holds(4, plan, batch)) {
                sum4 = GemmTile.multiply(a0, a1, a2, a3, PtxMemory.loadReadOnly128(x, xWord, 4 * xTile),
                        PtxMemory.loadReadOnly128(x, xWord, 4 * xTile + 16), sum4);
            }
            if (!tall && GemmTile.holds(5, plan, batch)) {
                sum5 = GemmTile.multiply(a0, a1, a2, a3, PtxMemory.loadReadOnly128(x, xWord, 5 * xTile),
                        PtxMemory.loadReadOnly128(x, xWord, 5 * xTile + 16), sum5);
            }
            if (!tall && GemmTile.holds(6, plan, batch)) {
                sum6 = GemmTile.multiply(a0, a1, a2, a3, PtxMemory.loadReadOnly128(x, xWord, 6 * xTile),
                        PtxMemory.loadReadOnly128(x, xWord, 6 * xTile + 16), sum6);
            }
            if (!tall && GemmTile.holds(7, plan, batch)) {
                sum7 = GemmTile.multiply(a0, a1, a2, a3, PtxMemory.loadReadOnly128(x, xWord, 7 * xTile),
                        PtxMemory.loadReadOnly128(x, xWord, 7 * xTile + 16), sum7);
            }
            if (GemmTile.holds(8, plan, batch)) {
                Quad low = PtxMemory.loadReadOnly128(x, xWord, GemmTile.tile(8, plan) * xTile);
                Quad high = PtxMemory.loadReadOnly128(x, xWord, GemmTile.tile(8, plan) * xTile + 16);
                sum8 = GemmTile.multiply(a0, a1, a2, a3, low, high, sum8);
                if (tall) {
                    sum12 = GemmTile.multiply(b0, b1, b2, b3, low, high, sum12);
                }
            }
            if (GemmTile.holds(9, plan, batch)) {
                Quad low = PtxMemory.loadReadOnly128(x, xWord, GemmTile.tile(9, plan) * xTile);
                Quad high = PtxMemory.loadReadOnly128(x, xWord, GemmTile.tile(9, plan) * xTile + 16);
                sum9 = GemmTile.multiply(a0, a1, a2, a3, low, high, sum9);
                if (tall) {
                    sum13 = GemmTile.multiply(b0, b1, b2, b3, low, high, sum13);
                }
            }
            if (GemmTile.holds(10, plan, batch)) {
                Quad low = PtxMemory.loadReadOnly128(x, xWord, GemmTile.tile(10, plan) * xTile);
                Quad high = PtxMemory.loadReadOnly128(x, xWord, GemmTile.tile(10, plan) * xTile + 16);
                sum10 = GemmTile.multiply(a0, a1, a2, a3, low, high, sum10);
                if (tall) {
                    sum14 = GemmTile.multiply(b0, b1, b2, b3, low, high, sum14);
                }
            }
            if (GemmTile.holds(11, plan, batch)) {
                Quad low = PtxMemory.loadReadOnly128(x, xWord, GemmTile.tile(11, plan) * xTile);
                Quad high = PtxMemory.loadReadOnly128(x, xWord, GemmTile.tile(11, plan) * xTile + 16);
                sum11 = GemmTile.multiply(a0, a1, a2, a3, low, high, sum11);
                if (tall) {
                    sum15 = GemmTile.multiply(b0, b1, b2, b3, low, high, sum15);
                }
            }
            if (!tall && GemmTile.holds(12, plan, batch)) {
                sum12 = GemmTile.multiply(a0, a1, a2, a3, PtxMemory.loadReadOnly128(x, xWord, 12 * xTile),
                        PtxMemory.loadReadOnly128(x, xWord, 12 * xTile + 16), sum12);
            }
            if (!tall && GemmTile.holds(13, plan, batch)) {
                sum13 = GemmTile.multiply(a0, a1, a2, a3, PtxMemory.loadReadOnly128(x, xWord, 13 * xTile),
                        PtxMemory.loadReadOnly128(x, xWord, 13 * xTile + 16), sum13);
            }
            if (!tall && GemmTile.holds(14, plan, batch)) {
                sum14 = GemmTile.multiply(a0, a1, a2, a3, PtxMemory.loadReadOnly128(x, xWord, 14 * xTile),
                        PtxMemory.loadReadOnly128(x, xWord, 14 * xTile + 16), sum14);
            }
            if (!tall && GemmTile.holds(15, plan, batch)) {
                sum15 = GemmTile.multiply(a0, a1, a2, a3, PtxMemory.loadReadOnly128(x, xWord, 15 * xTile),
                        PtxMemory.loadReadOnly128(x, xWord, 15 * xTile + 16), sum15);
            }
            a0 = nextA0;
            a1 = nextA1;
            a2 = nextA2;
            a3 = nextA3;
            b0 = nextB0;
            b1 = nextB1;
            b2 = nextB2;
            b3 = nextB3;
            column += slices;
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
