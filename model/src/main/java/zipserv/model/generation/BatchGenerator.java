package zipserv.model.generation;

import java.util.ArrayList;
import java.util.Iterator;
import java.util.List;
import java.util.function.BiConsumer;

import zipserv.model.Engine;
import zipserv.model.Engine.Logits;
import zipserv.model.Engine.Sequence;
import zipserv.model.ModelException;
import zipserv.model.Tokenizer;
import zipserv.model.generation.GenerationResult.StopReason;

/**
 * Generates many texts at the same time, in continuous batches: as soon as one ends, the next begins in its place,
 * while the others go on. Each text is what it would be alone. Used by one thread at a time, like the engine.
 */
public final class BatchGenerator {

    private final Engine engine;
    private final Tokenizer tokenizer;
    private final int parallel;
    private volatile boolean stopRequested;

    /** Neither is closed by this class. */
    public BatchGenerator(Engine engine, Tokenizer tokenizer) {
        this(engine, tokenizer, engine.maxBatch());
    }

    /** @param parallel most texts at the same time, if the engine can take so many */
    public BatchGenerator(Engine engine, Tokenizer tokenizer, int parallel) {
        this.engine = engine;
        this.tokenizer = tokenizer;
        this.parallel = Math.clamp(parallel, 1, engine.maxBatch());
    }

    /**
     * A text to write.
     *
     * @param prompt  its beginning, at least one token
     * @param options what to generate
     */
    public record Request(int[] prompt, GenerationOptions options) {

        /** Tokens of context that it may need, at most the model's longest. */
        public int capacity(int longest) {
            return (int) Math.min(longest, (long) prompt.length + options.maxTokens());
        }
    }

    /** Ends the texts in work after their next token, and begins no others. May be called by any thread. */
    public void stop() {
        stopRequested = true;
    }

    /**
     * Writes all texts.
     *
     * @param listener gets the index of a request and its result when the text has ended; shorter ones come first
     * @throws ModelException if a prompt does not fit; nothing has been generated then
     */
    public void generate(List<Request> requests, BiConsumer<Integer, GenerationResult> listener) {
        int longest = engine.config().maxPositions();
        for (Request request : requests) {
            Generator.checkPrompt(engine, request.prompt(), longest);
        }
        HostSampling host = new HostSampling(engine.config().vocabularySize());
        List<Slot> active = new ArrayList<>();
        try {
            int next = 0;
            while (!active.isEmpty() || next < requests.size() && !stopRequested) {
                while (next < requests.size() && !stopRequested && active.size() < parallel
                        && requests.get(next).capacity(longest) <= engine.room()) {
                    begin(next, requests.get(next), active, host, listener);
                    next++;
                }
                if (!active.isEmpty()) {
                    step(active, host, listener);
                } else if (next < requests.size() && !stopRequested
                        && requests.get(next).capacity(longest) > engine.room()) {
                    throw new ModelException("text " + (next + 1) + " needs a context of "
                            + requests.get(next).capacity(longest) + " tokens, but the key/value cache has room for "
                            + engine.room());
                }
            }
        } finally {
            stopRequested = false;
            active.forEach(slot -> slot.text().sequence().close());
        }
    }

    private record Slot(int index, TextInWork text) {
    }

    private void begin(int index, Request request, List<Slot> active, HostSampling host,
            BiConsumer<Integer, GenerationResult> listener) {
        Sequence sequence = engine.newSequence(request.capacity(engine.config().maxPositions()));
        Slot slot = new Slot(index,
                new TextInWork(sequence, tokenizer, new int[0], request.prompt(), request.options(), piece -> { }));
        active.add(slot);
        Logits logits = engine.prefill(sequence, request.prompt(), slot.text().choice());
        if (advance(slot, logits, 0, host, listener)) {
            active.removeLast();
        }
    }

    private void step(List<Slot> active, HostSampling host, BiConsumer<Integer, GenerationResult> listener) {
        Logits logits = engine.decode(active.stream().map(slot -> slot.text().sequence()).toList(),
                active.stream().mapToInt(slot -> slot.text().lastToken()).toArray(),
                active.stream().map(slot -> slot.text().choice()).toList());
        int row = 0;
        for (Iterator<Slot> slots = active.iterator(); slots.hasNext(); row++) {
            if (advance(slots.next(), logits, row, host, listener)) {
                slots.remove();
            }
        }
    }

    /** Whether the text has ended; its sequence is closed then. */
    private boolean advance(Slot slot, Logits logits, int row, HostSampling host,
            BiConsumer<Integer, GenerationResult> listener) {
        StopReason reason = slot.text().next(logits, row, host, () -> stopRequested);
        if (reason == null) {
            return false;
        }
        slot.text().sequence().close();
        listener.accept(slot.index(), slot.text().finish(reason));
        return true;
    }
}
