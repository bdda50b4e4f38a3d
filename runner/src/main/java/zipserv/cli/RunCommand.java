package zipserv.cli;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Set;
import java.util.concurrent.Callable;

import picocli.CommandLine.ArgGroup;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;
import zipserv.cli.Interrupts.InterruptedCommandException;
import zipserv.model.ModelConfig;
import zipserv.model.Tokenizer;
import zipserv.model.generation.GenerationOptions;
import zipserv.model.generation.GenerationResult;
import zipserv.model.generation.Generator;
import zipserv.model.sampling.GenerationConfig;
import zipserv.model.text.HfTokenizer;

/** Continues a text. */
@Command(
        name = "run",
        description = {
                "Continue a text with a model, compressed or not.",
                "The text is taken as it is, with the begin token that the tokenizer adds by itself; only the "
                        + "continuation is printed.",
                "--batch continues many texts together: when one ends, the next takes its place. They are printed in "
                        + "the order of the prompts, and each is what it would be alone."},
        footer = {
                "  zipserv run Llama-3.2-1B.zip11 --prompt \"The three primary colours are\" -n 64",
                "  zipserv run Llama-3.2-1B.zip11 --prompt \"def fib(n):\" --temperature 0 --stats",
                "  zipserv run Llama-3.2-1B.zip11 --file essay.txt --temperature 0.8 --top-p 0.9",
                "  zipserv run Llama-3.2-1B.zip11 --batch prompts.jsonl --json > texts.jsonl"})
final class RunCommand implements Callable<Integer> {

    private static final Path STANDARD_INPUT = Path.of("-");

    private final Terminal terminal;

    @Spec
    private CommandSpec command;

    @Parameters(paramLabel = "MODEL", description = "Folder of a checkpoint.")
    private Path model;

    @ArgGroup(multiplicity = "1")
    private Prompt prompt;

    @Option(names = "--json", description = "With --batch: print a JSON object per line: index, line, prompt, text, "
            + "prompt_tokens, tokens, stop_reason.")
    private boolean json;

    @Option(names = "--parallel", paramLabel = "N", defaultValue = "128",
            description = "With --batch: most texts at the same time, which memory is laid out for (default: "
                    + "${DEFAULT-VALUE}, or the engine's most).")
    private int parallel;

    @Mixin
    private SamplingMixin sampling;

    @Option(names = "--stats", description = "Print times and rates to standard error.")
    private boolean stats;

    @Option(names = "--warmup", paramLabel = "N", defaultValue = "0",
            description = "First generate N tokens unseen, so that --stats measures compiled code (default: 0).")
    private int warmup;

    @Mixin
    private EngineMixin engines;

    RunCommand(Terminal terminal) {
        this.terminal = terminal;
    }

    /** The text to continue, given one way or the other. */
    private static final class Prompt {

        @Option(names = {"-p", "--prompt"}, paramLabel = "TEXT", required = true, description = "The text to continue.")
        private String text;

        @Option(names = {"-f", "--file"}, paramLabel = "FILE", required = true,
                description = "A file with the text to continue, in UTF-8; - for standard input.")
        private Path file;

        @Option(names = "--batch", paramLabel = "FILE", required = true,
                description = "A file of prompts, one per line, or JSON objects such as {\"prompt\": \"...\", "
                        + "\"max_tokens\": 64}, one per line; - for standard input.")
        private Path batch;
    }

    @Override
    public Integer call() throws IOException {
        GenerationOptions options = sampling.complete(GenerationConfig.load(model),
                SamplingMixin.RUN_TOKENS);
        check();
        ModelConfig config = ModelConfig.load(model);
        try (Tokenizer tokenizer = HfTokenizer.open(model)) {
            return prompt.batch != null
                    ? runAll(BatchFile.read(prompt.batch, terminal), config, tokenizer, options)
                    : run(tokenizer.encode(promptText(), true), config, tokenizer, options);
        }
    }

    private void check() {
        if (prompt.batch == null && json) {
            throw new ParameterException(command.commandLine(), "--json goes with --batch only");
        }
        if (prompt.batch != null && warmup > 0) {
            throw new ParameterException(command.commandLine(), "--warmup does not go with --batch");
        }
        if (parallel < 1) {
            throw new ParameterException(command.commandLine(), "--parallel is " + parallel + ", expected at least 1");
        }
    }

    private int runAll(List<BatchFile.Prompt> prompts, ModelConfig config, Tokenizer tokenizer,
            GenerationOptions options) {
        BatchRun run = new BatchRun(terminal, prompts, tokenizer, options, json);
        try (ModelSession session = engines.open(model, run.room(config, parallel))) {
            run.run(session, tokenizer, parallel, stats);
        }
        return ExitCode.OK;
    }

    private int run(int[] tokens, ModelConfig config, Tokenizer tokenizer, GenerationOptions options) {
        long needed = (long) tokens.length + Math.max(options.maxTokens(), warmup);
        EngineMixin.Room room = EngineMixin.Room.of(needed, config);
        try (ModelSession session = engines.open(model, room)) {
            Generator generator = new Generator(session.engine(), tokenizer);
            if (warmup > 0) {
                generator.generate(tokens, new GenerationOptions(warmup, options.sampling(), options.seed(),
                        Set.of(), List.of()), piece -> { });
            }
            GenerationResult result;
            try (Interrupts _ = new Interrupts(generator::stop)) {
                result = generator.generate(tokens, options, new TextOutput(terminal.out()));
            }
            if (terminal.outIsTerminal()) {
                terminal.out().println();
            }
            if (stats) {
                terminal.err().println(GenerationStats.line(result, options));
            }
            switch (result.stopReason()) {
                case CONTEXT_FULL -> terminal.err().println("zipserv: ended where the model's context of "
                        + session.config().maxPositions() + " tokens is full");
                case INTERRUPTED -> throw new InterruptedCommandException();
                default -> { }
            }
        }
        return ExitCode.OK;
    }

    private String promptText() throws IOException {
        if (prompt.text != null) {
            return prompt.text;
        }
        byte[] bytes = prompt.file.equals(STANDARD_INPUT) ? terminal.in().readAllBytes()
                : Files.readAllBytes(prompt.file);
        return new String(bytes, StandardCharsets.UTF_8);
    }
}
