package zipserv.cli;

import java.nio.file.Path;
import java.util.Locale;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;
import zipserv.model.ModelConfig;
import zipserv.throughput.Soak;

/** Lets an engine run for long, and checks that it stays what it was. */
@Command(
        name = "soak",
        description = {
                "Generate many texts of random lengths in batches of random sizes with one engine, and check that "
                        + "nothing is lost or mixed up.",
                "The tokens of a sample must be those of the same prompt alone, and the memory that the engine has "
                        + "taken, and that its device has free, must stay the same. Exit status 3 if not."},
        footer = {
                "  zipserv bench soak Llama-3.2-1B.zip11 --device gpu",
                "  zipserv bench soak Llama-3.2-1B.zip11 --generations 100 --parallel 8 --device cpu"})
final class BenchSoakCommand implements Callable<Integer> {

    private static final long LINE_NANOS = 5_000_000_000L;

    private final Terminal terminal;

    @Spec
    private CommandSpec command;

    @Parameters(paramLabel = "MODEL", description = "Folder of a checkpoint.")
    private Path model;

    @Option(names = "--generations", paramLabel = "N", defaultValue = "1000",
            description = "Texts to generate (default: ${DEFAULT-VALUE}).")
    private int generations;

    @Option(names = "--sample", paramLabel = "N", defaultValue = "50",
            description = "Texts that are generated again alone (default: ${DEFAULT-VALUE}).")
    private int sample;

    @Option(names = "--parallel", paramLabel = "N", defaultValue = "64",
            description = "Most texts at the same time (default: ${DEFAULT-VALUE}).")
    private int parallel;

    @Option(names = "--max-prompt", paramLabel = "N", defaultValue = "128",
            description = "Longest prompt in tokens (default: ${DEFAULT-VALUE}).")
    private int maxPrompt;

    @Option(names = "--max-tokens", paramLabel = "N", defaultValue = "64",
            description = "Longest text in tokens (default: ${DEFAULT-VALUE}).")
    private int maxTokens;

    @Option(names = "--seed", paramLabel = "N", defaultValue = "0",
            description = "Seed of lengths, prompts and batches (default: ${DEFAULT-VALUE}).")
    private long seed;

    @Mixin
    private EngineMixin engines;

    BenchSoakCommand(Terminal terminal) {
        this.terminal = terminal;
    }

    @Override
    public Integer call() {
        atLeastOne("--generations", generations);
        atLeastOne("--parallel", parallel);
        atLeastOne("--max-prompt", maxPrompt);
        atLeastOne("--max-tokens", maxTokens);
        if (sample < 0 || sample > generations) {
            throw new ParameterException(command.commandLine(), "--sample is " + sample + ", expected 0 to "
                    + generations);
        }
        int longest = ModelConfig.load(model).maxPositions();
        if ((long) maxPrompt + maxTokens > longest) {
            throw new ParameterException(command.commandLine(), "--max-prompt and --max-tokens are " + maxPrompt
                    + " and "
                    + maxTokens + ", expected at most the model's context of " + longest + " together");
        }
        Soak.Plan plan = new Soak.Plan(generations, sample, parallel, maxPrompt, maxTokens, seed);
        try (ModelSession session = engines.open(model, new EngineMixin.Room(plan.cacheTokens(), parallel));
                Interrupts interrupts = new Interrupts()) {
            if (parallel > session.engine().maxBatch()) {
                throw new CommandException("--parallel " + parallel + ": the " + session.engine().name()
                        + " engine decodes at most " + session.engine().maxBatch() + " sequences at a time");
            }
            long[] nextLine = {System.nanoTime() + LINE_NANOS};
            print(new Soak(session.engine(), plan, begun -> {
                interrupts.check();
                if (System.nanoTime() > nextLine[0]) {
                    nextLine[0] = System.nanoTime() + LINE_NANOS;
                    terminal.err().println("soak: " + begun + " of " + generations);
                }
            }).run());
        }
        return ExitCode.OK;
    }

    private void atLeastOne(String option, int value) {
        if (value < 1) {
            throw new ParameterException(command.commandLine(), option + " is " + value + ", expected at least 1");
        }
    }

    private void print(Soak.Report report) {
        terminal.out().println(String.format(Locale.ROOT, "generations:    %d, %d tokens in %s, %.2f tokens/s",
                generations,
                report.tokens(), Quantities.duration(report.seconds()), report.tokens() / report.seconds()));
        terminal.out().println(String.format(Locale.ROOT, "batches:        1 to %d sequences, %.1f on average",
                report.largestBatch(), report.meanBatch()));
        terminal.out().println("tokens:         " + report.sampled() + " texts are the same alone as in their batches");
        terminal.out().println("memory:         " + Quantities.memory(report.memory()) + ", constant");
        report.device().ifPresent(device -> terminal.out().println("device memory:  " + device.freeMemory()
                + " bytes free, " + report.freeMemory() + " at the first check"));
    }
}
