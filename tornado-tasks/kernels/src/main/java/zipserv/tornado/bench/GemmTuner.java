package zipserv.tornado.bench;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.OptionalDouble;
import java.util.function.Consumer;
import java.util.stream.Collectors;
import zipserv.codec.WeightFormat;
import zipserv.tornado.bench.GemmCase.Kernel;
import zipserv.tornado.tuning.Autotuner;

/** Measures an autotuner's trials by graph replay, like everything else, but shorter. */
final class GemmTuner implements Autotuner.Measurement {

    private static final int REPLAYS = 7;
    private static final Map<WeightFormat, Kernel> KERNELS = Map.of(WeightFormat.FRAG11, Kernel.FRAG11,
            WeightFormat.TCA_TBE, Kernel.TCA_TBE, WeightFormat.RAW, Kernel.RAW);

    private final GemmBench bench;
    private final Consumer<String> log;

    GemmTuner(GemmBench bench, Consumer<String> log) {
        this.bench = bench;
        this.log = log;
    }

    @Override
    public List<List<OptionalDouble>> measure(List<Autotuner.Trial> trials) {
        List<GemmCase> cases = new ArrayList<>();
        for (Autotuner.Trial trial : trials) {
            trial.plans().forEach(plan -> cases.add(new GemmCase(KERNELS.get(trial.format()), trial.batch(), plan)));
        }
        List<GemmResult> results = bench.run(cases, REPLAYS, _ -> { });
        List<List<OptionalDouble>> micros = new ArrayList<>();
        int at = 0;
        for (Autotuner.Trial trial : trials) {
            List<GemmResult> own = results.subList(at, at + trial.plans().size());
            at += own.size();
            micros.add(own.stream().map(GemmTuner::micros).toList());
            log.accept(own.getFirst().kernel() + " " + own.getFirst().m() + "x" + own.getFirst().k() + " n="
                    + trial.batch() + ": " + own.stream().map(GemmTuner::text).collect(Collectors.joining(", ")));
        }
        return micros;
    }

    private static OptionalDouble micros(GemmResult result) {
        return result.isCorrect() ? OptionalDouble.of(result.micros().median()) : OptionalDouble.empty();
    }

    private static String text(GemmResult result) {
        return String.format("%s %.2f us%s", result.plan(), result.micros().median(),
                result.isCorrect() ? "" : " (" + result.check() + ")");
    }

    /** The format whose plans a kernel takes. */
    static WeightFormat format(Kernel kernel) {
        return kernel.format().orElse(WeightFormat.RAW);
    }
}
