package zipserv.model.generation;

import java.util.List;

/**
 * A generated text.
 *
 * @param text       all of it, as it was streamed
 * @param tokens     its ids, without the stop token; with a stop string, those up to the one that completed it
 * @param stopReason why it ended
 * @param statistics how long it took
 */
public record GenerationResult(String text, List<Integer> tokens, StopReason stopReason, Statistics statistics) {

    public GenerationResult {
        tokens = List.copyOf(tokens);
    }

    /** Why a text ended. */
    public enum StopReason {
        STOP_TOKEN("stop token"),
        STOP_STRING("stop string"),
        MAX_TOKENS("token limit reached"),
        CONTEXT_FULL("context is full"),
        INTERRUPTED("interrupted");

        private final String text;

        StopReason(String text) {
            this.text = text;
        }

        /** For messages to the user. */
        public String text() {
            return text;
        }
    }

    /**
     * Times of one generation.
     *
     * @param promptTokens     tokens computed before the first new one; those already in the cache do not count
     * @param promptSeconds    time for them, which is also the time to the first new token
     * @param generatedTokens  new tokens, the stop token included
     * @param generatedSeconds time from the first new token to the last
     */
    public record Statistics(int promptTokens, double promptSeconds, int generatedTokens, double generatedSeconds) {

        public double promptTokensPerSecond() {
            return promptTokens / promptSeconds;
        }

        /** Of all new tokens but the first, which comes out of the prompt; NaN if there is no other. */
        public double generatedTokensPerSecond() {
            return generatedTokens > 1 ? (generatedTokens - 1) / generatedSeconds : Double.NaN;
        }
    }
}
