package zipserv.tornado.kernels;

import zipserv.tornado.ptx.Pair;
import zipserv.tornado.ptx.PtxBits;
import zipserv.tornado.ptx.PtxShared;
import zipserv.tornado.ptx.PtxWarp;
import zipserv.tornado.ptx.Quad;

/**
 * The per-lane decoder of TCA-TBE (ZipServ, ASPLOS'26, section 4), for the lanes of {@link StripLayout}.
 *
 * <p>A lane decodes runs of 8 positions instead of the paper's 2, because everything that is costly is paid per run:
 * one place in the sign_mantissa stream, one funnel shift. All four runs of a lane share the bit arithmetic, one run to
 * a byte of a register ("packed by run"). What is left per group of 4 elements is nine byte permutations and masks:
 * <ul>
 * <li>the 3-bit codes, one per nibble, are themselves the selector of {@code prmt} that looks up the exponent in an
 *     8-byte table, so no base is added and any window works;
 * <li>the rank of an element among the coded ones of its group is the selector that spreads the stream's bytes;
 * <li>entry 0 of the table, which no code uses, is filled with the group's fallback element. A group with two or more
 *     is rare (0.4 % at 97.5 % coverage) and patched afterwards.
 * </ul>
 *
 * <p>About 10 integer operations per element, against about 26 of the reference implementation.
 */
final class TcaTbeDecoder {

    private static final int EVEN_BITS = 0x55555555;
    private static final int ODD_BITS = 0xAAAAAAAA;
    private static final int LOW_PAIRS = 0x33333333;
    private static final int HIGH_PAIRS = 0xCCCCCCCC;
    private static final int LOW_NIBBLES = 0x0F0F0F0F;
    private static final int HIGH_NIBBLES = 0xF0F0F0F0;
    private static final int LOW_BYTES = 0x00FF00FF;

    private TcaTbeDecoder() {
    }

    /**
     * Turns the bitmap word that this lane loaded ({@link TcaTbeStrip#bitmapWord}) into the bits of its four runs,
     * packed by run: a transposition of 4 x 4 bytes among the four lanes whose rows differ in their lower two bits.
     */
    static int runBits(int word, int lane) {
        int neighbour = PtxWarp.shuffleXor(word, 4);
        int half = PtxBits.prmt(word, neighbour, (lane & 4) == 0 ? 0x6240 : 0x3715);
        int opposite = PtxWarp.shuffleXor(half, 8);
        return PtxBits.prmt(half, opposite, (lane & 8) == 0 ? 0x5410 : 0x3276);
    }

    /** Set bits of each nibble, in the nibble. */
    static int countNibbles(int bits) {
        int pairs = bits - (bits >>> 1 & EVEN_BITS);
        return (pairs & LOW_PAIRS) + (pairs >>> 2 & LOW_PAIRS);
    }

    /** Set bits of each byte, given those of its nibbles. */
    static int countBytes(int nibbleCounts) {
        return nibbleCounts + (nibbleCounts >>> 4) & LOW_NIBBLES;
    }

    /**
     * Coded elements of the same FragTiles in the rows above this lane's, packed by run, from the counts of this lane's
     * runs, also packed: an inclusive scan over the eight rows of a FragTile.
     */
    static int countUpToRow(int counts, int lane) {
        // Multiplying by 0 or 1 is one instruction with the addition; selecting would be three.
        int by1 = counts + PtxWarp.shuffleUp(counts, 4) * (lane >= 4 ? 1 : 0);
        int by2 = by1 + PtxWarp.shuffleUp(by1, 8) * (lane >= 8 ? 1 : 0);
        return by2 + PtxWarp.shuffleUp(by2, 16) * (lane >= 16 ? 1 : 0);
    }

    /** Coded elements of the lane's four FragTiles, packed by run: what the lanes of the last row have summed up. */
    static int countOfFrags(int countUpToRow, int lane) {
        return PtxWarp.shuffle(countUpToRow, 28 | lane);
    }

    /**
     * Coded elements of the strip before this lane's FragTiles 0 and 1 (low half) and, counted from the strip's middle,
     * before its FragTiles 2 and 3 (high half), not yet with those of the first half: an exclusive scan over the four
     * lanes of a row, plus its total in {@link #countOfHalf}.
     */
    static int countUpToColumn(int countOfFrags, int lane) {
        int sum = pairSums(countOfFrags);
        int by1 = sum + PtxWarp.shuffleUp(sum, 1) * ((lane & 3) != 0 ? 1 : 0);
        return by1 + PtxWarp.shuffleUp(by1, 2) * (lane >>> 1 & 1);
    }

    /** Coded elements of FragTiles 0 and 1 in the low half, of 2 and 3 in the high half. */
    static int pairSums(int countOfFrags) {
        return (countOfFrags & LOW_BYTES) + (countOfFrags >>> 8 & LOW_BYTES);
    }

    /** Coded elements of the strip's first eight FragTiles. */
    static int countOfHalf(int countUpToColumn, int lane) {
        return PtxWarp.shuffle(countUpToColumn, lane | 3) & 0xFFFF;
    }

