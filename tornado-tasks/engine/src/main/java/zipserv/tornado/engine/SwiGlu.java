package zipserv.tornado.engine;

import uk.ac.manchester.tornado.api.KernelContext;
import uk.ac.manchester.tornado.api.types.arrays.FloatArray;
import uk.ac.manchester.tornado.api.types.arrays.IntArray;
import zipserv.tornado.kernels.DeviceMath;
import zipserv.tornado.ptx.PtxFloat;

/** The gated activation of the MLP: {@code silu(gate + bias) * (up + bias)}, as BF16 and padded for the next GEMM. */
final class SwiGlu {

    /** Threads of a block. */
    static final int THREADS = 256;

    private SwiGlu() {
    }

    /**
     * The kernel. Worker: 1-D, {@value #THREADS} threads a block, one thread per word of {@code out}, rounded up.
     *
     * @param gateUp  fp32 bits, rows of {@code upAt + columns}: gate, up
     * @param bias    of gate, then of up
     * @param out     BF16, zeros behind the columns
     * @param order   of out, see {@link ActivationRows}
     * @param words   words of out, second parts excluded
     * @param addBias 1 if there are biases
     * @param upAt    where a row's up begins
     * @param restIn  distance of the parts of gateUp, see {@link SplitValue}
     * @param restOut distance of the parts of out
     */
    static void apply(KernelContext context, IntArray gateUp, FloatArray bias, IntArray out, int columns, int order,
            int words, int addBias, int upAt, int restIn, int restOut) {
        int word = context.globalIdx;
        if (word < words) {
            int row = word / ActivationRows.pairs(order);
            int column = word % ActivationRows.pairs(order) << 1;
            float low = 0f;
            float high = 0f;
            if (column < columns) {
                low = element(gateUp, bias, row, column, columns, addBias, upAt, restIn);
            }
            if (column + 1 < columns) {
                high = element(gateUp, bias, row, column + 1, columns, addBias, upAt, restIn);
            }
            SplitValue.store(out, word, order, restOut, low, high);
        }
    }

    private static float element(IntArray gateUp, FloatArray bias, int row, int column, int columns, int addBias,
            int upAt, int restIn) {
        int at = row * (upAt + columns) + column;
        float z = SplitValue.load(gateUp, at, restIn);
        float factor = SplitValue.load(gateUp, at + upAt, restIn);
        if (addBias != 0) {
            z = PtxFloat.add(z, bias.get(column));
            factor = PtxFloat.add(factor, bias.get(columns + column));
        }
        return PtxFloat.mul(DeviceMath.silu(z), factor);
    }
}
