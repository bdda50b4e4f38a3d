package zipserv.synth;

import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.function.LongConsumer;

import com.fasterxml.jackson.databind.SerializationFeature;
import com.fasterxml.jackson.databind.json.JsonMapper;

import zipserv.checkpoint.OutputDirectory;
import zipserv.checkpoint.SafetensorsEntry;
import zipserv.checkpoint.SafetensorsHeader;
import zipserv.checkpoint.SafetensorsType;

/**
 * Writes a checkpoint in Hugging Face layout with the shapes of a real model and weights that only look like real ones:
 * for measuring size and speed where the model itself is not at hand. The same shape and seed give the same bytes, with
 * any number of threads.
 */
public final class SyntheticCheckpoint {

    /** Files of a tokenizer that are copied where present. */
    private static final List<String> TOKENIZER_FILES = List.of("tokenizer.json", "tokenizer_config.json",
            "special_tokens_map.json", "generation_config.json", "chat_template.jinja");

    /** Elements that a thread draws before it writes them. */
    private static final int CHUNK = 1 << 20;

    private static final JsonMapper JSON = JsonMapper.builder().enable(SerializationFeature.INDENT_OUTPUT).build();

    private final ModelShape shape;
    private final long seed;
    private final long shardBytes;
    private final int threads;

    /**
     * @param seed       any number
     * @param shardBytes size at which a file is full; a checkpoint above it is sharded, with an index
     * @param threads    1 or more
     */
    public SyntheticCheckpoint(ModelShape shape, long seed, long shardBytes, int threads) {
        this.shape = shape;
        this.seed = seed;
        this.shardBytes = shardBytes;
        this.threads = threads;
    }

    /** Bytes of all tensors together. */
    public long bytes() {
        return 2 * shape.parameters();
    }

    /**
     * Writes the checkpoint.
     *
     * @param target    folder that must not exist; it appears when all is written
     * @param tokenizer a model's folder to copy tokenizer files from
     * @param written   told the number of bytes whenever some are written, by many threads
     */
    public void write(Path target, Optional<Path> tokenizer, LongConsumer written) throws IOException {
        try (OutputDirectory output = OutputDirectory.create(target)) {
            Path folder = output.content();
            requireSpace(target, folder);
            writeJson(folder.resolve("config.json"), shape.config());
            if (tokenizer.isPresent()) {
                copyTokenizer(tokenizer.get(), folder);
            }
            writeShards(folder, written);
            output.commit();
        }
    }

    private void requireSpace(Path target, Path folder) throws IOException {
        long free = Files.getFileStore(folder).getUsableSpace();
        if (free < bytes()) {
            throw new IOException(target + ": no room for the checkpoint: it takes " + bytes() + " bytes, " + free
                    + " are free");
        }
    }

    private static void copyTokenizer(Path from, Path to) throws IOException {
        if (!Files.isRegularFile(from.resolve("tokenizer.json"))) {
            throw new IOException(from + ": no tokenizer.json");
        }
        for (String name : TOKENIZER_FILES) {
            if (Files.exists(from.resolve(name))) {
                Files.copy(from.resolve(name), to.resolve(name));
            }
        }
    }

    private void writeShards(Path folder, LongConsumer written) throws IOException {
        List<List<ModelShape.Tensor>> shards = shards();
        Map<String, String> fileByTensor = new TreeMap<>();
        for (int i = 0; i < shards.size(); i++) {
            String name = shards.size() == 1 ? "model.safetensors"
                    : "model-%05d-of-%05d.safetensors".formatted(i + 1, shards.size());
            for (ModelShape.Tensor tensor : shards.get(i)) {
                fileByTensor.put(tensor.name(), name);
            }
            writeShard(folder.resolve(name), shards.get(i), written);
        }
        if (shards.size() > 1) {
            writeJson(folder.resolve("model.safetensors.index.json"),
                    Map.of("metadata", Map.of("total_size", bytes()), "weight_map", fileByTensor));
        }
    }

