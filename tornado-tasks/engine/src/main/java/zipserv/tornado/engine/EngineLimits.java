package zipserv.tornado.engine;

import java.util.List;
import java.util.stream.Stream;

import zipserv.model.EngineOptions;
import zipserv.model.ModelConfig;
import zipserv.model.ModelException;
import zipserv.tornado.kernels.GemmPlan;
import zipserv.tornado.kernels.PrefillPlan;
import zipserv.tornado.kernels.WideActivations;
import zipserv.tornado.kernels.WidePlan;

/**
 * What the device memory is laid out for. It is laid out once, when a model is opened.
 *
 * @param cacheTokens tokens that the key/value cache holds, of all sequences together
 * @param cache       how keys and values are stored
 * @param activations how activations are multiplied
 * @param stepRows    rows of the steps that are prepared, ascending; a step of fewer rows is filled up. The first is at
 *                    most 128 with BF16, or 64 with BF16X2, the last at most {@value #MAX_PROMPT_ROWS}
 * @param warpgroups  whether {@link zipserv.tornado.kernels.WideGemm} and, unless
 *                    {@link PrefillPlan#KERNEL} says otherwise,
 *                    {@link zipserv.tornado.kernels.WidePrefillGemm} multiply what they can
 */
public record EngineLimits(int cacheTokens, ActivationFormat cache, ActivationFormat activations,
        List<Integer> stepRows, boolean warpgroups) {

    /** System property: false to multiply by single warps only, also where the GPU has wgmma. */
    public static final String WARPGROUPS = "zipserv.warpgroups";

    /** System property that overrides {@link #cacheTokens}. */
    public static final String CACHE_TOKENS = "zipserv.cache.tokens";

    /** System property: most rows of a step, a power of two from 128 to {@value #MAX_PROMPT_ROWS}. */
    public static final String PROMPT_ROWS = "zipserv.prompt.rows";

    /** Rows of a step at most. From here on decompression is an eighth of a step, or less. */
    static final int MAX_PROMPT_ROWS = 2048;

    private static final int DEFAULT_CACHE_TOKENS = 32768;

    public EngineLimits {
        if (cacheTokens < 1) {
            throw new IllegalArgumentException("cache of " + cacheTokens + " tokens, expected at least 1");
        }
        stepRows = List.copyOf(stepRows);
        if (stepRows.isEmpty() || !stepRows.stream().sorted().distinct().toList().equals(stepRows)
                || stepRows.getFirst() < 1 || stepRows.getFirst() > GemmPlan.MAX_BATCH / activations.parts()
                || stepRows.getLast() > MAX_PROMPT_ROWS) {
            throw new IllegalArgumentException("steps of " + stepRows + " rows, expected ascending numbers up to "
                    + MAX_PROMPT_ROWS + ", the first from 1 to " + GemmPlan.MAX_BATCH / activations.parts());
        }
    }

    /** Limits of an engine that multiplies by single warps. */
    public EngineLimits(int cacheTokens, ActivationFormat cache, ActivationFormat activations,
            List<Integer> stepRows) {
        this(cacheTokens, cache, activations, stepRows, false);
    }

    /** The same with warpgroups, or without, if the user does not want them. */
    EngineLimits withWarpgroups(boolean can) {
        return new EngineLimits(cacheTokens, cache, activations, stepRows,
                can && !"false".equals(System.getProperty(WARPGROUPS)));
    }

    /**
     * Steps of 1, 2, 4 … rows, up to {@value #MAX_PROMPT_ROWS}, {@value #PROMPT_ROWS} or what a sequence can have,
     * whichever is less, but at least what the fused kernels take; activations and cache as
     * {@link ActivationFormat}'s properties say, of two parts where they say nothing, but for batches that only fit
     * with activations of one; and room for 32,768 tokens or sixteen full contexts, whichever is less, unless {@value
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
        int positions = Math.min(config.maxPositions(), tokens);
        int most = promptRows();
        return new EngineLimits(tokens, cache, activations, Stream.iterate(1,
                rows -> rows * activations.parts() <= GemmPlan.MAX_BATCH
                        || rows <= most && rows / 2 < positions,
                rows -> 2 * rows).toList());
    }

    private static int promptRows() {
        String property = System.getProperty(PROMPT_ROWS, String.valueOf(MAX_PROMPT_ROWS));
        int rows = property.matches("\\d{3,4}") ? Integer.parseInt(property) : 0;
        if (rows < GemmPlan.MAX_BATCH || rows > MAX_PROMPT_ROWS || Integer.bitCount(rows) != 1) {
            throw new ModelException("-D" + PROMPT_ROWS + "=" + property + ": expected a power of two from "
                    + GemmPlan.MAX_BATCH + " to " + MAX_PROMPT_ROWS);
        }
        return rows;
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

    /** Rows of the largest step, which may be one of a prompt only. */
    int maxRows() {
        return stepRows.getLast();
    }

    /** Sequences that can be decoded at a time: rows of the largest step that gives every row's logits. */
    int maxBatch() {
        return stepRows.stream().filter(rows -> !onlyLast(rows)).reduce(1, Integer::max);
    }

    /**
     * Whether a step gives the logits of its last row only, as steps of prompts do that are larger than any batch:
     * logits of 2,048 rows would be much work and a gigabyte, and nobody asks for them.
     */
    boolean onlyLast(int step) {
        return step * activations.parts() > GemmPlan.MAX_BATCH;
    }

    /** Rows of a step that get logits. */
    int logitsRows(int step) {
        return onlyLast(step) ? 1 : step;
    }

    /** Whether a step's matrices are multiplied from row-major weights, those of the head excepted. */
    boolean unfused(int step) {
        return step * activations.parts() > (warpgroups ? GemmPlan.MAX_BATCH : GemmPlan.FUSED_LIMIT);
    }

    /** Whether a step's product of gate and up, if they have no biases, ends in SwiGLU and needs no {@link SwiGlu}. */
    boolean gated(int step) {
        return unfused(step) && PrefillPlan.byWarpgroups(step * activations.parts(), warpgroups);
    }

    /** Whether {@link zipserv.tornado.kernels.WideGemm} multiplies a step's matrices. */
    boolean wide(int step) {
        int batch = step * activations.parts();
        return warpgroups && WidePlan.takes(batch);
    }

    /** The order of a step's activations. */
    ActivationRows activationRows(int step) {
        int batch = step * activations.parts();
        return new ActivationRows(step, activations.parts(), wide(step) ? WideActivations.width(batch) : 0);
    }

    /** The sizes of the steps of a prompt of so many tokens, each of at most so many rows. */
    List<Integer> promptSteps(int tokens, int most) {
        return new PromptSteps(stepRows.stream().filter(rows -> rows <= most).toList(), activations.parts())
                .of(tokens);
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
