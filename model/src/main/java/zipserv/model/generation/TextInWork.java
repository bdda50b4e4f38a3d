package zipserv.model.generation;

import java.util.ArrayList;
import java.util.List;
import java.util.function.BooleanSupplier;
import java.util.function.Consumer;

import zipserv.model.Engine;
import zipserv.model.Engine.Logits;
import zipserv.model.Tokenizer;
import zipserv.model.generation.GenerationResult.Statistics;
import zipserv.model.generation.GenerationResult.StopReason;
import zipserv.model.sampling.Choice;
import zipserv.model.sampling.RepetitionPenalty;
import zipserv.model.sampling.Sampler;
import zipserv.model.text.StreamingDetokenizer;

/** One text while it is generated: chooses its tokens, streams them as text, and tells when it ends. */
final class TextInWork {

    private final Engine.Sequence sequence;
    private final GenerationOptions options;
    private final int promptTokens;
    private final RepetitionPenalty penalty;
    private final StreamingDetokenizer detokenizer;
    private final StopStrings stops;
    private final Consumer<String> listener;
    private final StringBuilder text = new StringBuilder();
    private final List<Integer> tokens = new ArrayList<>();
    private final long start = System.nanoTime();
    private long first;
    private int generated;
    private Choice choice;
    private int last;

    /**
     * Begins with the prompt, whose tokens count for the repetition penalty.
     *
     * @param cached tokens that the sequence holds already
     * @param prompt tokens to append to them
     */
    TextInWork(Engine.Sequence sequence, Tokenizer tokenizer, int[] cached, int[] prompt, GenerationOptions options,
            Consumer<String> listener) {
        this.sequence = sequence;
        this.options = options;
        this.promptTokens = prompt.length;
        this.listener = listener;
        this.choice = Choice.first(options.sampling(), options.seed());
        this.penalty = new RepetitionPenalty(options.sampling().repetitionPenalty());
        for (int token : cached) {
            penalty.accept(token);
        }
        for (int token : prompt) {
            penalty.accept(token);
        }
        this.detokenizer = new StreamingDetokenizer(tokenizer, true);
        this.stops = new StopStrings(options.stopStrings());
    }

    Engine.Sequence sequence() {
        return sequence;
    }

    /** The token chosen last, which the engine is to continue with. */
    int lastToken() {
        return last;
    }

    /** How the engine is to choose the next token. With a repetition penalty that is done here: any choice will do. */
    Choice choice() {
        return penalty.isNeutral() ? choice : Choice.greedy();
    }

    /**
     * Takes the next token, which a row's {@link #choice} gives.
     *
     * @param host    chooses where the engine cannot
     * @param stop    whether the text shall end behind this token whatever it is
     * @return why the text ends here, or null if it goes on
     */
    StopReason next(Logits logits, int row, HostSampling host, BooleanSupplier stop) {
        last = choose(logits, row, host);
        if (generated == 0) {
            first = System.nanoTime();
        }
        generated++;
        if (options.stopTokens().contains(last)) {
            return StopReason.STOP_TOKEN;
        }
        tokens.add(last);
        penalty.accept(last);
        emit(stops.accept(detokenizer.accept(last)));
        if (stops.found()) {
            return StopReason.STOP_STRING;
        } else if (tokens.size() == options.maxTokens()) {
            return StopReason.MAX_TOKENS;
        } else if (sequence.length() == sequence.capacity()) {
            return StopReason.CONTEXT_FULL;
        }
        return stop.getAsBoolean() ? StopReason.INTERRUPTED : null;
    }

    private int choose(Logits logits, int row, HostSampling host) {
        int token = penalty.isNeutral() ? logits.chosen(row) : host.choose(logits, row, penalty, choice);
        if (token < 0) {
            throw Sampler.noChoice();
        }
        choice = choice.next();
        return token;
    }

    /** Hands out what was held back, and tells how it went. */
    GenerationResult finish(StopReason reason) {
        long end = System.nanoTime();
        if (!stops.found()) {
            emit(stops.accept(detokenizer.flush()));
        }
        emit(stops.flush());
        return new GenerationResult(text.toString(), tokens, reason,
                new Statistics(promptTokens, (first - start) / 1e9, generated, (end - first) / 1e9));
    }

    private void emit(String piece) {
        if (!piece.isEmpty()) {
            text.append(piece);
            listener.accept(piece);
        }
    }
}
