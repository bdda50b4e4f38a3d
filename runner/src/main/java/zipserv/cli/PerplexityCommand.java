package zipserv.cli;

import java.io.IOException;
import java.nio.charset.CharacterCodingException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
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
import zipserv.model.Tokenizer;
import zipserv.model.generation.Perplexity;
import zipserv.model.text.HfTokenizer;

/** Measures how well a model predicts a text. */
@Command(
        name = "perplexity",
        description = {
                "Measure how well a model, compressed or not, predicts a text.",
                "The text is tokenised without special tokens and cut into windows, one after the other; each is run "
                        + "by itself, and all its tokens but the first are scored. Perplexity is exp of the mean "
                        + "negative log-likelihood."},
        footer = {
                "  zipserv perplexity Llama-3.2-1B.zip11 wikitext.txt",
                "  zipserv perplexity Llama-3.2-1B.zip11 wikitext.txt --max-windows 20"})
final class PerplexityCommand implements Callable<Integer> {

    private final Terminal terminal;

    @Spec
    private CommandSpec command;

    @Parameters(index = "0", paramLabel = "MODEL", description = "Folder of a checkpoint.")
    private Path model;

    @Parameters(index = "1", paramLabel = "FILE", description = "The text, in UTF-8.")
    private Path file;

    @Option(names = "--window", paramLabel = "N", defaultValue = "" + Perplexity.WINDOW,
            description = "Tokens per window (default: ${DEFAULT-VALUE}).")
    private int window;

    @Option(names = "--max-windows", paramLabel = "N", description = "Only the first N windows (default: all).")
    private Integer maxWindows;

    @Mixin
    private EngineMixin engines;

    PerplexityCommand(Terminal terminal) {
        this.terminal = terminal;
    }

    @Override
    public Integer call() throws IOException {
        if (maxWindows != null && maxWindows < 1) {
            throw new ParameterException(command.commandLine(),
                    "--max-windows is " + maxWindows + ", expected at least 1");
        }
        String text = text();
        EngineMixin.Room room = EngineMixin.Room.of(window, ModelConfig.load(model));
        try (ModelSession session = engines.open(model, room); Tokenizer tokenizer = HfTokenizer.open(model)) {
            int[] ids = tokenizer.encode(text, false);
            if (maxWindows != null && (long) maxWindows * window < ids.length) {
                ids = Arrays.copyOf(ids, maxWindows * window);
            }
            print(measure(session, ids));
        }
        return ExitCode.OK;
    }

    private String text() throws IOException {
        try {
            return Files.readString(file);
        } catch (CharacterCodingException e) {
            throw new CommandException(file + ": not valid UTF-8", e);
        }
    }

    private Perplexity measure(ModelSession session, int[] ids) {
        try (Progress progress = new Progress(terminal, "perplexity", Progress.Unit.TOKENS);
                Interrupts interrupts = new Interrupts()) {
            return Perplexity.measure(session.engine(), ids, window, done -> {
                interrupts.check();
                progress.progress(done, ids.length, "");
            });
        }
    }

    private void print(Perplexity result) {
        terminal.out().println(String.format(Locale.ROOT, "perplexity:     %.4f", result.perplexity()));
        terminal.out().println("tokens scored:  " + result.scoredTokens());
        terminal.out().println(String.format(Locale.ROOT, "tokens/s:       %.2f", result.tokensPerSecond()));
    }
}
