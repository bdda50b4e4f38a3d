package zipserv.cli;

import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;
import zipserv.checkpoint.Checkpoint;
import zipserv.checkpoint.DecodedCheckpoint;
import zipserv.cli.BenchModelReport.Run;
import zipserv.model.Engine;
import zipserv.model.ModelConfig;
import zipserv.model.sampling.SamplingParameters;
import zipserv.throughput.CheckFailedException;
import zipserv.throughput.ModelBenchmark;
import zipserv.throughput.ModelTest;
import zipserv.throughput.TestResult;

/** Measures a whole model, in the manner of llama-bench. */
@Command(
        name = "model",
        description = {
                "Measure how fast a model, compressed or not, reads prompts (pp) and writes tokens (tg), in the manner "
                        + "of llama-bench: tokens per second of all sequences together, mean and standard deviation of "
                        + "the repetitions, one more run before them unmeasured.",
                "--compare uncompressed then runs the same engine on the same weights, decoded to BF16. The "
                        + "tokens of all repetitions and of both runs must be equal; if one differs the exit status is "
                        + "3.",
                "Tokens are greedy, or sampled if a temperature is given."},
        footer = {
                "  zipserv bench model Llama-3.1-8B.zip11",
                "  zipserv bench model Llama-3.1-8B.zip11 --device gpu --compare uncompressed --json 8b.json",
                "  zipserv bench model Llama-3.1-8B.zip11 -p 512 -n 128 -b 1,8 -r 3 -o csv",
                "  zipserv bench model Llama-3.1-8B.zip11 -p 0 --temperature 0.7 --top-k 50 --top-p 0.9"})
final class BenchModelCommand implements Callable<Integer> {

    private static final String UNCOMPRESSED = "uncompressed";

    private final Terminal terminal;

    @Spec
    private CommandSpec command;

    @Parameters(paramLabel = "MODEL", description = "Folder of a checkpoint.")
    private Path model;

    @Option(names = {"-p", "--prompt"}, split = ",", paramLabel = "N", defaultValue = "512,4096",
            description = "Prompt lengths, 0 for none (default: ${DEFAULT-VALUE}).")
    private List<Integer> prompts;

    @Option(names = {"-n", "--tokens"}, split = ",", paramLabel = "N", defaultValue = "128",
            description = "Tokens to generate per sequence, 0 for none (default: ${DEFAULT-VALUE}).")
    private List<Integer> generations;

    @Option(names = {"-b", "--batch"}, split = ",", paramLabel = "N", defaultValue = "1,8,32,128",
            description = "Sequences that generate at the same time (default: ${DEFAULT-VALUE}).")
    private List<Integer> batches;

    @Option(names = {"-r", "--repetitions"}, paramLabel = "N", defaultValue = "5",
            description = "Measured runs of each test (default: ${DEFAULT-VALUE}).")
    private int repetitions;

    @Option(names = {"--temperature", "--temp"}, paramLabel = "T", defaultValue = "0",
            description = "Sample tokens; 0 (default) always takes the most probable one.")
    private double temperature;

    @Option(names = "--top-k", paramLabel = "K", defaultValue = "0",
            description = "Only the K most probable tokens; 0 for all (default).")
    private int topK;

    @Option(names = "--top-p", paramLabel = "P", defaultValue = "1",
            description = "Only the most probable tokens that make up P together (default: 1).")
    private double topP;

    @Option(names = "--compare", paramLabel = "WITH",
            description = "Afterwards run the same tests on the uncompressed weights, in the same process, and print "
                    + "ratios: 'uncompressed' decodes the model, a folder names the original.")
    private Optional<String> compare;

    @Option(names = {"-o", "--output"}, paramLabel = "FORMAT", defaultValue = "md",
            description = "Print md (a Markdown table), json or csv (default: ${DEFAULT-VALUE}).")
    private BenchModelReport.Format output;

    @Option(names = "--json", paramLabel = "FILE", description = "Also write the results as JSON to a file.")
    private Path json;

    @Mixin
    private EngineMixin engines;

    BenchModelCommand(Terminal terminal) {
        this.terminal = terminal;
    }

    @Override
    public Integer call() throws IOException {
        SamplingParameters sampling = sampling();
        List<ModelTest> tests = tests(ModelConfig.load(model));
        List<Run> runs = new ArrayList<>();
        try (Interrupts interrupts = new Interrupts()) {
            run(open(Optional.empty()), tests, sampling, runs, interrupts);
            if (compare.isPresent()) {
                run(open(compare), tests, sampling, runs, interrupts);
            }
        } finally {
            if (!runs.isEmpty()) {
                print(new BenchModelReport(runs, sampling, repetitions));
            }
        }
        String difference = runs.getFirst().difference(runs.getLast());
        if (!difference.isEmpty()) {
            throw new CheckFailedException("compressed and uncompressed weights gave different tokens: " + difference);
        }
        if (compare.isPresent()) {
            terminal.err().println("compressed and uncompressed weights gave the same tokens in every test");
        }
        return ExitCode.OK;
    }

