package zipserv.tornado.kernels;

import uk.ac.manchester.tornado.api.KernelContext;
import uk.ac.manchester.tornado.api.types.arrays.FloatArray;
import uk.ac.manchester.tornado.api.types.arrays.IntArray;
import zipserv.codec.Frag11Layout;
import zipserv.tornado.ptx.Accumulator;
import zipserv.tornado.ptx.PtxBits;
import zipserv.tornado.ptx.PtxFloat;
import zipserv.tornado.ptx.PtxMemory;
import zipserv.tornado.ptx.PtxMma;
import zipserv.tornado.ptx.PtxShared;
import zipserv.tornado.ptx.Quad;

/**
 * What the fused and the uncompressed GEMM kernels share: the product of a strip with a tile of 8 activation rows, and
 * the way from the accumulators to the result. Because they share it, their results are bit-identical.
 *
 * <p>A block has {@code strips * slices} warps: {@code strips} (1, 2, 4 or 8) of them lie above each other, each with
 * one or two row blocks of 16 weight rows, and for each of these {@code slices} warps take every slices-th strip of 64
 * columns. Their sums are added in the order of the slices. With {@code splits} above 1 the columns are first cut into
 * that many ranges, one per block; the last block to finish adds the ranges' sums in their order. So the result depends
 * on the slices and splits of the plan but never on timing.
 *
 * <p>Accumulators are numbered, and their sums leave a warp through shared memory in rounds of {@value #SLOTS} of them.
 * With one row block a warp, number i is tile i. With two, numbers 0 .. 3 are tiles 0 .. 3 of the first and 4 .. 7
 * tiles 0 .. 3 of the second row block; 8 .. 15 are tiles 4 .. 7 in the same order.
 */
final class GemmTile {

    /** Accumulators whose sums a warp leaves in shared memory at a time. */
    private static final int SLOTS = 8;
    /** Shared memory of the sums of one warp: 8 tiles of 16 x 8 fp32. */
    static final int WARP_SUM_BYTES = SLOTS * 512;

    private GemmTile() {
    }

    /** A {@link GemmPlan} as one number. */
    static int plan(int strips, int slices, int splits, int rowBlocks) {
        return strips | slices << 4 | rowBlocks << 8 | splits << 12;
    }

    static int strips(int plan) {
        return plan & 15;
    }

    static int slices(int plan) {
        return plan >>> 4 & 15;
    }

    static int rowBlocks(int plan) {
        return plan >>> 8 & 15;
    }

    static int splits(int plan) {
        return plan >>> 12;
    }

    /** Warps of a block. */
    static int warps(int plan) {
        return strips(plan) * slices(plan);
    }

    /** Row blocks of a block. */
    static int groupRowBlocks(int plan) {
        return strips(plan) * rowBlocks(plan);
    }

    /**
     * The row of a tile of activations that a lane reads. Of rows that only fill up the tile the last real one is read
     * instead, which many lanes then share, since nobody wants their products.
     */
    static int activationRow(int lane, int batch) {
        return batch < 8 ? Math.min(lane >>> 2, batch - 1) : lane >>> 2;
    }

    /** Groups of rows: each is the work of {@code splits} blocks. */
    static int groups(int rows, int plan) {
        return (Frag11Layout.rowBlocks(rows) + groupRowBlocks(plan) - 1) / groupRowBlocks(plan);
    }

    /** Tile of an accumulator. */
    static int tile(int accumulator, int plan) {
        return rowBlocks(plan) == 1 ? accumulator : accumulator >>> 3 << 2 | accumulator & 3;
    }

    /** Whether an accumulator is used. */
    static boolean holds(int accumulator, int plan, int batch) {
        return batch > tile(accumulator, plan) << 3;
    }

    /** Whether accumulators of a round, 0 or 1, are used. */
    static boolean holdsRound(int round, int plan, int batch) {
        return holds(round << 3, plan, batch);
    }

    /** Rows of activations that one round brings to the result. */
    private static int roundRows(int plan) {
        return (SLOTS << 3) / rowBlocks(plan);
    }

    /**
     * Whether a block's warps stay in step. Where each has a strip of its own, all read the same activations; in step,
     * one warp's reads serve all from L1. Not worth a barrier while the activations are few.
     */
    static boolean keepsStep(int slices, int batch) {
        return slices == 1 && batch > 16;
    }

