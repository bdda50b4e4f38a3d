package zipserv.tornado.engine;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Random;
import zipserv.codec.Bf16Matrix;
import zipserv.codec.Codecs;
import zipserv.codec.CompressedMatrix;
import zipserv.codec.WeightFormat;
import zipserv.model.Linear;
import zipserv.model.ModelConfig;
import zipserv.model.ModelConfig.Architecture;
import zipserv.model.ModelConfig.Llama3Scaling;
import zipserv.model.ModelConfig.Rope;
import zipserv.model.ModelWeights;

/** Tiny models with random weights, every optional part of the architecture in one of them. */
final class RandomModel {

    /** Grouped heads, tied embeddings, scaled RoPE, nothing a multiple of 16 that need not be. */
    static final ModelConfig LLAMA = new ModelConfig(Architecture.LLAMA, 72, 100, 2, 6, 2, 20, 131, 300, 1e-5f,
            new Rope(10_000, Optional.of(new Llama3Scaling(8, 1, 4, 64))), true, false, false, false, false);
    /** All biases and norms, untied, a key/value head per query head. */
    static final ModelConfig QWEN3 = new ModelConfig(Architecture.QWEN3, 64, 96, 2, 3, 3, 32, 130, 300, 1e-6f,
            new Rope(1_000_000, Optional.empty()), false, true, true, true, true);
    /** Biases of the projections to attention only, one key/value head for all. */
    static final ModelConfig QWEN2 = new ModelConfig(Architecture.QWEN2, 68, 64, 2, 4, 1, 16, 90, 300, 1e-6f,
            new Rope(1_000_000, Optional.empty()), true, true, false, false, false);
    /** So many key/value heads that steps of eight rows are large enough for {@link BatchAttention}. */
    static final ModelConfig MANY_HEADS = new ModelConfig(Architecture.QWEN3, 64, 64, 1, 16, 16, 16, 90, 300, 1e-6f,
            new Rope(10_000, Optional.empty()), true, true, false, false, true);

    private final Random random = new Random(7);
    private final ModelConfig config;
    private final WeightFormat format;

    private RandomModel(ModelConfig config, WeightFormat format) {
        this.config = config;
        this.format = format;
    }

    /** The same weights for the same architecture, in a storage format. */
    static ModelWeights weights(ModelConfig config, WeightFormat format) {
        return new RandomModel(config, format).weights();
    }

    private ModelWeights weights() {
        CompressedMatrix embedding = matrix(config.vocabularySize(), config.hiddenSize(), 0.1f);
        List<ModelWeights.Layer> layers = new ArrayList<>();
        int hidden = config.hiddenSize();
        for (int i = 0; i < config.layers(); i++) {
            layers.add(new ModelWeights.Layer(
                    vector(hidden),
                    linear(config.queryWidth(), hidden, config.qkvBias()),
                    linear(config.kvWidth(), hidden, config.qkvBias()),
                    linear(config.kvWidth(), hidden, config.qkvBias()),
                    config.qkNorm() ? vector(config.headDim()) : null,
                    config.qkNorm() ? vector(config.headDim()) : null,
                    linear(hidden, config.queryWidth(), config.attentionOutputBias()),
                    vector(hidden),
                    linear(config.intermediateSize(), hidden, config.mlpBias()),
                    linear(config.intermediateSize(), hidden, config.mlpBias()),
                    linear(hidden, config.intermediateSize(), config.mlpBias())));
        }
        Linear head = config.tiedEmbeddings() ? new Linear(embedding) : linear(config.vocabularySize(), hidden, false);
        return new ModelWeights(embedding, layers, vector(hidden), head);
    }

    private Linear linear(int rows, int columns, boolean bias) {
        return new Linear(matrix(rows, columns, 0.05f), bias ? vector(rows) : null);
    }

    private CompressedMatrix matrix(int rows, int columns, float deviation) {
        MemorySegment data = Arena.ofAuto().allocate(2L * rows * columns);
        for (int i = 0; i < rows * columns; i++) {
            int bits = Float.floatToRawIntBits((float) random.nextGaussian() * deviation);
            data.set(Bf16Matrix.ELEMENT, 2L * i, (short) (bits >>> 16));
        }
        return Codecs.of(format).encode(new Bf16Matrix(data, rows, columns), Arena.ofAuto(), 1);
    }

    private float[] vector(int length) {
        float[] values = new float[length];
        for (int i = 0; i < length; i++) {
            values[i] = 0.5f + random.nextFloat();
        }
        return values;
    }
}
