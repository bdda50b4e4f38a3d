package zipserv.tornado.engine;

import static org.junit.jupiter.api.Assertions.assertTrue;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.ArrayDeque;
import java.util.Arrays;
import java.util.Deque;
import uk.ac.manchester.tornado.api.types.arrays.IntArray;
import zipserv.model.sampling.SplitMix64;
import zipserv.tornado.kernels.DeviceArrays;
import zipserv.tornado.kernels.GpuException;

/**
 * A device that does what it is told in order, at once: a row's logits follow from all tokens in its cache slots. As
 * on a GPU, a step has only one place for input and logits, and two for results.
 */
final class HashingSteps implements Steps {
    static final int ROWS = 8;
    static final int SLOTS = 160;
    static final int VOCABULARY = 97;

    private final StepInput input;
    private final StepChoices choices;
    private final int[] words = new int[StepInput.STRIDE * ROWS];
    private final long[] states = new long[ROWS];
    final int[] cache = new int[SLOTS];
    private final int[] logits = new int[ROWS];
    private final int[][] best = new int[2][ROWS];
    final Deque<Integer> begun = new ArrayDeque<>();
    int count;
    private int last;
    int following;
    int failAt = -1;
    boolean canFollow = true;

    HashingSteps(StepInput input, StepChoices choices) {
        this.input = input;
        this.choices = choices;
        Arrays.fill(cache, -7);
    }

    @Override
    public void enqueue(int rows, boolean decoding, boolean sampling) {
        System.arraycopy(input.copy(rows), 0, words, 0, rows * StepInput.STRIDE);
        if (sampling) {
            IntArray own = choices.words();
            for (int row = 0; row < rows; row++) {
                boolean greedy = StepChoices.load(own, StepChoices.STRIDE * row + StepChoices.SCALE) == 0;
                states[row] = greedy ? 0 : StepChoices.load(own, StepChoices.STRIDE * row + StepChoices.STATE);
            }
        }
        step(rows, sampling);
    }

    @Override
    public boolean canFollow() {
        return canFollow;
    }

    @Override
    public void enqueueNext(int rows, boolean sampling) {
        following++;
        for (int row = 0; row < rows; row++) {
            words[StepInput.token(row)] = best[count + 1 & 1][row];
            words[StepInput.position(row)]++;
            states[row] += sampling && states[row] != 0 ? SplitMix64.GAMMA : 0;
        }
        step(rows, sampling);
    }

    /** The token that follows logits, by a state of random numbers or 0. */
    static int chosen(int logit, long state) {
        return (int) Math.floorMod(logit + state, (long) VOCABULARY);
    }

    private void step(int rows, boolean sampling) {
        if (count == failAt) {
            failAt = -1;
            throw new GpuException("broken", null);
        }
        assertTrue(begun.size() < 2, "too many steps in flight");
        for (int row = 0; row < rows; row++) {
            cache[words[StepInput.firstSlot(row)] + words[StepInput.position(row)]] = words[StepInput.token(row)];
        }
        for (int row = 0; row < rows; row++) {
            int hash = 1;
            for (int position = 0; position <= words[StepInput.position(row)]; position++) {
                hash = 31 * hash + cache[words[StepInput.firstSlot(row)] + position];
            }
            logits[row] = hash;
            best[count & 1][row] = chosen(hash, sampling ? states[row] : 0);
        }
        begun.add(count++ & 1);
    }

    @Override
    public void await() {
        last = begun.remove();
    }

    @Override
    public int best(int row) {
        return best[last][row];
    }

    @Override
    public void copyLogits(int row, MemorySegment to) {
        to.set(ValueLayout.JAVA_INT, 0, logits[row]);
    }

    @Override
    public DeviceArrays arrays() {
        throw new UnsupportedOperationException();
    }

    @Override
    public StepInput input(int rows) {
        throw new UnsupportedOperationException();
    }

    @Override
    public StepChoices choices(int rows) {
        throw new UnsupportedOperationException();
    }

    @Override
    public void load(Forward model) {
        throw new UnsupportedOperationException();
    }

    @Override
    public void close() {
        assertTrue(begun.isEmpty(), "closed with a step in flight");
    }
}
