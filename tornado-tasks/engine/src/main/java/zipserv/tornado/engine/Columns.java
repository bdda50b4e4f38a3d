package zipserv.tornado.engine;

import uk.ac.manchester.tornado.api.KernelContext;
import uk.ac.manchester.tornado.api.types.arrays.IntArray;
import zipserv.tornado.ptx.PtxMemory;

/** Puts the products of one matrix among those of others that are multiplied with the same input. */
final class Columns {

    /** Threads of a block. */
    static final int THREADS = 256;

    private Columns() {
    }

    /**
     * The kernel. Worker: 1-D, {@value #THREADS} threads a block, one thread per word of {@code from}, rounded up.
     *
     * @param from    rows of {@code columns} words
     * @param to      rows of {@code stride} words
     * @param first   column of {@code to} that the first one becomes
     */
    static void copy(KernelContext context, IntArray from, IntArray to, int rows, int columns, int stride,
            int first) {
        int word = context.globalIdx;
        if (word < rows * columns) {
            int row = word / columns;
            PtxMemory.store32(to, row * stride + first + word - row * columns, PtxMemory.load32(from, word));
        }
    }
}