    /** Tensors in order, a new file whenever the next one would overfill the last. */
    private List<List<ModelShape.Tensor>> shards() {
        List<List<ModelShape.Tensor>> shards = new ArrayList<>();
        long room = 0;
        for (ModelShape.Tensor tensor : shape.tensors()) {
            long bytes = 2 * tensor.elements();
            if (shards.isEmpty() || bytes > room) {
                shards.add(new ArrayList<>());
                room = shardBytes;
            }
            shards.getLast().add(tensor);
            room -= bytes;
        }
        return shards;
    }

    private void writeShard(Path file, List<ModelShape.Tensor> tensors, LongConsumer written) throws IOException {
        List<SafetensorsEntry> entries = new ArrayList<>();
        long end = 0;
        for (ModelShape.Tensor tensor : tensors) {
            long begin = end;
            end += 2 * tensor.elements();
            entries.add(new SafetensorsEntry(tensor.name(), SafetensorsType.BF16, tensor.shape(), begin, end));
        }
        try (FileChannel channel = FileChannel.open(file, StandardOpenOption.WRITE, StandardOpenOption.CREATE_NEW)) {
            ByteBuffer header = header(entries);
            long dataStart = header.remaining();
            writeFully(channel, header, 0);
            List<Chunk> chunks = new ArrayList<>();
            for (int i = 0; i < tensors.size(); i++) {
                chunks.addAll(chunks(tensors.get(i), dataStart + entries.get(i).begin()));
            }
            ParallelWork.run(chunks, threads, () -> {
                ByteBuffer buffer = ByteBuffer.allocateDirect(2 * CHUNK);
                return chunk -> chunk.write(channel, buffer, written);
            });
            channel.force(true);
        }
    }

    private static ByteBuffer header(List<SafetensorsEntry> entries) {
        byte[] json = SafetensorsHeader.render(Map.of("format", "pt"), entries).getBytes(StandardCharsets.UTF_8);
        int padded = json.length + 7 & -8;
        ByteBuffer header = ByteBuffer.allocate(Long.BYTES + padded).order(ByteOrder.LITTLE_ENDIAN);
        header.putLong(padded).put(json);
        while (header.hasRemaining()) {
            header.put((byte) ' ');
        }
        return header.flip();
    }

    private List<Chunk> chunks(ModelShape.Tensor tensor, long fileOffset) {
        WeightSource source = new WeightSource(tensor, seed);
        List<Chunk> chunks = new ArrayList<>();
        for (long from = 0; from < tensor.elements(); from += CHUNK) {
            chunks.add(new Chunk(source, from, Math.min(tensor.elements(), from + CHUNK), fileOffset));
        }
        return chunks;
    }

    /** Elements from .. to - 1 of a tensor that begins at a byte of its file. */
    private record Chunk(WeightSource source, long from, long to, long fileOffset) {

        void write(FileChannel channel, ByteBuffer buffer, LongConsumer written) throws IOException {
            buffer.clear().limit(Math.toIntExact(2 * (to - from)));
            source.draw(from, to, MemorySegment.ofBuffer(buffer));
            writeFully(channel, buffer, fileOffset + 2 * from);
            written.accept(2 * (to - from));
        }
    }

    private static void writeJson(Path file, Map<String, Object> content) throws IOException {
        try (FileChannel channel = FileChannel.open(file, StandardOpenOption.WRITE, StandardOpenOption.CREATE_NEW)) {
            writeFully(channel, ByteBuffer.wrap(JSON.writeValueAsBytes(content)), 0);
            channel.force(true);
        }
    }

    private static void writeFully(FileChannel channel, ByteBuffer buffer, long position) throws IOException {
        long at = position;
        while (buffer.hasRemaining()) {
            at += channel.write(buffer, at);
        }
    }
}
