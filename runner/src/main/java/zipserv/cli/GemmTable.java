package zipserv.cli;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.OptionalDouble;
import java.util.SequencedMap;
import java.util.function.Predicate;
import zipserv.tornado.bench.GemmCase.Kernel;
import zipserv.tornado.bench.GemmReport;
import zipserv.tornado.bench.GemmResult;
import zipserv.tornado.kernels.GemmPlan;

/** Measurements of kernels as a table; ratios are how many times faster than the same product by another kernel. */
final class GemmTable {

    static final List<Kernel> SUMMED_UP = List.of(Kernel.FRAG11, Kernel.TCA_TBE, Kernel.RAW, Kernel.PREFILL,
            Kernel.FRAG11_UNFUSED, Kernel.TCA_TBE_UNFUSED);
    /** Few sequences, many, and prefill. */
    static final SequencedMap<String, Predicate<Integer>> BATCHES = new LinkedHashMap<>();

    static {
        BATCHES.put("up to 32", n -> n <= 32);
        BATCHES.put("33 to 128", n -> n > 32 && n <= GemmPlan.MAX_BATCH);
        BATCHES.put("above 128", n -> n > GemmPlan.MAX_BATCH);
    }

    private GemmTable() {
    }

    static List<String> of(GemmReport report) {
        List<String> lines = new ArrayList<>();
        lines.add(String.format("%-18s %-11s %4s  %-18s %6s %9s %9s %9s %6s %7s %6s %8s %7s  %s", "kernel", "M x K",
                "N", "plan", "bits", "median us", "min", "max", "GB/s", "TFLOP/s", "/ raw", "/ cublas", "of copy",
                "check"));
        for (GemmResult r : report.results()) {
            lines.add(String.format(Locale.ROOT,
                    "%-18s %-11s %4s  %-18s %6.3f %9.2f %9.2f %9.2f %6.0f %7.1f %6s %8s %7s  %s", r.kernel(),
                    r.m() + "x" + r.k(), r.n() == 0 ? "" : String.valueOf(r.n()), r.plan(), r.bitsPerWeight(),
                    r.micros().median(), r.micros().min(), r.micros().max(), r.gigabytesPerSecond(), r.teraflops(),
                    ratio(report.speedAgainst(Kernel.RAW, r)), ratio(report.speedAgainst(Kernel.CUBLAS, r)),
                    percent(report.partOfCopy(r)), r.check()).stripTrailing());
        }
        lines.addAll(summaries(report));
        return lines;
    }

    /** Geometric means over all cells. */
    static List<String> summaries(GemmReport report) {
        List<String> lines = new ArrayList<>();
        for (Kernel kernel : SUMMED_UP) {
            for (Kernel other : List.of(Kernel.CUBLAS, Kernel.RAW)) {
                BATCHES.forEach((name, which) -> report.summary(kernel, other, which)
                        .ifPresent(s -> lines.add(summary(kernel, other, name, s))));
            }
        }
        return lines;
    }

    private static String summary(Kernel kernel, Kernel other, String batches, GemmReport.Summary s) {
        return String.format(Locale.ROOT, "%s against %s, N %s: geometric mean %.3f over %d cells, smallest %.3f",
                kernel.id(), other.id(),
                batches, s.geometricMean(), s.cells(), s.smallest());
    }

    private static String ratio(OptionalDouble ratio) {
        return ratio.isPresent() ? String.format(Locale.ROOT, "%.2f", ratio.getAsDouble()) : "";
    }

    private static String percent(OptionalDouble part) {
        return part.isPresent() ? String.format(Locale.ROOT, "%.0f %%", 100 * part.getAsDouble()) : "";
    }
}
