package zipserv.tornado.kernels;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import zipserv.codec.WeightFormat;

class WidePlanTest {

    @ParameterizedTest
    @CsvSource({"4096, 4096, 16, w2/4", "6144, 4096, 32, w2/4", "6144, 4096, 64, w2/2", "4096, 14336, 16, w2/6",
        "4096, 14336, 128, w2/4", "8192, 8192, 32, w2/3", "10240, 8192, 32, w2/2", "10240, 8192, 64, w1x2/3",
        "28672, 4096, 16, w2/2+396", "28672, 4096, 64, w1x2/1",
        "8192, 8192, 128, w2/2", "57344, 8192, 128, w2/2+792", "28672, 4096, 32, w2/4+396", "57344, 8192, 32, w2/2+792",
        "8192, 28672, 16, w2/3", "33792, 4096, 16, w2/1+528", "64, 64, 9, w2/1", "1, 1, 128, w2/1"})
    void theRule(int rows, int columns, int batch, String plan) {
        assertEquals(plan, WidePlan.of(rows, columns, batch).toString());
        assertEquals(plan, ProductPlan.of(WeightFormat.TCA_TBE, rows, columns, batch, true).toString());
    }

    @ParameterizedTest
    @ValueSource(strings = {"w1/1", "w2/3", "w4/12+7", "w2/2+396", "w1x2/3", "w2x2/2+7"})
    void textIsReadBack(String text) {
        assertEquals(text, ProductPlan.parse(text).toString());
        assertTrue(ProductPlan.parse(text) instanceof WidePlan);
    }

    @ParameterizedTest
    @ValueSource(strings = {"w", "w3/1", "w2", "w2/0", "w2/1+", "w2/1*2", "w2/5000", "w2/1+99999", "w8/1",
        "w1x0/1", "w1x3/1", "w4x2/1", "w1x/1"})
    void otherTextIsRefused(String text) {
        assertThrows(IllegalArgumentException.class, () -> ProductPlan.parse(text));
    }

    /** What is not split needs no partial sums, and rows from a certain one on are split as they are among all rows. */
    @Test
    void onlyGroupsBehindTheWholeOnesAreSplit() {
        WidePlan plan = new WidePlan(2, 3, 4);
        assertEquals(4 + 3 * 2, plan.blocks(64 * 6));
        assertEquals(3, plan.blocks(64 * 3));
        assertEquals(1, plan.partials(64 * 4, 32));
        assertEquals(2 * 3 * 64 * 32, plan.partials(64 * 6, 20));
        assertEquals(new WidePlan(2, 3, 1), plan.from(3 * 64));
        assertEquals(new WidePlan(2, 3, 0), plan.from(9 * 64));
    }

    @Test
    void highBlocksHaveTwiceTheRows() {
        WidePlan plan = new WidePlan(1, 2, 3, 2);
        assertEquals(256, plan.threads());
        assertEquals(2 + 3 * 2, plan.blocks(64 * 7));
        assertEquals(4, plan.groups(64 * 7));
        assertEquals(2 * 3 * 128 * 32, plan.partials(64 * 7, 20));
        assertEquals(new WidePlan(1, 2, 3, 1), plan.from(2 * 64));
        assertEquals(new WidePlan(1, 3, 1), plan.from(3 * 64), "rows that begin within a block");
        assertTrue(plan.sameOrder(new WidePlan(1, 3, 4)) && !plan.sameOrder(new WidePlan(1, 3, 2)));
    }

    @Test
    void onlyThePlanItselfAddsInItsOrder() {
        WidePlan plan = new WidePlan(2, 3, 4);
        assertTrue(plan.sameOrder(new WidePlan(2, 3, 4)));
        assertTrue(!plan.sameOrder(new WidePlan(2, 3, 5)) && !plan.sameOrder(new GemmPlan(1, 2, 3)));
        assertTrue(!new GemmPlan(1, 2, 3).sameOrder(plan));
    }

    /** Every pair of columns of every row has a place of its own, and nothing else has one. */
    @ParameterizedTest
    @ValueSource(ints = {8, 16, 32, 64, 128})
    void activationsHavePlacesOfTheirOwn(int width) {
        boolean[] taken = new boolean[WideActivations.words(130, width)];
        assertEquals(width * 96, taken.length);
        for (int row = 0; row < width; row++) {
            for (int pair = 0; pair < 96; pair++) {
                int word = WideActivations.word(row, pair, width);
                assertTrue(!taken[word], row + " " + pair);
                taken[word] = true;
            }
        }
    }
}
