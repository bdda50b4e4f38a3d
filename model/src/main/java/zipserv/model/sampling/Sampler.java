package zipserv.model.sampling;

import zipserv.model.ModelException;

/**
 * Chooses tokens from logits. The same choice and logits give the same token on every machine and device: what is added
 * is integers, in {@link Weights}. A logit that is NaN is never chosen, and infinity at once. Used by one thread at a
 * time.
 */
public final class Sampler {

    private final ThresholdSearch thresholds = new ThresholdSearch();

    /** The tokens still in play, ascending, with their logits and weights. */
    private int[] tokens = new int[0];
    private float[] values = new float[0];
    private double[] exponents = new double[0];
    private long[] weights = new long[0];
    private int count;

    /** {@link #sample(float[], int, int, Choice)} of a whole array. */
    public int sample(float[] logits, Choice choice) {
        return sample(logits, 0, logits.length, choice);
    }

    /**
     * Chooses a token.
     *
     * @param from       where the row of logits begins
     * @param vocabulary its length
     * @return the token; -1 if no logit is a number or, unless the choice is greedy, all are minus infinity
     */
    public int sample(float[] logits, int from, int vocabulary, Choice choice) {
        int best = argmax(logits, from, vocabulary);
        if (best < 0 || choice.isGreedy() || logits[from + best] == Float.POSITIVE_INFINITY) {
            return best;
        }
        collect(logits, from, vocabulary);
        keepTopK(choice.parameters().topK());
        weigh(logits[from + best], choice.scale());
        keepTopP(choice.topPFraction());
        return draw(choice.random(), choice.leastWeight());
    }

    /** The error for logits among which there is none to choose. */
    public static ModelException noChoice() {
        return new ModelException("the model computed no usable logits (all are NaN or minus infinity)");
    }

    /** Index of the largest value, the lowest among equals; NaN is never the largest; -1 if there is nothing else. */
    static int argmax(float[] logits, int from, int vocabulary) {
        int best = -1;
        float largest = Float.NEGATIVE_INFINITY;
        for (int i = 0; i < vocabulary; i++) {
            float logit = logits[from + i];
            if (logit > largest || best < 0 && logit == largest) {
                best = i;
                largest = logit;
            }
        }
        return best;
    }

    /** All tokens whose logit is a number above minus infinity. */
    private void collect(float[] logits, int from, int vocabulary) {
        if (tokens.length < vocabulary) {
            tokens = new int[vocabulary];
            values = new float[vocabulary];
            exponents = new double[vocabulary];
            weights = new long[vocabulary];
        }
        count = 0;
        for (int i = 0; i < vocabulary; i++) {
            if (logits[from + i] > Float.NEGATIVE_INFINITY) {
                tokens[count] = i;
                values[count] = logits[from + i];
                count++;
            }
        }
    }

    private void keepTopK(int k) {
        if (k > 0 && k < count) {
            float threshold = thresholds.find(values, null, count, k - 1);
            int kept = 0;
            for (int i = 0; i < count; i++) {
                if (values[i] >= threshold) {
                    tokens[kept] = tokens[i];
                    values[kept] = values[i];
                    kept++;
                }
            }
            count = kept;
        }
    }

    private void weigh(float largest, double scale) {
        for (int i = 0; i < count; i++) {
            exponents[i] = ((double) values[i] - largest) * scale;
        }
        Weights.weigh(exponents, weights, count);
    }

    private void keepTopP(long fraction) {
        if (fraction == Choice.ALL) {
            return;
        }
        long wanted = Math.max(Math.unsignedMultiplyHigh(fraction, total(0)), 1);
        float threshold = thresholds.find(values, weights, count, wanted - 1);
        int kept = 0;
        for (int i = 0; i < count; i++) {
            if (values[i] >= threshold) {
                tokens[kept] = tokens[i];
                weights[kept] = weights[i];
                kept++;
            }
        }
        count = kept;
    }

    /** The token at which the sum of weights, in the order of tokens, exceeds a random part of all; -1 if all are 0. */
    private int draw(long random, long least) {
        long left = Math.unsignedMultiplyHigh(random, total(least));
        for (int i = 0; i < count; i++) {
            if (weights[i] >= least) {
                left -= weights[i];
                if (left < 0) {
                    return tokens[i];
                }
            }
        }
        return -1;
    }

    private long total(long least) {
        long total = 0;
        for (int i = 0; i < count; i++) {
            total += weights[i] >= least ? weights[i] : 0;
        }
        return total;
    }
}