    /** Tests that somebody asked for must fit the model; those that are tried by default may not. */
    private List<ModelTest> tests(ModelConfig config) {
        check("--prompt", prompts, 0);
        check("--tokens", generations, 0);
        check("--batch", batches, 1);
        check("--repetitions", List.of(repetitions), 1);
        List<ModelTest> tests = new ArrayList<>();
        prompts.stream().filter(n -> n > 0).map(ModelTest::prompt).forEach(tests::add);
        for (int batch : batches) {
            generations.stream().filter(n -> n > 0).map(n -> ModelTest.generation(n, batch)).forEach(tests::add);
        }
        List<ModelTest> fitting = new ArrayList<>();
        for (ModelTest test : tests) {
            if (test.capacity() <= config.maxPositions()) {
                fitting.add(test);
            } else if (isGiven(test.kind() == ModelTest.Kind.PP ? "-p" : "-n")) {
                throw new ParameterException(command.commandLine(), "test " + test.name() + " needs a context of "
                        + test.capacity() + " tokens, but the model's is " + config.maxPositions());
            } else {
                terminal.err().println("test " + test.name() + " left out: the model's context is "
                        + config.maxPositions() + " tokens");
            }
        }
        if (fitting.isEmpty()) {
            throw new ParameterException(command.commandLine(), "no tests to run: give --prompt or --tokens");
        }
        return fitting;
    }

    private SamplingParameters sampling() {
        try {
            return new SamplingParameters(temperature, topK, topP, 0, 1);
        } catch (IllegalArgumentException e) {
            throw new ParameterException(command.commandLine(), e.getMessage());
        }
    }

    private void check(String option, List<Integer> values, int least) {
        if (values.stream().anyMatch(value -> value < least)) {
            throw new ParameterException(command.commandLine(),
                    option + " is " + values.toString().replaceAll("[\\[\\]]", "") + ", expected at least " + least);
        }
    }

    private boolean isGiven(String option) {
        return command.commandLine().getParseResult().hasMatchedOption(option);
    }

    private Checkpoint open(Optional<String> instead) {
        if (instead.isEmpty()) {
            return Checkpoint.open(model);
        }
        if (!instead.get().equals(UNCOMPRESSED)) {
            return Checkpoint.open(Path.of(instead.get()));
        }
        Checkpoint checkpoint = Checkpoint.open(model);
        if (!checkpoint.isCompressed()) {
            checkpoint.close();
            throw new CommandException(model + ": not compressed, so there is nothing to compare");
        }
        return new DecodedCheckpoint(checkpoint, engines.threads());
    }

    /** Adds a run, if need be of those tests only that were done before something went wrong. */
    private void run(Checkpoint checkpoint, List<ModelTest> tests, SamplingParameters sampling, List<Run> runs,
            Interrupts interrupts) {
        int tokens = tests.stream().mapToInt(ModelTest::cacheTokens).max().orElseThrow();
        int sequences = tests.stream().mapToInt(ModelTest::batch).max().orElseThrow();
        try (ModelSession session = engines.open(checkpoint, new EngineMixin.Room(tokens, sequences))) {
            Engine engine = session.engine();
            ModelBenchmark benchmark = new ModelBenchmark(engine, sampling, repetitions, (test, done) -> {
                interrupts.check();
                terminal.err().println("%s, batch %d: %s".formatted(test.name(), test.batch(),
                        done == 0 ? "warming up" : "%d of %d".formatted(done, repetitions)));
            });
            List<TestResult> results = new ArrayList<>();
            try {
                for (ModelTest test : possible(tests, engine)) {
                    results.add(benchmark.run(test));
                }
            } finally {
                if (!results.isEmpty()) {
                    runs.add(Run.of(model, session, results));
                }
            }
        }
    }

    /** Batches that somebody asked for must not exceed the engine's largest. */
    private List<ModelTest> possible(List<ModelTest> tests, Engine engine) {
        List<ModelTest> possible = new ArrayList<>();
        for (ModelTest test : tests) {
            String limit = "the " + engine.name() + " engine decodes at most " + engine.maxBatch()
                    + " sequences at a time";
            if (test.batch() <= engine.maxBatch()) {
                possible.add(test);
            } else if (isGiven("-b")) {
                throw new CommandException("--batch " + test.batch() + ": " + limit);
            } else {
                terminal.err().println("batch " + test.batch() + " left out: " + limit);
            }
        }
        return possible;
    }

    private void print(BenchModelReport report) throws IOException {
        report.lines(output).forEach(terminal.out()::println);
        if (json != null) {
            CompleteFile.write(json, String.join("\n", report.lines(BenchModelReport.Format.JSON)) + "\n");
        }
    }
}
