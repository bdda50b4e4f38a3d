package zipserv.tornado.kernels;

import uk.ac.manchester.tornado.api.types.arrays.FloatArray;
import uk.ac.manchester.tornado.api.types.arrays.IntArray;
import zipserv.codec.FragmentLayout;
import zipserv.tornado.ptx.Accumulator;
import zipserv.tornado.ptx.PtxBits;
import zipserv.tornado.ptx.PtxFloat;
import zipserv.tornado.ptx.PtxMemory;
import zipserv.tornado.ptx.PtxShared;
import zipserv.tornado.ptx.PtxWarp;
import zipserv.tornado.ptx.Quad;
import zipserv.tornado.ptx.WideAccumulator;

/**
 * The way from the accumulators of {@link WideGemm} to the result: the first warpgroup of a block adds the sums of the
 * others to its own, in their order; where blocks share columns, each leaves its sums in memory, and the last one to
 * finish adds them in the order of the columns. Sums travel as tiles of a warp's 16 weight rows and 8 activation rows,
 * a lane's four side by side ({@link Accumulator}).
 */
final class WideSums {

    /** Where a block's sums go. */
    static final int TO_RESULT = 0;
    static final int TO_PARTIALS = 1;
    static final int TO_SHARED = 2;

    private static final int TILE_WORDS = 128;

    private WideSums() {
    }

    /** Tile {@code j} of the accumulator that is in use. */
    private static Accumulator tile(int j, int width, WideAccumulator sum8, WideAccumulator sum16,
            WideAccumulator sum32, WideAccumulator sum64, WideAccumulator sum128) {
        Accumulator tile = Accumulator.zero();
        if (width == 8) {
            tile = sum8.tile(j);
        } else if (width == 16) {
            tile = sum16.tile(j);
        } else if (width == 32) {
            tile = sum32.tile(j);
        } else if (width == 64) {
            tile = sum64.tile(j);
        } else {
            tile = sum128.tile(j);
        }
        return tile;
    }

    /**
     * Leaves four tiles of a warp's sums, as far as there are so many, in shared memory. (Four, as other methods here,
     * because TornadoVM inlines methods up to a certain size only.)
     *
     * @param own   the lane's {@link #place}
     * @param first tile
     */
    static void store(int own, int first, int width, WideAccumulator sum8, WideAccumulator sum16,
            WideAccumulator sum32, WideAccumulator sum64, WideAccumulator sum128) {
        if (width > (first << 3)) {
            store(own, first, tile(first, width, sum8, sum16, sum32, sum64, sum128));
        }
        if (width > (first + 1 << 3)) {
            store(own, first + 1, tile(first + 1, width, sum8, sum16, sum32, sum64, sum128));
        }
        if (width > (first + 2 << 3)) {
            store(own, first + 2, tile(first + 2, width, sum8, sum16, sum32, sum64, sum128));
        }
        if (width > (first + 3 << 3)) {
            store(own, first + 3, tile(first + 3, width, sum8, sum16, sum32, sum64, sum128));
        }
    }

    private static void store(int own, int j, Accumulator sum) {
        PtxShared.store128(own + 4 * TILE_WORDS * j, PtxBits.asInt(sum.c0()), PtxBits.asInt(sum.c1()),
                PtxBits.asInt(sum.c2()), PtxBits.asInt(sum.c3()));
    }

    /** Where a lane's sums of a warp lie in shared memory. */
    static int place(int shared, int warp, int lane, int width) {
        return shared + warp * WideTile.sumBytes(width) + (lane << 4);
    }

    /**
     * Adds up a block's sums of two tiles, as far as there are so many, and writes them to the result, to the partial
     * sums of the block's split, or to shared memory. To be called by the first slice, when the others have stored
     * theirs.
     *
     * @param own      the lane's {@link #place}
     * @param first    tile
     * @param sums     partial sums
     * @param to       where to
     * @param at       word of the partial sums: see {@link #partial}
     * @param row      of weights: the lane's first one, see {@link #write}
     */
    static void output(int own, int first, int lane, IntArray y, FloatArray sums, int to, int at,
            int plan, int width, int row, int rows, int batch, int bf16, WideAccumulator sum8, WideAccumulator sum16,
            WideAccumulator sum32, WideAccumulator sum64, WideAccumulator sum128) {
        if (width > (first << 3)) {
            output(first, tile(first, width, sum8, sum16, sum32, sum64, sum128), own, lane, y, sums, to, at,
                    plan, width, row, rows, batch, bf16);
        }
        if (width > (first + 1 << 3)) {
            output(first + 1, tile(first + 1, width, sum8, sum16, sum32, sum64, sum128), own, lane, y, sums, to, at,
                    plan, width, row, rows, batch, bf16);
        }
    }

    private static void output(int j, Accumulator first, int own, int lane, IntArray y, FloatArray sums, int to,
            int at, int plan, int width, int row, int rows, int batch, int bf16) {
        Accumulator sum = first;
        for (int slice = 1; slice < WideTile.slices(plan); slice++) {
            Quad other = PtxShared.load128(own + slice * WideTile.rowWarps(plan) * WideTile.sumBytes(width)
                    + 4 * TILE_WORDS * j);
            sum = add(sum, other);
        }
        if (to == TO_SHARED) {
            store(own, j, sum);
        } else if (to == TO_PARTIALS) {
            PtxMemory.store128(sums, at + TILE_WORDS * j, sum.c0(), sum.c1(), sum.c2(), sum.c3());
        } else {
            write(j, sum, lane, y, row, rows, batch, bf16);
        }
    }

