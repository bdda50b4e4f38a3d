package zipserv.checkpoint;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Random;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.EnumSource.Mode;

import zipserv.codec.Codecs;
import zipserv.codec.CompressedMatrix;
import zipserv.codec.WeightFormat;

class RoundTripTest {

    private static final CompressionOptions OPTIONS = CompressionOptions.DEFAULT.withThreads(2);

    @TempDir
    Path folder;

    private Path source() throws IOException {
        return Files.createDirectories(folder.resolve("source"));
    }

    private Path single() throws IOException {
        Path source = source();
        Random random = new Random(7);
        byte[] zeros = new byte[2 * 256 * 128];
        new TestCheckpoint()
                .addWeights("norm.first", random, 33)
                .addWeights("layers.0.q_proj.weight", random, 192, 256)
                .addWeights("layers.0.ragged.weight", random, 250, 187)
                .add("mask", "BOOL", TestCheckpoint.randomBytes(random, 5), 5)
                .add("noise.weight", "BF16", TestCheckpoint.randomBytes(random, 2 * 128 * 160), 128, 160)
                .add("half.weight", "F16", TestCheckpoint.randomBytes(random, 2 * 128 * 160), 128, 160)
                .add("zeros.weight", "BF16", zeros, 256, 128)
                .addWeights("small.weight", random, 8, 16)
                .add("empty.weight", "BF16", new byte[0], 0, 64)
                .add("scalar", "F64", TestCheckpoint.randomBytes(random, 8))
                .addWeights("experts.weight", random, 2, 96, 96)
                .addWeights("nested", random, 128, 128)
                .addWeights("nested.bitmap1", random, 3)
                .addWeights("Größe \\\" 重み.weight", random, 128, 128)
                .write(source.resolve("model.safetensors"));
        Files.writeString(source.resolve("config.json"), "{\"model_type\":\"llama\"}");
        Files.writeString(source.resolve("empty.txt"), "");
        Files.write(source.resolve("other.safetensors"), TestCheckpoint.randomBytes(random, 1000));
        Files.createDirectories(source.resolve("original/params/nothing"));
        Files.writeString(source.resolve("original/params/params.json"), "{}\r\n");
        return source;
    }

    private CheckpointReport compress(Path source) {
        return compress(source, OPTIONS.format());
    }

    private CheckpointReport compress(Path source, WeightFormat format) {
        return new CheckpointCompressor(OPTIONS.withFormat(format), ProgressListener.NONE)
                .compress(source, folder.resolve("compressed"));
    }

    private void assertRestores(Path source) throws IOException {
        VerificationReport report = new CheckpointVerifier(2, ProgressListener.NONE)
                .verify(folder.resolve("compressed"), source);
        assertEquals(List.of(), report.problems());
        for (String name : Manifest.read(folder.resolve("compressed")).compressed().keySet()) {
            SafetensorsRules.checkCompressed(folder.resolve("compressed").resolve(name));
        }
        new CheckpointRestorer(2, ProgressListener.NONE).restore(folder.resolve("compressed"),
                folder.resolve("restored"));
        assertSameContents(source, folder.resolve("restored"));
        try (var left = Files.list(folder)) {
            assertEquals(List.of("compressed", "restored", "source"),
                    left.map(path -> path.getFileName().toString()).sorted().toList());
        }
    }

    private static void assertSameContents(Path expected, Path actual) throws IOException {
        Map<String, byte[]> files = TestCheckpoint.contents(actual);
        Map<String, byte[]> originals = TestCheckpoint.contents(expected);
        assertEquals(List.copyOf(originals.keySet()), List.copyOf(files.keySet()));
        originals.forEach((name, bytes) -> assertArrayEquals(bytes, files.get(name), name));
    }

