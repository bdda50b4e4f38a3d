package zipserv.tornado.kernels;

import zipserv.tornado.ptx.Pair;
import zipserv.tornado.ptx.PtxBits;
import zipserv.tornado.ptx.PtxShared;
import zipserv.tornado.ptx.PtxWarp;
import zipserv.tornado.ptx.Quad;

/**
 * Decodes strips of TCA-TBE in their stored order, for kernels that write elements rather than multiply them: lane l
 * takes positions 32 l .. 32 l + 31 of the strip, half a FragTile. So a lane's bits are one word of each bitmap as it
 * lies, its values follow those of the lane below, and its elements are four runs of 8 below each other:
 * <pre>
 *   run r: row 4 (l mod 4) + r, columns 8 (l / 4) .. + 7
 * </pre>
 *
 * <p>As in {@link TcaTbeDecoder}, four runs share the bit arithmetic, one run to a byte, and {@code prmt} looks up
 * exponents by codes and spreads the values over the coded elements. Fallback elements are put in place afterwards: a
 * lane has fewer than one on average.
 */
final class TcaTbeHalfFrags {

    /**
     * Shared memory of a warp's decoded strip: a lane's four runs, filled up so that 128-bit accesses meet all banks.
     */
    static final int OUT_BYTES = 32 * 80;

    private static final int LANE_BYTES = 80;
    private static final int EVEN_BITS = 0x55555555;
    private static final int ODD_BITS = 0xAAAAAAAA;
    private static final int LOW_PAIRS = 0x33333333;
    private static final int FIRST_BITS = 0x11111111;
    private static final int LOW_NIBBLES = 0x0F0F0F0F;
    private static final int SIGNS = 0x80808080;

    private TcaTbeHalfFrags() {
    }

    /** Row of the strip of one of a lane's runs. */
    static int row(int lane, int run) {
        return ((lane & 3) << 2) + run;
    }

    /** First column of the strip of a lane's runs. */
    static int column(int lane) {
        return lane >>> 2 << 3;
    }

    /** Shared address of a lane's decoded run in the warp's {@link #OUT_BYTES}. */
    static int place(int out, int lane, int run) {
        return out + lane * LANE_BYTES + (run << 4);
    }

    /**
     * Decodes a staged strip into shared memory, of which each lane then reads only what it wrote.
     *
     * @param plane1       the lane's word of bitmap 1, and so on
     * @param tables       {@link TcaTbeStrip#EXPONENT_TABLES}
     * @param signMantissa shared address of the strip's first sign_mantissa byte
     * @param fallback     shared address of the strip's first fallback element
     * @param out          shared address of {@link #OUT_BYTES} bytes
     */
    static void decode(int lane, int plane1, int plane2, int plane3, Quad tables, int signMantissa, int fallback,
            int out) {
        int coded = plane1 | plane2 | plane3;
        int own = PtxBits.popc(coded);
        int rank = upTo(own) - own;

        // Which of its run's values each coded element has, two elements to a byte of a run, as the codes are.
        int coded04 = coded & FIRST_BITS;
        int coded15 = coded >>> 1 & FIRST_BITS;
        int coded26 = coded >>> 2 & FIRST_BITS;
        int coded37 = coded >>> 3 & FIRST_BITS;
        int counts = coded04 + coded15 + coded26 + coded37;
        int rank04 = (counts & LOW_NIBBLES) << 4;
        int rank15 = rank04 + coded04;
        int rank26 = rank15 + coded15;
        int rank37 = rank26 + coded26;
        int before = (counts + (counts >>> 4) & LOW_NIBBLES) * 0x01010100;

        int codes04 = codes04(plane1, plane2, plane3);
        int codes15 = codes15(plane1, plane2, plane3);
        int codes26 = codes26(plane1, plane2, plane3);
        int codes37 = codes37(plane1, plane2, plane3);
        int first = signMantissa + rank;
        Pair values0 = values(first);
        Pair values1 = values(first + TcaTbeDecoder.unpack(before, 1));
        Pair values2 = values(first + TcaTbeDecoder.unpack(before, 2));
        Pair values3 = values(first + TcaTbeDecoder.unpack(before, 3));
        run(0, lane, values0, codes04, codes15, codes26, codes37, rank04, rank15, rank26, rank37, tables, out);
        run(1, lane, values1, codes04, codes15, codes26, codes37, rank04, rank15, rank26, rank37, tables, out);
        run(2, lane, values2, codes04, codes15, codes26, codes37, rank04, rank15, rank26, rank37, tables, out);
        run(3, lane, values3, codes04, codes15, codes26, codes37, rank04, rank15, rank26, rank37, tables, out);

        // From the last fallback element to the first.
        int left = ~coded;
        int from = fallback + (32 * (lane + 1) - rank - own << 1);
        while (left != 0) {
            int position = 31 - PtxBits.clz(left);
            from -= 2;
            PtxShared.store16(place(out, lane, 0) + (position << 1), PtxShared.load16(from));
            left ^= 1 << position;
        }
    }

