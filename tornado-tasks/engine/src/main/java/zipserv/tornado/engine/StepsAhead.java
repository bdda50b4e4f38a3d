package zipserv.tornado.engine;

import java.lang.foreign.MemorySegment;

/**
 * Runs steps, and in greedy decoding each next one before it is asked for, so that the device need not wait for the
 * host.
 *
 * <p>After a decode step the host nearly always asks for the step whose tokens are the argmax of this one, and whose
 * positions are the next. Where it has done so several times, that step is enqueued behind the present one. If the
 * host's next call is for the same words of {@link StepInput}, row by row, its result is the step in flight: a step
 * depends on these words and on cache slots that nobody has written since. Otherwise the step in flight is waited for
 * and forgotten. All it has left is the key and value of each sequence's next position, inside the sequence's own
 * slots; whoever gets to that position, or gets the slots, writes them before reading them.
 *
 * <p>A step in flight overwrites the logits of the one before, but not its argmax. If they are asked for, the step
 * before is run again: the same input gives the same bits. So this is for hosts that look at the argmax only, and who
 * does not, or often goes another way, is trusted later and later.
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
    private final boolean enabled;

    /** Input of the last step if it was a decode step, which its logits' argmax belongs to; else empty. */
    private int[] decoded = NOTHING;
    private boolean logitsRead;
    /** Steps enqueued and not waited for: between calls, the step in flight or none. */
    private int pending;
    /** Expected steps in succession. */
    private int streak;
    private int patience = LEAST_PATIENCE;
    /** Steps in succession that had been run ahead. */
    private int gained;

    /** Neither is used by anyone else to run steps. */
    StepsAhead(Steps steps, StepInput input) {
        this.steps = steps;
        this.input = input;
        this.enabled = steps.canFollow();
    }

    /** Runs a step of a prompt with the input that is set, rows of one sequence, and waits for it. */
    void prompt(int rows) {
        run(rows, false, false);
    }

    /**
     * Runs a decode step with the input that is set, and waits for it.
     *
     * @param room whether each row's sequence has room for one more token after this step
     */
    void decode(int rows, boolean room) {
        run(rows, true, room);
    }

    private void run(int rows, boolean decoding, boolean room) {
        boolean expected = decoding && isExpected(rows);
        streak = expected && !logitsRead ? streak + 1 : 0;
        decoded = NOTHING;
        if (expected && pending == 1) {
            gained++;
        } else {
            forget();
            steps.enqueue(rows, decoding);
            pending++;
        }
        if (enabled && decoding && room && streak >= patience) {
            steps.enqueueNext(rows);
            pending++;
        }
        await();
        decoded = decoding ? input.copy(rows) : NOTHING;
        logitsRead = false;
    }

    /** Whether the input is what greedy decoding makes of the last step's. */
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

    /** The last step's argmax of a row's logits. */
    int best(int row) {
        return steps.best(row);
    }

    /** Copies a row of the last step's logits. The input is still that of the step. */
    void copyLogits(int row, MemorySegment to) {
        logitsRead = true;
        if (pending > 0) {
            forget();
            steps.enqueue(decoded.length / StepInput.STRIDE, true);
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
