package zipserv.tornado.kernels;

import uk.ac.manchester.tornado.api.types.arrays.FloatArray;
import uk.ac.manchester.tornado.api.types.arrays.IntArray;
import zipserv.tornado.ptx.Accumulator;
import zipserv.tornado.ptx.PtxBits;
import zipserv.tornado.ptx.PtxShared;
import zipserv.tornado.ptx.Quad;
import zipserv.tornado.ptx.WideAccumulator;

/**
 * What becomes of the sums of {@link WidePrefillGemm}. A warp has 16 activation rows; tile j of its accumulator is
 * their products with weight rows 8j to 8j + 7 of the block, of which a lane holds two neighbours for its activation
 * row and for the eighth one behind it. Tiles are treated by fours and these rows apart, since TornadoVM inlines
 * methods up to a certain size only.
 */
final class WidePrefillSums {

    /** Words of a tile of 16 x 8 partial sums, a lane's four side by side. */
    static final int TILE_WORDS = 128;
    /** Bytes of such a tile. */
    static final int TILE_BYTES = 4 * TILE_WORDS;

    private WidePrefillSums() {
    }

    /** Tile {@code j} of the accumulator that is in use. */
    private static Accumulator tile(int j, int width, WideAccumulator sum128, WideAccumulator sum256) {
        Accumulator tile = Accumulator.zero();
        if (width == 256) {
            tile = sum256.tile(j);
        } else {
            tile = sum128.tile(j);
        }
        return tile;
    }

    /**
     * Writes the lane's first activation row of four tiles to the result, as far as there are so many.
     *
     * @param n     the activation row
     * @param row   the block's first weight row
     * @param first tile, a constant
     * @param width weight rows of the block
     */
    static void storeFirst(IntArray y, int n, int row, int rows, int batch, int bf16, int lane, int first, int width,
            WideAccumulator sum128, WideAccumulator sum256) {
        if (width > first << 3) {
            Accumulator sum0 = tile(first, width, sum128, sum256);
            Accumulator sum1 = tile(first + 1, width, sum128, sum256);
            Accumulator sum2 = tile(first + 2, width, sum128, sum256);
            Accumulator sum3 = tile(first + 3, width, sum128, sum256);
            PrefillSums.store(y, n, row + (first << 3), rows, batch, bf16, lane, sum0.c0(), sum0.c1(), sum1.c0(),
                    sum1.c1(), sum2.c0(), sum2.c1(), sum3.c0(), sum3.c1());
        }
    }

    /** {@link #storeFirst} of the lane's second activation row. */
    static void storeSecond(IntArray y, int n, int row, int rows, int batch, int bf16, int lane, int first, int width,
            WideAccumulator sum128, WideAccumulator sum256) {
        if (width > first << 3) {
            Accumulator sum0 = tile(first, width, sum128, sum256);
            Accumulator sum1 = tile(first + 1, width, sum128, sum256);
            Accumulator sum2 = tile(first + 2, width, sum128, sum256);
            Accumulator sum3 = tile(first + 3, width, sum128, sum256);
            PrefillSums.store(y, n, row + (first << 3), rows, batch, bf16, lane, sum0.c2(), sum0.c3(), sum1.c2(),
                    sum1.c3(), sum2.c2(), sum2.c3(), sum3.c2(), sum3.c3());
        }
    }

    /**
     * Leaves four tiles in shared memory for {@link #sum}, as far as there are so many.
     *
     * @param own address of the accumulator's first tile
     */
    static void keep(int own, int first, int width, WideAccumulator sum128, WideAccumulator sum256) {
        if (width > first << 3) {
            int at = own + first * TILE_BYTES;
            keep(at, tile(first, width, sum128, sum256));
            keep(at + TILE_BYTES, tile(first + 1, width, sum128, sum256));
            keep(at + 2 * TILE_BYTES, tile(first + 2, width, sum128, sum256));
            keep(at + 3 * TILE_BYTES, tile(first + 3, width, sum128, sum256));
        }
    }

    private static void keep(int at, Accumulator sum) {
        PtxShared.store128(at, PtxBits.asInt(sum.c0()), PtxBits.asInt(sum.c1()), PtxBits.asInt(sum.c2()),
                PtxBits.asInt(sum.c3()));
    }

    /** The lane's part of a tile: what {@link #keep} left of it, or {@link PrefillSums#joined} if there are splits. */
    static Accumulator sum(int kept, FloatArray partials, int at, int stride, int splits) {
        Accumulator sum = Accumulator.zero();
        if (splits == 1) {
            Quad four = PtxShared.load128(kept);
            sum = Accumulator.of(PtxBits.asFloat(four.x()), PtxBits.asFloat(four.y()), PtxBits.asFloat(four.z()),
                    PtxBits.asFloat(four.w()));
        } else {
            sum = PrefillSums.joined(partials, at, stride, splits);
        }
        return sum;
    }

    /**
     * Leaves four tiles for {@link PrefillSums#joined}, as far as there are so many.
     *
     * @param own place of the accumulator's first tile
     */
    static void storePartials(FloatArray partials, int own, int first, int width, WideAccumulator sum128,
            WideAccumulator sum256) {
        if (width > first << 3) {
            int at = own + first * TILE_WORDS;
            PrefillSums.storePartial(partials, at, tile(first, width, sum128, sum256));
            PrefillSums.storePartial(partials, at + TILE_WORDS, tile(first + 1, width, sum128, sum256));
            PrefillSums.storePartial(partials, at + 2 * TILE_WORDS, tile(first + 2, width, sum128, sum256));
            PrefillSums.storePartial(partials, at + 3 * TILE_WORDS, tile(first + 3, width, sum128, sum256));
        }
    }
}
