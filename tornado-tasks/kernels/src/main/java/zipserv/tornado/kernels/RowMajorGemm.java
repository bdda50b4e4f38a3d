package zipserv.tornado.kernels;

import uk.ac.manchester.tornado.api.KernelContext;
import uk.ac.manchester.tornado.api.types.arrays.IntArray;
import zipserv.tornado.ptx.PtxBits;

/**
 * What one writes with TornadoVM's KernelContext alone: row-major BF16 weights, fp32 arithmetic, no Tensor Cores, no
 * wide loads. A block computes 8 results of one weight row. The yardstick for what the other kernels' instructions
 * gain.
 */
public final class RowMajorGemm {

    /** Threads of a block. */
    public static final int THREADS = 128;
    private static final int TILE = 8;

    private RowMajorGemm() {
    }

    /** Blocks of the grid. */
    public static int blocks(int rows, int batch) {
        return rows * ((batch + TILE - 1) / TILE);
    }

    /**
     * The kernel. Worker: 1-D, {@value #THREADS} threads a block, {@link #blocks} blocks.
     *
     * @param weights row-major BF16, {@code rows} rows of {@code columns}, two elements a word
     * @param x       row-major BF16, 8 * ceil(batch / 8) rows of {@code columns}
     * @param y       fp32 bits, {@code batch} rows of {@code rows}
     * @param rows    M
     * @param columns K, even
     * @param batch   N
     */
    public static void multiply(KernelContext context, IntArray weights, IntArray x, IntArray y, int rows, int columns,
            int batch) {
        float[] sums = context.allocateFloatLocalArray(TILE * THREADS);
        int thread = context.localIdx;
        int row = context.groupIdx % rows;
        int n = context.groupIdx / rows * TILE;
        int words = columns / 2;
        float sum0 = 0f;
        float sum1 = 0f;
        float sum2 = 0f;
        float sum3 = 0f;
        float sum4 = 0f;
        float sum5 = 0f;
        float sum6 = 0f;
        float sum7 = 0f;
        for (int word = thread; word < words; word += THREADS) {
            int pair = weights.get(row * words + word);
            float low = PtxBits.asFloat(pair << 16);
            float high = PtxBits.asFloat(pair & 0xFFFF0000);
            sum0 += dot(low, high, x.get((n + 0) * words + word));
            sum1 += dot(low, high, x.get((n + 1) * words + word));
            sum2 += dot(low, high, x.get((n + 2) * words + word));
            sum3 += dot(low, high, x.get((n + 3) * words + word));
            sum4 += dot(low, high, x.get((n + 4) * words + word));
            sum5 += dot(low, high, x.get((n + 5) * words + word));
            sum6 += dot(low, high, x.get((n + 6) * words + word));
            sum7 += dot(low, high, x.get((n + 7) * words + word));
        }
        sums[0 * THREADS + thread] = sum0;
        sums[1 * THREADS + thread] = sum1;
        sums[2 * THREADS + thread] = sum2;
        sums[3 * THREADS + thread] = sum3;
        sums[4 * THREADS + thread] = sum4;
        sums[5 * THREADS + thread] = sum5;
        sums[6 * THREADS + thread] = sum6;
        sums[7 * THREADS + thread] = sum7;
        context.localBarrier();
        for (int stride = THREADS / 2; stride > 0; stride = stride / 2) {
            if (thread < stride) {
                for (int i = 0; i < TILE; i++) {
                    sums[i * THREADS + thread] += sums[i * THREADS + thread + stride];
                }
            }
            context.localBarrier();
        }
        if (thread < TILE && n + thread < batch) {
            y.set((n + thread) * rows + row, PtxBits.asInt(sums[thread * THREADS]));
        }
    }

    private static float dot(float low, float high, int pair) {
        return low * PtxBits.asFloat(pair << 16) + high * PtxBits.asFloat(pair & 0xFFFF0000);
    }
}
