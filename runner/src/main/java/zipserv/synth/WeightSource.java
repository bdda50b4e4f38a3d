package zipserv.synth;

import java.lang.foreign.MemorySegment;
import java.nio.charset.StandardCharsets;
import java.util.zip.CRC32C;

import zipserv.codec.Bf16;
import zipserv.codec.Bf16Matrix;

/**
 * The weights of one tensor, drawn like trained ones. Matrices are normal with mean 0; their scale is 1 /
 * sqrt(columns), which keeps activations in range, times a factor of the tensor's own, and every row has a factor of
 * its own again. That gives the exponent statistics of trained models: seven consecutive exponents cover about 97 % of
 * the weights. Weights of norms lie around 1.
 *
 * <p>Element i depends on nothing but seed, name and i, so that any thread may draw any part.
 */
final class WeightSource {

    /** Standard deviation of the logarithm of a tensor's factor. */
    private static final double TENSOR_SPREAD = 0.3;
    /** Standard deviation of the logarithm of a row's factor; sets the coverage, which a larger one lowers. */
    private static final double ROW_SPREAD = 0.15;
    private static final float NORM_SPREAD = 0.1f;

    private static final long GOLDEN_GAMMA = 0x9E3779B97F4A7C15L;
    private static final NormalSampler NORMAL = new NormalSampler();

    private final long weightKey;
    private final long rowKey;
    private final long columns;
    private final boolean matrix;
    private final double scale;

    WeightSource(ModelShape.Tensor tensor, long seed) {
        CRC32C name = new CRC32C();
        name.update(tensor.name().getBytes(StandardCharsets.UTF_8));
        long key = mix(mix(seed + GOLDEN_GAMMA) + name.getValue());
        this.weightKey = mix(key + 1);
        this.rowKey = mix(key + 2);
        this.matrix = tensor.isMatrix();
        this.columns = tensor.shape().getLast();
        this.scale = Math.exp(TENSOR_SPREAD * NORMAL.at(mix(key + 3))) / Math.sqrt(columns);
    }

    /**
     * Writes elements {@code from .. to - 1} (row-major) as BF16 to the start of {@code out}.
     */
    void draw(long from, long to, MemorySegment out) {
        long at = from;
        while (at < to) {
            long row = at / columns;
            long end = Math.min(to, (row + 1) * columns);
            if (matrix) {
                drawRow(at, end, (float) (scale * Math.exp(ROW_SPREAD * NORMAL.at(mix(rowKey + row * GOLDEN_GAMMA)))),
                        0, out, at - from);
            } else {
                drawRow(at, end, NORM_SPREAD, 1, out, at - from);
            }
            at = end;
        }
    }

    private void drawRow(long from, long to, float deviation, float mean, MemorySegment out, long outIndex) {
        long counter = weightKey + from * GOLDEN_GAMMA;
        long offset = 2 * outIndex;
        for (long i = from; i < to; i++) {
            out.set(Bf16Matrix.ELEMENT, offset, Bf16.fromFloat(mean + deviation * NORMAL.at(mix(counter))));
            counter += GOLDEN_GAMMA;
            offset += 2;
        }
    }

    /** The finaliser of SplitMix64 (Steele, Lea, Flood 2014): turns a counter into random bits. */
    private static long mix(long z) {
        z = (z ^ z >>> 30) * 0xBF58476D1CE4E5B9L;
        z = (z ^ z >>> 27) * 0x94D049BB133111EBL;
        return z ^ z >>> 31;
    }
}
