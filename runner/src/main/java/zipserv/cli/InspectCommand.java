package zipserv.cli;

import java.io.IOException;
import java.nio.file.Path;
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
import zipserv.model.ModelException;

/** Shows what a checkpoint holds. */
@Command(
        name = "inspect",
        description = {
                "Show what a checkpoint holds, compressed or not.",
                "A line per tensor: its shape, its storage format, the window of seven exponents that its code covers "
                        + "(or would cover best) and the share of weights within it, its size in bits per weight, the "
                        + "entropy of its exponents and the Shannon bound, 8 bits plus that entropy. Then the totals, "
                        + "and the memory it takes to run the model on a GPU."},
        footer = {
                "  zipserv inspect Llama-3.2-1B.zip11",
                "  zipserv inspect Llama-3.2-1B --json | jq .total",
                "  zipserv inspect Llama-3.2-1B.zip11 --plot exponents.svg"})
final class InspectCommand implements Callable<Integer> {

    private final Terminal terminal;

    @Spec
    private CommandSpec command;

    @Parameters(paramLabel = "MODEL", description = "Folder of a checkpoint.")
    private Path model;

    @Option(names = "--json", description = "Print JSON instead of a table.")
    private boolean json;

    @Option(names = "--plot", paramLabel = "FILE",
            description = "Also draw the exponents' histogram and the bits per weight of every matrix (.png or .svg).")
    private Path plot;

    @Mixin
    private ThreadsOption threads;

    InspectCommand(Terminal terminal) {
        this.terminal = terminal;
    }

    @Override
    public Integer call() throws IOException {
        if (plot != null && !ChartFile.canWrite(plot)) {
            throw new ParameterException(command.commandLine(),
                    "--plot is " + plot + ", expected a name that ends in .png or .svg");
        }
        InspectReport report;
        Optional<GpuMemory> memory;
        try (Checkpoint checkpoint = Checkpoint.open(model)) {
            report = InspectReport.of(checkpoint, threads.value());
            memory = gpuMemory(checkpoint);
        }
        if (json) {
            terminal.out().println(InspectJson.render(report, memory));
        } else {
            InspectTable.render(report, terminal).forEach(terminal.out()::println);
            memory.ifPresent(gpu -> terminal.out().println("GPU memory:     " + gpu.text()));
        }
        if (plot != null) {
            InspectPlot.write(report, plot);
            terminal.err().println("plot: " + plot);
        }
        return ExitCode.OK;
    }

    /** A model that no engine can run can be looked at all the same. */
    private static Optional<GpuMemory> gpuMemory(Checkpoint checkpoint) {
        try {
            return GpuMemory.of(checkpoint);
        } catch (ModelException notSupported) {
            return Optional.empty();
        }
    }
}
