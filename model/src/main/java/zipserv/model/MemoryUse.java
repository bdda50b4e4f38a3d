package zipserv.model;

import java.util.Locale;

import zipserv.checkpoint.Checkpoint;

/**
 * Memory that a model takes where it runs, in bytes.
 *
 * @param weights the weights, in the format they are stored in
 * @param cache   keys and values
 * @param work    everything else: activations, logits, tables, scratch memory
 */
public record MemoryUse(long weights, long cache, long work) {

    public MemoryUse {
        if (weights < 0 || cache < 0 || work < 0) {
            throw new IllegalArgumentException("weights " + weights + ", cache " + cache + ", work " + work
                    + ", expected 0 or more bytes of each");
        }
    }

    /** All of it. */
    public long total() {
        return weights + cache + work;
    }

    /** "16.28 GB (weights 11.48, cache 4.29, work 0.51)". */
    public String text() {
        return String.format(Locale.ROOT, "%s (weights %.2f, cache %.2f, work %.2f)", gigabytes(total()), weights / 1e9,
                cache / 1e9, work / 1e9);
    }

    /** "16.28 GB", decimal. */
    static String gigabytes(long bytes) {
        return String.format(Locale.ROOT, "%.2f GB", bytes / 1e9);
    }

    /** Bytes of all tensors of a checkpoint as they are stored, which is what an engine keeps of them. */
    public static long storedWeights(Checkpoint checkpoint) {
        return checkpoint.tensors().keySet().stream()
                .mapToLong(tensor -> checkpoint.storage(tensor).storedBytes()).sum();
    }
}