    /** Sum of the values of all lanes up to this one. */
    private static int upTo(int value) {
        int by1 = PtxWarp.addFromBelow(value, 1);
        int by2 = PtxWarp.addFromBelow(by1, 2);
        int by4 = PtxWarp.addFromBelow(by2, 4);
        int by8 = PtxWarp.addFromBelow(by4, 8);
        return PtxWarp.addFromBelow(by8, 16);
    }

    /** Codes of elements 0 and 4 of each run, in the nibbles of its byte. */
    private static int codes04(int plane1, int plane2, int plane3) {
        int low = plane1 & EVEN_BITS | plane2 << 1 & ODD_BITS;
        return low & LOW_PAIRS | (plane3 & EVEN_BITS) << 2 & ~LOW_PAIRS;
    }

    /** Codes of elements 2 and 6 of each run. */
    private static int codes26(int plane1, int plane2, int plane3) {
        int low = plane1 & EVEN_BITS | plane2 << 1 & ODD_BITS;
        return low >>> 2 & LOW_PAIRS | plane3 & EVEN_BITS & ~LOW_PAIRS;
    }

    /** Codes of elements 1 and 5 of each run. */
    private static int codes15(int plane1, int plane2, int plane3) {
        int low = plane1 >>> 1 & EVEN_BITS | plane2 & ODD_BITS;
        return low & LOW_PAIRS | (plane3 & ODD_BITS) << 1 & ~LOW_PAIRS;
    }

    /** Codes of elements 3 and 7 of each run. */
    private static int codes37(int plane1, int plane2, int plane3) {
        int low = plane1 >>> 1 & EVEN_BITS | plane2 & ODD_BITS;
        return low >>> 2 & LOW_PAIRS | (plane3 & ODD_BITS) >>> 1 & ~LOW_PAIRS;
    }

    /** The eight values from a shared address on. */
    private static Pair values(int address) {
        int word = address & ~3;
        int first = PtxShared.load32(word);
        int second = PtxShared.load32(word + 4);
        int third = PtxShared.load32(word + 8);
        return Pair.of(PtxBits.funnelShiftRight(first, second, address << 3),
                PtxBits.funnelShiftRight(second, third, address << 3));
    }

    /** Decodes a run; what fallback elements become is left open. */
    private static void run(int run, int lane, Pair values, int codes04, int codes15, int codes26, int codes37,
            int rank04, int rank15, int rank26, int rank37, Quad tables, int out) {
        int bytes = run + 4 << 4 | run;
        Pair of0145 = four(values, PtxBits.prmt(rank04, rank15, bytes), PtxBits.prmt(codes04, codes15, bytes), tables);
        Pair of2367 = four(values, PtxBits.prmt(rank26, rank37, bytes), PtxBits.prmt(codes26, codes37, bytes), tables);
        PtxShared.store128(place(out, lane, run), of0145.x(), of2367.x(), of0145.y(), of2367.y());
    }

    /**
     * Four elements, of which the first and third make the first word and the second and fourth the other.
     *
     * @param ranks their places among the run's eight values
     * @param codes their exponents' places in the tables
     */
    private static Pair four(Pair values, int ranks, int codes, Quad tables) {
        int signMantissa = PtxBits.prmt(values.x(), values.y(), ranks);
        int upper = signMantissa & SIGNS | PtxBits.prmt(tables.x(), tables.y(), codes);
        int lower = signMantissa & ~SIGNS | PtxBits.prmt(tables.z(), tables.w(), codes);
        return Pair.of(PtxBits.prmt(lower, upper, 0x6240), PtxBits.prmt(lower, upper, 0x7351));
    }
}
