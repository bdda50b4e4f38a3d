package zipserv.tornado.tuning;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.OptionalDouble;
import java.util.function.ToDoubleFunction;
import org.junit.jupiter.api.Test;
import zipserv.codec.WeightFormat;
import zipserv.tornado.kernels.GemmPlan;
import zipserv.tornado.kernels.ProductPlan;

/** The tuner's choice from made-up timings. */
class AutotunerTest {

    private static final int MULTIPROCESSORS = 132;
    private final PlanBook book = new PlanBook();
    private final List<Autotuner.Trial> trials = new ArrayList<>();

    /** Negative times stand for plans that fail. */
    private void tune(ToDoubleFunction<ProductPlan> micros, WeightFormat... formats) {
        new Autotuner(book, MULTIPROCESSORS, false).tune(4096, 4096, List.of(8), List.of(formats), asked -> {
            trials.addAll(asked);
            return asked.stream().map(trial -> trial.plans().stream().map(plan -> {
                double time = micros.applyAsDouble(plan);
                return time < 0 ? OptionalDouble.empty() : OptionalDouble.of(time);
            }).toList()).toList();
        });
    }

    private ProductPlan chosen(WeightFormat format) {
        return book.entries().stream().filter(entry -> entry.format() == format).findFirst().orElseThrow().plan();
    }

    @Test
    void theFastestPlanIsChosen() {
        ProductPlan fast = PlanCandidates.of(WeightFormat.FRAG11, 4096, 4096, 8, MULTIPROCESSORS, false,
                Optional.empty(), 10).get(3);
        tune(plan -> plan.equals(fast) ? 5 : 10, WeightFormat.FRAG11);
        assertEquals(fast, chosen(WeightFormat.FRAG11));
        assertEquals(5, book.entries().getFirst().micros());
        assertEquals(fast, book.of(WeightFormat.FRAG11, 4096, 4096, 8, false));
    }

    @Test
    void noiseDoesNotReplaceTheRule() {
        GemmPlan rule = GemmPlan.of(WeightFormat.FRAG11, 4096, 4096, 8);
        tune(plan -> plan.equals(rule) ? 10 : 9.95, WeightFormat.FRAG11);
        assertEquals(rule, chosen(WeightFormat.FRAG11));
    }

    @Test
    void plansThatFailAreNotChosen() {
        GemmPlan rule = GemmPlan.of(WeightFormat.FRAG11, 4096, 4096, 8);
        tune(plan -> plan.equals(rule) ? -1 : 7, WeightFormat.FRAG11);
        assertTrue(!chosen(WeightFormat.FRAG11).equals(rule));
        PlanBook other = new PlanBook();
        new Autotuner(other, MULTIPROCESSORS, false).tune(4096, 4096, List.of(8), List.of(WeightFormat.FRAG11),
                asked -> asked.stream().map(t -> t.plans().stream()
                        .map(_ -> OptionalDouble.empty()).toList()).toList());
        assertTrue(other.entries().isEmpty());
    }

    @Test
    void theFirstFormatDecidesTheOrderOfAdditions() {
        tune(plan -> plan instanceof GemmPlan p && p.slices() == 4 ? 5 + p.strips() : 20, WeightFormat.FRAG11, WeightFormat.RAW);
        assertEquals(4, ((GemmPlan) chosen(WeightFormat.FRAG11)).slices());
        assertTrue(chosen(WeightFormat.FRAG11).sameOrder(chosen(WeightFormat.RAW)));
        List<ProductPlan> raw = trials.get(1).plans();
        assertTrue(raw.size() > 1 && raw.stream().allMatch(plan -> plan.sameOrder(
                chosen(WeightFormat.FRAG11))));
    }

    @Test
    void candidatesCanRunAndBeginWithTheRule() {
        for (WeightFormat format : WeightFormat.values()) {
            for (int[] shape : new int[][] {{4096, 4096}, {128256, 4096}, {8192, 28672}, {16, 64}, {1, 8}}) {
                for (int batch : new int[] {1, 8, 33, 128}) {
                    for (boolean warpgroups : new boolean[] {false, true}) {
                        List<ProductPlan> plans = PlanCandidates.of(format, shape[0], shape[1], batch,
                                MULTIPROCESSORS, warpgroups, Optional.empty(), 10);
                        assertEquals(ProductPlan.of(format, shape[0], shape[1], batch, warpgroups), plans.getFirst());
                        assertEquals(plans.size(), plans.stream().distinct().count());
                        for (ProductPlan plan : plans) {
                            assertTrue(plan.fits(batch));
                            assertEquals(plan, plan.forFormat(format));
                            assertTrue(warpgroups || plan instanceof GemmPlan);
                        }
                    }
                }
            }
        }
    }
}
