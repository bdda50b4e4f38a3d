package zipserv.model.generation;

import java.util.ArrayList;
import java.util.List;
import java.util.function.Consumer;

import zipserv.model.Engine;
import zipserv.model.Engine.Logits;
import zipserv.model.Engine.LogitsAt;
import zipserv.model.ModelException;
import zipserv.model.Tokenizer;
import zipserv.model.generation.GenerationResult.Statistics;
import zipserv.model.generation.GenerationResult.StopReason;
import zipserv.model.sampling.Sampler;
import zipserv.model.text.StreamingDetokenizer;

/** Generates text with an engine: prefill, then token by token. Used by one thread at a time, like the engine. */
public final class Generator {

    private final Engine engine;
    private final Tokenizer tokenizer;
    private volatile boolean stopRequested;

    /** Neither is closed by this class. */
    public Generator(Engine engine, Tokenizer tokenizer) {
        this.engine = engine;
        this.tokenizer = tokenizer;
    }

    public Engine engine() {
        return engine;
    }

    public Tokenizer tokenizer() {
        return tokenizer;
    }

    /** Ends the text in work after its next token. May be called by any thread. */
    public void stop() {
        stopRequested = true;
    }

    /**
     * Continues a prompt in a context of its own, as long as prompt and new tokens need, at most the model's longest.
     *
     * @param listener gets the new text piece by piece, as soon as each is certain
     * @throws ModelException if the prompt is empty or longer than the model's context
     */
    public GenerationResult generate(int[] prompt, GenerationOptions options, Consumer<String> listener) {
        int longest = engine.config().maxPositions();
        checkPrompt(prompt, longest);
        int capacity = (int) Math.min(longest, (long) prompt.length + options.maxTokens());
        try (Engine.Sequence sequence = engine.newSequence(capacity)) {
            return generate(sequence, new int[0], prompt, options, listener);
        }
    }

    /**
     * Continues a text whose beginning is already in a sequence's cache. Afterwards the cache holds the new tokens as
     * well, except the last one and a stop token.
     *
     * @param cached tokens in the sequence, which the repetition penalty counts as part of the text
     * @param prompt tokens to append first, at least one
     * @throws ModelException if the prompt is empty or does not fit
     */
    public GenerationResult generate(Engine.Sequence sequence, int[] cached, int[] prompt, GenerationOptions options,
            Consumer<String> listener) {
        checkPrompt(prompt, sequence.capacity() - sequence.length());
        long start = System.nanoTime();
        Sampler sampler = new Sampler(options.sampling(), options.seed());
        for (int token : cached) {
            sampler.accept(token);
        }
        for (int token : prompt) {
            sampler.accept(token);
        }
        TextSink sink = new TextSink(tokenizer, options.stopStrings(), listener);
        List<Integer> tokens = new ArrayList<>();
        float[] row = new float[engine.config().vocabularySize()];

        Logits logits = engine.prefill(sequence, prompt, LogitsAt.LAST);
        int token = choose(logits, sampler, row);
        long first = System.nanoTime();
        int generated = 1;
        StopReason reason = null;
        while (reason == null) {
            if (options.stopTokens().contains(token)) {
                reason = StopReason.STOP_TOKEN;
                break;
            }
            tokens.add(token);
            sampler.accept(token);
            sink.accept(token);
            if (sink.stopped()) {
                reason = StopReason.STOP_STRING;
            } else if (tokens.size() == options.maxTokens()) {
                reason = StopReason.MAX_TOKENS;
            } else if (sequence.length() == sequence.capacity()) {
                reason = StopReason.CONTEXT_FULL;
            } else if (stopRequested || Thread.currentThread().isInterrupted()) {
                reason = StopReason.INTERRUPTED;
            } else {
                token = choose(engine.decode(List.of(sequence), new int[] {token}), sampler, row);
                generated++;
            }
        }
        stopRequested = false;
        long last = System.nanoTime();
        sink.finish();
        return new GenerationResult(sink.text(), tokens, reason,
                new Statistics(prompt.length, (first - start) / 1e9, generated, (last - first) / 1e9));
    }

    private static int choose(Logits logits, Sampler sampler, float[] row) {
        if (sampler.isArgmax()) {
            int token = logits.argmax(0);
            if (token < 0) {
                throw Sampler.noChoice();
            }
            return token;
        }
        logits.copyRow(0, row);
        return sampler.sample(row);
    }

    private void checkPrompt(int[] prompt, int room) {
        if (prompt.length == 0) {
            throw new ModelException("the prompt is empty, and the model's tokenizer adds no begin token to it");
        }
        if (prompt.length > room) {
            throw new ModelException("the prompt has " + prompt.length + " tokens, but the context has room for "
                    + room);
        }
        int vocabulary = engine.config().vocabularySize();
        for (int token : prompt) {
            if (token < 0 || token >= vocabulary) {
                throw new ModelException("the tokenizer gives the id " + token + ", but the model has only "
                        + vocabulary + " tokens: tokenizer.json and config.json do not belong together");
            }
        }
    }

    /** From tokens to streamed text. */
    private static final class TextSink {

        private final StreamingDetokenizer detokenizer;
        private final StopStrings stops;
        private final Consumer<String> listener;
        private final StringBuilder text = new StringBuilder();

        TextSink(Tokenizer tokenizer, List<String> stopStrings, Consumer<String> listener) {
            this.detokenizer = new StreamingDetokenizer(tokenizer, true);
            this.stops = new StopStrings(stopStrings);
            this.listener = listener;
        }

        void accept(int token) {
            emit(stops.accept(detokenizer.accept(token)));
        }

        boolean stopped() {
            return stops.found();
        }

        void finish() {
            if (!stops.found()) {
                emit(stops.accept(detokenizer.flush()));
            }
            emit(stops.flush());
        }

        String text() {
            return text.toString();
        }

        private void emit(String piece) {
            if (!piece.isEmpty()) {
                text.append(piece);
                listener.accept(piece);
            }
        }
    }
}
