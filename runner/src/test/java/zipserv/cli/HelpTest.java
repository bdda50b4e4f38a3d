package zipserv.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;

import org.junit.jupiter.api.Test;

class HelpTest {

    private static final List<String> COMMANDS = List.of("compress", "decompress", "verify", "inspect", "run", "chat",
            "perplexity", "synth", "bench", "doctor", "compare-logits", "generate-completion");

    private static final Path DOCUMENT = Path.of("..", "docs", "command-line.md");

    /**
     * To write the document anew: {@code mvn -pl runner -am test -Dtest=HelpTest
     * -Dtest.jvm.args=-Dzipserv.update=true}.
     */
    @Test
    void theDocumentShowsTheHelpAsItIs() throws IOException {
        String expected = document();
        if (Boolean.getBoolean("zipserv.update")) {
            Files.writeString(DOCUMENT, expected);
        }
        assertEquals(expected, Files.readString(DOCUMENT));
    }

    private static String document() {
        StringBuilder text = new StringBuilder("""
                # The command line

                What every command prints with `--help`; a test keeps this page equal to it. Results go to standard output,
                everything else (progress, statistics, errors) to standard error. An error is one line; `--verbose` adds where
                it came from. Colours and progress bars appear on terminals only, and `NO_COLOR` is respected.

                """);
        text.append(section("zipserv", Cli.run("--help")));
        for (String command : COMMANDS) {
            text.append('\n').append(section("zipserv " + command, Cli.run(command, "--help")));
        }
        text.append('\n').append(section("zipserv bench model", Cli.run("bench", "model", "--help")));
        text.append('\n').append(section("zipserv bench soak", Cli.run("bench", "soak", "--help")));
        text.append('\n').append(section("zipserv bench gemm", Cli.run("bench", "gemm", "--help")));
        text.append('\n').append(section("zipserv bench roofline", Cli.run("bench", "roofline", "--help")));
        return text.toString();
    }

    private static String section(String title, Cli.Result help) {
        assertEquals(ExitCode.OK, help.status(), help.err());
        assertEquals("", help.err());
        return "## " + title + "\n\n```\n" + help.out().stripTrailing() + "\n```\n";
    }

    @Test
    void everyCommandIsListedWithExamplesAndExitStatus() {
        String root = Cli.run("--help").out();
        for (String command : COMMANDS) {
            assertTrue(root.contains("\n  " + command + " "), command);
            String help = Cli.run(command, "--help").out();
            assertTrue(help.contains("Exit status:"), command);
            assertTrue(command.equals("generate-completion") || help.contains("\nExamples:\n  zipserv " + command),
                    command);
        }
    }

    @Test
    void theVersionNamesBuildAndPlatform() {
        List<String> lines = Cli.run("--version").out().lines().toList();
        assertEquals(3, lines.size());
        assertTrue(lines.get(0).matches("zipserv [0-9.]+\\S* \\(commit \\w+\\)"), lines.get(0));
        assertTrue(lines.get(1).startsWith("Java " + Runtime.version().feature()), lines.get(1));
        assertTrue(lines.get(2).endsWith(" processors"), lines.get(2));
    }

    @Test
    void completionKnowsEveryCommand() {
        String script = Cli.run("generate-completion").out();
        for (String command : COMMANDS) {
            assertTrue(script.contains(command), command);
        }
        assertTrue(script.contains("llama-3.1-8b"));
    }
}