    /**
     * Codes of elements 0 and 1 of each run in the nibbles of its byte, packed by run, from the three bit planes. The
     * three other pairs of elements come from {@link #codes45}, {@link #codes23} and {@link #codes67}.
     */
    static int codes01(int plane1, int plane2, int plane3) {
        return evens(plane1, plane2, plane3) & LOW_NIBBLES | odds(plane1, plane2, plane3) << 4 & HIGH_NIBBLES;
    }

    /** Codes of elements 4 and 5 of each run. */
    static int codes45(int plane1, int plane2, int plane3) {
        return evens(plane1, plane2, plane3) >>> 4 & LOW_NIBBLES | odds(plane1, plane2, plane3) & HIGH_NIBBLES;
    }

    /** Codes of elements 2 and 3 of each run. */
    static int codes23(int plane1, int plane2, int plane3) {
        return laterEvens(plane1, plane2, plane3) & LOW_NIBBLES
                | laterOdds(plane1, plane2, plane3) << 4 & HIGH_NIBBLES;
    }

    /** Codes of elements 6 and 7 of each run. */
    static int codes67(int plane1, int plane2, int plane3) {
        return laterEvens(plane1, plane2, plane3) >>> 4 & LOW_NIBBLES
                | laterOdds(plane1, plane2, plane3) & HIGH_NIBBLES;
    }

    /** Codes of elements 0 and 4 of each run. */
    private static int evens(int plane1, int plane2, int plane3) {
        int low = plane1 & EVEN_BITS | plane2 << 1 & ODD_BITS;
        return low & LOW_PAIRS | (plane3 & EVEN_BITS) << 2 & HIGH_PAIRS;
    }

    /** Codes of elements 2 and 6 of each run. */
    private static int laterEvens(int plane1, int plane2, int plane3) {
        int low = plane1 & EVEN_BITS | plane2 << 1 & ODD_BITS;
        return low >>> 2 & LOW_PAIRS | plane3 & EVEN_BITS & HIGH_PAIRS;
    }

    /** Codes of elements 1 and 5 of each run. */
    private static int odds(int plane1, int plane2, int plane3) {
        int low = plane1 >>> 1 & EVEN_BITS | plane2 & ODD_BITS;
        return low & LOW_PAIRS | (plane3 >>> 1 & EVEN_BITS) << 2 & HIGH_PAIRS;
    }

    /** Codes of elements 3 and 7 of each run. */
    private static int laterOdds(int plane1, int plane2, int plane3) {
        int low = plane1 >>> 1 & EVEN_BITS | plane2 & ODD_BITS;
        return low >>> 2 & LOW_PAIRS | plane3 >>> 1 & EVEN_BITS & HIGH_PAIRS;
    }

    /** 1 in each nibble that holds a code other than 0. */
    static int coded(int codes) {
        return codes + 0x77777777 >>> 3 & 0x11111111;
    }

    /** The nibbles of a group of 4 elements of a run, in bits 0-15; what is above is to be ignored. */
    static int group(int firstPairs, int secondPairs, int run) {
        return PtxBits.prmt(firstPairs, secondPairs, run + 4 << 4 | run);
    }

    /** Byte {@code run} of a word packed by run. */
    static int unpack(int packed, int run) {
        return PtxBits.prmt(packed, 0, 0x4440 | run);
    }

    /** The exponents that codes 0-3 stand for, shifted to the upper byte of an element; code 0 is left empty. */
    static int upperTable0(int baseExponent) {
        return baseExponent + 1 >>> 1 << 8 | baseExponent + 2 >>> 1 << 16 | baseExponent + 3 >>> 1 << 24;
    }

    /** The exponents that codes 4-7 stand for, shifted to the upper byte of an element. */
    static int upperTable4(int baseExponent) {
        return baseExponent + 4 >>> 1 | baseExponent + 5 >>> 1 << 8 | baseExponent + 6 >>> 1 << 16
                | baseExponent + 7 >>> 1 << 24;
    }

    /** The last exponent bit for codes 0-3, at bit 7 of an element's lower byte; code 0 is left empty. */
    static int lowerTable0(int baseExponent) {
        return (baseExponent + 1 & 1) << 15 | (baseExponent + 2 & 1) << 23 | (baseExponent + 3 & 1) << 31;
    }

    /** The last exponent bit for codes 4-7, at bit 7 of an element's lower byte. */
    static int lowerTable4(int baseExponent) {
        return (baseExponent + 4 & 1) << 7 | (baseExponent + 5 & 1) << 15 | (baseExponent + 6 & 1) << 23
                | (baseExponent + 7 & 1) << 31;
    }

    /** Coded elements of the strip before one of the lane's runs. */
    static int rank(int run, int upToRow, int inRuns, int inFrags, int upToColumn, int inHalf) {
        int beforeColumn = upToColumn - pairSums(inFrags);
        int beforeRuns = upToRow - inRuns + ((inFrags & LOW_BYTES) << 8);
        int half = run < 2 ? beforeColumn & 0xFFFF : (beforeColumn >>> 16) + inHalf;
        return half + unpack(beforeRuns, run);
    }

