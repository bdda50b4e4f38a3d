package zipserv.tornado.engine;

import uk.ac.manchester.tornado.api.KernelContext;
import uk.ac.manchester.tornado.api.types.arrays.IntArray;
import zipserv.tornado.ptx.PtxMemory;

/** Copies the last row of a step's activations, of which alone a long prompt's step computes logits. */
final class LastRow {

    /** Threads of a block. */
    static final int THREADS = 256;

    private LastRow() {
    }

    /**
     * The kernel. Worker: 1-D, {@value #THREADS} threads a block, one thread per word of a row, rounded up.
     *
     * @param from  {@code parts} times {@code rows} rows of {@code words}
     * @param to    {@code parts} rows
     */
    static void copy(KernelContext context, IntArray from, IntArray to, int rows, int words, int parts) {
        int word = context.globalIdx;
        if (word < words) {
            for (int part = 0; part < parts; part++) {
                PtxMemory.store32(to, part * words + word,
                        PtxMemory.load32(from, ((part + 1) * rows - 1) * words + word));
            }
        }
    }
}
