package zipserv.tornado.tuning;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import org.junit.jupiter.api.Test;
import zipserv.codec.WeightFormat;
import zipserv.tornado.kernels.GemmPlan;
import zipserv.tornado.kernels.ProductPlan;
import zipserv.tornado.kernels.WidePlan;

class PlanBookTest {

    private final PlanBook book = new PlanBook();

    private void put(WeightFormat format, int batch, String plan) {
        book.put(new PlanBook.Entry(format, 4096, 4096, batch, ProductPlan.parse(plan), 1));
    }

    private String plan(WeightFormat format, int batch) {
        return book.of(format, 4096, 4096, batch, false).toString();
    }

    private static GemmPlan rule(int columns, int batch) {
        return GemmPlan.of(WeightFormat.FRAG11, 4096, columns, batch);
    }

    @Test
    void withoutMeasurementsTheRuleDecides() {
        put(WeightFormat.FRAG11, 8, "4x2/3");
        assertEquals(rule(8192, 8), book.of(WeightFormat.FRAG11, 4096, 8192, 8, false));
        assertEquals(rule(4096, 9), book.of(WeightFormat.FRAG11, 4096, 4096, 9, false));
        assertEquals(rule(4096, 9).withRowBlocks(1), book.of(WeightFormat.RAW, 4096, 4096, 9, false));
    }

    @Test
    void aPlanServesSmallerBatchesOfHalfItsTilesOrMore() {
        put(WeightFormat.FRAG11, 1, "1x4/7");
        put(WeightFormat.FRAG11, 8, "4x2/3");
        put(WeightFormat.FRAG11, 32, "2x2/5");
        assertEquals("1x4/7", plan(WeightFormat.FRAG11, 1));
        assertEquals("4x2/3", plan(WeightFormat.FRAG11, 2));
        assertEquals("4x2/3", plan(WeightFormat.FRAG11, 8));
        assertEquals(rule(4096, 16).toString(), plan(WeightFormat.FRAG11, 16));
        assertEquals("2x2/5", plan(WeightFormat.FRAG11, 17));
    }

    /** What makes compressed and uncompressed results bit-identical. */
    @Test
    void allFormatsAddInOneOrder() {
        put(WeightFormat.FRAG11, 8, "4x2/3*2");
        put(WeightFormat.RAW, 1, "1x1/7");
        assertEquals("4x2/3", plan(WeightFormat.TCA_TBE, 8));
        put(WeightFormat.RAW, 8, "2x2/3");
        assertEquals("2x2/3", plan(WeightFormat.RAW, 8));
        assertEquals("4x2/3*2", plan(WeightFormat.FRAG11, 8));
        put(WeightFormat.FRAG11, 8, "1x8/1");
        assertEquals("1x8/1", plan(WeightFormat.RAW, 8));
        for (int batch = 1; batch <= GemmPlan.MAX_BATCH; batch++) {
            ProductPlan frag11 = book.of(WeightFormat.FRAG11, 4096, 4096, batch, false);
            for (WeightFormat format : WeightFormat.values()) {
                assertTrue(frag11.sameOrder(book.of(format, 4096, 4096, batch, false)), format + " " + batch);
            }
        }
    }

    @Test
    void warpgroupsMultiplyWhereTheGpuHasThemAndPlansOfThemServeAllFormats() {
        assertEquals(rule(4096, 8), book.of(WeightFormat.FRAG11, 4096, 4096, 8, true));
        for (WeightFormat format : WeightFormat.values()) {
            assertEquals(WidePlan.of(4096, 4096, 9), book.of(format, 4096, 4096, 9, true));
        }
        put(WeightFormat.FRAG11, 16, "w4/3+1");
        assertEquals("w4/3+1", plan(WeightFormat.TCA_TBE, 16));
        put(WeightFormat.RAW, 16, "1x4/3");
        assertEquals("1x4/3", plan(WeightFormat.FRAG11, 16));
    }

    @Test
    void entriesAreInOrder() {
        put(WeightFormat.FRAG11, 32, "1x8/1");
        put(WeightFormat.FRAG11, 8, "1x8/1");
        put(WeightFormat.RAW, 8, "1x8/1");
        book.put(new PlanBook.Entry(WeightFormat.RAW, 64, 8192, 1, new GemmPlan(1, 1, 1), 2));
        assertEquals("[64x8192 1 RAW, 4096x4096 8 RAW, 4096x4096 8 FRAG11, 4096x4096 32 FRAG11]", book.entries()
                .stream()
                .map(e -> e.rows() + "x" + e.columns() + " " + e.batch() + " " + e.format()).toList().toString());
    }
}
