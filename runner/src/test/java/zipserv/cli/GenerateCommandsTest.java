package zipserv.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;

import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** {@code run}, {@code chat}, {@code perplexity} and {@code compare-logits}, on the CPU. */
class GenerateCommandsTest {

    private static final String CONTINUATION = " of the LORD, the God of Israel, and";

    @TempDir
    private static Path shared;
    private static Path original;

    @TempDir
    private Path folder;

    @BeforeAll
    static void restore() {
        original = DemoModel.restore(shared.resolve("original"));
    }

    private static Cli.Result run(Path model, Object... options) {
        Object[] all = new Object[4 + options.length];
        System.arraycopy(new Object[] {"run", model, "--device", "cpu"}, 0, all, 0, 4);
        System.arraycopy(options, 0, all, 4, options.length);
        return Cli.run(all);
    }

    @Test
    void printsTheContinuationAndNothingElse() {
        for (Path model : new Path[] {DemoModel.COMPRESSED, original}) {
            Cli.Result result = run(model, "--prompt", "In the beginning", "-n", "10", "--temperature", "0");
            assertEquals(new Cli.Result(ExitCode.OK, CONTINUATION, ""), result);
        }
    }

    @Test
    void statsGoToStandardError() {
        Cli.Result result = run(original, "-p", "In the beginning", "-n", "10", "--temperature", "0", "--stats",
                "--warmup", "3");
        assertEquals(CONTINUATION, result.out());
        assertTrue(result.err().matches("prompt: 4 tokens in [0-9.]+ s, [0-9.]+ tokens/s; generated: 10 tokens in "
                + "[0-9.]+ s, [0-9.]+ tokens/s; end: token limit reached; greedy\n"), result.err());
    }

    @Test
    void theSameSeedGivesTheSameText() {
        Object[] options = {"-p", "The", "-n", "12", "--temperature", "1", "--top-k", "0", "--seed"};
        String first = run(original, append(options, "5")).out();
        assertEquals(first, run(DemoModel.COMPRESSED, append(options, "5")).out());
        assertNotEquals(first, run(original, append(options, "6")).out());
    }

    private static Object[] append(Object[] options, Object more) {
        Object[] all = java.util.Arrays.copyOf(options, options.length + 1);
        all[options.length] = more;
        return all;
    }

    @Test
    void thePromptMayComeFromAFileOrStandardInput() throws IOException {
        Path file = Files.writeString(folder.resolve("prompt"), "In the beginning");
        assertEquals(CONTINUATION, run(original, "-f", file, "-n", "10", "--temperature", "0").out());
        assertEquals(CONTINUATION, Cli.runWithInput("In the beginning", "run", original, "-f", "-", "-n", "10",
                "--temperature", "0", "--device", "cpu").out());
    }

    @Test
    void stopsBeforeAStopText() {
        assertEquals(" of the LORD", run(original, "-p", "In the beginning", "-n", "10", "--temperature", "0",
                "--stop", ", the God").out());
    }

    @Test
    void generationOptionsAreChecked() {
        assertUsage("--tokens is 0, expected at least 1", "-p", "x", "-n", "0");
        assertUsage("top-p is 3.0, expected 0 to 1", "-p", "x", "--top-p", "3");
        assertUsage("temperature is -1.0, expected 0 or more", "-p", "x", "--temperature", "-1");
        assertUsage("Missing required argument (specify one of these): (-p=TEXT | -f=FILE | --batch=FILE)");
        assertUsage("--device is tpu, expected " + String.join(", ", new EngineMixin.Names()), "-p", "x",
                "--device", "tpu");
    }

    private static void assertUsage(String expected, Object... options) {
        Object[] all = new Object[2 + options.length];
        all[0] = "run";
        all[1] = original;
        System.arraycopy(options, 0, all, 2, options.length);
        assertEquals(new Cli.Result(ExitCode.USAGE, "", "zipserv: error: " + expected
                + " (see 'zipserv run --help')\n"),
                Cli.run(all));
    }

