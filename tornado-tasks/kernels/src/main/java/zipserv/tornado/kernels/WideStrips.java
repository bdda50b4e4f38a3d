package zipserv.tornado.kernels;

import uk.ac.manchester.tornado.api.types.arrays.IntArray;
import zipserv.tornado.ptx.PtxBarrier;
import zipserv.tornado.ptx.PtxShared;
import zipserv.tornado.ptx.Quad;

/** How strips of weights, and of activations, come to the shared memory of {@link WideGemm}. */
final class WideStrips {

    private WideStrips() {
    }

    /**
     * Starts a warp's copies of a strip of weights to a slot.
     *
     * @param bitmap distance of TCA-TBE's bitmaps
     * @param begins frag11: of lane {@code which}, first word of the strip's escapes
     * @param ends   frag11: of that lane, their end
     */
    static void fetch(int format, int slot, IntArray weights, IntArray second, IntArray third, int strip, int bitmap,
            int begins, int ends, int which, int lane) {
        if (format == WideTile.FRAG11) {
            Frag11Ring.fetch(slot, weights, second, strip, begins, ends, which, lane);
        } else if (format == WideTile.RAW) {
            int word = StripLayout.rawWord(strip, 0, lane);
            int at = slot + (lane << 4);
            PtxShared.copyAsync128(at, weights, word, 0);
            PtxShared.copyAsync128(at, weights, word, 128);
            PtxShared.copyAsync128(at, weights, word, 256);
            PtxShared.copyAsync128(at, weights, word, 384);
        } else {
            int word = TcaTbeStrip.bitmapWord(strip, lane);
            int at = slot + TcaTbeStrip.STAGE_BYTES + (lane << 2);
            PtxShared.copyAsync32(at, weights, word, 4);
            PtxShared.copyAsync32(at + 128, weights, word + bitmap, 4);
            PtxShared.copyAsync32(at + 256, weights, word + 2 * bitmap, 4);
            TcaTbeStrip.stage(third, TcaTbeStrip.start(second, strip), TcaTbeStrip.end(second, strip), slot, lane);
        }
    }

    /** A lane's run of a strip of raw weights. */
    static Quad rawRun(int slot, int run, int lane) {
        return PtxShared.load128(slot + (run << 9) + (lane << 4));
    }

    /** A lane's word of a TCA-TBE strip's bitmap. */
    static int bitmap(int slot, int bitmap, int lane) {
        return PtxShared.load32(slot + TcaTbeStrip.STAGE_BYTES + (bitmap << 7) + (lane << 2));
    }

    /**
     * Starts the copy of strips of activations, of whose arrival a barrier tells.
     *
     * @param strip  the first
     * @param strips how many
     */
    static void fetchActivations(int chunk, IntArray x, int strip, int strips, int width, int barrier) {
        int bytes = strips * WideTile.stripBytes(width);
        PtxBarrier.arriveExpecting(barrier, bytes);
        PtxShared.copyBulk(chunk, x, strip * (width << 5), bytes, barrier);
    }
}
