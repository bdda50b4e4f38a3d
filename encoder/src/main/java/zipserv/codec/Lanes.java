package zipserv.codec;

/**
 * Arithmetic on four BF16 elements at once: the four 16-bit lanes of a long, the first element lowest. Carries never
 * cross lanes because no lane's value leaves 0 .. 0xFFFF.
 *
 * <p>The scattered bits of sign and mantissa (mask 0x807F) become a byte, and a byte becomes those bits, by
 * {@link Long#compress} and {@link Long#expand}, which are one instruction each (PEXT, PDEP) on x86 and skip the
 * lanes that are not selected in the same step.
 */
final class Lanes {

    /** 1 in each lane; multiplied by a number below 0x10000 it is that number in each lane. */
    static final long ONES = 0x0001_0001_0001_0001L;

    /** The low byte of each lane. */
    private static final long LOW_BYTES = 0xFF * ONES;

    /** Where an element keeps sign and mantissa. */
    private static final long SIGN_MANTISSA = 0x807F;

    private static final long BIT_14 = 0x4000 * ONES;

    /** Bit 31 of each half. */
    private static final long PAIR_SIGNS = 0x8000_0000_8000_0000L;

    /** Moves bit 0 of byte 2i + h to bit 56 + i + 4h: one power of two for each byte, none of which collide. */
    private static final long GATHER =
            1L << 56 | 1L << 52 | 1L << 41 | 1L << 37 | 1L << 26 | 1L << 22 | 1L << 11 | 1L << 7;

    /** {@code SPREAD[bits]}: bit i + 4h of the index as bit 0 of byte 2i + h; undoes {@link #gather}. */
    private static final long[] SPREAD = new long[256];

    static {
        for (int bits = 0; bits < 256; bits++) {
            for (int i = 0; i < 8; i++) {
                SPREAD[bits] |= (long) (bits >>> i & 1) << 16 * (i & 3) + 8 * (i >>> 2);
            }
        }
    }

    private Lanes() {
    }

    /** Per lane: 0x4000 + exponent - first. The elements within the window get 0x4000 .. 0x4006. */
    static long rebasedExponents(long elements, int first) {
        return (elements >>> 7 & LOW_BYTES) + (0x4000 - first) * ONES;
    }

    /** Per lane: 1 if the element is within the window, else 0. */
    static long inWindow(long rebased) {
        return (rebased & ~(rebased - ExponentWindow.SIZE * ONES) & BIT_14) >>> 14;
    }

    /**
     * Per lane: 1 if the element is an escape in frag11, else 0. The difference of each half of the long is right but
     * for bit 31, which is no escaped bit: it is made 1 first, so that nothing is borrowed from the other half.
     *
     * @param bias {@link Frag11Layout#bias} in both halves
     */
    static long escaped(long elements, long bias) {
        long rests = (elements | PAIR_SIGNS) - bias & Frag11Layout.ESCAPED * ONES;
        return rests + 0x7FFF * ONES >>> 15 & ONES;
    }

    /** Per lane: code 1 .. 7 if the element is within the window, else 0. */
    static long codes(long rebased, long inWindow) {
        return rebased + ONES & inWindow * 7;
    }

    /** The exponents, in place, of elements within the window. */
    static long exponents(long codes, long inWindow, int first) {
        return codes - inWindow + first * ONES << 7;
    }

    /** One byte of sign and mantissa for each selected element, without gaps. */
    static long packSignMantissa(long elements, long selected) {
        return Long.compress(elements, selected * SIGN_MANTISSA);
    }

    /** Undoes {@link #packSignMantissa}; bytes left over are ignored. */
    static long unpackSignMantissa(long bytes, long selected) {
        return Long.expand(bytes, selected * SIGN_MANTISSA);
    }

    /** Eight lanes of less than 256 as bytes: the low byte of each lane is the first's, the high byte the second's. */
    static long interleave(long first, long second) {
        return first | second << 8;
    }

    /** The first argument of {@link #interleave}. */
    static long first(long interleaved) {
        return interleaved & LOW_BYTES;
    }

    /** The second argument of {@link #interleave}. */
    static long second(long interleaved) {
        return interleaved >>> 8 & LOW_BYTES;
    }

    /** Bit {@code bit} of eight interleaved values, the first value's lowest. */
    static long gather(long interleaved, int bit) {
        return (interleaved >>> bit & 0x101 * ONES) * GATHER >>> 56;
    }

    /** Eight interleaved values of 0 or 1 from the eight low bits. */
    static long spread(long bits) {
        return SPREAD[(int) bits & 0xFF];
    }

    /** Sum of the four lanes; the sum must be below 0x10000. */
    static int sum(long lanes) {
        return (int) (lanes * ONES >>> 48);
    }
}
