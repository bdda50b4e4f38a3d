package zipserv.tornado.kernels;

import uk.ac.manchester.tornado.api.types.arrays.IntArray;
import zipserv.codec.Frag11Layout;
import zipserv.tornado.ptx.PtxMemory;
import zipserv.tornado.ptx.PtxShared;
import zipserv.tornado.ptx.Quad;

/**
 * How a warp brings a strip's escapes to the lanes that hold their elements: through a plane in shared memory, one word
 * for each pair, all 0 between strips. Lane l takes word l of the strip's escapes, two entries, and stores each one's bits
 * at the place of its element; each lane then reads the 16 words of its own pairs. No two entries store to the same half
 * word, so no atomic operation is needed. Entries of 0, which fill words up, store nothing. A strip with more words than
 * lanes, which is rare, takes further rounds. Between storing, reading and clearing the warp must synchronise.
 */
final class Frag11Escapes {

    /** Shared memory of a plane. */
    static final int PLANE_BYTES = 4 * Frag11Layout.PLANE_WORDS;

    private Frag11Escapes() {
    }

    /** Makes a new plane all 0. */
    static void clear(int plane, int lane) {
        int own = plane + (lane << 4);
        for (int slice = 0; slice < 4; slice++) {
            PtxShared.store128(own + (slice << 9), 0, 0, 0, 0);
        }
    }

    /**
     * First word of a strip's escapes.
     *
     * @param directory of {@link Frag11DeviceMatrix}
     * @param offset    0, or 1 for that of the next strip, where they end
     */
    static int first(IntArray directory, int strip, int rowBlocks, int offset) {
        return PtxMemory.loadReadOnly32(directory, Frag11DeviceMatrix.firstEscape(strip, rowBlocks), offset);
    }

    /** A lane's word of the escapes from word {@code begin} to {@code end}. */
    static int load(IntArray escapes, int lane, int begin, int end) {
        int word = 0;
        if (begin + lane < end) {
            word = PtxMemory.loadStream32(escapes, begin + lane);
        }
        return word;
    }

    /**
     * Stores the entries' bits.
     *
     * @param word from {@link #load}
     */
    static void scatter(int plane, IntArray escapes, int lane, int word, int begin, int end) {
        store(plane, word, Frag11Layout.ESCAPED);
        if (begin + Frag11Layout.LANES < end) {
            storeMore(plane, escapes, lane, begin, end, Frag11Layout.ESCAPED);
        }
    }

    /** Makes the plane all 0 again. */
    static void unscatter(int plane, IntArray escapes, int lane, int word, int begin, int end) {
        store(plane, word, 0);
        if (begin + Frag11Layout.LANES < end) {
            storeMore(plane, escapes, lane, begin, end, 0);
        }
    }

    /** What the four pairs of one instruction have to be changed by. */
    static Quad patch(int plane, int instruction, int lane) {
        return PtxShared.load128(plane + (lane << 4) + (instruction << 9));
    }

    private static void storeMore(int plane, IntArray escapes, int lane, int begin, int end, int mask) {
        for (int index = begin + Frag11Layout.LANES + lane; index < end; index += Frag11Layout.LANES) {
            store(plane, PtxMemory.loadReadOnly32(escapes, index), mask);
        }
    }

    private static void store(int plane, int word, int mask) {
        if (word != 0) {
            PtxShared.store16(plane + (Frag11Layout.escapePosition(word) << 1), word & mask);
            int second = word >>> 16;
            if (second != 0) {
                PtxShared.store16(plane + (Frag11Layout.escapePosition(second) << 1), second & mask);
            }
        }
    }
}
