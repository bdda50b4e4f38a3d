package zipserv.tornado.engine;

import uk.ac.manchester.tornado.api.types.arrays.IntArray;
import zipserv.model.ModelConfig;
import zipserv.tornado.kernels.Launches;

/**
 * The transformer as launches, from token ids to logits and their argmax.
 *
 * <p>A row is one token of any sequence at any position. Rows meet only in the cache: all rows of a layer store their
 * key and value before any of them attends. So neighbouring tokens of one prompt are rows like those of a batch.
 */
record Forward(ModelConfig config, EngineLimits limits, DeviceWeights weights, DeviceState state, StepInput input) {

    /** Launches a step of so many rows. */
    void launch(int rows, Launches launches) {
        EngineTasks tasks = new EngineTasks(launches, limits.activations(), limits.cache());
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
            tasks.multiply(layer + "qkv", w.qkv(), s.h, s.qkv, s.part, s.scratch, rows);
            tasks.prepareHeads(layer + "heads", input, s.qkv, w.qkvBias(), w.headGains(), weights.turns(), keys, values,
                    config, limits.cacheTokens(), rows);
            tasks.attend(layer + "attend", input, s.qkv, keys, values, s.attended, config, limits.cacheTokens(), rows);
            tasks.multiply(layer + "output", w.output(), s.attended, s.y, s.part, s.scratch, rows);

            tasks.addAndNormalize(layer + "mlpnorm", s.x, s.y, w.outputBias(), w.mlpNorm(), s.h, hidden, epsilon, rows);
            tasks.multiply(layer + "gateup", w.gateUp(), s.h, s.gateUp, s.part, s.scratch, rows);
            tasks.swiGlu(layer + "swiglu", s.gateUp, w.gateUpBias(), s.gated, config.intermediateSize(), rows);
            tasks.multiply(layer + "down", w.down(), s.gated, s.y, s.part, s.scratch, rows);
            lastBias = w.downBias();
        }
        tasks.addAndNormalize("norm", s.x, s.y, lastBias, weights.finalNorm(), s.h, hidden, epsilon, rows);
        tasks.multiply("head", weights.head(), s.h, s.logits, s.part, s.scratch, rows);
        tasks.argmax("argmax", s.logits, s.best, config.vocabularySize(), rows);
    }
}
