package zipserv.checkpoint;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.zip.CRC32C;

import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

import zipserv.codec.WeightFormat;

/** One flipped bit, anywhere in a compressed checkpoint. */
class DamageTest {

    @TempDir
    Path folder;

    private Path packed;
    private Path weights;
    private Map<String, long[]> places;
    private final Random random = new Random(11);

    @BeforeEach
    void pack() throws IOException {
        pack(CompressionOptions.DEFAULT);
    }

    private void pack(CompressionOptions options) throws IOException {
        packed = Files.createDirectories(folder.resolve(options.format().id()));
        BadInputs.pack(packed, options);
        weights = packed.resolve("model.safetensors");
        places = SafetensorsRules.check(weights);
    }

    /** Flips a bit, runs, and flips it back. */
    private void withFlipped(Path file, long position, int bit, Runnable check) throws IOException {
        byte[] content = Files.readAllBytes(file);
        content[(int) position] ^= (byte) (1 << bit);
        Files.write(file, content);
        check.run();
        content[(int) position] ^= (byte) (1 << bit);
        Files.write(file, content);
    }

    private List<String> problems() {
        return new CheckpointVerifier(1, ProgressListener.NONE).verify(packed).problems();
    }

    private void assertRefused(String what) {
        assertThrows(CheckpointException.class, () -> Checkpoint.open(packed).close(), what);
        assertThrows(CheckpointException.class, this::problems, what);
    }

    @Test
    void intactCheckpointHasNoProblems() {
        assertEquals(List.of(), problems());
    }

    @Test
    void isFoundInEveryPartAndInItsFilling() throws IOException {
        pack(CompressionOptions.DEFAULT.withFormat(WeightFormat.TCA_TBE));
        assertEquals(9, places.size(), "seven parts, an unchanged tensor, the original header");
        assertFoundEverywhere();
    }

    @Test
    void isFoundInEveryPartOfFrag11() throws IOException {
        assertEquals(7, places.size(), "five parts, an unchanged tensor, the original header");
        assertFoundEverywhere();
    }

    private void assertFoundEverywhere() throws IOException {
        for (Map.Entry<String, long[]> place : places.entrySet()) {
            String stored = place.getKey();
            long begin = place.getValue()[0];
            long end = place.getValue()[1];
            for (long position : new long[] {begin, begin + random.nextLong(end - begin), end - 1}) {
                withFlipped(weights, position, random.nextInt(8), () -> {
                    List<String> problems;
                    try {
                        problems = problems();
                    } catch (CheckpointException e) {
                        assertEquals("zipserv.original_header", stored, e.getMessage());
                        return;
                    }
                    assertEquals(1, problems.size(), problems.toString());
                    String expected = stored.startsWith("w.")
                            ? "tensor \"w\": part " + stored.substring(2) + " has CRC-32C "
                            : "tensor \"" + stored + "\": data has CRC-32C ";
                    assertTrue(problems.getFirst().startsWith(weights + ": " + expected), problems.getFirst());
                    assertThrows(CheckpointException.class, () -> new CheckpointRestorer(1, ProgressListener.NONE)
                            .restore(packed, folder.resolve("restored")));
                    assertFalse(Files.exists(folder.resolve("restored")));
                });
            }
        }
    }

    @Test
    void isFoundInTheHeader() throws IOException {
        long end = places.values().stream().mapToLong(place -> place[0]).min().orElseThrow();
        for (int position = 0; position < end; position += position < 8 ? 1 : 1 + random.nextInt(20)) {
            String what = "byte " + position;
            withFlipped(weights, position, random.nextInt(8), () -> assertRefused(what));
        }
        withFlipped(weights, end - 1, 0, () -> assertRefused("filling of the header"));
    }

    @Test
    void isFoundInTheManifest() throws IOException {
        Path manifest = packed.resolve("zipserv.json");
        for (int position = 0; position < Files.size(manifest); position++) {
            String what = "byte " + position;
            withFlipped(manifest, position, random.nextInt(8), () -> assertRefused(what));
        }
    }

