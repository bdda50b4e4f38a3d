package zipserv.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** {@code bench model}, on the CPU and in the emulation. */
class BenchModelCommandTest {

    @TempDir
    private static Path shared;
    private static Path original;
    private static Path compressed;

    @TempDir
    private Path folder;

    @BeforeAll
    static void write() {
        original = TinyModel.writeWithoutTokenizer(shared.resolve("tiny"), 1);
        compressed = TinyModel.compress(original, shared.resolve("tiny.zip11"), "tca-tbe");
    }

    private static Cli.Result bench(Path model, Object... options) {
        List<Object> all = new ArrayList<>(List.of("bench", "model", model));
        all.addAll(List.of(options));
        return Cli.run(all.toArray());
    }

    @Test
    void printsATableAsLlamaBenchDoes() {
        Cli.Result result = bench(compressed, "-p", "16", "-n", "4,6", "-b", "1,3", "-r", "2", "--device", "cpu");
        assertEquals(ExitCode.OK, result.status(), result.err());
        List<String> lines = result.out().lines().toList();
        assertTrue(lines.getFirst().startsWith("- device: cpu on "), lines.getFirst());
        assertTrue(lines.stream().anyMatch(line -> line.startsWith("- java: Java " + Runtime.version().feature())));
        assertTrue(lines.stream().anyMatch(line -> line.matches("- date: \\d{4}-\\d\\d-\\d\\dT\\d\\d:\\d\\d:\\d\\dZ")));
        List<String> table = lines.stream().filter(line -> line.startsWith("|")).toList();
        assertEquals("| model | size | params | device | format | bits/weight | weight memory | batch | test | t/s |",
                table.getFirst().replaceAll(" +", " "));
        assertTrue(table.get(1).matches("\\| -+ (\\| -+: )+\\|"), table.get(1));
        assertEquals(List.of("1 pp16", "1 tg4", "1 tg6", "3 tg4", "3 tg6"),
                table.stream().skip(2).map(line -> line.split(" *\\| *")).map(cells -> cells[8] + " "
                + cells[9]).toList());
        for (String line : table.subList(2, 7)) {
            assertTrue(line.matches("\\| tiny.zip11 \\| +[0-9.]+ kB \\| +\\d+ \\| +cpu \\| +tca-tbe \\| "
                    + "+1[12]\\.\\d{3} \\| +[0-9.]+ kB \\| .*\\| +\\d+\\.\\d\\d ± \\d+\\.\\d\\d \\|"), line);
        }
    }

    /** Each sequence has its own seed, the same in every repetition and for all weights. */
    @Test
    void samplesIfThereIsATemperature() {
        Cli.Result result = bench(compressed, "-p", "0", "-n", "6", "-b", "2", "-r", "2", "--device", "cpu",
                "--temperature", "0.9", "--top-k", "40", "--top-p", "0.95", "--compare", "uncompressed");
        assertEquals(ExitCode.OK, result.status(), result.err());
        assertTrue(result.out().contains("\n- sampling: temperature 0.9, top-k 40, top-p 0.95\n"), result.out());
        assertFalse(bench(compressed, "-p", "0", "-n", "2", "-b", "1", "-r", "1", "--device", "cpu").out()
                .contains("sampling"));
        assertEquals(ExitCode.USAGE, bench(compressed, "--top-p", "1.5").status());
    }

