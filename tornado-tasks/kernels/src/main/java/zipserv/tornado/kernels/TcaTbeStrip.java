package zipserv.tornado.kernels;

import uk.ac.manchester.tornado.api.types.arrays.IntArray;
import zipserv.tornado.ptx.Pair;
import zipserv.tornado.ptx.PtxMemory;
import zipserv.tornado.ptx.PtxShared;

/**
 * Where a strip's parts lie in device memory, and how a warp copies its value bytes into shared memory.
 *
 * <p>Three arrays per matrix, see {@link TcaTbeDeviceMatrix}: the bitmaps; the values, that is sign_mantissa and behind
 * it fallback; and the strip table, 2 words per strip and one more pair at the end: first byte in the values of the
 * strip's sign_mantissa, first half-word in the values of its fallback. The next strip's entry says where they end, at
 * most 15 bytes of padding later.
 */
final class TcaTbeStrip {

    /**
     * Words before the strip table: the base exponent, tables for exponents from word 4 on, then padding to 128 bytes.
     */
    static final int TABLE_HEADER = 32;
    /** Word of the table where {@link TcaTbeDecoder}'s two upper and two lower tables stand ready. */
    static final int EXPONENT_TABLES = 4;

    /**
     * Shared memory of one staged strip. All 1,024 elements may be fallbacks: 2,048 bytes, and up to 104 more for
     * alignment, padding and reading over the end.
     */
    static final int STAGE_BYTES = 2176;

    /** Shared memory of a staged strip with its three bitmaps. */
    static final int SLOT_BYTES = STAGE_BYTES + 3 * 128;

    /** A run's three words may reach this far beyond the last sign_mantissa byte. */
    private static final int READ_OVER = 12;
    /** Half-words that reading pairs of fallbacks may reach beyond the last one. */
    private static final int FALLBACK_READ_OVER = 4;

    private TcaTbeStrip() {
    }

    /** Word of the strip table with a strip's start. */
    static int entry(int strip) {
        return TABLE_HEADER + (strip << 1);
    }

    /** The word of a strip's bitmap that a lane loads: half of the FragTile that the lane's row names. */
    static int bitmapWord(int strip, int lane) {
        return (strip << 5) + (StripLayout.runFrag(lane, lane >>> 2 & 3) << 1) + (lane >>> 4);
    }

    /** The word of a strip's bitmap that holds positions 32 lane .. 32 lane + 31. */
    static int storedWord(int strip, int lane) {
        return (strip << 5) + lane;
    }

    /** Starts the asynchronous copy of a strip's values; the caller closes the group. */
    static void stage(IntArray values, Pair start, Pair end, int stage, int lane) {
        int coded = codedUnits(start, end);
        int units = (end.y() + FALLBACK_READ_OVER + 7 >>> 3) - (start.y() >>> 3);
        int to = stage + (lane << 4);
        int codedWord = (start.x() >>> 4) + lane << 2;
        int fallbackWord = (start.y() >>> 3) + lane << 2;
        // 1,024 sign_mantissa bytes, those read over and two broken units: less than three rounds of 32 units.
        if (lane < coded) {
            PtxShared.copyAsync128(to, values, codedWord);
        }
        if (lane + 32 < coded) {
            PtxShared.copyAsync128(to + 512, values, codedWord + 128);
        }
        if (lane + 64 < coded) {
            PtxShared.copyAsync128(to + 1024, values, codedWord + 256);
        }
        for (int unit = lane; unit < units; unit += 32) {
            PtxShared.copyAsync128(stage + (coded + unit << 4), values, fallbackWord);
            fallbackWord += 128;
        }
    }

    /** Units of 16 bytes that sign_mantissa takes of a stage; fallback follows. */
    private static int codedUnits(Pair start, Pair end) {
        return (end.x() + READ_OVER + 15 >>> 4) - (start.x() >>> 4);
    }

    /** Shared address of the strip's first sign_mantissa byte. */
    static int signMantissa(int stage, Pair start) {
        return stage + (start.x() & 15);
    }

    /** Shared address of the strip's first fallback element. */
    static int fallback(int stage, Pair start, Pair end) {
        return stage + (codedUnits(start, end) << 4) + ((start.y() & 7) << 1);
    }

    /** A strip's start. */
    static Pair start(IntArray table, int strip) {
        return PtxMemory.loadReadOnly64(table, entry(strip));
    }

    /** Where the strip ends: the start of the next. */
    static Pair end(IntArray table, int strip) {
        return PtxMemory.loadReadOnly64(table, entry(strip) + 2);
    }
}
