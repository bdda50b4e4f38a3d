package zipserv.tornado.kernels;

import uk.ac.manchester.tornado.api.types.arrays.IntArray;
import zipserv.codec.Frag11Layout;
import zipserv.tornado.ptx.PtxShared;
import zipserv.tornado.ptx.PtxWarp;

/**
 * The shared memory of a warp of {@link Frag11Gemm}: a ring of slots, each for one strip that is on its way or in use,
 * and behind them the plane of {@link Frag11Escapes}. Copies are asynchronous, so that what is on its way takes no
 * registers.
 *
 * <pre>
 * bytes of a slot  what
 * 0 .. 1407        the strip's words
 * 1408 .. 1535     a word of the strip's escapes for each lane, 0 where there are not so many
 * </pre>
 */
final class Frag11Ring {

    private static final int ESCAPES = 4 * Frag11Layout.STRIP_WORDS;
    /** Shared memory of a slot. */
    static final int SLOT_BYTES = ESCAPES + 4 * Frag11Layout.LANES;
    /** Pieces of 16 bytes of which a lane copies three, the last of them only if there are enough. */
    private static final int PIECES = Frag11Layout.STRIP_WORDS / 4;

    private Frag11Ring() {
    }

    /** Slots of each warp: as many strips are in use or on their way. */
    static int slots(int plan) {
        return GemmTile.rowBlocks(plan) == 2 || GemmTile.warps(plan) <= 4 ? 3 : 2;
    }

    /** Shared memory of a warp. */
    static int warpBytes(int plan) {
        return slots(plan) * SLOT_BYTES + Frag11Escapes.PLANE_BYTES;
    }

    /** Distance of the columns, in strips, between what is used and what is fetched at the same time. */
    static int ahead(int plan) {
        return GemmTile.slices(plan) * (slots(plan) - 1) / GemmTile.rowBlocks(plan);
    }

    /** The slot after another. */
    static int next(int slot, int ring, int plan) {
        int after = slot + SLOT_BYTES;
        return after == ring + slots(plan) * SLOT_BYTES ? ring : after;
    }

    /**
     * Starts the copies of a strip.
     *
     * @param begins of lane {@code which}: first word of its escapes
     * @param ends   of that lane: their end
     */
    static void fetch(int slot, IntArray words, IntArray escapes, int strip, int begins, int ends, int which,
            int lane) {
        int word = Frag11DeviceMatrix.word(strip, 0) + (lane << 2);
        int at = slot + (lane << 4);
        PtxShared.copyAsync128(at, words, word, 0);
        PtxShared.copyAsync128(at, words, word, 128);
        if (lane < PIECES - 64) {
            PtxShared.copyAsync128(at, words, word, 256);
        }
        int own = PtxWarp.shuffle(begins, which) + lane;
        int end = PtxWarp.shuffle(ends, which);
        PtxShared.copyAsync32(slot + ESCAPES + (lane << 2), escapes, own, own < end ? 4 : 0);
    }

    /** A lane's word of the strip's escapes, 0 if there are not so many. */
    static int escapes(int slot, int lane) {
        return PtxShared.load32(slot + ESCAPES + (lane << 2));
    }

    /** One of a lane's eleven words. */
    static int word(int slot, int word, int lane) {
        return PtxShared.load32(slot + (lane << 2) + (word << 7));
    }
}