    @ParameterizedTest
    @EnumSource(mode = Mode.EXCLUDE, names = "RAW")
    void restoresEveryFileByteForByte(WeightFormat format) throws IOException {
        Path source = single();
        CheckpointReport report = compress(source, format);
        assertEquals(5, report.files());
        assertEquals(14, report.tensors());
        assertTrue(report.compressedBytes() < report.originalBytes(), report.toString());
        assertRestores(source);
        assertTrue(Files.isDirectory(folder.resolve("restored/original/params/nothing")));
    }

    @ParameterizedTest
    @EnumSource(mode = Mode.EXCLUDE, names = "RAW")
    void showsTheOriginalTensors(WeightFormat format) throws IOException {
        Path source = single();
        CheckpointReport report = compress(source, format);
        try (Checkpoint plain = Checkpoint.open(source);
                Checkpoint packed = Checkpoint.open(folder.resolve("compressed"))) {
            assertTrue(packed.isCompressed());
            assertEquals(plain.tensors(), packed.tensors());
            assertEquals(List.copyOf(plain.tensors().keySet()), List.copyOf(packed.tensors().keySet()));
            for (TensorInfo tensor : plain.tensors().values()) {
                MemorySegment expected = plain.bytes(tensor.name());
                TensorStorage storage = packed.storage(tensor.name());
                assertEquals(expected.byteSize(), storage.originalBytes());
                if (storage.format() == WeightFormat.RAW) {
                    assertEquals(-1, expected.mismatch(packed.bytes(tensor.name())), tensor.name());
                    assertEquals(expected.byteSize(), storage.storedBytes());
                } else {
                    CompressedMatrix matrix = packed.matrix(tensor.name());
                    MemorySegment decoded = MemorySegment.ofArray(new byte[(int) expected.byteSize()]);
                    Codecs.of(matrix.format()).decode(matrix, decoded, 2);
                    assertEquals(-1, expected.mismatch(decoded), tensor.name());
                    assertTrue(storage.storedBytes() < storage.originalBytes());
                    assertEquals(matrix.parameters(), storage.parameters());
                    matrix.parts().forEach(part -> assertEquals(0, part.data().address() % 128, part.name()));
                }
            }
            assertEquals(format, packed.storage("layers.0.q_proj.weight").format());
            assertEquals(format, packed.storage("layers.0.ragged.weight").format());
            assertEquals(WeightFormat.RAW, packed.storage("noise.weight").format(), "would grow");
            assertEquals(WeightFormat.RAW, packed.storage("small.weight").format(), "below the limit");
            assertEquals(WeightFormat.RAW, packed.storage("half.weight").format(), "no BF16");
            assertEquals(WeightFormat.RAW, packed.storage("nested").format(), "its parts' names could be taken");
            assertEquals(WeightFormat.RAW, packed.matrix("noise.weight").format());
        }
        long size = 0;
        for (byte[] file : TestCheckpoint.contents(folder.resolve("compressed")).values()) {
            size += file.length;
        }
        assertEquals(size, report.compressedBytes());
    }

    @Test
    void restoresShards() throws IOException {
        Path source = source();
        Random random = new Random(8);
        new TestCheckpoint().addWeights("a.weight", random, 128, 256).addWeights("a.bias", random, 128)
                .write(source.resolve("model-00001-of-00002.safetensors"));
        new TestCheckpoint().addWeights("b.weight", random, 256, 128)
                .write(source.resolve("model-00002-of-00002.safetensors"));
        Files.writeString(source.resolve("model.safetensors.index.json"), """
                {"weight_map": {"a.weight": "model-00001-of-00002.safetensors",
                  "b.weight": "model-00002-of-00002.safetensors", "a.bias": "model-00001-of-00002.safetensors"}}""");
        compress(source);
        try (Checkpoint packed = Checkpoint.open(folder.resolve("compressed"))) {
            assertEquals("model-00002-of-00002.safetensors", packed.tensors().get("b.weight").file());
            assertEquals(WeightFormat.FRAG11, packed.storage("b.weight").format());
        }
        assertRestores(source);
    }