    /**
     * Adds the product of a strip, as the runs of {@link StripLayout}, and 8 activation rows, 64 columns each.
     *
     * @param low  the lane's eight activations at column 8t of the strip
     * @param high those at column 32 + 8t
     */
    static Accumulator multiply(Quad run0, Quad run1, Quad run2, Quad run3, Quad low, Quad high, Accumulator sum) {
        Accumulator a = PtxMma.bf16(run0.x(), run1.x(), run0.y(), run1.y(), low.x(), low.y(), sum);
        Accumulator b = PtxMma.bf16(run0.z(), run1.z(), run0.w(), run1.w(), low.z(), low.w(), a);
        Accumulator c = PtxMma.bf16(run2.x(), run3.x(), run2.y(), run3.y(), high.x(), high.y(), b);
        return PtxMma.bf16(run2.z(), run3.z(), run2.w(), run3.w(), high.z(), high.w(), c);
    }

    /** The same with the activations read here. */
    static Accumulator multiply(Quad run0, Quad run1, Quad run2, Quad run3, IntArray x, int word, Accumulator sum) {
        return multiply(run0, run1, run2, run3, PtxMemory.loadReadOnly128(x, word),
                PtxMemory.loadReadOnly128(x, word, 16), sum);
    }

    /** The same product with the strip as the operands of the four instructions. */
    static Accumulator multiplyFragments(Quad a0, Quad a1, Quad a2, Quad a3, Quad low, Quad high, Accumulator sum) {
        Accumulator a = PtxMma.bf16(a0, low.x(), low.y(), sum);
        Accumulator b = PtxMma.bf16(a1, low.z(), low.w(), a);
        Accumulator c = PtxMma.bf16(a2, high.x(), high.y(), b);
        return PtxMma.bf16(a3, high.z(), high.w(), c);
    }

    /** The same with the activations read here, of which lanes of odd rows read the second half first. */
    static Accumulator multiplyFragments(Quad a0, Quad a1, Quad a2, Quad a3, IntArray x, int first, int second,
            int offset, int odd, Accumulator sum) {
        Quad one = PtxMemory.loadReadOnly128(x, first, offset);
        Quad other = PtxMemory.loadReadOnly128(x, second, offset);
        return multiplyFragments(a0, a1, a2, a3, choose(odd, other, one), choose(odd, one, other), sum);
    }

    /** The first where {@code mask} is -1, the second where it is 0. */
    static Quad choose(int mask, Quad first, Quad second) {
        return Quad.of(PtxBits.lop3(first.x(), second.x(), mask, PtxBits.SELECT),
                PtxBits.lop3(first.y(), second.y(), mask, PtxBits.SELECT),
                PtxBits.lop3(first.z(), second.z(), mask, PtxBits.SELECT),
                PtxBits.lop3(first.w(), second.w(), mask, PtxBits.SELECT));
    }

    /** Leaves a warp's sums of one accumulator in shared memory. */
    static void store(int shared, int warp, int accumulator, int lane, Accumulator sum) {
        PtxShared.store128(shared + warp * WARP_SUM_BYTES + ((accumulator & 7) << 9) + (lane << 4),
                PtxBits.asInt(sum.c0()), PtxBits.asInt(sum.c1()), PtxBits.asInt(sum.c2()), PtxBits.asInt(sum.c3()));
    }

    /** The sum over a block's slices, in their order, of one element of the block's result. */
    private static float sumOfSlices(int shared, int plan, int row, int n) {
        int lane = ((row & 7) << 2) + (n >>> 1 & 3);
        int word = ((row >>> 3 & 1) << 1) + (n & 1);
        int rowBlock = row >>> 4;
        int strip = rowBlock / rowBlocks(plan);
        int slot = (rowBlock % rowBlocks(plan) << 2) + (n >>> 3);
        int address = shared + strip * WARP_SUM_BYTES + (slot << 9) + (lane << 4) + (word << 2);
        float sum = PtxShared.loadFloat(address);
        for (int slice = 1; slice < slices(plan); slice++) {
            sum = PtxFloat.add(sum, PtxShared.loadFloat(address + slice * strips(plan) * WARP_SUM_BYTES));
        }
        return sum;
    }

