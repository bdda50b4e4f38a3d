package zipserv.tornado.engine;

import java.util.List;
import java.util.stream.Stream;

import uk.ac.manchester.tornado.api.types.arrays.IntArray;
import zipserv.model.ModelConfig;
import zipserv.tornado.kernels.Launches;

/**
 * The transformer as launches, from token ids to logits and the tokens that are chosen by them.
 *
 * <p>A row is one token of any sequence at any position. In a step of a prompt, neighbouring tokens of one sequence are
 * rows: they meet in the cache, and all of a layer's keys and values are stored before any row attends. In a decode step
 * every row is a sequence of its own, and attention can bring its own key and value along. Either kind has its kernel
 * of attention, decode steps one for small and one for large batches; {@link Attention} takes the rows of models that
 * they do not fit. Steps that are larger than any batch
 * compute logits of their last row only.
 */
record Forward(ModelConfig config, EngineLimits limits, DeviceWeights weights, DeviceState state, StepInput input,
        StepChoices choices) {

    /**
     * What a graph is made for: a number of rows, each a sequence of its own when decoding, else all of one sequence.
     * Where the kernels do not tell the two apart, there is one graph for both, called not decoding. Steps in which a
     * token may be sampled have graphs of their own, so that greedy ones have no launch in vain.
     */
    record Shape(int rows, boolean decoding, boolean sampling) {

        @Override
        public String toString() {
            return (decoding ? "decode" : "prompt") + rows + (sampling ? "sampling" : "");
        }
    }

    /** The shape of the step that takes so many rows. */
    Shape shape(int rows, boolean decoding, boolean sampling) {
        return new Shape(limits.stepRows().get(limits.stepFor(rows)),
                decoding && (DecodeAttention.fits(config) || PromptAttention.fits(config)), sampling);
    }

    /** Every shape. */
    List<Shape> shapes() {
        return limits.stepRows().stream().flatMap(rows -> Stream.of(false, true).flatMap(sampling ->
                rows > limits.maxBatch() ? Stream.of(shape(rows, false, sampling))
                        : Stream.of(shape(rows, false, sampling), shape(rows, true, sampling)))).distinct().toList();
    }

    /** Launches what makes the input of the decode step that follows the last one, see {@link NextInput}. */
    void launchNextInput(Shape shape, Launches launches) {
        EngineTasks tasks = new EngineTasks(launches, limits);
        if (shape.sampling()) {
            tasks.advanceSampling("next", input, choices, state.best, shape.rows());
        } else {
            tasks.advance("next", input, state.best, shape.rows());
        }
    }

    /** Launches a step. */
    void launch(Shape shape, Launches launches) {
        int rows = shape.rows();
        EngineTasks tasks = new EngineTasks(launches, limits);
        DeviceState s = state;
        float epsilon = config.rmsNormEpsilon();
        int hidden = config.hiddenSize();
        tasks.lookup("embed", weights.embedding(), input, s.x, rows);
        Bias lastBias = null;
        for (int l = 0; l < config.layers(); l++) {
            DeviceWeights.Layer w = weights.layers().get(l);
            String layer = "l" + l + "_";
            IntArray keys = s.keys.get(l);
            IntArray values = s.values.get(l);

            if (l == 0) {
                tasks.normalize(layer + "norm", s.x, s.y, w.attentionNorm(), s.h, hidden, epsilon, rows);
            } else {
                tasks.addAndNormalize(layer + "norm", s.x, s.y, lastBias, w.attentionNorm(), s.h, hidden, epsilon,
                        rows);
            }
            tasks.multiply(layer + "qkv", w.qkv(), s.h, s.qkv, s, rows);
            if (shape.decoding() && BatchAttention.takes(config, rows)) {
                tasks.attendBatch(layer + "attend", input, s.qkv, w.qkvBias(), w.headGains(), weights.turns(), keys,
                        values, s.attended, config, limits.cacheTokens(), rows);
            } else if (shape.decoding() && DecodeAttention.fits(config)) {
                tasks.attendDecoding(layer + "attend", input, s.qkv, w.qkvBias(), w.headGains(), weights.turns(), keys,
                        values, s.attentionPartials, s.attentionTickets, s.attended, config, limits.cacheTokens(), rows);
            } else {
                tasks.prepareHeads(layer + "heads", input, s.qkv, w.qkvBias(), w.headGains(), weights.turns(), keys,
                        values, config, limits.cacheTokens(), rows);
                if (!shape.decoding() && PromptAttention.fits(config)) {
                    tasks.attendPrompt(layer + "attend", input, s.qkv, keys, values, s.attended, config,
                            limits.cacheTokens(), rows);
                } else {
                    tasks.attend(layer + "attend", input, s.qkv, keys, values, s.attended, config,
                            limits.cacheTokens(), rows);
                }
            }
            tasks.multiply(layer + "output", w.output(), s.attended, s.y, s, rows);

            tasks.addAndNormalize(layer + "mlpnorm", s.x, s.y, w.outputBias(), w.mlpNorm(), s.h, hidden, epsilon, rows);
            tasks.gate(layer, w, s, config.intermediateSize(), rows);
            tasks.multiply(layer + "down", w.down(), s.gated, s.y, s, rows);
            lastBias = w.downBias();
        }
        tasks.addAndNormalize("norm", s.x, s.y, lastBias, weights.finalNorm(), s.h, hidden, epsilon, rows);
        if (limits.onlyLast(rows)) {
            tasks.copyLastRow("lastrow", s.h, s.last, hidden, rows);
        }
        // The head is always multiplied as it is stored: row-major, it alone would take more memory than all the rest.
        int logitsRows = limits.logitsRows(rows);
        IntArray headInput = limits.onlyLast(rows) ? s.last : s.h;
        tasks.multiplyFused("head", weights.head(), headInput, s.logits, s, logitsRows);
        tasks.argmax("argmax", s.logits, s.found, s.argmaxTickets, s.best, config.vocabularySize(), logitsRows);
        if (shape.sampling()) {
            tasks.sample("sample", s.logits, choices, s.best, config.vocabularySize(), logitsRows);
        }
    }
}
