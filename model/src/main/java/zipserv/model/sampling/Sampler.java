package zipserv.model.sampling;

import java.util.Arrays;
import java.util.BitSet;

import zipserv.model.ModelException;

/**
 * Chooses tokens from logits. One sampler serves one text: it knows the tokens so far (for the repetition penalty) and
 * the state of the random numbers. The same parameters, seed, tokens and logits give the same choices on every machine.
 *
 * <p>A logit that is NaN is never chosen. The vocabulary is never sorted as a whole: top-k selects with a heap of k
 * entries, top-p sorts only tokens probable enough to matter.
 */
public final class Sampler {

    private final SamplingParameters parameters;
    private final SplitMix64 random;
    private final BitSet seen = new BitSet();

    /** The tokens still in play, the weight of each (its probability relative to the most probable one). */
    private int[] candidates = new int[0];
    private double[] weights = new double[0];
    private int count;

    public Sampler(SamplingParameters parameters, long seed) {
        this.parameters = parameters;
        this.random = new SplitMix64(seed);
    }

    /** Whether the choice is simply the largest logit, so that logits need not be looked at one by one. */
    public boolean isArgmax() {
        return parameters.isGreedy() && parameters.repetitionPenalty() == 1;
    }

    /** Adds a token to the text, which the repetition penalty looks at. */
    public void accept(int token) {
        seen.set(token);
    }

    /**
     * Chooses the next token; {@link #accept} it if it becomes part of the text.
     *
     * @param logits one per token of the vocabulary; changed by the repetition penalty
     * @throws ModelException if no logit is a number above minus infinity
     */
    public int sample(float[] logits) {
        penalize(logits);
        int best = argmax(logits);
        if (best < 0 || logits[best] == Float.NEGATIVE_INFINITY) {
            throw noChoice();
        }
        if (parameters.isGreedy() || logits[best] == Float.POSITIVE_INFINITY) {
            return best;
        }
        weigh(logits, logits[best], topKThreshold(logits));
        keepTopP(logits);
        keepMinP();
        return draw();
    }

    /** The error for logits among which there is none to choose. */
    public static ModelException noChoice() {
        return new ModelException("the model computed no usable logits (all are NaN or minus infinity)");
    }

    /** Index of the largest value, the lowest among equals; NaN is never the largest; -1 if there is nothing else. */
    public static int argmax(float[] logits) {
        int best = -1;
        float largest = Float.NEGATIVE_INFINITY;
        for (int i = 0; i < logits.length; i++) {
            if (logits[i] > largest || best < 0 && logits[i] == largest) {
                best = i;
                largest = logits[i];
            }
        }
        return best;
    }

    private void penalize(float[] logits) {
        float penalty = (float) parameters.repetitionPenalty();
        if (penalty == 1) {
            return;
        }
        for (int token = seen.nextSetBit(0); token >= 0 && token < logits.length; token = seen.nextSetBit(token + 1)) {
            logits[token] = logits[token] < 0 ? logits[token] * penalty : logits[token] / penalty;
        }
    }

    /** The k-th largest logit. */
    private float topKThreshold(float[] logits) {
        int k = parameters.topK();
        if (k == 0 || k >= logits.length) {
            return Float.NEGATIVE_INFINITY;
        }
        float[] heap = new float[k];
        Arrays.fill(heap, Float.NEGATIVE_INFINITY);
        for (float logit : logits) {
            if (logit > heap[0]) {
                replaceSmallest(heap, logit);
            }
        }
        return heap[0];
    }

    /** Replaces the root of a heap whose root is the smallest value. */
    private static void replaceSmallest(float[] heap, float value) {
        int hole = 0;
        for (int child = 1; child < heap.length; child = 2 * hole + 1) {
            if (child + 1 < heap.length && heap[child + 1] < heap[child]) {
                child++;
            }
            if (heap[child] >= value) {
                break;
            }
            heap[hole] = heap[child];
            hole = child;
        }
        heap[hole] = value;
    }

    private void weigh(float[] logits, float largest, float threshold) {
        if (candidates.length < logits.length) {
            candidates = new int[logits.length];
            weights = new double[logits.length];
        }
        count = 0;
        for (int i = 0; i < logits.length; i++) {
            if (logits[i] >= threshold && logits[i] > Float.NEGATIVE_INFINITY) {
                candidates[count] = i;
                weights[count] = ((double) logits[i] - largest) / parameters.temperature();
                count++;
            }
        }
        Weights.exp(weights, count);
    }

    private void keepTopP(float[] logits) {
        double p = parameters.topP();
        if (p == 1) {
            return;
        }
        double total = total();
        // All tokens below this bound together weigh less than 1 - p: the others reach p without them.
        double bound = (1 - p) * total / count;
        long[] order = new long[count];
        int probable = 0;
        for (int i = 0; i < count; i++) {
            if (weights[i] >= bound) {
                order[probable++] = descendingKey(logits[candidates[i]], i);
            }
        }
        Arrays.sort(order, 0, probable);
        double sum = 0;
        int kept = 0;
        int[] keptCandidates = new int[probable];
        double[] keptWeights = new double[probable];
        while (kept < probable && (kept == 0 || sum < p * total)) {
            int i = (int) order[kept];
            keptCandidates[kept] = candidates[i];
            keptWeights[kept] = weights[i];
            sum += weights[i];
            kept++;
        }
        System.arraycopy(keptCandidates, 0, candidates, 0, kept);
        System.arraycopy(keptWeights, 0, weights, 0, kept);
        count = kept;
    }

    /** Sorts as larger logits first, among equals lower indices first. */
    private static long descendingKey(float logit, int index) {
        int bits = Float.floatToIntBits(logit + 0f);
        int ascending = bits ^ (bits >> 31 & 0x7FFFFFFF);
        return (long) ~ascending << 32 | index;
    }

    private void keepMinP() {
        int kept = 0;
        for (int i = 0; i < count; i++) {
            if (weights[i] >= parameters.minP()) {
                candidates[kept] = candidates[i];
                weights[kept] = weights[i];
                kept++;
            }
        }
        count = kept;
    }

    private int draw() {
        double left = random.nextDouble() * total();
        int i = 0;
        while (i < count - 1 && left >= weights[i]) {
            left -= weights[i];
            i++;
        }
        return candidates[i];
    }

    private double total() {
        double total = 0;
        for (int i = 0; i < count; i++) {
            total += weights[i];
        }
        return total;
    }
}
