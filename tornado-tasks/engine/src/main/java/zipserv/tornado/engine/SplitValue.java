package zipserv.tornado.engine;

import uk.ac.manchester.tornado.api.types.arrays.IntArray;
import zipserv.tornado.kernels.DeviceMath;
import zipserv.tornado.ptx.PtxBits;
import zipserv.tornado.ptx.PtxFloat;
import zipserv.tornado.ptx.PtxMemory;
import zipserv.tornado.ptx.PtxWarp;

/**
 * Activations as sums of two BF16: the rounded value, and what rounding took away, rounded too. The second lies
 * {@code rest} words behind the first, in a row of its own as far as a GEMM is concerned; the GEMM's two results are
 * added when they are read. A distance of 0 means that there is no second part.
 */
final class SplitValue {

    private SplitValue() {
    }

    /** Stores two neighbouring activations. */
    static void store(IntArray out, int word, int rest, float first, float second) {
        int rounded = PtxFloat.packBf16(first, second);
        PtxMemory.store32(out, word, rounded);
        if (rest != 0) {
            PtxMemory.store32(out, word + rest, remainder(first, second, rounded));
        }
    }

    /**
     * Stores two neighbouring activations of rows in an order of {@link ActivationRows}.
     *
     * @param word where they would lie if rows followed each other
     */
    static void store(IntArray out, int word, int order, int rest, float first, float second) {
        store(out, ActivationRows.place(word, order), rest, first, second);
    }

    /** The same for four neighbouring activations; {@code word} is even. */
    static void store(IntArray out, int word, int order, int rest, float first, float second, float third,
            float fourth) {
        if (ActivationRows.pairs(order) == order) {
            store(out, word, rest, first, second, third, fourth);
        } else {
            store(out, word, order, rest, first, second);
            store(out, word + 1, order, rest, third, fourth);
        }
    }

    /** Stores four neighbouring activations; {@code word} is even. */
    static void store(IntArray out, int word, int rest, float first, float second, float third, float fourth) {
        int low = PtxFloat.packBf16(first, second);
        int high = PtxFloat.packBf16(third, fourth);
        PtxMemory.store64(out, word, low, high);
        if (rest != 0) {
            PtxMemory.store64(out, word + rest, remainder(first, second, low), remainder(third, fourth, high));
        }
    }

    /** Stores zeros in rows of an order: every 32nd word from one on, up to another. */
    static void clear(IntArray out, int from, int to, int order, int rest) {
        for (int word = from; word < to; word += PtxWarp.SIZE) {
            store(out, word, order, rest, 0f, 0f);
        }
    }

    /** What rounding took away, rounded. */
    static int remainder(float first, float second, int rounded) {
        return DeviceMath.remainder(first, second, rounded);
    }

    /** Reads an element of a GEMM's result, fp32 bits. */
    static float load(IntArray y, int word, int rest) {
        float value = PtxBits.asFloat(PtxMemory.load32(y, word));
        if (rest != 0) {
            value = PtxFloat.add(value, PtxBits.asFloat(PtxMemory.load32(y, word + rest)));
        }
        return value;
    }
}
