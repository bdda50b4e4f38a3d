package zipserv.tornado.kernels;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import org.junit.jupiter.api.Test;
import zipserv.codec.WeightFormat;

/** The rule for plans, and what plans refuse. */
class GemmPlanTest {

    @Test
    void measuredShapesGetTheirBestPlans() {
        assertEquals("1x8/1", GemmPlan.of(4096, 4096, 8).toString());
        assertEquals("1x8/2", GemmPlan.of(4096, 14336, 8).toString());
        assertEquals("1x8/1", GemmPlan.of(28672, 4096, 8).toString());
        assertEquals("2x4/1", GemmPlan.of(28672, 4096, 32).toString());
    }

    @Test
    void everyShapeGetsAPlanThatGivesWorkToAllItsSplits() {
        for (int rows : new int[] {1, 16, 100, 1000, 128256}) {
            for (int columns : new int[] {1, 64, 1000, 8192, 53248}) {
                for (int batch : new int[] {1, 9, 65, 128}) {
                    GemmPlan plan = GemmPlan.of(rows, columns, batch);
                    int blocks = (columns + 63) / 64;
                    int perSplit = (blocks + plan.splits() - 1) / plan.splits();
                    assertTrue((plan.splits() - 1) * perSplit < blocks, rows + " x " + columns + ": " + plan);
                    assertTrue(plan.blocks(rows) * plan.strips() * 16 >= rows);
                }
            }
        }
    }

    @Test
    void frag11GetsItsOwnPlans() {
        assertEquals("1x8/1", GemmPlan.of(WeightFormat.FRAG11, 4096, 4096, 8).toString());
        assertEquals("1x4/1*2", GemmPlan.of(WeightFormat.FRAG11, 28672, 4096, 8).toString());
        assertEquals("1x8/2*2", GemmPlan.of(WeightFormat.FRAG11, 4096, 14336, 16).toString());
        assertEquals("8x1/1*2", GemmPlan.of(WeightFormat.FRAG11, 57344, 8192, 32).toString());
        assertEquals("1x8/1", GemmPlan.of(WeightFormat.FRAG11, 57344, 8192, 128).toString());
        assertEquals(GemmPlan.of(28672, 4096, 32), GemmPlan.of(WeightFormat.TCA_TBE, 28672, 4096, 32));
        for (int rows : new int[] {1, 100, 10000, 128256}) {
            for (int columns : new int[] {1, 1000, 53248}) {
                for (int batch : new int[] {1, 9, 17, 33, 128}) {
                    GemmPlan plan = GemmPlan.of(WeightFormat.FRAG11, rows, columns, batch);
                    int strips = (columns + 63) / 64;
                    int perSplit = (strips + plan.splits() - 1) / plan.splits();
                    assertTrue((plan.splits() - 1) * perSplit < strips, rows + " x " + columns + ": " + plan);
                    assertTrue(batch <= GemmPlan.MAX_BATCH / plan.rowBlocks());
                }
            }
        }
    }

    @Test
    void impossiblePlansAreRefused() {
        assertThrows(IllegalArgumentException.class, () -> new GemmPlan(3, 1, 1));
        assertThrows(IllegalArgumentException.class, () -> new GemmPlan(4, 4, 1));
        assertThrows(IllegalArgumentException.class, () -> new GemmPlan(1, 1, 0));
    }

    @Test
    void whatAPlanWritesIsRead() {
        for (GemmPlan plan : new GemmPlan[] {new GemmPlan(1, 8, 12), new GemmPlan(2, 4, 1, 2)}) {
            assertEquals(plan, GemmPlan.parse(plan.toString()));
        }
        for (String text : new String[] {"", "1x8", "1x8/1*", "1x8/1 ", "x8/1", "3x1/1", "1x8/0", "1x8/99999",
                "1x8/1*9"}) {
            assertThrows(IllegalArgumentException.class, () -> GemmPlan.parse(text), text);
        }
    }
}
