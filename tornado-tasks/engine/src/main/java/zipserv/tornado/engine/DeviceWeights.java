package zipserv.tornado.engine;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.IntStream;

import uk.ac.manchester.tornado.api.types.arrays.FloatArray;
import zipserv.model.ModelConfig;
import zipserv.model.ModelWeights;
import zipserv.model.RopeFrequencies;
import zipserv.tornado.kernels.DeviceArrays;

/**
 * A model's weights as kernels get them, matrices still in their storage format.
 *
 * @param embedding the embedding table
 * @param layers    the transformer blocks
 * @param finalNorm gain of the last norm
 * @param head      the output matrix; the embedding's own arrays if the model ties them
 * @param turns     cosines and sines of the rotary embedding per position, see {@link Heads}
 */
record DeviceWeights(DeviceMatrix embedding, List<Layer> layers, FloatArray finalNorm, DeviceMatrix head,
                     FloatArray turns) {

    /**
     * One transformer block; projections that read the same input are joined, and so are their biases.
     *
     * @param qkv    queries, keys, values
     * @param gateUp gate, up
     */
    record Layer(FloatArray attentionNorm, DeviceMatrix qkv, Bias qkvBias, Bias headGains, DeviceMatrix output,
                 Bias outputBias, FloatArray mlpNorm, DeviceMatrix gateUp, Bias gateUpBias, DeviceMatrix down,
                 Bias downBias) {

        static Layer of(ModelWeights.Layer w, DeviceArrays arrays) {
            return new Layer(vector(w.attentionNorm(), arrays),
                    DeviceMatrix.stack(List.of(w.query().weights(), w.key().weights(), w.value().weights()), arrays),
                    Bias.of(arrays, w.query().bias(), w.key().bias(), w.value().bias()),
                    Bias.of(arrays, w.queryNorm(), w.keyNorm()),
                    DeviceMatrix.of(w.output().weights(), arrays), Bias.of(arrays, w.output().bias()),
                    vector(w.mlpNorm(), arrays),
                    DeviceMatrix.stack(List.of(w.gate().weights(), w.up().weights()), arrays),
                    Bias.of(arrays, w.gate().bias(), w.up().bias()),
                    DeviceMatrix.of(w.down().weights(), arrays), Bias.of(arrays, w.down().bias()));
        }

        /** Whether a step's product of gate and up ends in SwiGLU, instead of leaving its sums for {@link SwiGlu}. */
        boolean gated(EngineLimits limits, int step) {
            return gateUpBias.present() == 0 && limits.gated(step);
        }

        List<DeviceMatrix> matrices() {
            return List.of(qkv, output, gateUp, down);
        }
    }

    /** Brings all weights where {@code arrays} wants them, and computes the rotary table for some positions. */
    static DeviceWeights of(ModelConfig config, ModelWeights weights, int positions, DeviceArrays arrays) {
        DeviceMatrix embedding = DeviceMatrix.of(weights.embedding(), arrays);
        DeviceMatrix head = weights.head().weights() == weights.embedding()
                ? embedding
                : DeviceMatrix.of(weights.head().weights(), arrays);
        return new DeviceWeights(embedding, weights.layers().stream().map(layer -> Layer.of(layer, arrays)).toList(),
                vector(weights.finalNorm(), arrays), head, turns(config, positions, arrays));
    }

    /** Every matrix once. */
    List<DeviceMatrix> matrices() {
        List<DeviceMatrix> all = new ArrayList<>(List.of(embedding));
        if (head != embedding) {
            all.add(head);
        }
        layers.forEach(layer -> all.addAll(layer.matrices()));
        return all;
    }

    private static FloatArray vector(float[] values, DeviceArrays arrays) {
        return Bias.of(arrays, values).values();
    }

    /** As the CPU engine computes them: angles rounded to float, then StrictMath. */
    private static FloatArray turns(ModelConfig config, int positions, DeviceArrays arrays) {
        long words = (long) positions * config.headDim();
        return arrays.floats(words, new DeviceArrays.Piece(0, Float.BYTES * words, () -> turns(config, positions)));
    }

    private static MemorySegment turns(ModelConfig config, int positions) {
        float[] frequencies = RopeFrequencies.of(config);
        int half = frequencies.length;
        MemorySegment turns = Arena.ofAuto().allocate((long) positions * config.headDim() * Float.BYTES, Float.BYTES);
        IntStream.range(0, positions).parallel().forEach(position -> {
            for (int i = 0; i < half; i++) {
                float angle = position * frequencies[i];
                long at = (long) position * config.headDim() + i;
                turns.setAtIndex(ValueLayout.JAVA_FLOAT, at, (float) StrictMath.cos(angle));
                turns.setAtIndex(ValueLayout.JAVA_FLOAT, at + half, (float) StrictMath.sin(angle));
            }
        });
        return turns;
    }
}
