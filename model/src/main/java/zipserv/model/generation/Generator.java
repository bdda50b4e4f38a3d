package zipserv.model.generation;

import java.util.List;
import java.util.function.Consumer;

import zipserv.model.Engine;
import zipserv.model.ModelException;
import zipserv.model.Tokenizer;
import zipserv.model.generation.GenerationResult.StopReason;

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
        checkPrompt(engine, prompt, longest);
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
        checkPrompt(engine, prompt, sequence.capacity() - sequence.length());
        TextInWork text = new TextInWork(sequence, tokenizer, cached, prompt, options, listener);
        HostSampling host = new HostSampling(engine.config().vocabularySize());
        StopReason reason = text.next(engine.prefill(sequence, prompt, text.choice()), 0, host, this::isStopped);
        while (reason == null) {
            reason = text.next(engine.decode(List.of(sequence), new int[] {text.lastToken()}, List.of(text.choice())),
                    0, host, this::isStopped);
        }
        stopRequested = false;
        return text.finish(reason);
    }

    private boolean isStopped() {
        return stopRequested || Thread.currentThread().isInterrupted();
    }

    /** @throws ModelException if a prompt is empty, does not fit or has unknown tokens */
    static void checkPrompt(Engine engine, int[] prompt, int room) {
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
}
