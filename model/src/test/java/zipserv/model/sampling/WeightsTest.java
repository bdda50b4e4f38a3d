package zipserv.model.sampling;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.Random;
import org.junit.jupiter.api.Test;

class WeightsTest {

    @Test
    void arePowersOfTwo() {
        Random random = new Random(1);
        for (int i = 0; i < 1_000_000; i++) {
            double x = -46 * Math.pow(random.nextDouble(), 1 + i % 8);
            double expected = Weights.ONE * StrictMath.pow(2, x);
            double tolerance = 0.51 + expected * 0x1p-36;
            assertEquals(expected, Weights.weigh(x), tolerance, "2^" + x);
        }
    }

    @Test
    void endsAreExact() {
        assertEquals(Weights.ONE, Weights.weigh(0));
        assertEquals(Weights.ONE, Weights.weigh(-0.0));
        assertEquals(Weights.ONE / 2, Weights.weigh(-1));
        assertEquals(1, Weights.weigh(-44));
        assertEquals(0, Weights.weigh(-46));
        assertEquals(0, Weights.weigh(-1e300));
        assertEquals(0, Weights.weigh(Double.NEGATIVE_INFINITY));
        assertEquals(Weights.ONE, Weights.weigh(0 * Weights.scale(Double.MIN_VALUE)));
    }

    /** Several at a time give the same integers as one by one. */
    @Test
    void arraysAreTheSame() {
        Random random = new Random(2);
        double[] values = new double[100_003];
        long[] weights = new long[values.length];
        long[] expected = new long[values.length];
        for (int round = 0; round < 20; round++) {
            for (int i = 0; i < values.length; i++) {
                values[i] = -50 * random.nextDouble();
                expected[i] = i < values.length - 3 ? Weights.weigh(values[i]) : 0;
            }
            Weights.weigh(values, weights, values.length - 3);
            assertArrayEquals(expected, weights);
        }
    }

    @Test
    void fractionsAreOfAll64Bits() {
        assertEquals(0, Weights.fraction(0));
        assertEquals(1L << 62, Weights.fraction(0.25));
        assertEquals(1L << 63, Weights.fraction(0.5));
        assertEquals(3L << 62, Weights.fraction(0.75));
        assertEquals(-1L << 11, Weights.fraction(Math.nextDown(1.0)));
        assertEquals(Long.toUnsignedString((long) (0.9 * 0x1p62) << 2), Long.toUnsignedString(Weights.fraction(0.9)));
        assertEquals(Weights.ONE, Weights.least(1));
        assertEquals(1, Weights.least(Double.MIN_VALUE));
        assertTrue(Weights.least(0) == 0);
    }
}
