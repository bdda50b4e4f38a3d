package zipserv.cli;

import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.nio.file.Path;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import zipserv.checkpoint.Checkpoint;
import zipserv.checkpoint.TensorStorage;
import zipserv.codec.WeightFormat;
import zipserv.model.DeviceInfo;
import zipserv.model.MemoryUse;
import zipserv.model.sampling.SamplingParameters;
import zipserv.throughput.TestResult;

/**
 * What {@code bench model} prints.
 *
 * @param runs        the model, then perhaps the same uncompressed
 * @param sampling    how tokens were chosen
 * @param repetitions of each test
 */
record BenchModelReport(List<Run> runs, SamplingParameters sampling, int repetitions) {

    private static final List<String> HEADING = List.of("model", "size", "params", "device", "format", "bits/weight",
            "weight memory", "batch", "test", "t/s");
    private static final List<String> RATIO_HEADING = List.of("vs uncompressed");
    private static final JsonMapper MAPPER = new JsonMapper();

    /** How results are printed. */
    enum Format { MD, JSON, CSV }

    /**
     * The tests of one set of weights.
     *
     * @param model         name of its folder
     * @param storedBytes   size of all tensors
     * @param parameters    elements of all tensors
     * @param format        of most matrices
     * @param bitsPerWeight of all matrices
     * @param engine        what it ran on
     * @param device        its device, if that has memory of its own
     * @param memory        what the engine took of it
     */
    record Run(String model, long storedBytes, long parameters, WeightFormat format, double bitsPerWeight,
               String engine, Optional<DeviceInfo> device, MemoryUse memory, List<TestResult> results) {

        static Run of(Path model, ModelSession session, List<TestResult> results) {
            Checkpoint checkpoint = session.checkpoint();
            List<TensorStorage> all = checkpoint.tensors().keySet().stream().map(checkpoint::storage).toList();
            List<TensorStorage> matrices = all.stream().filter(storage -> storage.tensor().isBf16Matrix()).toList();
            Map<WeightFormat, Long> formats = matrices.stream().collect(Collectors.groupingBy(TensorStorage::format,
                    Collectors.summingLong(TensorStorage::originalBytes)));
            WeightFormat format = formats.entrySet().stream().max(Map.Entry.comparingByValue(Comparator.naturalOrder()))
                    .map(Map.Entry::getKey).orElse(WeightFormat.RAW);
            return new Run(model.toAbsolutePath().normalize().getFileName().toString(),
                    MemoryUse.storedWeights(checkpoint),
                    all.stream().mapToLong(storage -> storage.tensor().elements()).sum(), format,
                    8.0 * matrices.stream().mapToLong(TensorStorage::storedBytes).sum()
                            / Math.max(1, matrices.stream().mapToLong(storage -> storage.tensor().elements()).sum()),
                    session.engine().name(), session.engine().device(), session.engine().memory(), results);
        }

        /** The first test in which another run gave other tokens, and where; empty if there is none. */
        String difference(Run other) {
            for (int i = 0; i < results.size(); i++) {
                String difference = results.get(i).difference(other.results.get(i));
                if (!difference.isEmpty()) {
                    return results.get(i).test().name() + ", batch " + results.get(i).test().batch() + ", "
                            + difference;
                }
            }
            return "";
        }

        private String formatName() {
            return format == WeightFormat.RAW ? "bf16" : format.id();
        }
    }

    private boolean compared() {
        return runs.size() > 1;
    }

    /** How many times faster than the second run of the same test. */
    private Optional<Double> ratio(Run run, int test) {
        return compared() && run == runs.getFirst() && test < runs.getLast().results().size()
                ? Optional.of(run.results().get(test).mean() / runs.getLast().results().get(test).mean())
                : Optional.empty();
    }

    /** Where and when this was measured, by name. */
    private List<Map.Entry<String, String>> environment() {
        Run run = runs.getFirst();
        List<Map.Entry<String, String>> lines = new ArrayList<>();
        lines.add(Map.entry("device", run.device().map(device -> "%s, %s of memory".formatted(device.name(),
                Quantities.bytes(device.totalMemory()))).orElse(run.engine() + " on " + BuildInfo.processor())));
        run.device().ifPresent(device -> lines.add(Map.entry("driver", device.driver())));
        lines.add(Map.entry("java", BuildInfo.java()));
        lines.add(Map.entry("system", BuildInfo.system()));
        lines.add(Map.entry("zipserv", BuildInfo.program()));
        if (!sampling.isGreedy()) {
            lines.add(Map.entry("sampling", "temperature %s, top-k %d, top-p %s".formatted(sampling.temperature(),
                    sampling.topK(), sampling.topP())));
        }
        lines.add(Map.entry("date", Instant.now().truncatedTo(ChronoUnit.SECONDS).toString()));
        return lines;
    }

