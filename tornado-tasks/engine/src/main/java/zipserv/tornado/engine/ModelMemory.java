package zipserv.tornado.engine;

import uk.ac.manchester.tornado.api.types.arrays.FloatArray;
import uk.ac.manchester.tornado.api.types.arrays.IntArray;
import zipserv.model.MemoryUse;
import zipserv.model.ModelConfig;
import zipserv.model.ModelWeights;
import zipserv.tornado.kernels.DeviceArrays;

/**
 * Device memory that a model takes, to the byte: the very code that lays out weights and state does so here with arrays
 * that are only counted.
 */
final class ModelMemory {

    private ModelMemory() {
    }

    /** What a model's arrays take together; nothing is read or allocated. */
    static MemoryUse of(ModelConfig config, ModelWeights weights, EngineLimits limits) {
        CountedArrays arrays = new CountedArrays();
        DeviceWeights device = DeviceWeights.of(config, weights, limits.positions(config), arrays);
        long weightBytes = arrays.bytes;
        new DeviceState(config, limits, device, arrays);
        long cacheBytes = (long) limits.cacheTokens() * limits.cache().parts() * 2 * Short.BYTES * config.kvWidth()
                * config.layers();
        return new MemoryUse(weightBytes, cacheBytes, arrays.bytes - weightBytes - cacheBytes);
    }

    /** Arrays of which only the size is of interest. */
    private static final class CountedArrays implements DeviceArrays {

        private long bytes;

        @Override
        public IntArray ints(long words, Piece... pieces) {
            bytes += Integer.BYTES * words;
            return new IntArray(1);
        }

        @Override
        public FloatArray floats(long words, Piece... pieces) {
            bytes += Float.BYTES * words;
            return new FloatArray(1);
        }
    }
}