    @Test
    void resultDependsOnNeitherThreadsNorTime() throws IOException {
        Path source = single();
        compress(source);
        new CheckpointCompressor(OPTIONS.withThreads(1), ProgressListener.NONE).compress(source,
                folder.resolve("again"));
        assertSameContents(folder.resolve("compressed"), folder.resolve("again"));
    }

    @Test
    void followsLinks() throws IOException {
        Path blobs = Files.createDirectories(folder.resolve("cache/blobs"));
        new TestCheckpoint().addWeights("a.weight", new Random(9), 128, 256).write(blobs.resolve("0123"));
        Files.createDirectories(folder.resolve("cache/extra"));
        Files.writeString(folder.resolve("cache/extra/notes.txt"), "notes");
        Path source = Files.createDirectories(folder.resolve("cache/snapshot"));
        Files.createSymbolicLink(source.resolve("model.safetensors"), Path.of("../blobs/0123"));
        Files.createSymbolicLink(source.resolve("extra"), folder.resolve("cache/extra"));
        compress(source);
        new CheckpointRestorer(1, ProgressListener.NONE).restore(folder.resolve("compressed"),
                folder.resolve("restored"));
        assertArrayEquals(Files.readAllBytes(blobs.resolve("0123")),
                Files.readAllBytes(folder.resolve("restored/model.safetensors")));
        assertEquals("notes", Files.readString(folder.resolve("restored/extra/notes.txt")));
        assertFalse(Files.isSymbolicLink(folder.resolve("restored/model.safetensors")));
    }

    @Test
    void optionsChooseTensorsAndFormat() throws IOException {
        Path source = single();
        new CheckpointCompressor(OPTIONS.withTensors(name -> name.contains("ragged")).withMinElements(1),
                ProgressListener.NONE).compress(source, folder.resolve("some"));
        new CheckpointCompressor(OPTIONS.withFormat(WeightFormat.RAW), ProgressListener.NONE)
                .compress(source, folder.resolve("none"));
        try (Checkpoint some = Checkpoint.open(folder.resolve("some"));
                Checkpoint none = Checkpoint.open(folder.resolve("none"))) {
            assertEquals(WeightFormat.RAW, some.storage("layers.0.q_proj.weight").format());
            assertEquals(WeightFormat.FRAG11, some.storage("layers.0.ragged.weight").format());
            assertEquals(WeightFormat.RAW, none.storage("layers.0.ragged.weight").format());
        }
        assertTrue(new CheckpointVerifier(1, ProgressListener.NONE).verify(folder.resolve("none"), source).isIntact());
    }

    @Test
    void progressReachesTheTotal() throws IOException {
        Path source = single();
        long[] last = new long[2];
        ProgressListener listener = (done, total, current) -> {
            assertTrue(done >= last[0], current);
            last[0] = done;
            last[1] = total;
        };
        CheckpointReport report = new CheckpointCompressor(OPTIONS, listener).compress(source,
                folder.resolve("compressed"));
        assertEquals(report.originalBytes(), last[0]);
        assertEquals(report.originalBytes(), last[1]);
        last[0] = 0;
        new CheckpointRestorer(2, listener).restore(folder.resolve("compressed"), folder.resolve("restored"));
        assertEquals(report.originalBytes(), last[0]);
        last[0] = 0;
        new CheckpointVerifier(2, listener).verify(folder.resolve("compressed"));
        assertEquals(report.originalBytes(), last[0]);
        assertEquals(report.originalBytes(), last[1]);
    }

    @Test
    void bytesOfCompressedTensorAreRefused() throws IOException {
        compress(single());
        try (Checkpoint packed = Checkpoint.open(folder.resolve("compressed"))) {
            CheckpointException refused = assertThrows(CheckpointException.class,
                    () -> packed.bytes("layers.0.q_proj.weight"));
            assertEquals(folder.resolve("compressed/model.safetensors") + ": tensor \"layers.0.q_proj.weight\": "
                    + "is stored as frag11, expected an unchanged tensor", refused.getMessage());
            assertEquals(33 * 2, packed.bytes("norm.first").toArray(ValueLayout.JAVA_BYTE).length);
        }
    }
}
