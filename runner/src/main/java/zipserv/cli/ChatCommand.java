package zipserv.cli;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.Iterator;
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
import zipserv.cli.Interrupts.InterruptedCommandException;
import zipserv.model.ModelConfig;
import zipserv.model.ModelException;
import zipserv.model.Tokenizer;
import zipserv.model.chat.ChatMessage;
import zipserv.model.chat.ChatTemplate;
import zipserv.model.chat.RenderOptions;
import zipserv.model.generation.ChatSession;
import zipserv.model.generation.GenerationOptions;
import zipserv.model.generation.GenerationResult;
import zipserv.model.generation.GenerationResult.StopReason;
import zipserv.model.generation.Generator;
import zipserv.model.sampling.GenerationConfig;
import zipserv.model.text.HfTokenizer;

/** Talks to a model. */
@Command(
        name = "chat",
        description = {
                "Talk to a model, compressed or not, in its own chat format.",
                "Say one --message, or hold a conversation, a line per message (/clear forgets it, /exit or Ctrl-D "
                        + "ends it, Ctrl-C ends an answer)."},
        footer = {
                "  zipserv chat Llama-3.2-1B-Instruct.zip11",
                "  zipserv chat Llama-3.2-1B-Instruct.zip11 --system \"Answer in verse.\"",
                "  zipserv chat Llama-3.2-1B-Instruct.zip11 --message \"What is a monad?\" -n 200"})
final class ChatCommand implements Callable<Integer> {

    private static final int DEFAULT_CONTEXT = 4096;

    private final Terminal terminal;

    @Spec
    private CommandSpec command;

    @Parameters(paramLabel = "MODEL", description = "Folder of a checkpoint.")
    private Path model;

    @Option(names = {"-m", "--message"}, paramLabel = "TEXT", description = "Say this, print the answer, and end.")
    private Optional<String> message;

    @Option(names = "--system", paramLabel = "TEXT", description = "What the model is told before the conversation.")
    private Optional<String> system;

    @Option(names = "--chat-format", paramLabel = "NAME", completionCandidates = FormatNames.class,
            description = "Take this format for a model whose own template is unknown; a wrong name lists them.")
    private Optional<String> format;

    @Option(names = "--context", paramLabel = "N",
            description = "Most tokens of the whole conversation (default: the model's, at most " + DEFAULT_CONTEXT
                    + ").")
    private Integer context;

    @Option(names = "--no-thinking", description = "Answer at once, if the model can be told to (Qwen3).")
    private boolean noThinking;

    @Mixin
    private SamplingMixin sampling;

    @Option(names = "--stats", description = "Print times and rates of every answer to standard error.")
    private boolean stats;

    @Mixin
    private EngineMixin engines;

    private Generator generator;

    ChatCommand(Terminal terminal) {
        this.terminal = terminal;
    }

    @Override
    public Integer call() throws IOException {
        ChatTemplate template = format.isPresent() ? ChatTemplate.named(format.get(), model) : ChatTemplate.load(model);
        GenerationOptions options = sampling.complete(GenerationConfig.load(model),
                SamplingMixin.CHAT_TOKENS);
        RenderOptions rendering = noThinking ? RenderOptions.forGeneration().withoutThinking()
                : RenderOptions.forGeneration();
        List<ChatMessage> opening = system.map(ChatMessage::system).stream().toList();
        int capacity = capacity(ModelConfig.load(model).maxPositions());
        try (Tokenizer tokenizer = HfTokenizer.open(model);
                ModelSession session = engines.open(model, new EngineMixin.Room(capacity, 1))) {
            generator = new Generator(session.engine(), tokenizer);
            return talk(new ChatSession(generator, template, rendering, capacity, opening), template, options);
        }
    }

    private int talk(ChatSession conversation, ChatTemplate template, GenerationOptions options) throws IOException {
        try (ChatSession chat = conversation) {
            if (message.isPresent()) {
                if (say(chat, message.get(), options) == StopReason.INTERRUPTED) {
                    throw new InterruptedCommandException();
                }
            } else {
                converse(chat, template, options);
            }
        }
        return ExitCode.OK;
    }

    private int capacity(int longest) {
        if (context == null) {
            return Math.min(longest, DEFAULT_CONTEXT);
        }
        if (context < 1 || context > longest) {
            throw new ParameterException(command.commandLine(),
                    "--context is " + context + ", expected 1 to the model's " + longest);
        }
        return context;
    }

    private void converse(ChatSession chat, ChatTemplate template, GenerationOptions options) throws IOException {
        if (terminal.inIsTerminal()) {
            terminal.err().println("Chat format: " + template.name()
                    + ". /clear forgets the conversation, /exit or Ctrl-D ends it.");
        }
        BufferedReader lines = new BufferedReader(new InputStreamReader(terminal.in(), StandardCharsets.UTF_8));
        for (String line = ask(lines); line != null && !line.strip().equals("/exit"); line = ask(lines)) {
            if (line.strip().equals("/clear")) {
                chat.clear();
            } else if (!line.isBlank()) {
                converse(chat, line, options);
            }
        }
    }

    /** What the model cannot answer (a full context, above all) does not end the conversation while somebody types. */
    private void converse(ChatSession chat, String line, GenerationOptions options) {
        try {
            say(chat, line, options);
        } catch (ModelException e) {
            if (!terminal.inIsTerminal()) {
                throw e;
            }
            new Errors(terminal).print(e.getMessage());
        }
    }

    private String ask(BufferedReader lines) throws IOException {
        if (terminal.inIsTerminal()) {
            terminal.err().print(terminal.bold("> "));
            terminal.err().flush();
        }
        return lines.readLine();
    }

    /** Ctrl-C ends the answer; the conversation goes on. */
    private StopReason say(ChatSession chat, String text, GenerationOptions options) {
        GenerationResult result;
        try (Interrupts _ = new Interrupts(generator::stop)) {
            result = chat.say(text, options, new TextOutput(terminal.out()));
        }
        terminal.out().println();
        if (result.stopReason() == StopReason.CONTEXT_FULL) {
            terminal.err().println("zipserv: the context is full; /clear forgets the conversation");
        }
        if (stats) {
            terminal.err().println(GenerationStats.line(result, options));
        }
        return result.stopReason();
    }

    /** The chat formats that are known. */
    static final class FormatNames implements Iterable<String> {
        @Override
        public Iterator<String> iterator() {
            return ChatTemplate.names().iterator();
        }
    }
}
