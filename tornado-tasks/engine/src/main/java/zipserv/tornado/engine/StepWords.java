package zipserv.tornado.engine;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;

import uk.ac.manchester.tornado.api.types.arrays.IntArray;

/** What the host tells the device about each row of a step: a number of words, of which it keeps a copy of its own. */
abstract sealed class StepWords permits StepInput, StepChoices {

    /** The words on the host. */
    protected final MemorySegment host;
    /** No row from this one on says anything. */
    protected int end;
    private final IntArray words;
    private final int stride;

    /**
     * Rows that have to be cleared.
     *
     * @param host   the words on the host
     * @param words  the words as kernels get them
     * @param stride words of a row
     */
    StepWords(MemorySegment host, IntArray words, int stride) {
        this.host = host;
        this.words = words;
        this.stride = stride;
        this.end = (int) (host.byteSize() / Integer.BYTES / stride);
    }

    /** As kernels get it. */
    IntArray words() {
        return words;
    }

    /** The first rows on the host. */
    MemorySegment host(int rows) {
        return host.asSlice(0, (long) rows * stride * Integer.BYTES);
    }

    /** The words of the first rows. */
    int[] copy(int rows) {
        return host(rows).toArray(ValueLayout.JAVA_INT);
    }
}
