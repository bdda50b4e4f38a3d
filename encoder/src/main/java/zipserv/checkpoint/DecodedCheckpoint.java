package zipserv.checkpoint;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.SequencedMap;

import zipserv.codec.Bf16Matrix;
import zipserv.codec.Codecs;
import zipserv.codec.CompressedMatrix;
import zipserv.codec.WeightFormat;

/**
 * A compressed checkpoint as its original would look: every matrix raw. For comparisons. A matrix is decoded when it is
 * asked for, and stays in native memory until {@link #close()}.
 */
public final class DecodedCheckpoint implements Checkpoint {

    private static final int ALIGNMENT = 64;

    private final Checkpoint source;
    private final int threads;
    private final Arena arena = Arena.ofShared();
    private final Map<String, CompressedMatrix> decoded = new HashMap<>();

    /**
     * @param source  closed by this checkpoint
     * @param threads for decoding
     */
    public DecodedCheckpoint(Checkpoint source, int threads) {
        this.source = source;
        this.threads = threads;
    }

    @Override
    public Path directory() {
        return source.directory();
    }

    @Override
    public boolean isCompressed() {
        return false;
    }

    @Override
    public SequencedMap<String, TensorInfo> tensors() {
        return source.tensors();
    }

    @Override
    public synchronized CompressedMatrix matrix(String tensor) {
        CompressedMatrix known = decoded.get(tensor);
        if (known == null) {
            known = decode(source.matrix(tensor));
            decoded.put(tensor, known);
        }
        return known;
    }

    private CompressedMatrix decode(CompressedMatrix matrix) {
        if (matrix.format() == WeightFormat.RAW) {
            return matrix;
        }
        MemorySegment bytes = arena.allocate(2L * matrix.rows() * matrix.columns(), ALIGNMENT);
        Codecs.of(matrix.format()).decode(matrix, bytes, threads);
        return Codecs.of(WeightFormat.RAW)
                .encode(new Bf16Matrix(bytes, matrix.rows(), matrix.columns()), arena, threads);
    }

    @Override
    public MemorySegment bytes(String tensor) {
        return source.bytes(tensor);
    }

    @Override
    public TensorStorage storage(String tensor) {
        TensorStorage stored = source.storage(tensor);
        return new TensorStorage(stored.tensor(), WeightFormat.RAW, Map.of(), List.of(), stored.originalBytes());
    }

    @Override
    public void close() {
        try (source; arena) {
            decoded.clear();
        }
    }
}
