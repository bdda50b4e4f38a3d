package zipserv.tornado.kernels;

import uk.ac.manchester.tornado.api.types.arrays.IntArray;
import zipserv.codec.FragmentLayout;
import zipserv.tornado.ptx.Accumulator;
import zipserv.tornado.ptx.PtxFloat;
import zipserv.tornado.ptx.PtxMemory;

/**
 * SwiGLU as the end of a product of gate and up, whose rows are in the order of {@link GatedRows}: what becomes of four
 * tiles of sums, {@code silu(gate) * up}, as BF16 of one part or two.
 *
 * <p>With two parts of activations there are two sums for everything, in the lane's first and second activation row
 * ({@link WidePrefillGemm}). They are added here.
 */
final class GatedSums {

    /** Rows and columns of which there is a multiple fill all tiles. */
    private static final int WHOLE = 128;

    private GatedSums() {
    }

    /** The first of the four columns that a lane's part of 32 weight rows results in, 16 of gate and 16 of up. */
    static int column(int row, int lane) {
        return (row >>> 1) + ((lane & 3) << 2);
    }

    /**
     * Stores what the lane's first activation row of four tiles results in, or its only one: four neighbours.
     *
     * @param y       BF16, {@code batch} rows of {@code columns}, filled up with zeros to a multiple of 64
     * @param n       the row
     * @param column  see {@link #column}
     * @param columns results of a row
     * @param batch   rows
     * @param rest    words from the first to the second part of a result, 0 if there is one part
     */
    static void storeFirst(IntArray y, int n, int column, int columns, int batch, int rest, Accumulator gate0,
            Accumulator gate1, Accumulator up0, Accumulator up1) {
        store(y, n, column, columns, batch, rest, sum(gate0.c0(), gate0.c2(), rest), sum(gate0.c1(), gate0.c3(), rest),
                sum(gate1.c0(), gate1.c2(), rest), sum(gate1.c1(), gate1.c3(), rest),
                sum(up0.c0(), up0.c2(), rest), sum(up0.c1(), up0.c3(), rest), sum(up1.c0(), up1.c2(), rest),
                sum(up1.c1(), up1.c3(), rest));
    }

    /** {@link #storeFirst} of the second activation row, if it is one. */
    static void storeSecond(IntArray y, int n, int column, int columns, int batch, int rest, Accumulator gate0,
            Accumulator gate1, Accumulator up0, Accumulator up1) {
        if (rest == 0) {
            store(y, n, column, columns, batch, rest, gate0.c2(), gate0.c3(), gate1.c2(), gate1.c3(), up0.c2(),
                    up0.c3(), up1.c2(), up1.c3());
        }
    }

    private static float sum(float first, float second, int rest) {
        return rest == 0 ? first : PtxFloat.add(first, second);
    }

    /** Without a branch between them, four results are computed side by side. */
    private static void store(IntArray y, int n, int column, int columns, int batch, int rest, float gate0,
            float gate1, float gate2, float gate3, float up0, float up1, float up2, float up3) {
        int rowWords = (columns + FragmentLayout.BLOCK - 1) / FragmentLayout.BLOCK * StripLayout.BLOCK_WORDS;
        if (batch % WHOLE == 0 && columns % WHOLE == 0 || n < batch && column < rowWords << 1) {
            float first = PtxFloat.mul(DeviceMath.silu(gate0), up0);
            float second = PtxFloat.mul(DeviceMath.silu(gate1), up1);
            float third = PtxFloat.mul(DeviceMath.silu(gate2), up2);
            float fourth = PtxFloat.mul(DeviceMath.silu(gate3), up3);
            // Behind the last column are zeros, whatever the sums there are.
            int left = columns == rowWords << 1 ? 4 : columns - column;
            int low = PtxFloat.packBf16(first, second);
            int high = PtxFloat.packBf16(third, fourth);
            long word = (long) n * rowWords + (column >>> 1);
            PtxMemory.store64(y, word, low & mask(left), high & mask(left - 2));
            if (rest != 0) {
                PtxMemory.store64(y, word + rest, DeviceMath.remainder(first, second, low) & mask(left),
                        DeviceMath.remainder(third, fourth, high) & mask(left - 2));
            }
        }
    }

    /** The bits of a word that lie within a row, given how many elements from its first one on do. */
    private static int mask(int left) {
        return left > 1 ? -1 : left == 1 ? 0xFFFF : 0;
    }
}
