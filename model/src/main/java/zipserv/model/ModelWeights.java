package zipserv.model;

import java.util.List;
import java.util.stream.Stream;

import zipserv.checkpoint.Checkpoint;
import zipserv.codec.CompressedMatrix;

/**
 * All weights of a model by their role: matrices as stored, compressed or not; norms as floats. The matrices are views
 * of the checkpoint they were loaded from and die with it.
 *
 * @param embedding vocabularySize x hiddenSize; row t is the vector of token t
 * @param layers    the transformer blocks, first to last
 * @param finalNorm gain of the last RMSNorm, hiddenSize
 * @param head      hiddenSize to vocabularySize; shares the embedding's matrix if the model ties them
 */
public record ModelWeights(CompressedMatrix embedding, List<Layer> layers, float[] finalNorm, Linear head) {

    public ModelWeights {
        layers = List.copyOf(layers);
    }

    /**
     * One transformer block.
     *
     * @param attentionNorm gain of the RMSNorm before attention, hiddenSize
     * @param query         hiddenSize to heads * headDim
     * @param key           hiddenSize to kvHeads * headDim
     * @param value         hiddenSize to kvHeads * headDim
     * @param queryNorm     gain of the RMSNorm of each query head, headDim; null unless the model has one
     * @param keyNorm       gain of the RMSNorm of each key head, headDim; null unless the model has one
     * @param output        heads * headDim to hiddenSize
     * @param mlpNorm       gain of the RMSNorm before the MLP, hiddenSize
     * @param gate          hiddenSize to intermediateSize
     * @param up            hiddenSize to intermediateSize
     * @param down          intermediateSize to hiddenSize
     */
    public record Layer(float[] attentionNorm, Linear query, Linear key, Linear value, float[] queryNorm,
                        float[] keyNorm, Linear output, float[] mlpNorm, Linear gate, Linear up, Linear down) {
    }

    /** Bytes of all matrices as they are stored, each counted once. */
    public long bytes() {
        Stream<CompressedMatrix> matrices = layers.stream().flatMap(layer -> Stream.of(layer.query(), layer.key(),
                layer.value(), layer.output(), layer.gate(), layer.up(), layer.down())).map(Linear::weights);
        return Stream.concat(Stream.of(embedding, head.weights()), matrices).distinct()
                .mapToLong(CompressedMatrix::compressedBytes).sum();
    }

    /**
     * Finds the weights that an architecture needs in a checkpoint and checks their shapes.
     *
     * @throws ModelException                          if a tensor is missing or of another shape or element type; the
     *                                                 message names file and tensor
     * @throws zipserv.checkpoint.CheckpointException if a tensor's parts are damaged
     */
    public static ModelWeights load(Checkpoint checkpoint, ModelConfig config) {
        return new WeightLoader(checkpoint, config).load();
    }
}
