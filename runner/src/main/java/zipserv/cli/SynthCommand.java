package zipserv.cli;

import java.io.IOException;
import java.nio.file.Path;
import java.util.Optional;
import java.util.concurrent.Callable;
import java.util.concurrent.atomic.AtomicLong;

import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;
import zipserv.synth.ModelShape;
import zipserv.synth.SyntheticCheckpoint;

/** Writes a checkpoint of random weights. */
@Command(
        name = "synth",
        description = {
                "Write a checkpoint with the shapes of a real model and random weights.",
                "The weights are drawn like trained ones, to measure size and speed with; about 97 %% of them lie in "
                        + "their matrix's best window of seven exponents. The same options give the same bytes."},
        footer = {
                "  zipserv synth --shape llama-3.2-1b synth-1b",
                "  zipserv synth --shape llama-3.1-8b --layers 4 synth-8b-4-layers",
                "  zipserv synth --hidden 512 --intermediate 1408 --layers 8 --heads 8 small"})
final class SynthCommand implements Callable<Integer> {

    private static final long GIGABYTE = 1_000_000_000;

    private final Terminal terminal;

    @Spec
    private CommandSpec command;

    @Parameters(paramLabel = "DIR", description = "Folder to write; must not exist.")
    private Path target;

    @Option(names = "--shape", paramLabel = "MODEL",
            description = "Start from the shapes of a model: ${COMPLETION-CANDIDATES}.")
    private ModelShape.Preset preset;

    @Mixin
    private Sizes sizes;

    @Option(names = "--seed", paramLabel = "N", defaultValue = "0", description = "Seed of the weights (default: 0).")
    private long seed;

    @Option(names = "--tokenizer", paramLabel = "DIR", description = "Copy the tokenizer of this model.")
    private Path tokenizer;

    @Option(names = "--shard-size", paramLabel = "GB", defaultValue = "5",
            description = "Start a new file when one exceeds this (default: 5).")
    private double shardGigabytes;

    @Mixin
    private ThreadsOption threads;

    SynthCommand(Terminal terminal) {
        this.terminal = terminal;
    }

    /** Sizes given one by one; null where the preset's, or a derived one, is meant. */
    private static final class Sizes {

        @Option(names = "--hidden", paramLabel = "N",
                description = "Width of the residual stream; needed without --shape.")
        private Integer hidden;

        @Option(names = "--intermediate", paramLabel = "N", description = "Width of the MLP; needed without --shape.")
        private Integer intermediate;

        @Option(names = "--layers", paramLabel = "N", description = "Transformer blocks; needed without --shape.")
        private Integer layers;

        @Option(names = "--heads", paramLabel = "N", description = "Query heads; needed without --shape.")
        private Integer heads;

        @Option(names = "--kv-heads", paramLabel = "N", description = "Key/value heads (default: as many as --heads).")
        private Integer kvHeads;

        @Option(names = "--head-dim", paramLabel = "N", description = "Width of a head (default: hidden / heads).")
        private Integer headDim;

        @Option(names = "--vocabulary", paramLabel = "N", description = "Rows of the embedding table (default: 32000).")
        private Integer vocabulary;

        @Option(names = "--positions", paramLabel = "N", description = "Longest context (default: 8192).")
        private Integer positions;

        @Option(names = "--tied", negatable = true, description = "Use the embedding table as output matrix, too.")
        private Boolean tied;
    }

    @Override
    public Integer call() throws IOException {
        ModelShape shape;
        try {
            shape = shape();
        } catch (IllegalArgumentException e) {
            throw new ParameterException(command.commandLine(), e.getMessage());
        }
        if (!(shardGigabytes > 0)) {
            throw new ParameterException(command.commandLine(),
                    "--shard-size is " + shardGigabytes + ", expected more than 0");
        }
        var checkpoint = new SyntheticCheckpoint(shape, seed, (long) (shardGigabytes * GIGABYTE), threads.value());
        terminal.err().println("%s: %s parameters, %s".formatted(target, Quantities.count(shape.parameters()),
                Quantities.bytes(checkpoint.bytes())));
        AtomicLong done = new AtomicLong();
        try (Progress progress = new Progress(terminal, "synth")) {
            checkpoint.write(target, Optional.ofNullable(tokenizer),
                    bytes -> progress.progress(done.addAndGet(bytes), checkpoint.bytes(), ""));
            terminal.err().println("wrote " + progress.summary());
        }
        return ExitCode.OK;
    }

    private ModelShape shape() {
        if (preset != null) {
            ModelShape base = preset.shape();
            return new ModelShape(or(sizes.hidden, base.hidden()), or(sizes.intermediate, base.intermediate()),
                    or(sizes.layers, base.layers()), or(sizes.heads, base.heads()), or(sizes.kvHeads, base.kvHeads()),
                    or(sizes.headDim, base.headDim()), or(sizes.vocabulary, base.vocabulary()),
                    or(sizes.positions, base.maxPositions()), base.ropeFactor(), or(sizes.tied, base.tied()));
        }
        int hidden = required("--hidden", sizes.hidden);
        int heads = required("--heads", sizes.heads);
        return new ModelShape(hidden, required("--intermediate", sizes.intermediate),
                required("--layers", sizes.layers), heads, or(sizes.kvHeads, heads),
                or(sizes.headDim, hidden / Math.max(1, heads)), or(sizes.vocabulary, 32_000), or(sizes.positions, 8192),
                0, or(sizes.tied, false));
    }

    private static <T> T or(T given, T otherwise) {
        return given == null ? otherwise : given;
    }

    private int required(String option, Integer value) {
        if (value == null) {
            throw new IllegalArgumentException("Missing option: --shape, or else " + option);
        }
        return value;
    }
}
