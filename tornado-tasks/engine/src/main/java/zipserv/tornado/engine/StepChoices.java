package zipserv.tornado.engine;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.Arrays;

import uk.ac.manchester.tornado.api.types.arrays.IntArray;
import zipserv.model.sampling.Choice;
import zipserv.model.sampling.SplitMix64;

/**
 * How a step chooses the tokens that follow its rows: nine words per row of logits, which cross the bus before steps
 * that do not choose the largest logit in every row. 64-bit numbers are two words, the lower one first.
 *
 * <pre>
 * word 9n      state of the row's random numbers; the next step's is SplitMix64.GAMMA further
 * word 9n + 2  bits of a double: powers of two per unit of a logit; 0 to choose the largest
 * word 9n + 4  top-p: of 2^64, unsigned, the part of all weights to reach; -1 to keep all
 * word 9n + 6  min-p: the least weight
 * word 9n + 8  top-k: how many; 0 to keep all
 * </pre>
 *
 * The offsets are for kernels and host.
 */
final class StepChoices extends StepWords {

    /** Words of a row. */
    static final int STRIDE = 9;

    static final int STATE = 0;
    static final int SCALE = 2;
    static final int TOP_P = 4;
    static final int LEAST = 6;
    static final int TOP_K = 8;

    /**
     * Rows of greedy choices.
     *
     * @param host  the words on the host
     * @param words the words as kernels get them
     */
    StepChoices(MemorySegment host, IntArray words) {
        super(host, words, STRIDE);
        clear();
    }

    /** Greedy choices for all rows. */
    void clear() {
        host(end).fill((byte) 0);
        end = 0;
    }

    /** Whether there is a choice that is not greedy. */
    boolean sampling() {
        return end > 0;
    }

    /** Sets a row that is greedy so far. */
    void set(int row, Choice choice) {
        if (choice.isGreedy()) {
            return;
        }
        int at = STRIDE * row;
        write(at + STATE, choice.randomState());
        write(at + SCALE, Double.doubleToRawLongBits(choice.scale()));
        write(at + TOP_P, choice.topPFraction());
        write(at + LEAST, choice.leastWeight());
        host.setAtIndex(ValueLayout.JAVA_INT, at + TOP_K, choice.parameters().topK());
        end = Math.max(end, row + 1);
    }

    /** Whether copied words are those of the step that follows another in the same texts. */
    static boolean follow(int[] before, int[] words) {
        for (int at = 0; at < Math.min(words.length, before.length); at += STRIDE) {
            boolean greedy = wide(words, at + SCALE) == 0 && wide(before, at + SCALE) == 0;
            if (!greedy && (wide(words, at + STATE) != wide(before, at + STATE) + SplitMix64.GAMMA
                    || !Arrays.equals(words, at + SCALE, at + STRIDE, before, at + SCALE, at + STRIDE))) {
                return false;
            }
        }
        return words.length == before.length;
    }

    private static long wide(int[] words, int at) {
        return words[at] & 0xFFFF_FFFFL | (long) words[at + 1] << 32;
    }

    private void write(int at, long value) {
        host.setAtIndex(ValueLayout.JAVA_INT, at, (int) value);
        host.setAtIndex(ValueLayout.JAVA_INT, at + 1, (int) (value >>> 32));
    }

    /** A 64-bit number, in a kernel. */
    static long load(IntArray words, int at) {
        return (long) words.get(at + 1) << 32 | words.get(at) & 0xFFFF_FFFFL;
    }

    /** Stores a 64-bit number, in a kernel. */
    static void store(IntArray words, int at, long value) {
        words.set(at, (int) value);
        words.set(at + 1, (int) (value >>> 32));
    }
}
