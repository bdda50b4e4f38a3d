package zipserv.tornado.ptx;

import zipserv.tornado.emulation.Uninstrumented;

/** Integer and bit instructions. All are pure functions of their operands and usable outside kernels too. */
@Uninstrumented
public final class PtxBits {

    /** {@link #lop3} table of {@code (a & b) | c}. */
    public static final int AND_OR = (0xF0 & 0xCC) | 0xAA;
    /** {@link #lop3} table of {@code (a & b) ^ c}. */
    public static final int AND_XOR = (0xF0 & 0xCC) ^ 0xAA;
    /** {@link #lop3} table of {@code a ^ b ^ c}. */
    public static final int XOR3 = 0xF0 ^ 0xCC ^ 0xAA;
    /** {@link #lop3} table of {@code (a & c) | (b & ~c)}: bits of a where c is set, of b elsewhere. */
    public static final int SELECT = (0xF0 & 0xAA) | (0xCC & ~0xAA);

    private PtxBits() {
    }

    /**
     * Any bitwise function of three words: {@code lop3.b32} (Logic and Shift Instructions: lop3).
     *
     * @param table a compile-time constant: the function applied to a = 0xF0, b = 0xCC, c = 0xAA
     */
    public static int lop3(int a, int b, int c, int table) {
        int result = 0;
        for (int minterm = 0; minterm < 8; minterm++) {
            if ((table >>> minterm & 1) != 0) {
                result |= ((minterm & 4) != 0 ? a : ~a) & ((minterm & 2) != 0 ? b : ~b) & ((minterm & 1) != 0 ? c : ~c);
            }
        }
        return result;
    }

    /**
     * Picks four of the eight bytes of {@code b:a}: {@code prmt.b32}, default mode (Data Movement and Conversion
     * Instructions: prmt).
     *
     * @param selector four nibbles, nibble i chooses the source of result byte i: 0-3 bytes of a, 4-7 bytes of b;
     *                 with bit 3 set the byte's sign bit is replicated instead. Higher bits are ignored
     */
    public static int prmt(int a, int b, int selector) {
        long bytes = a & 0xFFFF_FFFFL | (long) b << 32;
        int result = 0;
        for (int i = 0; i < 4; i++) {
            int nibble = selector >>> 4 * i;
            int value = (int) (bytes >>> 8 * (nibble & 7)) & 0xFF;
            if ((nibble & 8) != 0) {
                value = (value & 0x80) != 0 ? 0xFF : 0;
            }
            result |= value << 8 * i;
        }
        return result;
    }

    /** Leading zero bits, 32 for zero: {@code clz.b32} (Integer Arithmetic Instructions: clz). */
    public static int clz(int a) {
        return Integer.numberOfLeadingZeros(a);
    }

    /** Leading zero bits, 64 for zero: {@code clz.b64} (Integer Arithmetic Instructions: clz). */
    public static int clz(long a) {
        return Long.numberOfLeadingZeros(a);
    }

    /** Set bits: {@code popc.b32} (Integer Arithmetic Instructions: popc). */
    public static int popc(int a) {
        return Integer.bitCount(a);
    }

    /** Set bits: {@code popc.b64} (Integer Arithmetic Instructions: popc). */
    public static int popc(long a) {
        return Long.bitCount(a);
    }

    /** Reverses the bits: {@code brev.b32} (Integer Arithmetic Instructions: brev). */
    public static int brev(int a) {
        return Integer.reverse(a);
    }

    /**
     * Upper word of {@code high:low} shifted left by {@code count mod 32}: {@code shf.l.wrap.b32}
     * (Logic and Shift Instructions: shf).
     */
    public static int funnelShiftLeft(int low, int high, int count) {
        return (int) ((low & 0xFFFF_FFFFL | (long) high << 32) << (count & 31) >>> 32);
    }

    /**
     * Lower word of {@code high:low} shifted right by {@code count mod 32}: {@code shf.r.wrap.b32}
     * (Logic and Shift Instructions: shf).
     */
    public static int funnelShiftRight(int low, int high, int count) {
        return (int) ((low & 0xFFFF_FFFFL | (long) high << 32) >>> (count & 31));
    }

    /** Upper 32 bits of the unsigned 64-bit product: {@code mul.hi.u32} (Integer Arithmetic Instructions: mul). */
    public static int mulHighUnsigned(int a, int b) {
        return (int) ((a & 0xFFFF_FFFFL) * (b & 0xFFFF_FFFFL) >>> 32);
    }

    /** Upper 64 bits of the unsigned 128-bit product: {@code mul.hi.u64} (Integer Arithmetic Instructions: mul). */
    public static long mulHighUnsigned(long a, long b) {
        return Math.unsignedMultiplyHigh(a, b);
    }

    /** Reads the bits of a word as a float: {@code mov.b32} (Data Movement and Conversion Instructions: mov). */
    public static float asFloat(int bits) {
        return Float.intBitsToFloat(bits);
    }

    /** The bits of a float, NaN payloads included: {@code mov.b32} (Data Movement and Conversion Instructions: mov). */
    public static int asInt(float value) {
        return Float.floatToRawIntBits(value);
    }
}
