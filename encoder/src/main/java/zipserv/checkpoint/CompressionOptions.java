package zipserv.checkpoint;

import java.util.function.Predicate;

import zipserv.codec.WeightFormat;

/**
 * What to compress and how. Tensors that are left out are stored unchanged.
 *
 * @param format      of the compressed matrices
 * @param threads     for encoding, 1 or more; the result does not depend on it
 * @param minElements smallest matrix to compress
 * @param tensors     which tensors to compress, by name; only BF16 matrices ever are
 */
public record CompressionOptions(WeightFormat format, int threads, long minElements, Predicate<String> tensors) {

    /** Below this (128 x 128) header entries and alignment eat up what a code saves. */
    public static final long DEFAULT_MIN_ELEMENTS = 16_384;

    /** frag11 for every matrix worth it, on all processors. docs/format.md says why this format. */
    public static final CompressionOptions DEFAULT = new CompressionOptions(WeightFormat.FRAG11,
            Runtime.getRuntime().availableProcessors(), DEFAULT_MIN_ELEMENTS, tensor -> true);

    public CompressionOptions {
        if (threads < 1) {
            throw new IllegalArgumentException(threads + " threads, expected at least 1");
        }
    }

    public CompressionOptions withFormat(WeightFormat other) {
        return new CompressionOptions(other, threads, minElements, tensors);
    }

    public CompressionOptions withThreads(int other) {
        return new CompressionOptions(format, other, minElements, tensors);
    }

    public CompressionOptions withMinElements(long other) {
        return new CompressionOptions(format, threads, other, tensors);
    }

    public CompressionOptions withTensors(Predicate<String> other) {
        return new CompressionOptions(format, threads, minElements, other);
    }
}
