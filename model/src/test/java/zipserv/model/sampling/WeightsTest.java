package zipserv.model.sampling;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.Random;
import org.junit.jupiter.api.Test;

class WeightsTest {

    @Test
    void isTheExponentialButForTheLastPlace() {
        Random random = new Random(1);
        for (int i = 0; i < 1_000_000; i++) {
            double x = -708 * Math.pow(random.nextDouble(), 1 + i % 8);
            double expected = StrictMath.exp(x);
            double found = Weights.exp(x);
            assertTrue(Math.abs(found - expected) <= Math.ulp(expected), x + ": " + found + ", not " + expected);
        }
    }

    @Test
    void endsAreExact() {
        assertEquals(1, Weights.exp(0));
        assertEquals(1, Weights.exp(-0.0));
        assertEquals(0, Weights.exp(Double.NEGATIVE_INFINITY));
        assertEquals(0, Weights.exp(-Double.MAX_VALUE));
        assertEquals(0, Weights.exp(-708.1));
        assertEquals(StrictMath.exp(-708), Weights.exp(-708), Math.ulp(StrictMath.exp(-708)));
    }

    /** Several at a time give the same bits as one by one. */
    @Test
    void arraysAreTheSame() {
        Random random = new Random(2);
        double[] values = new double[100_003];
        for (int round = 0; round < 50; round++) {
            double[] expected = new double[values.length];
            for (int i = 0; i < values.length; i++) {
                values[i] = -60 * random.nextDouble();
                expected[i] = Weights.exp(values[i]);
            }
            Weights.exp(values, values.length - 3);
            for (int i = 0; i < values.length - 3; i++) {
                assertEquals(expected[i], values[i]);
            }
            assertTrue(values[values.length - 1] <= 0);
        }
    }
}
