package zipserv.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** {@code run --batch}, on the CPU and in the emulation. */
class RunBatchTest {

    private static final List<String> PROMPTS = List.of("In the beginning", "And God said,", "The lord", "Who is");

    @TempDir
    private Path folder;

    private Path file(String... lines) throws IOException {
        return Files.writeString(folder.resolve("prompts"), String.join("\n", lines) + "\n");
    }

    private static Cli.Result run(Path model, String device, Object... options) {
        List<Object> all = new ArrayList<>(List.of("run", model, "--device", device));
        all.addAll(List.of(options));
        return Cli.run(all.toArray());
    }

    @Test
    void printsEachTextAsItIsAloneInTheOrderOfThePrompts() throws IOException {
        Path file = file(PROMPTS.get(0), "", PROMPTS.get(1), PROMPTS.get(2), PROMPTS.get(3));
        StringBuilder expected = new StringBuilder();
        int[] lines = {1, 3, 4, 5};
        for (int i = 0; i < 4; i++) {
            String alone = run(DemoModel.COMPRESSED, "cpu", "-p", PROMPTS.get(i), "-n", "9", "--temperature", "0.9",
                    "--seed", 5 + i).out();
            expected.append("=== %d (line %d) ===\n%s\n".formatted(i + 1, lines[i], alone));
        }
        for (String parallel : List.of("1", "3", "128")) {
            Cli.Result result = run(DemoModel.COMPRESSED, "cpu", "--batch", file, "-n", "9", "--temperature", "0.9",
                    "--seed", "5", "--parallel", parallel);
            assertEquals(new Cli.Result(ExitCode.OK, expected.toString(), ""), result);
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"cpu", "emulator"})
    void takesAndPrintsJsonLines(String device) throws IOException {
        Path model = TinyModel.compress(TinyModel.write(folder.resolve("tiny"), 3, 64), folder.resolve("tiny.zip11"),
                "frag11");
        Path file = file("{\"prompt\": \"In the beginning\", \"max_tokens\": 5}", "{\"prompt\": \"And\"}",
                "{\"max_tokens\": 2, \"prompt\": \"God \\u2713\"}");
        Cli.Result result = run(model, device, "--batch", file, "--json", "-n", "3", "--temperature", "0",
                "--ignore-eos",
                "--stats");
        assertEquals(ExitCode.OK, result.status(), result.err());
        List<String> lines = result.out().lines().toList();
        assertEquals(3, lines.size(), result.out());
        int[] tokens = {5, 3, 2};
        for (int i = 0; i < 3; i++) {
            JsonNode node = new JsonMapper().readTree(lines.get(i));
            assertEquals(i, node.get("index").intValue());
            assertEquals(i + 1, node.get("line").intValue());
            assertEquals(tokens[i], node.get("tokens").intValue());
            assertEquals("max_tokens", node.get("stop_reason").textValue());
            assertEquals(run(model, device, "-p", node.get("prompt").textValue(), "-n", tokens[i], "--temperature", "0",
                    "--ignore-eos").out(), node.get("text").textValue());
        }
        assertTrue(result.err().matches("3 texts in [0-9.]+ s: \\d+ prompt tokens, 10 generated tokens, [0-9.]+ "
                + "generated tokens/s\n"), result.err());
    }

    @Test
    void badFilesAreRefusedInOneLine() throws IOException {
        assertError(": no prompts, expected one per line", "", " ");
        assertError(", line 2: not valid JSON: Unexpected end-of-input: expected close marker for Object",
                "{\"prompt\": \"a\"}", "{\"prompt\": \"b\"");
        assertError(", line 1: no \"prompt\"", "{\"max_tokens\": 3}");
        assertError(", line 3: found 7, expected an object with a \"prompt\"", "{\"prompt\": \"a\"}", "", "7");
        assertError(", line 1: \"max_tokens\" is 0, expected a number from 1",
                "{\"prompt\": \"a\", \"max_tokens\": 0}");
        assertError(", line 1: \"max_tokens\" is 1.5, expected a number from 1",
                "{\"prompt\": \"a\", \"max_tokens\": 1.5}");
        assertError(", line 1: \"prompt\" is 3, expected a text", "{\"prompt\": 3}");
        assertError(", line 1: \"text\" is unknown, expected prompt and max_tokens", "{\"text\": \"a\"}");
        Path file = file("ok", "word ".repeat(600));
        Cli.Result result = run(DemoModel.COMPRESSED, "cpu", "--batch", file);
        assertEquals(ExitCode.FAILED, result.status());
        assertTrue(result.err().matches("zipserv: error: the prompt in line 2 has \\d+ tokens, but the context has "
                + "room for 512\n"), result.err());
    }

    private void assertError(String expected, String... lines) throws IOException {
        Path file = file(lines);
        assertEquals(new Cli.Result(ExitCode.FAILED, "", "zipserv: error: " + file + expected + "\n"),
                run(DemoModel.COMPRESSED, "cpu", "--batch", file));
    }

    @Test
    void optionsThatDoNotGoTogetherAreRefused() throws IOException {
        Path file = file("a");
        assertUsage("--json goes with --batch only", "-p", "a", "--json");
        assertUsage("--warmup does not go with --batch", "--batch", file, "--warmup", "3");
        assertUsage("--parallel is 0, expected at least 1", "--batch", file, "--parallel", "0");
    }

    private static void assertUsage(String expected, Object... options) {
        assertEquals(new Cli.Result(ExitCode.USAGE, "", "zipserv: error: " + expected
                + " (see 'zipserv run --help')\n"),
                run(DemoModel.COMPRESSED, "cpu", options));
    }
}
