package zipserv.tornado.kernels;

import uk.ac.manchester.tornado.api.KernelContext;
import uk.ac.manchester.tornado.api.types.arrays.FloatArray;
import uk.ac.manchester.tornado.api.types.arrays.IntArray;
import zipserv.codec.FragmentLayout;
import zipserv.tornado.ptx.Accumulator;
import zipserv.tornado.ptx.PtxBits;
import zipserv.tornado.ptx.PtxFloat;
import zipserv.tornado.ptx.PtxShared;
import zipserv.tornado.ptx.PtxSync;
import zipserv.tornado.ptx.WideAccumulator;

/**
 * The way from the accumulators of {@link WideGemm} to the result: the sums of a block's warpgroups are added in their
 * order, then, where blocks share columns, those of the blocks in theirs, by the last of them.
 */
final class WideSums {

    private static final int PAIRS = FragmentLayout.BLOCK / 2;

    private WideSums() {
    }

    /** Leaves a warp's sums in shared memory, tile after tile of 8 activation rows. */
    static void store(int shared, int warp, int lane, int width, WideAccumulator sum8, WideAccumulator sum16,
            WideAccumulator sum32, WideAccumulator sum64, WideAccumulator sum128) {
        int own = shared + warp * WideTile.sumBytes(width) + (lane << 4);
        if (width == 8) {
            store(own, sum8.tile(0));
        } else if (width == 16) {
            store(own, sum16.tile(0));
            store(own + 512, sum16.tile(1));
        } else if (width == 32) {
            store(own, sum32.tile(0));
            store(own + 512, sum32.tile(1));
            store(own + 1024, sum32.tile(2));
            store(own + 1536, sum32.tile(3));
        } else if (width == 64) {
            store(own, sum64.tile(0));
            store(own + 512, sum64.tile(1));
            store(own + 1024, sum64.tile(2));
            store(own + 1536, sum64.tile(3));
            store(own + 2048, sum64.tile(4));
            store(own + 2560, sum64.tile(5));
            store(own + 3072, sum64.tile(6));
            store(own + 3584, sum64.tile(7));
        } else {
            store(own, sum128.tile(0));
            store(own + 512, sum128.tile(1));
            store(own + 1024, sum128.tile(2));
            store(own + 1536, sum128.tile(3));
            store(own + 2048, sum128.tile(4));
            store(own + 2560, sum128.tile(5));
            store(own + 3072, sum128.tile(6));
            store(own + 3584, sum128.tile(7));
            store(own + 4096, sum128.tile(8));
            store(own + 4608, sum128.tile(9));
            store(own + 5120, sum128.tile(10));
            store(own + 5632, sum128.tile(11));
            store(own + 6144, sum128.tile(12));
            store(own + 6656, sum128.tile(13));
            store(own + 7168, sum128.tile(14));
            store(own + 7680, sum128.tile(15));
        }
    }

    private static void store(int address, Accumulator sum) {
        PtxShared.store128(address, PtxBits.asInt(sum.c0()), PtxBits.asInt(sum.c1()), PtxBits.asInt(sum.c2()),
                PtxBits.asInt(sum.c3()));
    }

    /** The sum over a block's warpgroups, in their order, of one element of the block's 64 rows. */
    private static float sumOfSlices(int shared, int plan, int width, int row, int n) {
        int lane = ((row & 7) << 2) + (n >>> 1 & 3);
        int word = ((row >>> 3 & 1) << 1) + (n & 1);
        int address = shared + (row >>> 4) * WideTile.sumBytes(width) + (n >>> 3 << 9) + (lane << 4) + (word << 2);
        float sum = PtxShared.loadFloat(address);
        for (int slice = 1; slice < WideTile.slices(plan); slice++) {
            sum = PtxFloat.add(sum, PtxShared.loadFloat(address + slice * (WideTile.GROUP_WARPS
                    * WideTile.sumBytes(width))));
        }
        return sum;
    }

    /**
     * Writes the sums of a block to the result. Threads take pairs of neighbouring weight rows, which lie side by side
     * in the result.
     */
    static void output(int thread, int shared, IntArray y, int plan, int width, int firstRow, int rows, int batch,
            int bf16) {
        for (int i = thread; i < batch * PAIRS; i += WideTile.warps(plan) << 5) {
            int pair = i % PAIRS;
            int n = i / PAIRS;
            GemmTile.write(y, n, firstRow + (pair << 1), rows, bf16, sumOfSlices(shared, plan, width, pair << 1, n),
                    sumOfSlices(shared, plan, width, (pair << 1) + 1, n));
        }
    }

    /**
     * Writes the sums of a block to the partial sums of its split; the last block of the group of rows to finish adds
     * all of them and writes the result.
     *
     * @param ticket   shared address of a word through which threads hear of their block's ticket
     * @param group    number of the group of rows
     * @param tickets  one counter per group of rows, 0 before and after
     * @param firstRow of the group
     */
    static void join(KernelContext context, int thread, int shared, int ticket, IntArray y, FloatArray partials,
            IntArray tickets, int plan, int width, int group, int split, int firstRow, int rows, int batch, int bf16) {
        int splits = WideTile.splits(plan);
        int skipped = WideTile.whole(plan) * FragmentLayout.BLOCK;
        int partialRows = rows - skipped;
        for (int i = thread; i < batch * PAIRS; i += WideTile.warps(plan) << 5) {
            int pair = i % PAIRS;
            int n = i / PAIRS;
            int row = firstRow - skipped + (pair << 1);
            int at = (split * batch + n) * partialRows + row;
            if (row < partialRows) {
                partials.set(at, sumOfSlices(shared, plan, width, pair << 1, n));
            }
            if (row + 1 < partialRows) {
                partials.set(at + 1, sumOfSlices(shared, plan, width, (pair << 1) + 1, n));
            }
        }
        PtxSync.fence();
        context.localBarrier();
        if (thread == 0) {
            PtxShared.store32(ticket, PtxSync.fetchAdd(tickets, group, 1));
        }
        context.localBarrier();
        if (PtxShared.load32(ticket) == splits - 1) {
            PtxSync.fence();
            for (int i = thread; i < batch * PAIRS; i += WideTile.warps(plan) << 5) {
                int pair = i % PAIRS;
                int n = i / PAIRS;
                int row = firstRow - skipped + (pair << 1);
                float first = GemmTile.sumOfSplits(partials, splits, n, row, partialRows, batch);
                float second = GemmTile.sumOfSplits(partials, splits, n, row + 1, partialRows, batch);
                GemmTile.write(y, n, row + skipped, rows, bf16, first, second);
            }
            if (thread == 0) {
                tickets.set(group, 0);
            }
        }
    }
}
