package zipserv.tornado.engine;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.lang.foreign.MemorySegment;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import uk.ac.manchester.tornado.api.types.arrays.FloatArray;
import uk.ac.manchester.tornado.api.types.arrays.IntArray;
import zipserv.codec.Bf16Matrix;
import zipserv.codec.Codecs;
import zipserv.codec.CompressedMatrix;
import zipserv.codec.WeightFormat;
import zipserv.model.EngineOptions;
import zipserv.model.Linear;
import zipserv.model.MemoryUse;
import zipserv.model.ModelConfig;
import zipserv.model.ModelConfig.Architecture;
import zipserv.model.ModelConfig.Llama3Scaling;
import zipserv.model.ModelConfig.Rope;
import zipserv.model.ModelWeights;
import zipserv.tornado.kernels.DeviceArrays;

/** What is computed before a model is loaded. */
class MemoryNeededTest {

    static final ModelConfig LLAMA_31_8B = new ModelConfig(Architecture.LLAMA, 4096, 14_336, 32, 32, 8, 128,
            128_256, 131_072, 1e-5f, new Rope(500_000, Optional.of(new Llama3Scaling(8, 1, 4, 8192))), false, false,
            false, false, false);
    private static final long PARAMETERS = 8_030_261_248L;

    /** Bits per weight as measured: TCA-TBE's of the demo model, frag11's limit. */
    @ParameterizedTest
    @ValueSource(doubles = {11.33, 11.45})
    void anEightBillionModelServes32kTokensIn24Gigabytes(double bitsPerWeight) {
        EngineLimits limits = EngineLimits.of(LLAMA_31_8B, EngineOptions.defaults().withRoom(32_768, 1));
        assertEquals(2048, limits.maxRows());
        assertEquals(ActivationFormat.BF16X2, limits.activations());
        for (boolean warpgroups : new boolean[] {false, true}) {
            fits(limits.withWarpgroups(warpgroups), bitsPerWeight);
        }
    }

    private static void fits(EngineLimits limits, double bitsPerWeight) {
        MemoryUse raw = ModelMemory.of(LLAMA_31_8B, shapesOf(LLAMA_31_8B), limits);
        assertEquals(2 * 32_768L * 131_072, raw.cache(), "keys and values of two parts");
        // Norms are kept as floats, and so is a table of the positions' rotations.
        assertEquals(2.0 * PARAMETERS, raw.weights(), 0.01 * PARAMETERS);
        long compressed = (long) (raw.weights() - PARAMETERS * (16 - bitsPerWeight) / 8);
        assertTrue(compressed <= 0.72 * raw.weights());
        // With an allowance of a gigabyte for everything else on the GPU.
        assertTrue(compressed + raw.cache() + raw.work() + 1_000_000_000 < 24_000_000_000L, raw.text());
    }

    /** What is computed is what the engine's own code takes. */
    @Test
    void theComputationIsExact() {
        for (WeightFormat format : WeightFormat.values()) {
            ModelWeights weights = RandomModel.weights(RandomModel.QWEN3, format);
            EngineLimits limits = EngineLimits.of(RandomModel.QWEN3, EngineOptions.defaults().withRoom(50, 1));
            long[] bytes = {0};
            DeviceArrays arrays = new DeviceArrays() {
                @Override
                public IntArray ints(long words, Piece... pieces) {
                    IntArray array = HOST.ints(words, pieces);
                    bytes[0] += (long) array.getSize() * Integer.BYTES;
                    return array;
                }

                @Override
                public FloatArray floats(long words, Piece... pieces) {
                    FloatArray array = HOST.floats(words, pieces);
                    bytes[0] += (long) array.getSize() * Float.BYTES;
                    return array;
                }
            };
            DeviceWeights device = DeviceWeights.of(RandomModel.QWEN3, weights, 50, arrays);
            long weightBytes = bytes[0];
            new DeviceState(RandomModel.QWEN3, limits, device, arrays);
            MemoryUse computed = ModelMemory.of(RandomModel.QWEN3, weights, limits);
            assertEquals(weightBytes, computed.weights());
            assertEquals(bytes[0], computed.total());
        }
    }

    /** Weights of which only the shapes are there: nothing may read them. */
    private static ModelWeights shapesOf(ModelConfig config) {
        float[] norm = new float[config.hiddenSize()];
        Linear qo = linear(config.queryWidth(), config.hiddenSize());
        Linear kv = linear(config.kvWidth(), config.hiddenSize());
        Linear up = linear(config.intermediateSize(), config.hiddenSize());
        ModelWeights.Layer layer = new ModelWeights.Layer(norm, qo, kv, kv, null, null,
                linear(config.hiddenSize(), config.queryWidth()), norm, up, up,
                linear(config.hiddenSize(), config.intermediateSize()));
        List<ModelWeights.Layer> layers = Collections.nCopies(config.layers(), layer);
        return new ModelWeights(linear(config.vocabularySize(), config.hiddenSize()).weights(), layers,
                Arrays.copyOf(norm, norm.length), linear(config.vocabularySize(), config.hiddenSize()));
    }

    private static Linear linear(int rows, int columns) {
        MemorySegment nowhere = MemorySegment.NULL.reinterpret(2L * rows * columns);
        CompressedMatrix matrix = Codecs.of(WeightFormat.RAW)
                .encode(new Bf16Matrix(nowhere, rows, columns), null, 1);
        return new Linear(matrix);
    }
}