    /**
     * What SwiGLU makes of eight weight rows of a tile of gate and those of up, which follow in the next warp's sums in
     * shared memory.
     *
     * @param j      tile, of the first parts of activations
     * @param half   0 or 1: which eight of the rows
     * @param place  the lane's {@link #place} of gate's warp
     * @param column of the result: the even one of the lane's and its neighbour's, see {@link #write}
     */
    static void gate(int j, int half, int place, int lane, IntArray y, FloatArray bias, int column, int width, int rows,
            int batch, int result) {
        int batchRows = batch / GatedTile.parts(result);
        // Adding to -0 changes nothing, and no part is the first.
        float gate0 = -0f;
        float gate1 = -0f;
        float up0 = -0f;
        float up1 = -0f;
        for (int part = j; part << 3 < batch; part += batchRows + 7 >>> 3) {
            int at = place + 4 * TILE_WORDS * part + (half << 3);
            gate0 = PtxFloat.add(gate0, PtxShared.loadFloat(at));
            gate1 = PtxFloat.add(gate1, PtxShared.loadFloat(at + 4));
            up0 = PtxFloat.add(up0, PtxShared.loadFloat(at + WideTile.sumBytes(width)));
            up1 = PtxFloat.add(up1, PtxShared.loadFloat(at + WideTile.sumBytes(width) + 4));
        }
        boolean odd = (lane & 4) != 0;
        float otherGate = PtxWarp.shuffleXor(odd ? gate0 : gate1, 4);
        float otherUp = PtxWarp.shuffleXor(odd ? up0 : up1, 4);
        int n = (j << 3) + ((lane & 3) << 1) + (lane >>> 2 & 1);
        if (n < batchRows && column < GatedTile.upAt(rows)) {
            GatedTile.store(y, bias, n, column + (half << 3), rows, batch, width, result, odd ? otherGate : gate0,
                    odd ? gate1 : otherGate, odd ? otherUp : up0, odd ? up1 : otherUp);
        }
    }

    private static Accumulator add(Accumulator sum, Quad other) {
        return Accumulator.of(PtxFloat.add(sum.c0(), PtxBits.asFloat(other.x())),
                PtxFloat.add(sum.c1(), PtxBits.asFloat(other.y())),
                PtxFloat.add(sum.c2(), PtxBits.asFloat(other.z())),
                PtxFloat.add(sum.c3(), PtxBits.asFloat(other.w())));
    }

    /**
     * Writes a lane's sums of a tile. Lanes whose rows are neighbours exchange half of theirs, so that each writes two
     * rows of the same activation row, which lie side by side in the result.
     *
     * @param row of weights: the warp's first, and the even one of the lane's and its neighbour's
     */
    private static void write(int j, Accumulator sum, int lane, IntArray y, int row, int rows, int batch, int bf16) {
        boolean odd = (lane & 4) != 0;
        float upper = PtxWarp.shuffleXor(odd ? sum.c0() : sum.c1(), 4);
        float lower = PtxWarp.shuffleXor(odd ? sum.c2() : sum.c3(), 4);
        int n = (j << 3) + ((lane & 3) << 1) + (lane >>> 2 & 1);
        if (n < batch) {
            GemmTile.write(y, n, row, rows, bf16, odd ? upper : sum.c0(), odd ? sum.c1() : upper);
            GemmTile.write(y, n, row + 8, rows, bf16, odd ? lower : sum.c2(), odd ? sum.c3() : lower);
        }
    }

    /** The first of a lane's partial sums of a warp, of a group of rows among those that are split, and of a split. */
    static int partial(int group, int split, int plan, int warp, int lane, int width) {
        return ((group * WideTile.splits(plan) + split) * WideTile.rowWarps(plan) + warp) * (width >>> 3) * TILE_WORDS
                + (lane << 2);
    }

    /** Words of partial sums of groups of 64 rows. */
    static int partials(int groups, int splits, int width) {
        return Math.multiplyExact(Math.multiplyExact(groups, splits), FragmentLayout.BLOCK * width);
    }

    /**
     * Adds the partial sums of two tiles of a warp's rows, as far as there are so many, and writes the result, or leaves
     * the sums in shared memory for SwiGLU. Both are loaded before the first is written, so that their loads are under
     * way together.
     *
     * @param at    word of the first split's sums
     * @param first tile
     * @param row   see {@link #write}
     * @param place where the lane's sums belong in shared memory
     */
    static void join(int lane, IntArray y, FloatArray partials, int at, int first, int plan, int width, int row,
            int rows, int batch, int result, int place) {
        Accumulator sum0 = join(partials, at, first, plan, width);
        Accumulator sum1 = join(partials, at, first + 1, plan, width);
        if (GatedTile.isGated(result)) {
            store(place, first, sum0);
            if (width > 8) {
                store(place, first + 1, sum1);
            }
        } else {
            write(first, sum0, lane, y, row, rows, batch, result);
            if (width > 8) {
                write(first + 1, sum1, lane, y, row, rows, batch, result);
            }
        }
    }

    private static Accumulator join(FloatArray partials, int at, int j, int plan, int width) {
        Accumulator sum = Accumulator.zero();
        if (width > 8 || j == 0) {
            sum = add(Accumulator.zero(), PtxMemory.load128(partials, at + TILE_WORDS * j));
            for (int split = 1; split < WideTile.splits(plan); split++) {
                sum = add(sum, PtxMemory.load128(partials, at + TILE_WORDS * j
                        + split * WideTile.rowWarps(plan) * (width >>> 3) * TILE_WORDS));
            }
        }
        return sum;
    }
}
