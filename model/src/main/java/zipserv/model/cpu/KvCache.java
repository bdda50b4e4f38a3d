package zipserv.model.cpu;

import java.util.ArrayList;
import java.util.List;

import zipserv.model.ModelConfig;

/**
 * Keys and values of one sequence, in float: rounded to BF16 they would move the logits further from the reference than
 * everything else here together, and on a CPU it is the weights, not the cache, that a step spends its time on.
 *
 * <p>The cache grows by pages of {@link #PAGE} positions, so a large capacity costs memory only when it is used and no
 * array comes near 2^31 elements. Within a page, of each layer:
 * <pre>
 *   keys   [kvHead][dim][position]          a query meets a vector of positions at a time
 *   values [kvHead][position][dim, padded]  sums over positions, a vector of dimensions at a time
 * </pre>
 */
final class KvCache {

    /** Positions in a page: four vectors of 16. */
    static final int PAGE = 64;

    private final int layers;
    private final int kvHeads;
    private final int headDim;
    private final int valueStride;
    private final List<Page> pages = new ArrayList<>();

    /** Arrays by layer. */
    private record Page(float[][] keys, float[][] values) {
    }

    KvCache(ModelConfig config) {
        layers = config.layers();
        kvHeads = config.kvHeads();
        headDim = config.headDim();
        valueStride = Lanes.pad(headDim);
    }

    /** Makes room for positions 0 .. length - 1. */
    void reserve(int length) {
        while ((long) pages.size() * PAGE < length) {
            pages.add(new Page(new float[layers][kvHeads * headDim * PAGE],
                    new float[layers][kvHeads * PAGE * valueStride]));
        }
    }

    /** What a position takes. */
    long bytesPerToken() {
        return bytesPerToken(layers, kvHeads, headDim);
    }

    /** What a position of a model takes. */
    static long bytesPerToken(int layers, int kvHeads, int headDim) {
        return (long) Float.BYTES * layers * kvHeads * (headDim + Lanes.pad(headDim));
    }

    /** What all pages take. */
    long bytes() {
        return pages.size() * PAGE * bytesPerToken();
    }

    /** Frees the pages beyond {@code length} positions. */
    void release(int length) {
        int kept = Math.ceilDiv(length, PAGE);
        pages.subList(Math.min(kept, pages.size()), pages.size()).clear();
    }

    /** Stores one position's key and value, all heads side by side in both. */
    void store(int layer, int position, float[] key, int keyOffset, float[] value, int valueOffset) {
        float[] keys = keys(layer, position / PAGE);
        float[] values = values(layer, position / PAGE);
        int slot = position % PAGE;
        for (int i = 0; i < kvHeads * headDim; i++) {
            keys[i * PAGE + slot] = key[keyOffset + i];
        }
        for (int head = 0; head < kvHeads; head++) {
            System.arraycopy(value, valueOffset + head * headDim,
                    values, valueIndex(head) + slot * valueStride, headDim);
        }
    }

    float[] keys(int layer, int page) {
        return pages.get(page).keys[layer];
    }

    float[] values(int layer, int page) {
        return pages.get(page).values[layer];
    }

    /** Index of a head's first key element in a page; dimensions follow at stride {@link #PAGE}. */
    int keyIndex(int kvHead) {
        return kvHead * headDim * PAGE;
    }

    /** Index of a head's first value element in a page; positions follow at stride {@link #valueStride()}. */
    int valueIndex(int kvHead) {
        return kvHead * PAGE * valueStride;
    }

    /** headDim padded to whole vectors. */
    int valueStride() {
        return valueStride;
    }
}
