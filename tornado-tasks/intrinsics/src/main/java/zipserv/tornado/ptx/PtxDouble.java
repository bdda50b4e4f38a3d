package zipserv.tornado.ptx;

import zipserv.tornado.emulation.Uninstrumented;

/**
 * Double-precision instructions that are never contracted, as {@link PtxFloat} has them for single precision: the same
 * bits as Java's operators. Only which NaN a NaN is, is not told.
 */
@Uninstrumented
public final class PtxDouble {

    private PtxDouble() {
    }

    /** {@code a + b}: {@code add.rn.f64} (Floating-Point Instructions: add). */
    public static double add(double a, double b) {
        return a + b;
    }

    /** {@code a - b}: {@code sub.rn.f64} (… sub). */
    public static double sub(double a, double b) {
        return a - b;
    }

    /** {@code a * b}: {@code mul.rn.f64} (… mul). */
    public static double mul(double a, double b) {
        return a * b;
    }

    /** A float as a double, exact: {@code cvt.f64.f32} (Data Movement and Conversion Instructions: cvt). */
    public static double of(float a) {
        return a;
    }

    /** Reads 64 bits as a double: {@code mov.b64} (Data Movement and Conversion Instructions: mov). */
    public static double ofBits(long bits) {
        return Double.longBitsToDouble(bits);
    }

    /** The bits of a double: {@code mov.b64} (Data Movement and Conversion Instructions: mov). */
    public static long bits(double value) {
        return Double.doubleToRawLongBits(value);
    }
}
