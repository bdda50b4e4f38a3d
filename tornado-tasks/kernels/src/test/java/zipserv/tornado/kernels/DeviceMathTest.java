package zipserv.tornado.kernels;

import static org.junit.jupiter.api.Assertions.assertEquals;

import org.junit.jupiter.api.Test;

/** The functions are pure Java, so they are compared with the library's directly. */
class DeviceMathTest {

    private static final double RELATIVE = 4e-7;

    private static void assertClose(double expected, float found, String what) {
        assertEquals(expected, found, RELATIVE * Math.abs(expected), what);
    }

    @Test
    void exp() {
        for (float x = -87f; x <= 80f; x += 0.0137f) {
            assertClose(Math.exp(x), DeviceMath.exp(x), "exp " + x);
        }
        assertEquals(1f, DeviceMath.exp(0f));
        assertEquals(0f, DeviceMath.exp(Float.NEGATIVE_INFINITY), 2e-38f);
    }

    @Test
    void reciprocalAndInverseRoot() {
        for (float x = 1e-30f; x < 1e36f; x *= 1.0037f) {
            assertClose(1 / (double) x, DeviceMath.reciprocal(x), "1 / " + x);
            assertClose(1 / Math.sqrt(x), DeviceMath.inverseSqrt(x), "1 / sqrt " + x);
        }
        assertEquals(1f, DeviceMath.reciprocal(1f));
    }

    @Test
    void siluOfLargeArguments() {
        assertEquals(90f, DeviceMath.silu(90f));
        assertEquals(0f, DeviceMath.silu(-90f), 1e-30f);
        assertEquals(0f, DeviceMath.silu(-1e20f), 1e-10f);
    }
}