    /**
     * Decodes one of the lane's runs.
     *
     * @param run          0 .. 3, a constant
     * @param signMantissa shared address of the strip's first sign_mantissa byte
     * @param fallback     shared address of the strip's first fallback element
     * @param rank         coded elements of the strip before the run
     * @param inNibbles    number of coded elements of each group of 4, packed by run
     * @return 8 elements, two to a word
     */
    static Quad run(int run, int lane, int signMantissa, int fallback, int rank, int codes01, int codes23, int codes45,
            int codes67, int inNibbles, int upper0, int upper4, int lower0, int lower4) {
        int bytes = signMantissa + rank;
        int word = bytes & ~3;
        int first = PtxShared.load32(word);
        int second = PtxShared.load32(word + 4);
        int third = PtxShared.load32(word + 8);
        int bytesLow = PtxBits.funnelShiftRight(first, second, bytes << 3);
        int bytesNext = PtxBits.funnelShiftRight(second, third, bytes << 3);
        int countLow = unpack(inNibbles & LOW_NIBBLES, run);
        int bytesHigh = PtxBits.prmt(bytesLow, bytesNext, 0x3210 + 0x1111 * countLow);

        int codedLow = group(coded(codes01), coded(codes23), run);
        int codedHigh = group(coded(codes45), coded(codes67), run);
        int fallbackLow = fallback + (StripLayout.runPosition(lane, run) - rank << 1);
        int fallbackHigh = fallbackLow + 8 - (countLow << 1);
        Pair low = four(bytesLow, group(codes01, codes23, run), codedLow, fallbackLow, upper0, upper4, lower0, lower4);
        Pair high = four(bytesHigh, group(codes45, codes67, run), codedHigh, fallbackHigh, upper0, upper4, lower0,
                lower4);
        Quad result = Quad.of(low.x(), low.y(), high.x(), high.y());
        if ((crowded(inNibbles) & 0x88 << (run << 3)) != 0) {
            result = patch(result, codedLow, codedHigh, fallbackLow);
        }
        return result;
    }

    /** Decodes a group of 4 elements, of which at most one may be a fallback. */
    private static Pair four(int bytes, int codes, int coded, int fallback, int upper0, int upper4, int lower0,
            int lower4) {
        int element = half(fallback);
        int upperTable = PtxBits.prmt(upper0, element, 0x3215);
        int lowerTable = PtxBits.prmt(lower0, element, 0x3214);
        int signMantissa = PtxBits.prmt(bytes, 0, spread(coded));
        int upper = signMantissa & 0x80808080 | PtxBits.prmt(upperTable, upper4, codes);
        int lower = signMantissa & 0x7F7F7F7F | PtxBits.prmt(lowerTable, lower4, codes);
        return Pair.of(PtxBits.prmt(lower, upper, 0x5140), PtxBits.prmt(lower, upper, 0x7362));
    }

    /**
     * The selector that puts the next byte of the stream where an element is coded and 0 elsewhere: nibble i is the
     * number of coded elements before i, plus 4 if i itself is not coded. Multiplying by 0x1110 adds up the nibbles
     * below.
     */
    private static int spread(int coded) {
        return coded * (0x1110 - 4) + 0x4444;
    }

    /** Not zero if some group of the lane's runs has two or more fallbacks; bit 3 of its nibble is set then. */
    private static int crowded(int nibbleCounts) {
        return ~(nibbleCounts + 0x55555555) & 0x88888888;
    }

    /** Puts all fallback elements of a run in their places, however many. */
    private static Quad patch(Quad run, int codedLow, int codedHigh, int fallback) {
        int second = fallback + 4 - ((codedLow & 1) + (codedLow >>> 4 & 1) << 1);
        int third = second + 4 - ((codedLow >>> 8 & 1) + (codedLow >>> 12 & 1) << 1);
        int fourth = third + 4 - ((codedHigh & 1) + (codedHigh >>> 4 & 1) << 1);
        return Quad.of(patchPair(run.x(), codedLow, fallback), patchPair(run.y(), codedLow >>> 8, second),
                patchPair(run.z(), codedHigh, third), patchPair(run.w(), codedHigh >>> 8, fourth));
    }

    /**
     * The selector takes a coded element from the pair, the first fallback from the lower half and a second one from
     * the upper half of the next two in the stream.
     */
    private static int patchPair(int pair, int coded, int fallback) {
        int word = fallback & ~3;
        int next = PtxBits.funnelShiftRight(PtxShared.load32(word), PtxShared.load32(word + 4), fallback << 3);
        int selectors = (coded & 16) != 0 ? 0x3210_3254 : 0x5410_7654;
        return PtxBits.prmt(pair, next, selectors >>> ((coded & 1) << 4));
    }

    /** The element at a shared address, in the lower half; what is above it is to be ignored. */
    private static int half(int address) {
        return PtxBits.funnelShiftRight(PtxShared.load32(address & ~3), 0, address << 3);
    }
}
