package zipserv.checkpoint;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Objects;
import java.util.SequencedMap;

import zipserv.codec.Codecs;
import zipserv.codec.CompressedMatrix;
import zipserv.codec.MalformedMatrixException;

/**
 * A compressed safetensors file: the original tensors with their descriptions and stored bytes. Opening checks that
 * descriptions, original header and stored tensors fit each other; it does not read the weights.
 */
final class CompressedFile {

    private final SafetensorsFile stored;
    private final OriginalFile original;
    private final SafetensorsHeader originalHeader;
    private final SequencedMap<String, TensorDescription> descriptions = new LinkedHashMap<>();
    /** What no description has claimed yet; empty once the file is open. */
    private final Map<String, SafetensorsEntry> unclaimed;

    CompressedFile(SafetensorsFile stored) {
        this.stored = stored;
        Map<String, String> metadata = stored.header().metadata();
        String version = metadata.get(CompressedHeader.VERSION_KEY);
        if (!isCompressed(stored)) {
            throw new CheckpointException(path() + ": metadata format \"" + metadata.get(CompressedHeader.FORMAT_KEY)
                    + "\", expected \"" + CompressedHeader.FORMAT + "\"");
        }
        if (!Integer.toString(CompressedHeader.VERSION).equals(version)) {
            throw new CheckpointException(path() + ": container version " + version + ", expected "
                    + CompressedHeader.VERSION);
        }
        this.unclaimed = new HashMap<>(stored.header().entries());
        this.original = OriginalFile.parse(path().toString(), metadata.getOrDefault(CompressedHeader.ORIGINAL_KEY, ""));
        claim(CompressedHeader.ORIGINAL_HEADER, SafetensorsType.U8, original.headerBytes());
        this.originalHeader = HeaderParser.parse(path() + ", original header",
                originalHeaderBytes().toArray(ValueLayout.JAVA_BYTE), original.dataBytes());
        for (SafetensorsEntry tensor : originalHeader.entries().values()) {
            descriptions.put(tensor.name(), checkedDescription(tensor,
                    metadata.get(CompressedHeader.TENSOR_PREFIX + tensor.name())));
        }
        if (!unclaimed.isEmpty()) {
            throw error(unclaimed.keySet().iterator().next(), "is stored, but belongs to no original tensor");
        }
    }

    static boolean isCompressed(SafetensorsFile file) {
        return CompressedHeader.FORMAT.equals(file.header().metadata().get(CompressedHeader.FORMAT_KEY));
    }

    private TensorDescription checkedDescription(SafetensorsEntry tensor, String json) {
        if (json == null) {
            throw error(tensor.name(), "has no description in the metadata");
        }
        TensorDescription description = TensorDescription.parse(where(tensor.name()), json);
        if (!description.dtype().equals(tensor.type().name()) || !description.shape().equals(tensor.shape())) {
            throw error(tensor.name(), "described as " + description.dtype() + " " + description.shape() + ", expected "
                    + tensor.type() + " " + tensor.shape() + " as in the original header");
        }
        if (description.isRaw()) {
            SafetensorsEntry entry = claim(tensor.name(), tensor.type(), tensor.bytes());
            if (!entry.shape().equals(tensor.shape())) {
                throw error(tensor.name(), "stored with shape " + entry.shape() + ", expected " + tensor.shape());
            }
        }
        for (TensorDescription.Part part : description.parts()) {
            if (part.elements() < 0 || part.elements() > stored.content().byteSize()) {
                throw error(tensor.name(), "part " + part.name() + " of " + part.elements() + " elements in a file of "
                        + stored.content().byteSize() + " bytes");
            }
            claim(TensorDescription.storedName(tensor.name(), part.name()),
                    SafetensorsType.valueOf(part.dtype().name()), part.storedBytes());
        }
        return description;
    }

    private SafetensorsEntry claim(String name, SafetensorsType type, long bytes) {
        SafetensorsEntry entry = unclaimed.remove(name);
        if (entry == null) {
            throw error(name, "is not in the file");
        }
        if (entry.type() != type || entry.bytes() != bytes) {
            throw error(name, "stored as " + entry.type() + " of " + entry.bytes() + " bytes, expected " + type + " of "
                    + bytes);
        }
        return entry;
    }

    Path path() {
        return stored.path();
    }

    /** Name within the folder. */
    String name() {
        return stored.name();
    }

    OriginalFile original() {
        return original;
    }

    /** The original tensors in the order of their data. */
    SequencedMap<String, SafetensorsEntry> tensors() {
        return originalHeader.entries();
    }

    TensorDescription description(String tensor) {
        return Objects.requireNonNull(descriptions.get(tensor));
    }

    /** Whether a tensor is stored in parts, not unchanged. */
    boolean isMatrix(String tensor) {
        return !description(tensor).isRaw();
    }

    /** The original header, without the length in front. */
    MemorySegment originalHeaderBytes() {
        return storedBytes(CompressedHeader.ORIGINAL_HEADER);
    }

    /** The bytes under a name of this file's own header. */
    MemorySegment storedBytes(String name) {
        return stored.data(stored.header().entries().get(name));
    }

    /** Opens a tensor that is stored in parts. */
    CompressedMatrix matrix(String tensor) {
        TensorDescription description = description(tensor);
        try {
            Map<String, MemorySegment> parts = new HashMap<>();
            description.parts().forEach(part -> parts.put(part.name(),
                    storedBytes(TensorDescription.storedName(tensor, part.name()))));
            int rows = Math.toIntExact(description.shape().get(0));
            int columns = Math.toIntExact(description.shape().get(1));
            return Codecs.of(description.weightFormat()).open(rows, columns, description.open(parts),
                    description.parameters());
        } catch (MalformedMatrixException | ArithmeticException | IndexOutOfBoundsException e) {
            throw new CheckpointException(where(tensor) + ": " + e.getMessage(), e);
        }
    }

    /** Compares the parts of a tensor, or the original bytes if it is raw, with their checksums. */
    void checkStored(String tensor) {
        TensorDescription description = description(tensor);
        if (!isMatrix(tensor)) {
            checkCrc(tensor, "data", storedBytes(tensor), description.crc32c());
        }
        for (TensorDescription.Part part : description.parts()) {
            checkCrc(tensor, "part " + part.name(),
                    storedBytes(TensorDescription.storedName(tensor, part.name())), part.crc32c());
        }
    }

    private void checkCrc(String tensor, String what, MemorySegment bytes, Crc32c expected) {
        Crc32c found = Crc32c.of(bytes);
        if (!found.equals(expected)) {
            throw error(tensor, what + " has CRC-32C " + found + ", expected " + expected);
        }
    }

    /** Compares the kept header with its checksum. */
    void checkOriginalHeader() {
        checkCrc(CompressedHeader.ORIGINAL_HEADER, "data", originalHeaderBytes(), original.headerCrc32c());
    }

    CheckpointException error(String tensor, String reason) {
        return new CheckpointException(where(tensor) + ": " + reason);
    }

    private String where(String tensor) {
        return path() + ": tensor \"" + tensor + "\"";
    }
}
