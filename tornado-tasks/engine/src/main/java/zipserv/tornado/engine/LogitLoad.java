package zipserv.tornado.engine;

import uk.ac.manchester.tornado.api.types.arrays.IntArray;
import zipserv.tornado.ptx.PtxMemory;
import zipserv.tornado.ptx.Quad;

/**
 * Reads logits, several of a thread at a time, so that there is always much on its way: a kernel that has a block for a
 * row has nothing else to hide L2's latency with.
 */
final class LogitLoad {

    /** Logits that a thread reads at a time: two calls of {@link #four}. */
    static final int COUNT = 8;

    private static final int NAN = 0x7FFF_FFFF;

    private LogitLoad() {
    }

    /**
     * Bits of the logits i, i + step, i + 2 step and i + 3 step of a row.
     *
     * @param first element where the row begins
     * @param i     below end
     * @param end   logits from this one on are NaN
     */
    static Quad four(IntArray logits, int first, int i, int step, int end) {
        return Quad.of(one(logits, first, i, end), one(logits, first, i + step, end),
                one(logits, first, i + 2 * step, end), one(logits, first, i + 3 * step, end));
    }

    /** Bits of one of them; something is loaded always, so that no load waits for a branch. */
    private static int one(IntArray logits, int first, int i, int end) {
        int bits = PtxMemory.load32(logits, first + Math.min(i, end - 1));
        if (i >= end) {
            bits = NAN;
        }
        return bits;
    }
}
