package zipserv.throughput;

/**
 * One thing to measure, named as llama-bench names it.
 *
 * @param kind   prompts or generation
 * @param tokens tokens per sequence that are timed
 * @param batch  sequences in one step; 1 for a prompt
 */
public record ModelTest(Kind kind, int tokens, int batch) {

    /** What is timed. */
    public enum Kind {
        /** Prompt processing: one prefill of an empty sequence. */
        PP,
        /** Text generation: decode steps, one token per sequence each, behind {@value ModelTest#DEPTH} token. */
        TG
    }

    /**
     * Tokens that a sequence begins with before its generation is timed: one, so that there is something to continue.
     */
    public static final int DEPTH = 1;

    public ModelTest {
        if (tokens < 1 || batch < 1) {
            throw new IllegalArgumentException(tokens + " tokens for " + batch + " sequences, expected 1 or more");
        }
    }

    /** Prefill of so many tokens. */
    public static ModelTest prompt(int tokens) {
        return new ModelTest(Kind.PP, tokens, 1);
    }

    /** So many decode steps for so many sequences. */
    public static ModelTest generation(int tokens, int batch) {
        return new ModelTest(Kind.TG, tokens, batch);
    }

    /** "pp512", "tg128". */
    public String name() {
        return (kind == Kind.PP ? "pp" : "tg") + tokens;
    }

    /** Tokens that each sequence has to hold. */
    public int capacity() {
        return kind == Kind.PP ? tokens : DEPTH + tokens;
    }

    /** Tokens that the cache has to hold. */
    public int cacheTokens() {
        return Math.multiplyExact(batch, capacity());
    }
}