    /**
     * Writes the sums of one round to the result or, with splits, to the partial sums. Threads take pairs of
     * neighbouring weight rows, which lie side by side in the result.
     *
     * @param thread   its number in the block
     * @param round    0, or 1 for accumulators 8 .. 15
     * @param firstRow weight row of the block's first strip
     */
    static void output(int thread, int shared, IntArray y, FloatArray partials, int plan, int split, int round,
            int firstRow, int rows, int batch, int bf16) {
        int pairs = groupRowBlocks(plan) << 3;
        int firstN = round * roundRows(plan);
        int count = (Math.min(firstN + roundRows(plan), batch) - firstN) * pairs;
        for (int i = thread; i < count; i += warps(plan) << 5) {
            int pair = i & pairs - 1;
            int n = i / pairs;
            int row = firstRow + (pair << 1);
            float first = sumOfSlices(shared, plan, pair << 1, n);
            float second = sumOfSlices(shared, plan, (pair << 1) + 1, n);
            if (splits(plan) > 1) {
                if (row < rows) {
                    partials.set((split * batch + firstN + n) * rows + row, first);
                }
                if (row + 1 < rows) {
                    partials.set((split * batch + firstN + n) * rows + row + 1, second);
                }
            } else {
                write(y, firstN + n, row, rows, bf16, first, second);
            }
        }
    }

    /**
     * Writes what SwiGLU makes of the sums of a group's row blocks, which are of gate and up in turn. All of them are in
     * shared memory, see {@link GemmPlan#canGate}.
     *
     * @param group  number of the block's group of rows
     * @param result see {@link GatedTile#result}
     */
    static void outputGated(int thread, int shared, IntArray y, FloatArray bias, int plan, int group, int rows,
            int batch, int result) {
        int pairs = groupRowBlocks(plan) << 2;
        int batchRows = batch / GatedTile.parts(result);
        int count = batchRows * pairs;
        for (int i = thread; i < count; i += warps(plan) << 5) {
            int pair = i & pairs - 1;
            int n = i / pairs;
            int gate = (pair & -8) << 2 | (pair & 7) << 1;
            // Adding to -0 changes nothing, and no part is the first.
            float gate0 = -0f;
            float gate1 = -0f;
            float up0 = -0f;
            float up1 = -0f;
            for (int part = n; part < batch; part += batchRows) {
                gate0 = PtxFloat.add(gate0, sumOfSlices(shared, plan, gate, part));
                gate1 = PtxFloat.add(gate1, sumOfSlices(shared, plan, gate + 1, part));
                up0 = PtxFloat.add(up0, sumOfSlices(shared, plan, gate + 16, part));
                up1 = PtxFloat.add(up1, sumOfSlices(shared, plan, gate + 17, part));
            }
            int column = (group * pairs + pair) << 1;
            if (column < GatedTile.upAt(rows)) {
                GatedTile.store(y, bias, n, column, rows, batch, 0, result, gate0, gate1, up0, up1);
            }
        }
    }

    /** Writes two neighbouring elements of the result, if they are inside. */
    static void write(IntArray y, int n, int row, int rows, int bf16, float first, float second) {
        if (bf16 == GatedTile.BF16) {
            if (row < rows) {
                int word = PtxFloat.packBf16(first, second);
                PtxMemory.store32(y, n * (rows + 1 >>> 1) + (row >>> 1), row + 1 < rows ? word : word & 0xFFFF);
            }
        } else {
            if (row < rows) {
                PtxMemory.store32(y, n * rows + row, PtxBits.asInt(first));
            }
            if (row + 1 < rows) {
                PtxMemory.store32(y, n * rows + row + 1, PtxBits.asInt(second));
            }
        }
    }

    /**
     * Adds up the splits: every block reports its group of rows done; the last one sums and writes the result.
     *
     * @param group   number of the block's group of rows
     * @param tickets one counter per group of rows, 0 before and after
     */
    static void joinSplits(KernelContext context, int thread, int shared, IntArray y, FloatArray partials,
            IntArray tickets, int group, int plan, int firstRow, int rows, int batch, int bf16) {
        int splits = splits(plan);
        if (Ticket.isLast(context, thread, shared, tickets, group, splits)) {
            int pairs = groupRowBlocks(plan) << 3;
            int count = batch * pairs;
            for (int i = thread; i < count; i += warps(plan) << 5) {
                int row = firstRow + ((i & pairs - 1) << 1);
                int n = i / pairs;
                float first = sumOfSplits(partials, splits, n, row, rows, batch);
                float second = sumOfSplits(partials, splits, n, row + 1, rows, batch);
                write(y, n, row, rows, bf16, first, second);
            }
        }
    }

    private static float sumOfSplits(FloatArray partials, int splits, int n, int row, int rows, int batch) {
        float sum = 0f;
        if (row < rows) {
            sum = partials.get(n * rows + row);
            for (int split = 1; split < splits; split++) {
                sum = PtxFloat.add(sum, partials.get((split * batch + n) * rows + row));
            }
        }
        return sum;
    }
}
