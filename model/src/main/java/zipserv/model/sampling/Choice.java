package zipserv.model.sampling;

import java.util.List;

/**
 * How one token is to be chosen: by which rule, and with which random number. That is all that a device needs to choose
 * the token itself, and the one after it.
 *
 * @param parameters without a repetition penalty, which needs the text's tokens: see {@link RepetitionPenalty}
 * @param seed       of the text's random numbers
 * @param number     which of them, counted from 0
 */
public record Choice(SamplingParameters parameters, long seed, long number) {

    /** {@link #topPFraction} where top-p keeps all. */
    public static final long ALL = -1;

    private static final Choice GREEDY = new Choice(SamplingParameters.greedy(), 0, 0);

    public Choice {
        if (parameters.repetitionPenalty() != 1) {
            throw new IllegalArgumentException("a choice by itself knows no text: no repetition penalty");
        }
    }

    /** The largest logit. */
    public static Choice greedy() {
        return GREEDY;
    }

    /** A text's first choice; the repetition penalty is left to whoever knows the text. */
    public static Choice first(SamplingParameters parameters, long seed) {
        return parameters.isGreedy() ? GREEDY : new Choice(parameters.withRepetitionPenalty(1), seed, 0);
    }

    /** Checks that there are as many choices as a step has rows. */
    public static void checkCount(List<Choice> choices, int rows) {
        if (choices.size() != rows) {
            throw new IllegalArgumentException(choices.size() + " choices for " + rows + " rows");
        }
    }

    /** The choice of the same text's next token. */
    public Choice next() {
        return isGreedy() ? this : new Choice(parameters, seed, number + 1);
    }

    public boolean isGreedy() {
        return parameters.isGreedy();
    }

    /** State of {@link SplitMix64}, which {@link SplitMix64#GAMMA} takes to the next choice's. */
    public long randomState() {
        return SplitMix64.state(seed, number);
    }

    /** 64 random bits. */
    long random() {
        return SplitMix64.number(randomState());
    }

    /** Powers of two per unit of a logit, see {@link Weights}; 0 to choose the largest logit. */
    public double scale() {
        return isGreedy() ? 0 : Weights.scale(parameters.temperature());
    }

    /** Of 2^64, unsigned: the part of all weights that the tokens which top-p keeps have to reach; or {@link #ALL}. */
    public long topPFraction() {
        return parameters.topP() == 1 ? ALL : Weights.fraction(parameters.topP());
    }

    /** The least weight that min-p keeps. */
    public long leastWeight() {
        return Weights.least(parameters.minP());
    }
}
