package zipserv.model;

import java.util.Collections;
import java.util.List;
import java.util.Optional;

import zipserv.model.sampling.Choice;

/**
 * Runs a model. An engine holds the weights; a {@link Sequence} holds one text's key/value cache. An engine is used by
 * one thread at a time and brings its own parallelism.
 *
 * <p>Results are deterministic: the same weights, tokens and calls give the same bits on any number of threads, and
 * compressed and uncompressed weights give the same bits.
 */
public interface Engine extends AutoCloseable {

    /** "cpu", "gpu" or "emulator". */
    String name();

    /** The architecture. */
    ModelConfig config();

    /** Largest batch that {@link #decode} takes. */
    int maxBatch();

    /** The largest capacity that {@link #newSequence} can give at this moment; 0 if none. */
    int room();

    /** Memory that the engine has taken at this moment. When all sequences are closed it is the same every time. */
    MemoryUse memory();

    /** The device and how much of its memory is free at this moment; empty if it has no memory of its own. */
    Optional<DeviceInfo> device();

    /**
     * Opens a sequence with room for {@code capacity} tokens.
     *
     * @throws IllegalArgumentException if capacity is below 1 or above the model's {@code maxPositions}
     * @throws ModelException           if the key/value cache has no room for it, see {@link #room}
     */
    Sequence newSequence(int capacity);

    /**
     * Appends tokens to a sequence and returns the logits that follow the last of them (one row), or those at each of
     * them (a row per token). Choices are greedy.
     *
     * @throws ContextOverflowException if the tokens do not fit; the sequence is unchanged
     */
    Logits prefill(Sequence sequence, int[] tokens, LogitsAt at);

    /**
     * Appends tokens to a sequence and returns the logits that follow the last of them, one row.
     *
     * @param choice how the token that follows is to be chosen
     * @throws ContextOverflowException if the tokens do not fit; the sequence is unchanged
     */
    Logits prefill(Sequence sequence, int[] tokens, Choice choice);

    /**
     * One step for a batch: appends {@code tokens[i]} to {@code sequences.get(i)}, each at its own position. Row i of
     * the result belongs to sequence i.
     *
     * @param choices how the token that follows each row is to be chosen; an engine may choose it before it is asked
     *                for, and go on with it
     * @throws ContextOverflowException if one of the sequences is full; all are unchanged
     */
    Logits decode(List<? extends Sequence> sequences, int[] tokens, List<Choice> choices);

    /** {@link #decode(List, int[], List)} with greedy choices. */
    default Logits decode(List<? extends Sequence> sequences, int[] tokens) {
        return decode(sequences, tokens, Collections.nCopies(tokens.length, Choice.greedy()));
    }

    @Override
    void close();

    /** Which positions of a prefill want logits. */
    enum LogitsAt { LAST, ALL }

    /** One text in work: its tokens so far live as keys and values in a cache of fixed capacity. */
    interface Sequence extends AutoCloseable {

        /** Tokens appended so far. */
        int length();

        /** Room in tokens. */
        int capacity();

        /** Forgets all tokens from position {@code length} on. */
        void truncate(int length);

        @Override
        void close();
    }

    /**
     * Unnormalised log-probabilities, a row of {@code vocabularySize} floats per position or sequence. Valid until the
     * engine's next call; an engine with device memory copies only what is asked for.
     */
    interface Logits {

        int rows();

        /** Copies one row to {@code out[0 .. vocabularySize)}. */
        void copyRow(int row, float[] out);

        /**
         * The token that follows a row by the row's {@link Choice}; -1 if there is none to choose. The greedy one is
         * the index of the largest logit, the lowest among equals; NaN is never it, -1 if all are NaN.
         */
        int chosen(int row);
    }

    /** Tokens that do not fit a sequence's capacity. */
    final class ContextOverflowException extends RuntimeException {
        public ContextOverflowException(int length, int added, int capacity) {
            super("context is full: " + length + " tokens + " + added + " new ones exceed the capacity of " + capacity);
        }
    }
}
