package zipserv.tornado.kernels;

import uk.ac.manchester.tornado.api.types.arrays.IntArray;
import zipserv.codec.Frag11Layout;
import zipserv.tornado.ptx.Pair;
import zipserv.tornado.ptx.PtxMemory;
import zipserv.tornado.ptx.PtxShared;
import zipserv.tornado.ptx.PtxWarp;

/**
 * How a warp brings a strip's escapes to the lanes that hold their elements: through a plane in shared memory, one byte
 * for each element, all 0 between strips. Lane l takes word l of the strip's escapes, two entries, and stores each
 * one's upper byte at its position ({@link Frag11Layout#position}); each lane then reads the 32 bytes of its own
 * elements. No two entries store to the same byte, so no atomic operation is needed. Entries of 0, which fill words up,
 * store nothing. A strip with more words than lanes, which is rare, takes further rounds.
 *
 * <p>For each strip {@link #scatter}, {@link #patches} and {@link #undo}, and the warp must synchronise before each of
 * them.
 */
final class Frag11Escapes {

    /** Shared memory of a plane. */
    static final int PLANE_BYTES = Frag11Layout.STRIP_ELEMENTS;

    private Frag11Escapes() {
    }

    /** Makes those bytes 0 that {@link #patches} gives the lane; all lanes make all. */
    static void clear(int plane, int lane) {
        int own = plane + (lane << 3);
        PtxShared.store64(own, 0, 0);
        PtxShared.store64(own + 256, 0, 0);
        PtxShared.store64(own + 512, 0, 0);
        PtxShared.store64(own + 768, 0, 0);
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
     * Stores the entries of a strip. The lanes have the first 32 words; if there are more, they lie in global memory.
     *
     * @param word      the lane's, 0 for none
     * @param directory of {@link Frag11DeviceMatrix}
     * @return what {@link #undo} wants to know: the last lane's word, 0 if the lanes' words are all that there are
     */
    static int scatter(int plane, IntArray escapes, IntArray directory, int strip, int rowBlocks, int lane, int word) {
        scatter(plane, word);
        int last = PtxWarp.shuffle(word, Frag11Layout.LANES - 1);
        if (last != 0) {
            int end = first(directory, strip, rowBlocks, 1);
            int index = first(directory, strip, rowBlocks, 0) + Frag11Layout.LANES + lane;
            while (index < end) {
                scatter(plane, PtxMemory.loadReadOnly32(escapes, index));
                index += Frag11Layout.LANES;
            }
        }
        return last;
    }

    /** Stores the entries of one word. */
    static void scatter(int plane, int word) {
        if (word != 0) {
            PtxShared.store8(firstPlace(plane, word), word >>> 8);
        }
        if (word >>> 16 != 0) {
            PtxShared.store8(secondPlace(plane, word), word >>> 24);
        }
    }

    /**
     * Makes the plane 0 again after all lanes have read it.
     *
     * @param word the lane's, as given to {@link #scatter}
     * @param last what {@link #scatter} returned
     */
    static void undo(int plane, int lane, int word, int last) {
        if (last == 0) {
            undo(plane, word);
        } else {
            clear(plane, lane);
        }
    }

    /** Stores 0 where {@link #scatter(int, int)} stored the entries of a word. */
    static void undo(int plane, int word) {
        if (word != 0) {
            PtxShared.store8(firstPlace(plane, word), 0);
        }
        if (word >>> 16 != 0) {
            PtxShared.store8(secondPlace(plane, word), 0);
        }
    }

    /**
     * The bytes of a lane's pairs {@code 4 * four} to {@code 4 * four + 3}: two words of two pairs each. Each word has
     * the escaped bits of its first pair where {@link Frag11Layout#ESCAPED_PAIR} is 1, and {@link #second} those of its
     * second pair; whatever the other bits are.
     */
    static Pair patches(int plane, int four, int lane) {
        return PtxShared.load64(plane + (four << 8) + (lane << 3));
    }

    /** A word of {@link #patches} for the second of its pairs. */
    static int second(int patch) {
        return patch << 8;
    }

    private static int firstPlace(int plane, int word) {
        return plane + Frag11Layout.escapePosition(word);
    }

    private static int secondPlace(int plane, int word) {
        return plane + Frag11Layout.escapePosition(word >>> 16);
    }
}
