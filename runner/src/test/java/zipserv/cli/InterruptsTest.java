package zipserv.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.DisabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.api.io.TempDir;
import sun.misc.Signal;

/** Ctrl-C while a model is at work. */
@DisabledOnOs(OS.WINDOWS)
class InterruptsTest {

    private static final Signal INTERRUPT = new Signal("INT");

    @TempDir
    private Path folder;

    /** Sends this process the signal as soon as something is written that contains a text. */
    private static final class InterruptingStream extends ByteArrayOutputStream {

        private final String trigger;
        private boolean sent;

        InterruptingStream(String trigger) {
            this.trigger = trigger;
        }

        @Override
        public synchronized void write(byte[] bytes, int offset, int length) {
            super.write(bytes, offset, length);
            if (!sent && toString(StandardCharsets.UTF_8).contains(trigger)) {
                sent = true;
                Signal.raise(INTERRUPT);
                // The handler has a thread of its own.
                try {
                    Thread.sleep(100);
                } catch (InterruptedException e) {
                    throw new AssertionError(e);
                }
            }
        }
    }

    private static Cli.Result run(String input, String trigger, Object... arguments) {
        InterruptingStream out = new InterruptingStream(trigger);
        InterruptingStream err = new InterruptingStream(trigger);
        Terminal terminal = new Terminal(new ByteArrayInputStream(input.getBytes(StandardCharsets.UTF_8)),
                new PrintStream(out, true, StandardCharsets.UTF_8), new PrintStream(err, true, StandardCharsets.UTF_8),
                false, false, false, false, 80);
        int status = Zipserv.commandLine(terminal).execute(
                Stream.of(arguments).map(Object::toString).toArray(String[]::new));
        return new Cli.Result(status, out.toString(StandardCharsets.UTF_8), err.toString(StandardCharsets.UTF_8));
    }

    @Test
    void runEndsWithWhatThereIs() {
        Cli.Result result = run("", " of", "run", DemoModel.COMPRESSED, "-p", "In the beginning", "-n", 400,
                "--temperature",
                0, "--device", "cpu", "--ignore-eos", "--stats");
        assertEquals(ExitCode.INTERRUPTED, result.status(), result.err());
        assertTrue(result.out().startsWith(" of"), result.out());
        assertTrue(result.out().length() < 40, result.out());
        assertTrue(result.err().matches("(?s)prompt: .*; end: interrupted; greedy\nzipserv: interrupted\n"),
                result.err());
    }

    @Test
    void aBatchPrintsTheTextsInWork() throws Exception {
        Path file = Files.writeString(folder.resolve("prompts"),
                "{\"prompt\": \"In the beginning\", \"max_tokens\": 2}\n"
                + "{\"prompt\": \"And\"}\n{\"prompt\": \"God\"}\n");
        Cli.Result result = run("", "=== 1", "run", DemoModel.COMPRESSED, "--batch", file, "-n", 400, "--temperature",
                0,
                "--device", "cpu", "--ignore-eos", "--parallel", 2);
        assertEquals(ExitCode.INTERRUPTED, result.status(), result.err());
        assertTrue(result.out().startsWith("=== 1 (line 1) ===\n of the\n=== 2 (line 2) ===\n"), result.out());
        assertFalse(result.out().contains("=== 3"), result.out());
        assertEquals("zipserv: interrupted\n", result.err());
    }

    @Test
    void inAChatOnlyTheAnswerEnds() {
        Cli.Result result = run("What does \"tree\" mean?\n/clear\nWhat does \"tree\" mean?\n", "Tree", "chat",
                DemoModel.COMPRESSED, "-n", 24, "--temperature", 0, "--device", "cpu");
        assertEquals(ExitCode.OK, result.status(), result.err());
        String[] answers = result.out().split("\n");
        assertEquals(2, answers.length, result.out());
        assertTrue(answers[0].startsWith("Tree") && answers[1].startsWith(answers[0])
                && answers[0].length() < answers[1].length(), result.out());
        Cli.Result single = run("", "Tree", "chat", DemoModel.COMPRESSED, "-n", 24, "--temperature", 0, "--device",
                "cpu",
                "--message", "What does \"tree\" mean?");
        assertEquals(ExitCode.INTERRUPTED, single.status());
        assertEquals("zipserv: interrupted\n", single.err());
    }

    @Test
    void benchEndsBetweenStepsWithWhatThereIs() {
        Cli.Result bench = run("", "tg4, batch 2: warming up", "bench", "model", DemoModel.COMPRESSED, "-p", 8, "-n",
                "3,4",
                "-b", 2, "-r", 1, "--device", "cpu");
        assertEquals(ExitCode.INTERRUPTED, bench.status(), bench.err());
        assertTrue(bench.err().endsWith("tg4, batch 2: warming up\ntg4, batch 2: 1 of 1\nzipserv: interrupted\n")
                || bench.err().endsWith("tg4, batch 2: warming up\nzipserv: interrupted\n"), bench.err());
        List<String> table = bench.out().lines().filter(line -> line.startsWith("| ")).toList();
        assertEquals(2 + 2, table.size(), bench.out());
        assertTrue(table.get(2).contains(" pp8 ") && table.get(3).contains(" tg3 "), bench.out());
        Cli.Result soak = run("", "device cpu", "bench", "soak", DemoModel.COMPRESSED, "--verbose", "--device", "cpu");
        assertEquals(ExitCode.INTERRUPTED, soak.status(), soak.err());
        assertTrue(soak.err().endsWith("zipserv: interrupted\n"), soak.err());
        assertEquals("", soak.out());
    }

    @Test
    void afterwardsTheSignalIsTheJvmsAgain() {
        sun.misc.SignalHandler mine = signal -> { };
        sun.misc.SignalHandler before = Signal.handle(INTERRUPT, mine);
        try (Interrupts interrupts = new Interrupts()) {
            interrupts.check();
        } finally {
            assertEquals(mine, Signal.handle(INTERRUPT, before));
        }
    }
}
