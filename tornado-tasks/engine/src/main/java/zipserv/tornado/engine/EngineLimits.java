package zipserv.tornado.engine;

import java.util.List;
import java.util.stream.Stream;

import zipserv.model.EngineOptions;
import zipserv.model.ModelConfig;
import zipserv.model.ModelException;
import zipserv.tornado.kernels.GemmPlan;

/**
 * What the device memory is laid out for. It is laid out once, when a model is opened.
 *
 * @param cacheTokens tokens that the key/value cache holds, of all sequences together
 * @param cache       how keys and values are stored
 * @param activations how activations are multiplied
 * @param stepRows    rows of the steps that are prepared, ascending; a step of fewer rows is filled up. At most
 *                    128 rows of BF16, or 64 of BF16X2
 */
public record EngineLimits(int cacheTokens, ActivationFormat cache, ActivationFormat activations,
        List<Integer> stepRows) {

    /** System property that overrides {@link #cacheTokens}. */
    public static final String CACHE_TOKENS = "zipserv.cache.tokens";

    private static final int DEFAULT_CACHE_TOKENS = 32768;

    public EngineLimits {
        if (cacheTokens < 1) {
            throw new IllegalArgumentException("cache of " + cacheTokens + " tokens, expected at least 1");
        }
        stepRows = List.copyOf(stepRows);
        if (stepRows.isEmpty() || !stepRows.stream().sorted().distinct().toList().equals(stepRows)
                || stepRows.getFirst() < 1 || stepRows.getLast() * activations.parts() > GemmPlan.MAX_BATCH) {
            throw new IllegalArgumentException("steps of " + stepRows + " rows, expected ascending numbers from 1 to "
                    + GemmPlan.MAX_BATCH / activations.parts());
        }
    }

    /**
     * Steps of 1, 2, 4 … rows, up to 128 in the GEMMs; activations and cache as {@link ActivationFormat}'s
     * properties say, of two parts where they say nothing, but for batches that only fit with activations of one; and room for 32,768 tokens or sixteen full contexts, whichever is less, unless {@value
     * #CACHE_TOKENS} says otherwise.
     *
     * @throws ModelException if a property has no sensible value
     */
    public static EngineLimits defaults(ModelConfig config) {
        return of(config, EngineOptions.defaults());
    }

    /** {@link #defaults}, unless the options say how many tokens the cache has to hold. */
    static EngineLimits of(ModelConfig config, EngineOptions options) {
        String property = System.getProperty(CACHE_TOKENS);
        int tokens = property != null ? parse(property)
                : options.cacheTokens() > 0 ? options.cacheTokens()
                : (int) Math.min(DEFAULT_CACHE_TOKENS, 16L * config.maxPositions());
        ActivationFormat activations = ActivationFormat.chosen(ActivationFormat.PROPERTY,
                2 * options.batch() > GemmPlan.MAX_BATCH ? ActivationFormat.BF16 : ActivationFormat.BF16X2);
        ActivationFormat cache = ActivationFormat.chosen(ActivationFormat.CACHE_PROPERTY, ActivationFormat.BF16X2);
        return new EngineLimits(tokens, cache, activations,
                Stream.iterate(1, rows -> rows * activations.parts() <= GemmPlan.MAX_BATCH, rows -> 2 * rows).toList());
    }

    private static int parse(String property) {
        try {
            int tokens = Integer.parseInt(property);
            if (tokens > 0) {
                return tokens;
            }
        } catch (NumberFormatException e) {
            // Told below, like a number that is too small.
        }
        throw new ModelException("-D" + CACHE_TOKENS + "=" + property + ": expected a number of tokens, at least 1");
    }

    /** Positions that a sequence can have. */
    int positions(ModelConfig config) {
        return Math.min(config.maxPositions(), cacheTokens);
    }

    /** Rows of the largest step. */
    public int maxRows() {
        return stepRows.getLast();
    }

    /** The smallest prepared step with room for a number of rows, as an index of {@link #stepRows}. */
    int stepFor(int rows) {
        int step = 0;
        while (stepRows.get(step) < rows) {
            step++;
        }
        return step;
    }
}