    List<String> lines(Format format) {
        return switch (format) {
            case MD -> markdown();
            case JSON -> List.of(json().toPrettyString());
            case CSV -> csv();
        };
    }

    private List<String> markdown() {
        List<String> lines = new ArrayList<>();
        environment().forEach(entry -> lines.add("- " + entry.getKey() + ": " + entry.getValue()));
        for (Run run : runs) {
            lines.add("- memory, " + run.formatName() + ": " + Quantities.memory(run.memory()));
        }
        lines.add("");
        List<List<String>> rows = new ArrayList<>();
        rows.add(compared() ? Stream.concat(HEADING.stream(), RATIO_HEADING.stream()).toList() : HEADING);
        for (Run run : runs) {
            for (int i = 0; i < run.results().size(); i++) {
                rows.add(row(run, i));
            }
        }
        lines.addAll(table(rows));
        return lines;
    }

    private List<String> row(Run run, int test) {
        TestResult result = run.results().get(test);
        List<String> cells = new ArrayList<>(List.of(run.model(), Quantities.bytes(run.storedBytes()),
                Quantities.count(run.parameters()), run.engine(), run.formatName(), fixed(3, run.bitsPerWeight()),
                Quantities.bytes(run.memory().weights()), String.valueOf(result.test().batch()), result.test().name(),
                fixed(2, result.mean()) + " ± " + fixed(2, result.deviation())));
        if (compared()) {
            cells.add(ratio(run, test).map(ratio -> fixed(3, ratio) + "x").orElse(""));
        }
        return cells;
    }

    private static List<String> table(List<List<String>> rows) {
        int columns = rows.getFirst().size();
        int[] widths = new int[columns];
        rows.forEach(row -> {
            for (int i = 0; i < columns; i++) {
                widths[i] = Math.max(widths[i], row.get(i).length());
            }
        });
        List<String> lines = new ArrayList<>();
        for (List<String> row : rows) {
            StringBuilder line = new StringBuilder("|");
            for (int i = 0; i < columns; i++) {
                String padding = " ".repeat(widths[i] - row.get(i).length());
                line.append(' ').append(i == 0 ? row.get(i) + padding : padding + row.get(i)).append(" |");
            }
            lines.add(line.toString());
            if (lines.size() == 1) {
                StringBuilder rule = new StringBuilder("|");
                for (int i = 0; i < columns; i++) {
                    rule.append(' ').append("-".repeat(i == 0 ? widths[i] : widths[i] - 1))
                            .append(i == 0 ? " |" : ": |");
                }
                lines.add(rule.toString());
            }
        }
        return lines;
    }

    private List<String> csv() {
        List<String> lines = new ArrayList<>();
        lines.add("model,size_bytes,parameters,device,format,bits_per_weight,weight_memory_bytes,batch,test,"
                + "tokens_per_second,standard_deviation,repetitions,vs_uncompressed");
        for (Run run : runs) {
            for (int i = 0; i < run.results().size(); i++) {
                TestResult result = run.results().get(i);
                lines.add(Stream.of("\"" + run.model().replace("\"", "\"\"") + "\"", run.storedBytes(),
                        run.parameters(),
                        run.engine(), run.formatName(), fixed(4, run.bitsPerWeight()), run.memory().weights(),
                        result.test().batch(), result.test().name(), fixed(4, result.mean()),
                        fixed(4, result.deviation()), repetitions,
                        ratio(run, i).map(ratio -> fixed(4, ratio)).orElse(""))
                        .map(String::valueOf).collect(Collectors.joining(",")));
            }
        }
        return lines;
    }

    private ObjectNode json() {
        ObjectNode root = MAPPER.createObjectNode();
        ObjectNode environment = root.putObject("environment");
        environment().forEach(entry -> environment.put(entry.getKey(), entry.getValue()));
        root.put("repetitions", repetitions);
        ArrayNode results = root.putArray("results");
        for (Run run : runs) {
            for (int i = 0; i < run.results().size(); i++) {
                TestResult result = run.results().get(i);
                ObjectNode node = results.addObject();
                node.put("model", run.model()).put("size_bytes", run.storedBytes()).put("parameters", run.parameters())
                        .put("device", run.engine()).put("format", run.formatName())
                        .put("bits_per_weight", run.bitsPerWeight()).put("weight_memory_bytes", run.memory().weights())
                        .put("cache_memory_bytes", run.memory().cache()).put("work_memory_bytes", run.memory().work())
                        .put("batch", result.test().batch()).put("test", result.test().name())
                        .put("tokens_per_second", result.mean()).put("standard_deviation", result.deviation());
                ArrayNode samples = node.putArray("samples");
                result.tokensPerSecond().forEach(samples::add);
                ratio(run, i).ifPresent(ratio -> node.put("vs_uncompressed", ratio));
            }
        }
        return root;
    }

    private static String fixed(int digits, double value) {
        return String.format(Locale.ROOT, "%." + digits + "f", value);
    }
}
