package zipserv.tornado.engine;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;

import uk.ac.manchester.tornado.api.types.arrays.IntArray;

/**
 * What the host tells the device about a step: three words per row. It is all that crosses the bus before a step.
 *
 * <pre>
 * word 3n      token, or -1 for a row without work
 * word 3n + 1  position of the token in its sequence
 * word 3n + 2  cache slot of the sequence's position 0, see {@link CacheSpace}
 * </pre>
 *
 * Index functions are for kernels and host.
 */
final class StepInput extends StepWords {

    /** Words of a row. */
    static final int STRIDE = 3;

    /**
     * Rows without work.
     *
     * @param host  the words on the host
     * @param words the words as kernels get them
     */
    StepInput(MemorySegment host, IntArray words) {
        super(host, words, STRIDE);
        clear();
    }

    void clear() {
        for (int row = 0; row < end; row++) {
            write(row, -1, 0, 0);
        }
        end = 0;
    }

    void set(int row, int token, int position, int firstSlot) {
        write(row, token, position, firstSlot);
        end = Math.max(end, row + 1);
    }

    private void write(int row, int token, int position, int firstSlot) {
        host.setAtIndex(ValueLayout.JAVA_INT, token(row), token);
        host.setAtIndex(ValueLayout.JAVA_INT, position(row), position);
        host.setAtIndex(ValueLayout.JAVA_INT, firstSlot(row), firstSlot);
    }

    static int token(int row) {
        return STRIDE * row;
    }

    static int position(int row) {
        return STRIDE * row + 1;
    }

    static int firstSlot(int row) {
        return STRIDE * row + 2;
    }
}
