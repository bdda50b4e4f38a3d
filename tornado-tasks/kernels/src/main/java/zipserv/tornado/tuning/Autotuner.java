package zipserv.tornado.tuning;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.OptionalDouble;
import zipserv.codec.WeightFormat;
import zipserv.tornado.kernels.ProductPlan;

/**
 * Finds the fastest plan for each product by measuring {@link PlanCandidates}, and enters it into a {@link PlanBook}.
 * The first
 * format of a product decides the order of additions; the others get the fastest plan of that order.
 */
public final class Autotuner {

    /** Plans that are measured of a product. */
    private static final int CANDIDATES = 10;
    /** The built-in rule stays unless another plan is faster by more than noise. */
    private static final double NOISE = 0.01;

    private final PlanBook book;
    private final int multiprocessors;
    private final boolean warpgroups;

    /**
     * Tunes.
     *
     * @param multiprocessors of the GPU
     * @param warpgroups      whether it can run {@link zipserv.tornado.kernels.WideGemm}
     */
    public Autotuner(PlanBook book, int multiprocessors, boolean warpgroups) {
        this.book = book;
        this.multiprocessors = multiprocessors;
        this.warpgroups = warpgroups;
    }

    /** The kernels to measure for one product. */
    public record Trial(WeightFormat format, int batch, List<ProductPlan> plans) {
    }

    /** Measures kernels, all of one shape, so that they can be compiled together. */
    @FunctionalInterface
    public interface Measurement {

        /** Microseconds of each trial's plans, in their order; empty for one that does not run or computes wrongly. */
        List<List<OptionalDouble>> measure(List<Trial> trials);
    }

    /** Tunes one shape for several N and formats, of which the first decides the orders of additions. */
    public void tune(int rows, int columns, List<Integer> batches, List<WeightFormat> formats,
            Measurement measurement) {
        for (WeightFormat format : formats) {
            boolean decides = format == formats.getFirst();
            List<Trial> trials = new ArrayList<>();
            for (int batch : batches) {
                Optional<ProductPlan> order = decides ? Optional.empty()
                        : Optional.of(book.of(formats.getFirst(), rows, columns, batch, warpgroups));
                trials.add(new Trial(format, batch,
                        PlanCandidates.of(format, rows, columns, batch, multiprocessors, warpgroups, order,
                                CANDIDATES)));
            }
            List<List<OptionalDouble>> micros = measurement.measure(trials);
            for (int i = 0; i < trials.size(); i++) {
                Trial trial = trials.get(i);
                fastest(micros.get(i)).ifPresent(best -> book.put(new PlanBook.Entry(format, rows, columns, trial.batch,
                        trial.plans.get(best.plan), best.micros)));
            }
        }
    }

    private record Best(int plan, double micros) {
    }

    private static Optional<Best> fastest(List<OptionalDouble> micros) {
        Best best = null;
        for (int i = 0; i < micros.size(); i++) {
            OptionalDouble measured = micros.get(i);
            if (measured.isPresent() && (best == null
                    || measured.getAsDouble() < best.micros * (best.plan == 0 ? 1 - NOISE : 1))) {
                best = new Best(i, measured.getAsDouble());
            }
        }
        return Optional.ofNullable(best);
    }
}
