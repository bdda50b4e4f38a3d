package zipserv.tornado.engine;

import uk.ac.manchester.tornado.api.types.arrays.IntArray;
import zipserv.tornado.ptx.PtxMemory;

/**
 * Weights of the next product on their way to L2, while a small kernel that memory does not limit runs: the memory would
 * be idle otherwise. Worth it where a step has few rows.
 *
 * @param words the weights
 * @param lines lines of 128 bytes, from the beginning; 0 for none
 */
record Prefetch(IntArray words, int lines) {

    private static final int LINE_WORDS = 32;
    /** Rows of a step up to which small kernels leave memory idle. */
    private static final int FEW_ROWS = 8;

    /** The first bytes of a matrix, if the step has few rows. */
    static Prefetch of(DeviceMatrix matrix, int megabytes, int rows) {
        long lines = Math.min(matrix.bulkWords() / LINE_WORDS, megabytes * (1L << 20) / (4 * LINE_WORDS));
        return new Prefetch(matrix.bulk(), rows <= FEW_ROWS ? (int) lines : 0);
    }

    /** For kernels: fetches every {@code threads}-th line from {@code thread} on. */
    static void fetch(IntArray words, int lines, int thread, int threads) {
        for (int line = thread; line < lines; line += threads) {
            PtxMemory.prefetchL2(words, line * LINE_WORDS);
        }
    }
}
