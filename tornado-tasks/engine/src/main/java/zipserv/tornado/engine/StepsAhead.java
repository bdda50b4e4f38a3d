package zipserv.tornado.engine;

import java.lang.foreign.MemorySegment;

/**
 * Runs steps, and in decoding each next one before it is asked for, so that the device need not wait for the host.
 *
 * <p>After a decode step the host nearly always asks for the step whose tokens are those that this one has chosen, and
 * whose positions and random numbers are the next. Where it has done so several times, that step is enqueued behind the
 * present one. If the host's next call is for the same words of {@link StepInput} and {@link StepChoices}, row by row,
 * its result is the step in flight: a step depends on these words and on cache slots that nobody has written since.
 * Otherwise the step in flight is waited for and forgotten. All it has left is the key and value of each sequence's
 * next position, inside the sequence's own slots; whoever gets to that position, or gets the slots, writes them before
 * reading them.
 *
 * <p>A step in flight overwrites the logits of the one before, but not the tokens it chose. If they are asked for, the
 * step before is run again: the same input gives the same bits. So this is for hosts that look at the tokens only, and
 * who does not, or often goes another way, is trusted later and later.
 */
final class StepsAhead implements AutoCloseable {

    /** How many steps in succession have to be the expected ones, at first. */
    static final int LEAST_PATIENCE = 2;
    /** The same at last. */
    static final int MOST_PATIENCE = 256;
    /** Steps that have to be run ahead to make up for one in vain: about a step's time by what running ahead saves. */
    static final int WORTHWHILE = 32;

    private static final int[] NOTHING = {};

    private final Steps steps;
    private final StepInput input;
    private final StepChoices choices;
    private final boolean enabled;

    /** Input of the last step if it was a decode step, which its chosen tokens belong to; else empty. */
    private int[] decoded = NOTHING;
    /** Its choices, unless all were greedy. */
    private int[] decodedChoices = NOTHING;
    private boolean logitsRead;
    /** Steps enqueued and not waited for: between calls, the step in flight or none. */
    private int pending;
    /** Expected steps in succession. */
    private int streak;
    private int patience = LEAST_PATIENCE;
    /** Steps in succession that had been run ahead. */
    private int gained;

    /** Neither is used by anyone else to run steps. */
    StepsAhead(Steps steps, StepInput input, StepChoices choices) {
        this.steps = steps;
        this.input = input;
        this.choices = choices;
        this.enabled = steps.canFollow();
    }

    /** Runs a step of a prompt with the input and choices that are set, rows of one sequence, and waits for it. */
    void prompt(int rows) {
        run(rows, false, false);
    }

    /**
     * Runs a decode step with the input and choices that are set, and waits for it.
     *
     * @param room whether each row's sequence has room for one more token after this step
     */
    void decode(int rows, boolean room) {
        run(rows, true, room);
    }

    private void run(int rows, boolean decoding, boolean room) {
        boolean sampling = choices.sampling();
        int[] choiceWords = sampling && decoding ? choices.copy(rows) : NOTHING;
        boolean expected = decoding && isExpected(rows) && StepChoices.follow(decodedChoices, choiceWords);
        streak = expected && !logitsRead ? streak + 1 : 0;
        decoded = NOTHING;
        if (expected && pending == 1) {
            gained++;
        } else {
            forget();
            steps.enqueue(rows, decoding, sampling);
            pending++;
        }
        if (enabled && decoding && room && streak >= patience) {
            steps.enqueueNext(rows, sampling);
            pending++;
        }
        await();
        decoded = decoding ? input.copy(rows) : NOTHING;
        decodedChoices = choiceWords;
        logitsRead = false;
    }

    /** Whether the input is what the last step's becomes with the tokens that it has chosen. */
    private boolean isExpected(int rows) {
        if (decoded.length != rows * StepInput.STRIDE) {
            return false;
        }
        int[] words = input.copy(rows);
        for (int row = 0; row < rows; row++) {
            if (words[StepInput.token(row)] != steps.best(row)
                    || words[StepInput.position(row)] != decoded[StepInput.position(row)] + 1
                    || words[StepInput.firstSlot(row)] != decoded[StepInput.firstSlot(row)]) {
                return false;
            }
        }
        return true;
    }

    private void await() {
        pending--;
        steps.await();
    }

    /** Waits for the step in flight, if there is one: it was in vain. */
    private void forget() {
        if (pending > 0) {
            patience = gained < WORTHWHILE ? Math.min(MOST_PATIENCE, 2 * patience) : LEAST_PATIENCE;
        }
        gained = 0;
        while (pending > 0) {
            await();
        }
    }

    /** The token that the last step has chosen for a row, -1 if there was none to choose. */
    int best(int row) {
        return steps.best(row);
    }

    /** Copies a row of the last step's logits. Input and choices are still those of the step. */
    void copyLogits(int row, MemorySegment to) {
        logitsRead = true;
        if (pending > 0) {
            forget();
            steps.enqueue(decoded.length / StepInput.STRIDE, true, choices.sampling());
            pending++;
            await();
        }
        steps.copyLogits(row, to);
    }

    /** Frees the device's memory. */
    @Override
    public void close() {
        try {
            forget();
        } finally {
            steps.close();
        }
    }
}
