package zipserv.tornado.engine;

import java.util.ArrayList;
import java.util.List;

/**
 * How a prompt is cut into steps, of which only a few sizes are prepared: a rest is a step that is filled up, or a
 * smaller full one and what then is left.
 *
 * <p>A step of many rows decompresses all weights once and multiplies each row by them: for an 8B model on an H200
 * some 6.5 ms and 25 to 30 us a row. So a step costs as much as its rows and {@value #STEP_ROWS} more, and half as many
 * more where a row is multiplied twice: 600 tokens are steps of 512 and 128, 700 are one of 1,024.
 */
final class PromptSteps {

    /** Activation rows whose products take as long as what a step takes whatever its size. */
    static final int STEP_ROWS = 256;

    private final List<Integer> sizes;
    private final int overhead;

    /**
     * Steps of prompts.
     *
     * @param sizes rows of the steps that are prepared, ascending
     * @param parts of an activation
     */
    PromptSteps(List<Integer> sizes, int parts) {
        this.sizes = sizes;
        this.overhead = STEP_ROWS / parts;
    }

    /** The sizes of the steps that take so many tokens, in order; all but the last are full. */
    List<Integer> of(int tokens) {
        List<Integer> steps = new ArrayList<>();
        for (int left = tokens; left > 0; left -= steps.getLast()) {
            steps.add(inOneStep(left) <= inSeveral(left) ? covering(left) : filled(left));
        }
        return steps;
    }

    private long cost(int tokens) {
        return tokens <= 0 ? 0 : Math.min(inOneStep(tokens), inSeveral(tokens));
    }

    private long inOneStep(int tokens) {
        return tokens > sizes.getLast() ? Long.MAX_VALUE : overhead + covering(tokens);
    }

    private long inSeveral(int tokens) {
        return tokens < sizes.getFirst() ? Long.MAX_VALUE : overhead + filled(tokens) + cost(tokens - filled(tokens));
    }

    /** The smallest step with room for all tokens. */
    private int covering(int tokens) {
        return sizes.stream().filter(rows -> rows >= tokens).findFirst().orElseThrow();
    }

    /** The largest step that they fill. */
    private int filled(int tokens) {
        return sizes.stream().filter(rows -> rows <= tokens).reduce((_, last) -> last).orElseThrow();
    }
}
