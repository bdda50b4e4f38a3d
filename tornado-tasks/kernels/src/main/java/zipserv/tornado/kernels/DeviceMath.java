package zipserv.tornado.kernels;

import zipserv.tornado.ptx.PtxBits;
import zipserv.tornado.ptx.PtxFloat;

/**
 * Functions of floats from operations that IEEE 754 defines exactly: the same bits on a GPU and in the emulation, where
 * {@code ex2.approx} and its like are a matter of the machine. Each is within a few units in the last place.
 */
public final class DeviceMath {

    private static final float LOG2_E = 1.44269504f;
    /** ln 2 in two parts; the fused multiply-add keeps n * LN2_HIGH exact. */
    private static final float LN2_HIGH = 0.6931472f;
    private static final float LN2_LOW = -1.9046542e-9f;
    /** Adding 1.5 * 2^23 rounds a small float to an integer, which then stands in the low mantissa bits. */
    private static final float ROUNDER = 0x1.8p23f;
    private static final float LOWEST = -87f;
    private static final float HIGHEST = 80f;

    private DeviceMath() {
    }

    /** exp(x) for x between -87 and 80; values outside count as these. */
    public static float exp(float x) {
        float clamped = Math.min(Math.max(x, LOWEST), HIGHEST);
        float shifted = PtxFloat.fma(clamped, LOG2_E, ROUNDER);
        float n = PtxFloat.add(shifted, -ROUNDER);
        float r = PtxFloat.fma(n, -LN2_LOW, PtxFloat.fma(n, -LN2_HIGH, clamped));
        float series = PtxFloat.fma(1f / 5040, r, 1f / 720);
        series = PtxFloat.fma(series, r, 1f / 120);
        series = PtxFloat.fma(series, r, 1f / 24);
        series = PtxFloat.fma(series, r, 1f / 6);
        series = PtxFloat.fma(series, r, 0.5f);
        series = PtxFloat.fma(series, r, 1f);
        series = PtxFloat.fma(series, r, 1f);
        int scale = (PtxBits.asInt(shifted) << 23) + (127 << 23);
        return PtxFloat.mul(series, PtxBits.asFloat(scale));
    }

    /** 1 / a for normal a up to 2^126: a guess from the bits, then Newton's iteration. */
    public static float reciprocal(float a) {
        float r = PtxBits.asFloat(0x7EF311C7 - PtxBits.asInt(a));
        r = PtxFloat.fma(r, PtxFloat.fma(-a, r, 1f), r);
        r = PtxFloat.fma(r, PtxFloat.fma(-a, r, 1f), r);
        r = PtxFloat.fma(r, PtxFloat.fma(-a, r, 1f), r);
        return PtxFloat.fma(r, PtxFloat.fma(-a, r, 1f), r);
    }

    /** 1 / sqrt(a) for normal a: a guess from the bits, then Newton's iteration. */
    public static float inverseSqrt(float a) {
        float half = PtxFloat.mul(a, -0.5f);
        float y = PtxBits.asFloat(0x5F3759DF - (PtxBits.asInt(a) >>> 1));
        y = PtxFloat.mul(y, PtxFloat.fma(PtxFloat.mul(half, y), y, 1.5f));
        y = PtxFloat.mul(y, PtxFloat.fma(PtxFloat.mul(half, y), y, 1.5f));
        y = PtxFloat.mul(y, PtxFloat.fma(PtxFloat.mul(half, y), y, 1.5f));
        return PtxFloat.mul(y, PtxFloat.fma(PtxFloat.mul(half, y), y, 1.5f));
    }

    /** z / (1 + exp(-z)). */
    public static float silu(float z) {
        return PtxFloat.mul(z, reciprocal(PtxFloat.add(1f, exp(-z))));
    }

    /** What is left of two values when they have been rounded to BF16, rounded too: the second of two parts. */
    public static int remainder(float first, float second, int rounded) {
        return PtxFloat.packBf16(PtxFloat.add(first, -PtxFloat.lowBf16(rounded)),
                PtxFloat.add(second, -PtxFloat.highBf16(rounded)));
    }
}
