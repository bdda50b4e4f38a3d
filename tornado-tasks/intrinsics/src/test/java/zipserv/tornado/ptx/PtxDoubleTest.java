package zipserv.tornado.ptx;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.util.Random;
import org.junit.jupiter.api.Test;
import uk.ac.manchester.tornado.api.types.arrays.IntArray;

/** Instructions of 64 bits against Java's operators, in the emulation and on a GPU. */
class PtxDoubleTest {

    private static final int THREADS = 2048;

    @Test
    void doubles() throws Exception {
        Random random = new Random(43);
        IntArray in = new IntArray(6 * THREADS);
        for (int i = 0; i < 3 * THREADS; i++) {
            double value = random.nextInt(4) == 0 ? Double.longBitsToDouble(random.nextLong()) : random.nextGaussian();
            in.set(2 * i, (int) Double.doubleToRawLongBits(value));
            in.set(2 * i + 1, (int) (Double.doubleToRawLongBits(value) >>> 32));
        }
        IntArray out = new IntArray(2 * PtxKernels.DOUBLE_RESULTS * THREADS);
        out.init(0xDEAD);
        KernelLauncher.run("doubles", PtxKernels::doubles, THREADS, 128, in, out);
        for (int i = 0; i < THREADS; i++) {
            long x = wide(in, 3 * i);
            long y = wide(in, 3 * i + 1);
            double a = Double.longBitsToDouble(x);
            double b = Double.longBitsToDouble(y);
            double d = Double.longBitsToDouble(wide(in, 3 * i + 2));
            double[] expected = {a * b + d, a - b * d, Float.intBitsToFloat(in.get(6 * i + 1)), 0, a * 1.1 - 0x1.8p52};
            for (int k = 0; k < expected.length; k++) {
                if (k != 3) {
                    // Any NaN is as good as another.
                    assertEquals(Double.doubleToLongBits(expected[k]), Double.doubleToLongBits(
                            Double.longBitsToDouble(wide(out, PtxKernels.DOUBLE_RESULTS * i + k))), "result " + k);
                }
            }
            assertEquals(Math.unsignedMultiplyHigh(x, y), wide(out, PtxKernels.DOUBLE_RESULTS * i + 3));
            assertEquals((x ^ x >>> 30) * 0xBF58476D1CE4E5B9L + y, wide(out, PtxKernels.DOUBLE_RESULTS * i + 5));
        }
    }

    private static long wide(IntArray words, int index) {
        return (long) words.get(2 * index + 1) << 32 | words.get(2 * index) & 0xFFFF_FFFFL;
    }
}
