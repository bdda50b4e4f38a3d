package zipserv.cli;

import com.fasterxml.jackson.databind.json.JsonMapper;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;
import zipserv.cli.BatchFile.Prompt;
import zipserv.cli.EngineMixin.Room;
import zipserv.cli.Interrupts.InterruptedCommandException;
import zipserv.model.ModelConfig;
import zipserv.model.ModelException;
import zipserv.model.Tokenizer;
import zipserv.model.generation.BatchGenerator;
import zipserv.model.generation.BatchGenerator.Request;
import zipserv.model.generation.GenerationOptions;
import zipserv.model.generation.GenerationResult;

/** {@code run --batch}: continues many prompts together and prints the texts in the order of the prompts. */
final class BatchRun {

    private static final JsonMapper MAPPER = new JsonMapper();

    private final Terminal terminal;
    private final List<Prompt> prompts;
    private final List<Request> requests = new ArrayList<>();
    private final boolean json;
    /** Results that wait for one before them. */
    private final Map<Integer, GenerationResult> waiting = new TreeMap<>();
    private int printed;
    private long promptTokens;
    private long generatedTokens;

    /**
     * @param options of each text; its seed is that of the options plus the text's index, so that equal prompts need
     *                not give equal texts
     * @param json    a JSON object per line instead of text
     */
    BatchRun(Terminal terminal, List<Prompt> prompts, Tokenizer tokenizer, GenerationOptions options, boolean json) {
        this.terminal = terminal;
        this.prompts = prompts;
        this.json = json;
        for (Prompt prompt : prompts) {
            long seed = options.seed() + requests.size();
            requests.add(new Request(tokenizer.encode(prompt.text(), true), new GenerationOptions(
                    prompt.maxTokens().orElse(options.maxTokens()), options.sampling(), seed, options.stopTokens(),
                    options.stopStrings())));
        }
    }

    /**
     * What the largest texts need that may be in work at the same time.
     *
     * @throws ModelException if a prompt does not fit the model's context
     */
    Room room(ModelConfig config, int parallel) {
        for (int i = 0; i < requests.size(); i++) {
            if (requests.get(i).prompt().length > config.maxPositions()) {
                throw new ModelException("the prompt in line " + prompts.get(i).line() + " has "
                        + requests.get(i).prompt().length + " tokens, but the context has room for "
                        + config.maxPositions());
            }
        }
        int sequences = Math.min(parallel, requests.size());
        long tokens = requests.stream().mapToLong(request -> request.capacity(config.maxPositions()))
                .sorted().skip(requests.size() - sequences).sum();
        return new Room(Math.toIntExact(tokens), sequences);
    }

    /** Generates and prints. */
    void run(ModelSession session, Tokenizer tokenizer, int parallel, boolean stats) {
        BatchGenerator generator = new BatchGenerator(session.engine(), tokenizer, parallel);
        long start = System.nanoTime();
        try (Interrupts _ = new Interrupts(generator::stop)) {
            generator.generate(requests, this::take);
        }
        // After an interrupt, texts before these may be missing.
        waiting.forEach(this::print);
        if (stats) {
            double seconds = (System.nanoTime() - start) / 1e9;
            terminal.err().println(String.format(Locale.ROOT,
                    "%d texts in %.3f s: %d prompt tokens, %d generated tokens, %.2f generated tokens/s",
                    printed + waiting.size(), seconds, promptTokens, generatedTokens, generatedTokens / seconds));
        }
        if (printed < requests.size()) {
            throw new InterruptedCommandException();
        }
    }

    private void take(int index, GenerationResult result) {
        promptTokens += result.statistics().promptTokens();
        generatedTokens += result.statistics().generatedTokens();
        waiting.put(index, result);
        for (GenerationResult next = waiting.remove(printed); next != null; next = waiting.remove(printed)) {
            print(printed, next);
            printed++;
        }
    }

    private void print(int index, GenerationResult result) {
        String text = json ? line(index, result)
                : "=== " + (index + 1) + " (line " + prompts.get(index).line() + ") ===\n" + result.text() + "\n";
        new TextOutput(terminal.out()).accept(text);
        terminal.out().flush();
    }

    private String line(int index, GenerationResult result) {
        return MAPPER.createObjectNode().put("index", index).put("line", prompts.get(index).line())
                .put("prompt", prompts.get(index).text()).put("text", result.text())
                .put("prompt_tokens", result.statistics().promptTokens()).put("tokens", result.tokens().size())
                .put("stop_reason", result.stopReason().name().toLowerCase(Locale.ROOT)) + "\n";
    }
}
