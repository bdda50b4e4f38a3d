package zipserv.tornado.engine;

import uk.ac.manchester.tornado.api.KernelContext;
import uk.ac.manchester.tornado.api.types.arrays.FloatArray;
import uk.ac.manchester.tornado.api.types.arrays.IntArray;
import zipserv.tornado.kernels.DeviceMath;
import zipserv.tornado.ptx.PtxBits;
import zipserv.tornado.ptx.PtxFloat;
import zipserv.tornado.ptx.PtxMemory;
import zipserv.tornado.ptx.PtxShared;
import zipserv.tornado.ptx.PtxWarp;
import zipserv.tornado.ptx.Quad;

/**
 * The residual connection and the RMSNorm behind it: {@code x += y + bias; h = g * x / sqrt(mean(x^2) + epsilon)}. The
 * stream stays fp32, h is BF16 for the Tensor Cores and padded as they want it.
 *
 * <p>A single row has to be fast: a block of up to 1,024 threads, of which each takes four elements at a time and keeps them in
 * shared memory until the norm is known.
 */
final class Normalization {

    /** Most threads of a block. */
    private static final int MAX_THREADS = 1024;
    /** Longest row: what fits in shared memory. */
    static final int MAX_COLUMNS = 12_000;

    private Normalization() {
    }

    /** Threads of a block: whole warps, four columns a thread where they suffice. */
    static int threads(int columns) {
        return Math.min((columns + 4 * PtxWarp.SIZE - 1) / (4 * PtxWarp.SIZE) * PtxWarp.SIZE, MAX_THREADS);
    }

    /**
     * The kernel. Worker: 1-D, {@link #threads} threads a block, a block per row. The squares are added in a fixed
     * order.
     *
     * @param x        residual stream, fp32 rows of {@code columns}
     * @param y        output of the projection before, fp32 bits, like x
     * @param bias     its bias, {@code columns}
     * @param gain     g, {@code columns}
     * @param h        normalised, BF16, zeros behind the columns
     * @param order    of h, see {@link ActivationRows}
     * @param columns  a multiple of 4, at most {@value #MAX_COLUMNS}
     * @param addY     1 to add y, 0 in front of the first layer
     * @param addBias  1 to add the bias too
     * @param restY    distance of the parts of y, see {@link SplitValue}
     * @param restH    distance of the parts of h
     */
    static void apply(KernelContext context, FloatArray x, IntArray y, FloatArray bias, FloatArray gain, IntArray h,
            int columns, int order, float epsilon, int addY, int addBias, int restY, int restH) {
        int kept = PtxShared.allocate(columns << 2);
        int partial = PtxShared.allocate(PtxWarp.SIZE << 2);
        int rowWords = ActivationRows.pairs(order);
        int row = context.groupIdx;
        int thread = context.localIdx;
        int first = row * columns;
        int threads = threads(columns);
        float squares = 0f;
        for (int i = thread << 2; i < columns; i += threads << 2) {
            Quad stream = PtxMemory.load128(x, first + i);
            float v0 = PtxBits.asFloat(stream.x());
            float v1 = PtxBits.asFloat(stream.y());
            float v2 = PtxBits.asFloat(stream.z());
            float v3 = PtxBits.asFloat(stream.w());
            if (addY != 0) {
                Quad added = PtxMemory.load128(y, first + i);
                float y0 = PtxBits.asFloat(added.x());
                float y1 = PtxBits.asFloat(added.y());
                float y2 = PtxBits.asFloat(added.z());
                float y3 = PtxBits.asFloat(added.w());
                if (restY != 0) {
                    Quad rest = PtxMemory.load128(y, first + i + restY);
                    y0 = PtxFloat.add(y0, PtxBits.asFloat(rest.x()));
                    y1 = PtxFloat.add(y1, PtxBits.asFloat(rest.y()));
                    y2 = PtxFloat.add(y2, PtxBits.asFloat(rest.z()));
                    y3 = PtxFloat.add(y3, PtxBits.asFloat(rest.w()));
                }
                v0 = PtxFloat.add(v0, y0);
                v1 = PtxFloat.add(v1, y1);
                v2 = PtxFloat.add(v2, y2);
                v3 = PtxFloat.add(v3, y3);
                if (addBias != 0) {
                    Quad b = PtxMemory.loadReadOnly128(bias, i);
                    v0 = PtxFloat.add(v0, PtxBits.asFloat(b.x()));
                    v1 = PtxFloat.add(v1, PtxBits.asFloat(b.y()));
                    v2 = PtxFloat.add(v2, PtxBits.asFloat(b.z()));
                    v3 = PtxFloat.add(v3, PtxBits.asFloat(b.w()));
                }
                PtxMemory.store128(x, first + i, v0, v1, v2, v3);
            }
            PtxShared.store128(kept + (i << 2), PtxBits.asInt(v0), PtxBits.asInt(v1), PtxBits.asInt(v2),
                    PtxBits.asInt(v3));
            squares = PtxFloat.fma(v0, v0, squares);
            squares = PtxFloat.fma(v1, v1, squares);
            squares = PtxFloat.fma(v2, v2, squares);
            squares = PtxFloat.fma(v3, v3, squares);
        }
        float sum = warpSum(squares);
        if (PtxWarp.lane() == 0) {
            PtxShared.storeFloat(partial + (thread >>> 5 << 2), sum);
        }
        context.localBarrier();
        float others = 0f;
        if (PtxWarp.lane() < threads >>> 5) {
            others = PtxShared.loadFloat(partial + (PtxWarp.lane() << 2));
        }
        float total = warpSum(others);
        float scale = DeviceMath.inverseSqrt(PtxFloat.fma(total, 1f / columns, epsilon));
        for (int i = thread << 2; i < rowWords << 1; i += threads << 2) {
            float h0 = 0f;
            float h1 = 0f;
            float h2 = 0f;
            float h3 = 0f;
            if (i < columns) {
                Quad g = PtxMemory.loadReadOnly128(gain, i);
                Quad v = PtxShared.load128(kept + (i << 2));
                h0 = PtxFloat.mul(PtxBits.asFloat(g.x()), PtxFloat.mul(PtxBits.asFloat(v.x()), scale));
                h1 = PtxFloat.mul(PtxBits.asFloat(g.y()), PtxFloat.mul(PtxBits.asFloat(v.y()), scale));
                h2 = PtxFloat.mul(PtxBits.asFloat(g.z()), PtxFloat.mul(PtxBits.asFloat(v.z()), scale));
                h3 = PtxFloat.mul(PtxBits.asFloat(g.w()), PtxFloat.mul(PtxBits.asFloat(v.w()), scale));
            }
            SplitValue.store(h, row * rowWords + (i >>> 1), order, restH, h0, h1, h2, h3);
        }
    }

    /** The sum over the lanes, the same bits in each. */
    static float warpSum(float value) {
        float sum = PtxFloat.add(value, PtxWarp.shuffleXor(value, 16));
        sum = PtxFloat.add(sum, PtxWarp.shuffleXor(sum, 8));
        sum = PtxFloat.add(sum, PtxWarp.shuffleXor(sum, 4));
        sum = PtxFloat.add(sum, PtxWarp.shuffleXor(sum, 2));
        return PtxFloat.add(sum, PtxWarp.shuffleXor(sum, 1));
    }
}