    @Test
    void isFoundInVerbatimFiles() throws IOException {
        withFlipped(packed.resolve("config.json"), 1, 3, () -> {
            assertEquals(1, problems().size());
            assertTrue(problems().getFirst().startsWith(packed.resolve("config.json")
                    + ": restores to 2 bytes with SHA-256 "), problems().getFirst());
        });
        Files.delete(packed.resolve("config.json"));
        assertEquals(List.of(packed.resolve("config.json") + ": no such file"), problems());
    }

    /** A wrong part under a right checksum: the checksum of the original bytes finds it. */
    @Test
    void isFoundWhenTheChecksumOfThePartWasChangedToo() throws IOException {
        byte[] file = Files.readAllBytes(weights);
        long[] place = places.get("w.words");
        CRC32C crc = new CRC32C();
        crc.update(file, (int) place[0], (int) (place[1] - place[0]));
        String before = new Crc32c((int) crc.getValue()).toString();
        file[(int) place[0]] ^= 1;
        crc.reset();
        crc.update(file, (int) place[0], (int) (place[1] - place[0]));
        String text = new String(file, StandardCharsets.ISO_8859_1);
        Files.write(weights, text.replace(before, new Crc32c((int) crc.getValue()).toString())
                .getBytes(StandardCharsets.ISO_8859_1));
        BadInputs.reseal(packed);
        assertEquals(1, problems().size());
        assertTrue(problems().getFirst().startsWith(weights + ": tensor \"w\": decoded bytes have CRC-32C "),
                problems().getFirst());
    }

    @Test
    void isFoundByComparisonWithTheOriginal() throws IOException {
        Path original = BadInputs.plain(folder.resolve("original"));
        CheckpointVerifier verifier = new CheckpointVerifier(2, ProgressListener.NONE);
        assertEquals(List.of(), verifier.verify(packed, original).problems());
        Path file = original.resolve("model.safetensors");
        List<String> different = List.of(file + ": byte " + (size(file) - 5)
                + " differs from what the compressed checkpoint restores");
        withFlipped(file, size(file) - 5, 0,
                () -> assertEquals(different, verifier.verify(packed, original).problems()));
        Files.writeString(original.resolve("more.txt"), "");
        assertEquals(List.of(original.resolve("more.txt") + ": not in the compressed checkpoint"),
                verifier.verify(packed, original).problems());
        Files.delete(original.resolve("more.txt"));
        Files.write(file, new byte[] {1}, StandardOpenOption.APPEND);
        assertEquals(List.of(file + ": " + size(file) + " bytes, expected " + (size(file) - 1)
                + " as the compressed checkpoint restores"), verifier.verify(packed, original).problems());
    }

    @Test
    void ofOneMatrixLeavesTheOthersWell() throws IOException {
        Path source = Files.createDirectories(folder.resolve("source"));
        TestCheckpoint checkpoint = new TestCheckpoint();
        for (int i = 0; i < 12; i++) {
            checkpoint.addWeights("layer" + i, random, 256, 512);
        }
        checkpoint.write(source.resolve("model.safetensors"));
        Path many = folder.resolve("many");
        new CheckpointCompressor(CompressionOptions.DEFAULT, ProgressListener.NONE).compress(source, many);
        Path file = many.resolve("model.safetensors");
        byte[] content = Files.readAllBytes(file);
        for (int damaged = 1; damaged < 12; damaged += 3) {
            content[(int) SafetensorsRules.check(file).get("layer" + damaged + ".escapes")[0]] ^= 4;
        }
        Files.write(file, content);
        List<String> problems = new CheckpointVerifier(2, ProgressListener.NONE).verify(many).problems();
        assertEquals(4, problems.size(), problems.toString());
        for (int i = 0; i < 4; i++) {
            assertTrue(problems.get(i).startsWith(file + ": tensor \"layer" + (1 + 3 * i) + "\": part escapes "));
        }
    }

    private static long size(Path file) {
        try {
            return Files.size(file);
        } catch (IOException e) {
            throw new java.io.UncheckedIOException(e);
        }
    }
}
