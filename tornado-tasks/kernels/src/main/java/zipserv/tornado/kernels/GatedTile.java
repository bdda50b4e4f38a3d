package zipserv.tornado.kernels;

import uk.ac.manchester.tornado.api.types.arrays.FloatArray;
import uk.ac.manchester.tornado.api.types.arrays.IntArray;
import zipserv.tornado.ptx.PtxFloat;
import zipserv.tornado.ptx.PtxMemory;

/**
 * SwiGLU as the end of a product straight from the stored weights of gate and up, which are one matrix: up begins at
 * the next block of 64 rows behind gate. A block of the grid takes row blocks of 16 of both in turn, and so has all
 * that {@code silu(gate + bias) * (up + bias)} needs of its rows: the result, in BF16, is the input of the next product,
 * and neither sums nor a launch of their own come between.
 *
 * <p>Activations of two parts are twice as many activation rows, the second parts behind all first ones. Their sums are
 * added here, and the result has two parts again.
 */
final class GatedTile {

    /** What becomes of sums: they are stored as fp32, or rounded to BF16. */
    static final int BF16 = 1;
    private static final int GATED = 2;
    private static final int BIASED = 4;
    private static final int TWO_PARTS = 8;

    private GatedTile() {
    }

    /** The code of SwiGLU as what becomes of sums. */
    static int result(boolean biased, int parts) {
        return GATED | (biased ? BIASED : 0) | (parts == 2 ? TWO_PARTS : 0);
    }

    static boolean isGated(int result) {
        return (result & GATED) != 0;
    }

    /** Parts of an activation, 1 or 2. */
    static int parts(int result) {
        return (result & TWO_PARTS) != 0 ? 2 : 1;
    }

    /** Row at which up begins in a matrix of so many rows. */
    static int upAt(int rows) {
        return rows + 127 >>> 7 << 6;
    }

    /** Rows that blocks of the grid have to be there for: of a gated product, all that columns of its result come from. */
    static int rows(int rows, int result) {
        return isGated(result) ? 2 * upAt(rows) : rows;
    }

    /** The row block that is taken as a certain one: of gate and up in turn, if the product is gated. */
    static int rowBlock(int index, int rows, int result) {
        int rowBlock = index;
        if (isGated(result)) {
            rowBlock = (index >>> 1) + (index & 1) * (upAt(rows) >>> 4);
        }
        return rowBlock;
    }

    /**
     * Stores two neighbouring elements of a row of the result; those behind the last column become 0.
     *
     * @param y      BF16, row-major and padded to blocks of 64 columns, or as {@link WideActivations}
     * @param bias   of gate, then of up
     * @param n      row of the result, and of the activations
     * @param column the first element's, even
     * @param rows   of gate and up
     * @param batch  activation rows
     * @param width  of {@link WideActivations}, 0 for row-major
     * @param result see {@link #result}
     */
    static void store(IntArray y, FloatArray bias, int n, int column, int rows, int batch, int width, int result,
            float gate0, float gate1, float up0, float up1) {
        int columns = rows - upAt(rows);
        int pairs = upAt(rows) >>> 1;
        float first = element(bias, column, columns, result, gate0, up0);
        float second = element(bias, column + 1, columns, result, gate1, up1);
        int word = n * pairs + (column >>> 1);
        int distance = pairs;
        if (width != 0) {
            word = WideActivations.word(n, column >>> 1, width);
            distance = WideActivations.word(1, 0, width);
        }
        int rounded = PtxFloat.packBf16(first, second);
        PtxMemory.store32(y, word, rounded);
        if (parts(result) == 2) {
            PtxMemory.store32(y, word + (batch >>> 1) * distance, DeviceMath.remainder(first, second, rounded));
        }
    }

    /** An element of the result; 0 behind the last column, whatever its sums are. */
    private static float element(FloatArray bias, int column, int columns, int result, float gate, float up) {
        float value = 0f;
        if (column < columns) {
            float z = gate;
            float factor = up;
            if ((result & BIASED) != 0) {
                z = PtxFloat.add(z, bias.get(column));
                factor = PtxFloat.add(factor, bias.get(columns + column));
            }
            value = PtxFloat.mul(DeviceMath.silu(z), factor);
        }
        return value;
    }
}
