package zipserv.cli;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.Callable;

import picocli.CommandLine.Command;
import picocli.CommandLine.Parameters;

/** Tells what this machine has and lacks. */
@Command(
        name = "doctor",
        description = {
                "Check what this machine has for running models.",
                "Looks for what the CPU and the GPU need, and says how to get what is missing; for a model, too, "
                        + "whether its GPU memory suffices. Exit status 1 if not even the CPU is served."},
        footer = {
                "  zipserv doctor",
                "  zipserv doctor Llama-3.1-8B.zip11"})
final class DoctorCommand implements Callable<Integer> {

    private final Terminal terminal;

    @Parameters(arity = "0..1", paramLabel = "MODEL", description = "Folder of a checkpoint that is to run here.")
    private Optional<Path> model;

    DoctorCommand(Terminal terminal) {
        this.terminal = terminal;
    }

    @Override
    public Integer call() {
        boolean usable = true;
        for (MachineCheck.Finding finding : findings()) {
            String mark = switch (finding.state()) {
                case OK -> terminal.green("ok");
                case MISSING -> "--";
                case BAD -> terminal.red("!!");
            };
            terminal.out().println("%s  %-13s %s".formatted(mark, finding.subject(), finding.found()));
            if (!finding.remedy().isEmpty()) {
                terminal.out().println("    %-13s %s".formatted("", finding.remedy()));
            }
            usable &= finding.state() != MachineCheck.State.BAD;
        }
        return usable ? ExitCode.OK : ExitCode.FAILED;
    }

    private List<MachineCheck.Finding> findings() {
        List<MachineCheck.Finding> findings = new ArrayList<>(MachineCheck.all());
        model.ifPresent(folder -> findings.add(ModelCheck.of(folder)));
        return findings;
    }
}
