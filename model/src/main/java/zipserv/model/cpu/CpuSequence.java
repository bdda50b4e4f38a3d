package zipserv.model.cpu;

import zipserv.model.Engine;
import zipserv.model.ModelConfig;
import zipserv.model.ModelException;

/** A sequence of the CPU engine: its length and its cache. */
final class CpuSequence implements Engine.Sequence {

    final CpuEngine owner;
    final KvCache cache;
    private final int capacity;
    private int length;
    private boolean closed;

    CpuSequence(CpuEngine owner, ModelConfig config, int capacity) {
        this.owner = owner;
        this.capacity = capacity;
        this.cache = new KvCache(config);
    }

    @Override
    public int length() {
        return length;
    }

    @Override
    public int capacity() {
        return capacity;
    }

    /**
     * Checks that {@code added} tokens fit, and makes room for them in the cache.
     *
     * @throws ModelException if memory runs out; the sequence is unchanged
     */
    void reserve(int added) {
        if (closed) {
            throw new IllegalStateException("sequence is closed");
        }
        if (added > capacity - length) {
            throw new Engine.ContextOverflowException(length, added, capacity);
        }
        try {
            cache.reserve(length + added);
        } catch (OutOfMemoryError e) {
            throw new ModelException("no memory left for the key/value cache of " + (length + added)
                    + " tokens, " + cache.bytesPerToken() + " bytes each; allow a larger heap with -Xmx", e);
        }
    }

    /** Counts tokens whose keys and values have been stored. */
    void advance(int added) {
        length += added;
    }

    @Override
    public void truncate(int newLength) {
        if (newLength < 0 || newLength > length) {
            throw new IllegalArgumentException("truncation of " + length + " tokens to " + newLength);
        }
        length = newLength;
        cache.release(newLength);
    }

    @Override
    public void close() {
        closed = true;
        length = 0;
        cache.release(0);
        owner.forget(this);
    }
}
