package zipserv.checkpoint;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.nio.file.Path;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.SequencedMap;

import zipserv.codec.CompressedMatrix;

/** A checkpoint that {@link CheckpointCompressor} wrote. */
final class CompressedCheckpoint implements Checkpoint {

    private final Path directory;
    private final Arena arena;
    private final Manifest manifest;
    private final SequencedMap<String, CompressedFile> files = new LinkedHashMap<>();
    private final SequencedMap<String, TensorInfo> tensors = new LinkedHashMap<>();

    /**
     * @param mapped in {@code arena}, which this checkpoint now owns
     */
    CompressedCheckpoint(Path directory, Arena arena, ShardIndex index, Manifest manifest,
            List<SafetensorsFile> mapped) {
        this.directory = directory;
        this.arena = arena;
        this.manifest = manifest;
        for (SafetensorsFile file : mapped) {
            checkHeader(file);
            CompressedFile compressed = new CompressedFile(file);
            files.put(file.name(), compressed);
            compressed.tensors().forEach((name, entry) -> index.add(tensors,
                    entry.info(file.name()), file.path()));
        }
        index.check(directory, tensors);
        for (String name : manifest.compressed().keySet()) {
            if (!files.containsKey(name)) {
                throw new CheckpointException(directory.resolve(name) + ": listed in " + Manifest.NAME
                        + ", but not part of the checkpoint");
            }
        }
    }

    private void checkHeader(SafetensorsFile file) {
        Crc32c expected = manifest.compressed().get(file.name());
        if (expected == null) {
            throw new CheckpointException(file.path() + ": not listed in " + Manifest.NAME + " as compressed");
        }
        Crc32c found = Crc32c.of(file.content().asSlice(0, file.dataStart()));
        if (!found.equals(expected)) {
            throw new CheckpointException(file.path() + ": header has CRC-32C " + found + ", expected " + expected);
        }
    }

    @Override
    public Path directory() {
        return directory;
    }

    @Override
    public boolean isCompressed() {
        return true;
    }

    Manifest manifest() {
        return manifest;
    }

    /** The compressed files by name, in the order of {@link #tensors()}. */
    SequencedMap<String, CompressedFile> files() {
        return files;
    }

    @Override
    public SequencedMap<String, TensorInfo> tensors() {
        return Collections.unmodifiableSequencedMap(tensors);
    }

    @Override
    public CompressedMatrix matrix(String tensor) {
        CompressedFile file = fileOf(tensor);
        return file.isMatrix(tensor)
                ? file.matrix(tensor)
                : RawTensors.matrix(file.path(), tensors.get(tensor), file.storedBytes(tensor));
    }

    @Override
    public MemorySegment bytes(String tensor) {
        CompressedFile file = fileOf(tensor);
        if (file.isMatrix(tensor)) {
            throw file.error(tensor, "is stored as " + file.description(tensor).format()
                    + ", expected an unchanged tensor");
        }
        return file.storedBytes(tensor);
    }

    @Override
    public TensorStorage storage(String tensor) {
        CompressedFile file = fileOf(tensor);
        TensorDescription description = file.description(tensor);
        return new TensorStorage(tensors.get(tensor), description.weightFormat(), description.parameters(),
                description.parts().stream().map(part -> new TensorStorage.Part(part.name(), part.dtype().name(),
                        part.bytes(), part.storedBytes())).toList(),
                file.tensors().get(tensor).bytes());
    }

    private CompressedFile fileOf(String tensor) {
        TensorInfo info = tensors.get(tensor);
        if (info == null) {
            throw new CheckpointException(directory + ": no tensor \"" + tensor + "\"");
        }
        return files.get(info.file());
    }

    @Override
    public void close() {
        arena.close();
    }
}
