package zipserv.tornado.bench;

import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalDouble;
import java.util.function.Predicate;
import zipserv.tornado.bench.GemmCase.Kernel;

/**
 * What was measured, on one GPU in one process.
 *
 * @param device                 name of the GPU
 * @param driver                 version of its driver
 * @param coverage               part of the weights within frag11's window
 * @param output                 what products are rounded to, "bf16" or "fp32"; cuBLAS's are always BF16
 * @param copyGigabytesPerSecond bytes read and written per second by the driver's own copy of a large buffer
 * @param results                one per shape, batch, kernel and plan
 * @param tornado                TornadoVM's overheads by "MxK n=N"
 */
public record GemmReport(String device, String driver, double coverage, String output, double copyGigabytesPerSecond,
                         List<GemmResult> results, Map<String, TornadoTiming> tornado) {

    /**
     * How many times faster than others a kernel is over several cells, each a shape and N.
     *
     * @param cells         how many cells have both
     * @param geometricMean of the ratios
     * @param smallest      ratio
     */
    public record Summary(int cells, double geometricMean, double smallest) {
    }

    /** Time of the fastest of another kernel's results for the same product over the time of this one. */
    public OptionalDouble speedAgainst(Kernel other, GemmResult result) {
        if (result.n() == 0 || result.kernel().equals(other.id())) {
            return OptionalDouble.empty();
        }
        return fastest(other, result).map(GemmResult::micros).map(Timing::median)
                .map(micros -> OptionalDouble.of(micros / result.micros().median())).orElse(OptionalDouble.empty());
    }

    /** Part of a copy's bandwidth that a decompression reaches, reads and writes counted. */
    public OptionalDouble partOfCopy(GemmResult result) {
        return result.n() == 0 && copyGigabytesPerSecond > 0
                ? OptionalDouble.of(result.gigabytesPerSecond() / copyGigabytesPerSecond) : OptionalDouble.empty();
    }

    private Optional<GemmResult> fastest(Kernel kernel, GemmResult cell) {
        return results.stream().filter(r -> r.kernel().equals(kernel.id()) && r.m() == cell.m() && r.k() == cell.k()
                && r.n() == cell.n())
                .min((a, b) -> Double.compare(a.micros().median(), b.micros().median()));
    }

    /**
     * A kernel against another over all cells that both have; of several plans the fastest counts.
     *
     * @param batches which N
     */
    public Optional<Summary> summary(Kernel kernel, Kernel other, Predicate<Integer> batches) {
        double[] ratios = results.stream().filter(r -> r.kernel().equals(kernel.id()) && batches.test(r.n()))
                .filter(r -> fastest(kernel, r).orElseThrow() == r)
                .map(r -> speedAgainst(other, r)).filter(OptionalDouble::isPresent)
                .mapToDouble(OptionalDouble::getAsDouble).toArray();
        if (ratios.length == 0) {
            return Optional.empty();
        }
        double logarithms = 0;
        double smallest = Double.POSITIVE_INFINITY;
        for (double ratio : ratios) {
            logarithms += Math.log(ratio);
            smallest = Math.min(smallest, ratio);
        }
        return Optional.of(new Summary(ratios.length, Math.exp(logarithms / ratios.length), smallest));
    }

    /** Whether every kernel computed what it should. */
    public boolean isCorrect() {
        return results.stream().allMatch(GemmResult::isCorrect);
    }
}
