package zipserv.tornado.engine;

import java.lang.foreign.Arena;
import java.util.ArrayList;
import java.util.List;
import java.util.function.IntFunction;

import uk.ac.manchester.tornado.api.types.arrays.FloatArray;
import uk.ac.manchester.tornado.api.types.arrays.IntArray;
import zipserv.model.ModelConfig;
import zipserv.tornado.kernels.DeviceArrays;
import zipserv.tornado.kernels.GatedRows;
import zipserv.tornado.kernels.GemmPlan;
import zipserv.tornado.kernels.GemmScratch;
import zipserv.tornado.kernels.PrefillPlan;
import zipserv.tornado.kernels.ProductPlan;

/**
 * What kernels write: the key/value cache and a step's activations. It never leaves the device, logits that somebody
 * asks for excepted.
 */
final class DeviceState {

    /** Per layer the keys of all slots, BF16. */
    final List<IntArray> keys = new ArrayList<>();
    /** Per layer the values of all slots, BF16. */
    final List<IntArray> values = new ArrayList<>();
    /** Residual stream, fp32. */
    final FloatArray x;
    /** Input of projections, BF16. */
    final IntArray h;
    /** Output of projections that is added to the residual stream, fp32 bits. */
    final IntArray y;
    /** Queries, keys and values, fp32 bits. */
    final IntArray qkv;
    /** Output of attention, BF16. */
    final IntArray attended;
    /** Gate and up, fp32 bits, of steps whose products do not end in SwiGLU. */
    final IntArray gateUp;
    /** Output of SwiGLU, BF16. */
    final IntArray gated;
    /** fp32 bits. */
    final IntArray logits;
    /** The largest logit's index, per row. */
    final IntArray best;
    /** Output of one matrix of several that are multiplied one by one, see {@link DeviceMatrix.Parts}. */
    final IntArray part;
    /** The last row of {@link #h}. */
    final IntArray last;
    /** Weights of one matrix at a time, BF16, for steps that multiply row-major weights. */
    final IntArray rowMajor;
    final GemmScratch scratch;
    /** Results of a sequence's splits, see {@link DecodeAttention}. */
    final IntArray attentionPartials;
    /** Zeros between launches. */
    final IntArray attentionTickets;
    /** See {@link Argmax}. */
    final IntArray found;
    /** Zeros between launches. */
    final IntArray argmaxTickets;

    DeviceState(ModelConfig config, EngineLimits limits, DeviceWeights weights, DeviceArrays arrays) {
        int rows = limits.maxRows();
        int parts = rows * limits.activations().parts();
        // Rows that only fill up a tile are multiplied, too, though nobody wants their products: so they hold something.
        IntFunction<IntArray> inputs = columns -> {
            int words = limits.stepRows().stream().mapToInt(step -> limits.activationRows(step).words(columns)).max()
                    .orElseThrow();
            return arrays.ints(words, DeviceArrays.Piece.of(0, Arena.ofAuto().allocate((long) words * Integer.BYTES)));
        };
        int slotWords = limits.cache().parts() * config.kvWidth() / 2;
        for (int layer = 0; layer < config.layers(); layer++) {
            keys.add(arrays.ints(Math.multiplyExact((long) limits.cacheTokens(), slotWords)));
            values.add(arrays.ints(Math.multiplyExact((long) limits.cacheTokens(), slotWords)));
        }
        DeviceWeights.Layer layer = weights.layers().getFirst();
        x = arrays.floats((long) rows * config.hiddenSize());
        h = inputs.apply(config.hiddenSize());
        y = arrays.ints((long) parts * config.hiddenSize());
        qkv = arrays.ints((long) parts * layer.qkv().rows());
        attended = inputs.apply(config.queryWidth());
        int gateUpParts = limits.activations().parts() * limits.stepRows().stream()
                .filter(step -> !layer.gated(limits, step)).reduce(1, Integer::max);
        // A first word, so that steps whose products end in SwiGLU, and do not use it, can hand it on.
        gateUp = arrays.ints((long) gateUpParts * layer.gateUp().rows(), firstWord());
        int gatedRows = GatedRows.room(DeviceMatrix.padded(config.intermediateSize()));
        gated = inputs.apply(config.intermediateSize());
        int batch = limits.maxBatch();
        logits = arrays.ints((long) batch * limits.activations().parts() * config.vocabularySize());
        last = zeros(arrays, GemmPlan.activationWords(config.hiddenSize(), limits.activations().parts()));
        best = arrays.ints(batch);
        long largestPart = 0;
        long partials = 1;
        int groups = 1;
        long largest = 0;
        for (DeviceMatrix matrix : weights.matrices()) {
            boolean head = matrix == weights.head();
            boolean gate = weights.layers().stream().anyMatch(one -> one.gateUp() == matrix);
            for (int step : limits.stepRows()) {
                int n = (head ? limits.logitsRows(step) : step) * limits.activations().parts();
                if (head || !limits.unfused(step)) {
                    ProductPlan plan = matrix.plan(n, limits.warpgroups());
                    partials = Math.max(partials, plan.partials(matrix.rows(), n));
                    groups = Math.max(groups, plan.groups(matrix.rows()));
                    if (matrix instanceof DeviceMatrix.Parts(List<DeviceMatrix> several)) {
                        int most = several.stream().mapToInt(DeviceMatrix::rows).reduce(0, Integer::max);
                        largestPart = Math.max(largestPart, (long) n * most);
                    }
                } else if (matrix != weights.embedding()) {
                    PrefillPlan plan = matrix.prefillPlan(n, limits.warpgroups());
                    partials = Math.max(partials, plan.partials(matrix.rows(), n));
                    groups = Math.max(groups, plan.tiles(matrix.rows(), n));
                    largest = Math.max(largest, gate && layer.gated(limits, step)
                            ? DeviceMatrix.rowMajorWords(gatedRows, matrix.columns()) : matrix.rowMajorWords());
                }
            }
        }
        part = largestPart == 0 ? y : arrays.ints(largestPart);
        // A first word, so that small steps, which do not use it, can hand it on.
        rowMajor = largest == 0 ? y
                : arrays.ints(largest, firstWord());
        scratch = new GemmScratch(arrays.floats(partials), zeros(arrays, groups), arrays.floats(1, firstWord()));
        int splits = 1;
        for (int step : limits.stepRows()) {
            if (step <= batch) {
                splits = Math.max(splits, step * DecodeAttention.splits(config, step));
            }
        }
        // Steps of prompts do not use it: what they hand on has to be there from the beginning.
        attentionPartials = zeros(arrays, splits * config.heads() * DecodeSums.partialWords(config.headDim()));
        attentionTickets = zeros(arrays, batch * config.kvHeads());
        found = arrays.ints((long) batch * Argmax.FOUND_WORDS);
        argmaxTickets = zeros(arrays, batch);
    }

    private static DeviceArrays.Piece firstWord() {
        return DeviceArrays.Piece.of(0, Arena.ofAuto().allocate(Integer.BYTES));
    }

    private static IntArray zeros(DeviceArrays arrays, int words) {
        return arrays.ints(words, DeviceArrays.Piece.of(0, Arena.ofAuto().allocate((long) words * Integer.BYTES)));
    }
}
