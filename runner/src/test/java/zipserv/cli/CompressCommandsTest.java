package zipserv.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.util.HexFormat;
import java.util.List;
import java.util.stream.Stream;

import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** {@code compress}, {@code decompress} and {@code verify}. */
class CompressCommandsTest {

    @TempDir
    private static Path shared;
    private static Path original;

    @TempDir
    private Path folder;

    @BeforeAll
    static void restore() {
        original = DemoModel.restore(shared.resolve("original"));
    }

    @Test
    void theDemoModelRestoresToItsOriginal() throws Exception {
        byte[] weights = Files.readAllBytes(original.resolve("model.safetensors"));
        assertEquals(DemoModel.SHA256, HexFormat.of().formatHex(MessageDigest.getInstance("SHA-256").digest(weights)));
        assertTrue(Files.readString(Path.of("demo", "tiny-llama-6m.sha256")).startsWith(DemoModel.SHA256));
    }

    /** Otherwise the format has changed: then its version must change, or the demo model be compressed anew. */
    @Test
    void theDemoModelIsWhatCompressWrites() throws IOException {
        Path again = folder.resolve("again");
        Cli.Result result = Cli.run("compress", original, again, "--format", "tca-tbe");
        assertEquals(ExitCode.OK, result.status(), result.err());
        assertEquals(again + ": 6 files, 56 tensors, 11.22 MB -> 8.10 MB (72.18 %)\n", result.out());
        assertTrue(result.err().matches("compressed 11.22 MB in .* s, .*B/s\n"), result.err());
        assertEquals(names(DemoModel.COMPRESSED), names(again));
        for (String name : names(again)) {
            assertEquals(-1, Files.mismatch(DemoModel.COMPRESSED.resolve(name), again.resolve(name)), name);
        }
    }

    @Test
    void verifyTellsThatAllIsWell() {
        Cli.Result alone = Cli.run("verify", DemoModel.COMPRESSED);
        assertEquals(ExitCode.OK, alone.status());
        assertEquals(DemoModel.COMPRESSED
                + ": intact, restores the original bit for bit; 6 files, 56 tensors, 11.22 MB\n", alone.out());
        Cli.Result against = Cli.run("verify", DemoModel.COMPRESSED, original);
        assertEquals(ExitCode.OK, against.status());
        assertEquals(DemoModel.COMPRESSED + ": intact, equal to " + original
                + " bit for bit; 6 files, 56 tensors, 11.22 MB\n", against.out());
    }

    @Test
    void theDefaultFormatRestoresToo() throws IOException {
        Path packed = folder.resolve("packed");
        Cli.Result result = Cli.run("compress", original, packed);
        assertEquals(ExitCode.OK, result.status(), result.err());
        Cli.Result table = Cli.run("inspect", packed);
        assertEquals(List.of("model.embed_tokens.weight", "4096", "x", "256", "BF16", "frag11"),
                List.of(table.out().lines().skip(1).findFirst().orElseThrow().split("\\s+")).subList(0, 6));
        Cli.Result verified = Cli.run("verify", packed, original);
        assertEquals(ExitCode.OK, verified.status(), verified.err());
        assertEquals(packed + ": intact, equal to " + original + " bit for bit; 6 files, 56 tensors, 11.22 MB\n",
                verified.out());
        assertEquals(ExitCode.OK, Cli.run("decompress", packed, folder.resolve("restored")).status());
        assertEquals(-1, Files.mismatch(original.resolve("model.safetensors"),
                folder.resolve("restored").resolve("model.safetensors")));
    }

    @Test
    void verifyFindsAFlippedBit() throws IOException {
        Path damaged = copy(DemoModel.COMPRESSED, folder.resolve("damaged"));
        Path weights = damaged.resolve("model.safetensors");
        try (RandomAccessFile file = new RandomAccessFile(weights.toFile(), "rw")) {
            long at = file.length() / 2;
            file.seek(at);
            int old = file.read();
            file.seek(at);
            file.write(old ^ 4);
        }
        Cli.Result result = Cli.run("verify", damaged);
        assertEquals(ExitCode.MISMATCH, result.status());
        assertEquals(damaged + ": DAMAGED (1 problem); 6 files, 56 tensors, 11.22 MB\n", result.out());
        List<String> errors = result.err().lines().filter(line -> line.startsWith("zipserv: error: ")).toList();
        assertEquals(1, errors.size(), result.err());
        assertTrue(errors.getFirst().contains(weights + ": tensor \"model.layers."), result.err());
        assertEquals(ExitCode.FAILED, Cli.run("decompress", damaged, folder.resolve("restored")).status());
        assertFalse(Files.exists(folder.resolve("restored")));
    }

    @Test
    void verifyFindsADifferenceToTheOriginal() throws IOException {
        Path other = copy(original, folder.resolve("other"));
        Files.writeString(other.resolve("config.json"), Files.readString(other.resolve("config.json")) + " ");
        Cli.Result result = Cli.run("verify", DemoModel.COMPRESSED, other);
        assertEquals(ExitCode.MISMATCH, result.status());
        assertTrue(result.err().contains("zipserv: error: " + other.resolve("config.json")), result.err());
    }

    @Test
    void refusesInOneLineAndLeavesNothing() throws IOException {
        Files.createDirectory(folder.resolve("there"));
        assertError("zipserv: error: " + folder.resolve("there") + ": already exists, expected a new folder\n",
                Cli.run("compress", original, folder.resolve("there")));
        assertError("zipserv: error: " + folder.resolve("none") + ": no such folder, expected a checkpoint folder\n",
                Cli.run("compress", folder.resolve("none"), folder.resolve("target")));
        assertError("zipserv: error: " + folder.resolve("there")
                        + ": no checkpoint, expected model.safetensors or model.safetensors.index.json\n",
                Cli.run("compress", folder.resolve("there"), folder.resolve("target")));
        Cli.Result twice = Cli.run("compress", DemoModel.COMPRESSED, folder.resolve("target"));
        assertEquals(ExitCode.FAILED, twice.status());
        assertEquals(1, twice.err().lines().count(), twice.err());
        assertEquals(List.of("there"), names(folder));
    }

    @Test
    void formatsAndThreadsAreChecked() {
        assertUsage("zipserv: error: Invalid value for option '--format': 'zip' is no format, expected one of "
                + "auto, raw, tca-tbe, frag11 (see 'zipserv compress --help')\n", "--format", "zip");
        assertUsage("zipserv: error: --threads is 0, expected 1 to 1024 (see 'zipserv compress --help')\n",
                "--threads", "0");
    }

    private void assertUsage(String expected, String... options) {
        Cli.Result result = Cli.run(Stream.concat(Stream.of("compress", original, folder.resolve("target")),
                Stream.of(options)).toArray());
        assertEquals(expected, result.err());
        assertEquals(ExitCode.USAGE, result.status());
    }

    private static void assertError(String expected, Cli.Result result) {
        assertEquals(expected, result.err());
        assertEquals("", result.out());
        assertEquals(ExitCode.FAILED, result.status());
    }

    private static Path copy(Path from, Path to) throws IOException {
        Files.createDirectory(to);
        for (String name : names(from)) {
            Files.copy(from.resolve(name), to.resolve(name));
        }
        return to;
    }

    private static List<String> names(Path folder) throws IOException {
        try (Stream<Path> files = Files.list(folder)) {
            return files.map(file -> file.getFileName().toString()).sorted().toList();
        }
    }
}