    @Test
    void aPromptThatIsTooLongIsRefused() {
        Cli.Result result = run(original, "-p", "word ".repeat(600));
        assertEquals(ExitCode.FAILED, result.status());
        assertTrue(result.err().matches(
                "zipserv: error: the prompt has [0-9]+ tokens, but the context has room for 512\n"),
                result.err());
    }

    @Test
    void answersAMessage() {
        Cli.Result result = Cli.run("chat", DemoModel.COMPRESSED, "--message", "What does \"tree\" mean?", "-n", "24",
                "--temperature", "0", "--device", "cpu");
        assertEquals(ExitCode.OK, result.status(), result.err());
        assertEquals("", result.err());
        assertTrue(result.out().startsWith("Tree is a noun: "), result.out());
        assertTrue(result.out().endsWith("\n"));
    }

    @Test
    void holdsAConversation() {
        Cli.Result result = Cli.runWithInput(
                "What does \"tree\" mean?\n\n/clear\nWhat does \"tree\" mean?\n/exit\nignored\n",
                "chat", original, "-n", "24", "--temperature", "0", "--device", "cpu");
        assertEquals(ExitCode.OK, result.status(), result.err());
        String[] answers = result.out().split("\n");
        assertEquals(2, answers.length, result.out());
        assertEquals(answers[0], answers[1]);
    }

    @Test
    void measuresPerplexity() throws IOException {
        Path text = Files.writeString(folder.resolve("text"), """
                And it came to pass in those days, that there went out a decree from the king, and all the people went \
                up to the city. And the priest said unto the people, Hear the word of the LORD your God.
                """.repeat(2));
        Cli.Result result = Cli.run("perplexity", DemoModel.COMPRESSED, text, "--window", "64", "--device", "cpu");
        assertEquals(ExitCode.OK, result.status(), result.err());
        assertTrue(result.out().matches("perplexity:     [0-9.]+\ntokens scored:  [0-9]+\ntokens/s:       [0-9.]+\n"),
                result.out());
        double perplexity = Double.parseDouble(result.out().lines().findFirst().orElseThrow().split(":")[1].strip());
        assertTrue(perplexity > 2 && perplexity < 30, "perplexity " + perplexity);
        Cli.Result uncompressed = Cli.run("perplexity", original, text, "--window", "64", "--device", "cpu");
        assertEquals(uncompressed.out().lines().limit(2).toList(), result.out().lines().limit(2).toList());
        Cli.Result part = Cli.run("perplexity", original, text, "--window", "16", "--max-windows", "1", "--device",
                "cpu");
        assertTrue(part.out().contains("tokens scored:  15\n"), part.out());
    }

    @Test
    void logitsAreIdenticalOnAnyNumberOfThreads() {
        String digest = null;
        for (int threads : new int[] {1, 2, 4}) {
            Cli.Result result = Cli.run("compare-logits", original, DemoModel.COMPRESSED, "-n", "4", "-t", threads,
                    "--device", "cpu");
            assertEquals(ExitCode.OK, result.status(), result.err());
            String[] lines = result.out().split("\n");
            assertEquals("identical in every bit", lines[2]);
            digest = digest == null ? lines[0] : digest;
            assertEquals(digest, lines[0]);
        }
    }

    @Test
    void differentModelsHaveDifferentLogits() throws IOException {
        assertEquals(ExitCode.OK, Cli.run("synth", folder.resolve("random"), "--hidden", "64", "--intermediate", "64",
                "--layers", "1", "--heads", "2", "--vocabulary", "4096", "--tokenizer", original).status());
        Cli.Result result = Cli.run("compare-logits", original, folder.resolve("random"), "-n", "2", "--device", "cpu");
        assertEquals(ExitCode.MISMATCH, result.status(), result.err());
        assertTrue(result.out().endsWith("DIFFERENT\n"), result.out());
    }
}
