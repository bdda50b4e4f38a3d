package zipserv.tornado.engine;

import java.util.stream.Stream;

import zipserv.model.ModelException;

/**
 * How precise activations are where they are BF16: as operands of the Tensor Cores, and as keys and values in the
 * cache.
 */
public enum ActivationFormat {
    /** Rounded to BF16, 8 bits of precision: what frameworks do that run a model in BF16. */
    BF16("bf16", 1),
    /**
     * As the sum of two BF16, 16 bits of precision: see {@link SplitValue}. A step takes twice as many rows in the
     * GEMMs, which costs nothing while they fit in a tile of 8 and little while weights are what limits them.
     */
    BF16X2("bf16x2", 2);

    /** System property: the format of activations in projections. If it is absent, bf16x2; or bf16 if batches of more
     * than 64 are asked for. */
    public static final String PROPERTY = "zipserv.activations";
    /**
     * System property: the format of keys and values in the cache, bf16x2 if it is absent; bf16 takes half the memory.
     */
    public static final String CACHE_PROPERTY = "zipserv.cache";

    private final String id;
    private final int parts;

    ActivationFormat(String id, int parts) {
        this.id = id;
        this.parts = parts;
    }

    /** The format that a property names. */
    static ActivationFormat chosen(String property, ActivationFormat fallback) {
        String name = System.getProperty(property, fallback.id);
        return Stream.of(values()).filter(format -> format.id.equals(name)).findFirst().orElseThrow(() ->
                new ModelException("-D" + property + "=" + name + ": expected " + BF16.id + " or " + BF16X2.id));
    }

    /** As properties and logs name it. */
    String id() {
        return id;
    }

    /** Rows of a GEMM per row of a step. */
    int parts() {
        return parts;
    }
}
