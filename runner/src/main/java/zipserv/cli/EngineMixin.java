package zipserv.cli;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.List;

import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;
import zipserv.checkpoint.Checkpoint;
import zipserv.checkpoint.ProgressListener;
import zipserv.model.Engine;
import zipserv.model.EngineOptions;
import zipserv.model.Engines;
import zipserv.model.ModelConfig;

/**
 * What every command that runs a model takes: {@code --device} and {@code --threads}. An engine that is asked for runs
 * or fails; there is no fall-back. What {@code auto} takes is said in a line on standard error.
 */
final class EngineMixin {

    @Spec(Spec.Target.MIXEE)
    private CommandSpec command;

    private final Terminal terminal;

    private String device = Engines.AUTO;

    @Mixin
    private ThreadsOption threads;

    EngineMixin(Terminal terminal) {
        this.terminal = terminal;
    }

    @Option(names = "--device", paramLabel = "NAME", completionCandidates = Names.class,
            description = "What to run on: gpu, cpu, or auto (default), the fastest that is there and has the memory; "
                    + "which one, and why not the other, is told on standard error. emulator runs the GPU's kernels on "
                    + "the CPU, for tests.")
    void device(String name) {
        List<String> names = new ArrayList<>();
        new Names().forEach(names::add);
        if (!names.contains(name)) {
            throw new ParameterException(command.commandLine(),
                    "--device is " + name + ", expected " + String.join(", ", names));
        }
        device = name;
    }

    /** CPU threads. */
    int threads() {
        return threads.value();
    }

    /**
     * Loads a model, compressed or not.
     *
     * @param room what the engine's memory is laid out for
     */
    ModelSession open(Path model, Room room) {
        return open(Checkpoint.open(model), room);
    }

    /** The same from an open checkpoint, which belongs to the session. */
    ModelSession open(Checkpoint checkpoint, Room room) {
        try (Progress progress = new Progress(terminal, "load"); Interrupts interrupts = new Interrupts()) {
            try {
                ModelConfig config = ModelConfig.load(checkpoint.directory());
                Engine engine = load(checkpoint, config, room, (done, total, tensor) -> {
                    interrupts.check();
                    progress.progress(done, total, tensor);
                });
                ModelSession session = new ModelSession(checkpoint, config, engine);
                if (interrupts.isRequested()) {
                    engine.close();
                }
                interrupts.check();
                return session;
            } catch (RuntimeException | Error e) {
                checkpoint.close();
                // An engine may have made something else of what the listener threw.
                interrupts.check();
                throw e;
            }
        }
    }

    private Engine load(Checkpoint checkpoint, ModelConfig config, Room room, ProgressListener progress) {
        boolean verbose = Zipserv.isVerbose(command.commandLine());
        EngineOptions options = EngineOptions.defaults().withThreads(threads.value())
                .withRoom(room.tokens(), room.sequences())
                .withLog(verbose ? terminal.err()::println : line -> { })
                .withProgress(progress);
        Engines.Choice choice = Engines.installed().choose(device, checkpoint, config, options);
        if (verbose || device.equals(Engines.AUTO)) {
            terminal.err().println(choice.reason());
        }
        if (verbose) {
            terminal.err().println("memory needed: "
                    + Quantities.memory(choice.provider().memoryNeeded(checkpoint, config, options)));
        }
        return choice.provider().open(checkpoint, config, options);
    }

    /**
     * What is asked of a model at most.
     *
     * @param tokens    that the key/value cache has to hold
     * @param sequences that are decoded at the same time
     */
    record Room(int tokens, int sequences) {

        /** For one text of so many tokens, or as many as the model can take. */
        static Room of(long tokens, ModelConfig config) {
            return new Room((int) Math.min(tokens, config.maxPositions()), 1);
        }
    }

    /** The engines on the class path. */
    static final class Names implements Iterable<String> {
        @Override
        public Iterator<String> iterator() {
            List<String> names = new ArrayList<>(List.of(Engines.AUTO));
            names.addAll(Engines.installed().names());
            return names.iterator();
        }
    }
}