    @ParameterizedTest
    @CsvSource({"cpu, tca-tbe", "cpu, frag11", "emulator, tca-tbe", "emulator, frag11"})
    void comparesWithTheSameWeightsUncompressed(String device, String format) throws IOException {
        Path json = folder.resolve("out.json");
        Path model = TinyModel.compress(original, folder.resolve("tiny.zip11"), format);
        Cli.Result result = bench(model, "-p", "5", "-n", "3", "-b", "2", "-r", "2", "--device", device,
                "--compare", "uncompressed", "-o", "csv", "--json", json);
        assertEquals(ExitCode.OK, result.status(), result.err());
        assertTrue(result.err().endsWith("compressed and uncompressed weights gave the same tokens in every test\n"),
                result.err());
        List<String> lines = result.out().lines().toList();
        assertEquals(5, lines.size(), result.out());
        assertTrue(lines.get(2).matches("\"tiny.zip11\",\\d+,\\d+," + device + "," + format
                + ",[0-9.]+,\\d+,2,tg3,[0-9.]+,[0-9.]+,"
                + "2,[0-9.]+"), lines.get(2));
        assertTrue(lines.get(4).matches("\"tiny.zip11\",\\d+,\\d+," + device
                + ",bf16,16.0000,\\d+,2,tg3,[0-9.]+,[0-9.]+,2,"),
                lines.get(4));
        JsonNode results = new JsonMapper().readTree(Files.readString(json)).get("results");
        assertEquals(4, results.size());
        for (int test = 0; test < 2; test++) {
            JsonNode one = results.get(test);
            JsonNode other = results.get(test + 2);
            assertEquals(one.get("test"), other.get("test"));
            assertEquals(2, one.get("samples").size());
            double mean = (one.get("samples").get(0).doubleValue() + one.get("samples").get(1).doubleValue()) / 2;
            assertEquals(mean, one.get("tokens_per_second").doubleValue(), 1e-9 * mean);
            assertEquals(mean / other.get("tokens_per_second").doubleValue(), one.get("vs_uncompressed").doubleValue(),
                    1e-9);
            assertTrue(one.get("weight_memory_bytes").longValue() < other.get("weight_memory_bytes").longValue());
            assertFalse(other.has("vs_uncompressed"));
        }
    }

    @Test
    void theOriginalMayBeComparedToo() {
        Cli.Result result = bench(compressed, "-p", "0", "-n", "3", "-b", "1", "-r", "1", "--device", "cpu",
                "--compare",
                original);
        assertEquals(ExitCode.OK, result.status(), result.err());
        assertTrue(result.out().contains(" vs uncompressed |"), result.out());
    }

    @Test
    void otherTokensAreAFailure() {
        Path other = TinyModel.writeWithoutTokenizer(folder.resolve("other"), 2);
        Cli.Result result = bench(compressed, "-p", "0", "-n", "3", "-b", "2", "-r", "1", "--device", "cpu",
                "--compare",
                other);
        assertEquals(ExitCode.MISMATCH, result.status());
        String last = result.err().lines().toList().getLast();
        assertTrue(last.matches("zipserv: error: compressed and uncompressed weights gave different tokens: tg3, batch "
                + "2, sequence \\d, token \\d: \\d+ and \\d+"), last);
    }

    @Test
    void whatDoesNotFitIsSaid() {
        Cli.Result result = bench(original, "-n", "3", "-b", "1", "-r", "1", "--device", "cpu");
        assertEquals(ExitCode.OK, result.status(), result.err());
        assertTrue(result.err().startsWith("test pp512 left out: the model's context is 128 tokens\n"
                + "test pp4096 left out: the model's context is 128 tokens\n"), result.err());
        assertUsage("test pp129 needs a context of 129 tokens, but the model's is 128", "-p", "129");
        assertUsage("test tg128 needs a context of 129 tokens, but the model's is 128", "-p", "1", "-n", "128");
        assertUsage("--batch is 0, expected at least 1", "-b", "0");
        assertUsage("no tests to run: give --prompt or --tokens", "-p", "0", "-n", "0");
        Cli.Result large = bench(original, "-p", "0", "-n", "1", "-b", "100000", "--device", "cpu");
        assertEquals(ExitCode.FAILED, large.status());
        assertTrue(large.err().endsWith("zipserv: error: --batch 100000: the cpu engine decodes at most 512 sequences "
                + "at a time\n"), large.err());
        Cli.Result plain = bench(original, "-p", "1", "-n", "1", "-b", "1", "-r", "1", "--device", "cpu", "--compare",
                "uncompressed");
        assertEquals(ExitCode.FAILED, plain.status());
        assertTrue(plain.err().endsWith("zipserv: error: " + original
                + ": not compressed, so there is nothing to compare\n"),
                plain.err());
    }

    private static void assertUsage(String expected, Object... options) {
        Cli.Result result = bench(original, options);
        assertEquals(ExitCode.USAGE, result.status(), result.err());
        assertTrue(result.err().endsWith("zipserv: error: " + expected + " (see 'zipserv bench model --help')\n"),
                result.err());
    }
}
