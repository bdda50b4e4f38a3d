package zipserv.tornado.ptx;

import zipserv.tornado.emulation.Uninstrumented;

/**
 * Floating-point instructions with exactly defined rounding, and conversions between float and bfloat16.
 *
 * <p>TornadoVM contracts {@code a * b + c} written with operators into one fused instruction; the methods here say
 * which one is meant, so that the emulation and the GPU give the same bits. A NaN result is always 0x7FFFFFFF.
 */
@Uninstrumented
public final class PtxFloat {

    private static final int CANONICAL_NAN = 0x7FFF;
    private static final float CANONICAL_NAN_FLOAT = Float.intBitsToFloat(0x7FFF_FFFF);

    private PtxFloat() {
    }

    /** {@code a * b + c} with one rounding: {@code fma.rn.f32} (Floating-Point Instructions: fma). */
    public static float fma(float a, float b, float c) {
        return canonical(Math.fma(a, b, c));
    }

    /** {@code a * b}, never contracted: {@code mul.rn.f32} (… mul). */
    public static float mul(float a, float b) {
        return canonical(a * b);
    }

    /** {@code a + b}, never contracted: {@code add.rn.f32} (… add). */
    public static float add(float a, float b) {
        return canonical(a + b);
    }

    /**
     * 2 to the power of a, within two units in the last place; 0 below the normal floats, exactly 1 for 0:
     * {@code ex2.approx.ftz.f32} (… ex2). The only instruction here whose last bits are the machine's own.
     */
    public static float exp2(float a) {
        float result = (float) Math.pow(2, a);
        return result < Float.MIN_NORMAL ? 0f : canonical(result);
    }

    /**
     * Two floats rounded to nearest even bfloat16: {@code cvt.rn.bf16x2.f32 d, high, low} (Data Movement and Conversion
     * Instructions: cvt). NaN becomes 0x7FFF.
     *
     * @return {@code low} in bits 0-15, {@code high} in bits 16-31
     */
    public static int packBf16(float low, float high) {
        return roundToBf16(low) | roundToBf16(high) << 16;
    }

    /** The bfloat16 in bits 0-15 as a float, exact. One shift. */
    public static float lowBf16(int pair) {
        return PtxBits.asFloat(pair << 16);
    }

    /** The bfloat16 in bits 16-31 as a float, exact. One AND. */
    public static float highBf16(int pair) {
        return PtxBits.asFloat(pair & 0xFFFF_0000);
    }

    private static float canonical(float result) {
        return Float.isNaN(result) ? CANONICAL_NAN_FLOAT : result;
    }

    private static int roundToBf16(float value) {
        if (Float.isNaN(value)) {
            return CANONICAL_NAN;
        }
        int bits = Float.floatToRawIntBits(value);
        return bits + 0x7FFF + (bits >>> 16 & 1) >>> 16;
    }
}
