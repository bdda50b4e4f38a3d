package zipserv.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.DisabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.api.io.TempDir;

/** Starts bin/zipserv as a user does; needs the packaged module. */
@DisabledOnOs(OS.WINDOWS)
class LauncherIT {

    private static final Path LAUNCHER = Path.of("bin", "zipserv").toAbsolutePath();
    private static final int SECONDS = 120;

    @TempDir
    private Path folder;

    private ProcessBuilder launcher(Path program, Object... arguments) {
        List<String> words = new ArrayList<>(List.of(program.toString()));
        Stream.of(arguments).map(Object::toString).forEach(words::add);
        ProcessBuilder builder = new ProcessBuilder(words).redirectOutput(folder.resolve("out").toFile())
                .redirectError(folder.resolve("err").toFile());
        builder.environment().put("JAVA_HOME", System.getProperty("java.home"));
        builder.environment().remove("ZIPSERV_JAVA_OPTS");
        return builder;
    }

    private Cli.Result finish(Process process) throws IOException, InterruptedException {
        assertTrue(process.waitFor(SECONDS, TimeUnit.SECONDS), "does not end");
        return new Cli.Result(process.exitValue(), Files.readString(folder.resolve("out")),
                Files.readString(folder.resolve("err")));
    }

    @Test
    void startsThroughASymbolicLinkFromAnywhere() throws Exception {
        Path link = Files.createSymbolicLink(folder.resolve("zs"), LAUNCHER);
        Cli.Result result = finish(launcher(link, "--version").directory(folder.toFile()).start());
        assertEquals(ExitCode.OK, result.status(), result.err());
        assertTrue(result.out().startsWith("zipserv "), result.out());
        assertEquals("", result.err());
    }

    @Test
    void anErrorIsOneLineWithoutWarningsOfTheJvm() throws Exception {
        Cli.Result result = finish(launcher(LAUNCHER, "inspect", folder.resolve("none")).start());
        assertEquals(new Cli.Result(ExitCode.FAILED, "", "zipserv: error: " + folder.resolve("none")
                + ": no such folder, expected a checkpoint folder\n"), result);
    }

    /** The test's own JVM may have a locale without such letters: they travel through a script in UTF-8. */
    @Test
    void argumentsAreUtf8WhateverTheLocale() throws Exception {
        Path script = Files.writeString(folder.resolve("script"), "exec '" + LAUNCHER
                + "' inspect 'm\u00f6del \u2713'\n");
        ProcessBuilder builder = launcher(Path.of("bash"), script);
        builder.environment().put("LC_ALL", "C");
        Cli.Result result = finish(builder.start());
        assertEquals(new Cli.Result(ExitCode.FAILED, "",
                "zipserv: error: m\u00f6del \u2713: no such folder, expected a "
                + "checkpoint folder\n"), result);
    }

    @Test
    void runsAModel() throws Exception {
        Cli.Result result = finish(launcher(LAUNCHER, "run", DemoModel.COMPRESSED.toAbsolutePath(), "-p",
                "In the beginning", "-n", "6", "--temperature", "0", "--device", "cpu").start());
        assertEquals(new Cli.Result(ExitCode.OK, " of the LORD, the God", ""), result);
    }

    @Test
    void interruptedItEndsWith130AndLeavesNothing() throws Exception {
        Path target = folder.resolve("big");
        Process process = launcher(LAUNCHER, "synth", "--shape", "llama-3.2-1b", target).start();
        long deadline = System.nanoTime() + TimeUnit.SECONDS.toNanos(SECONDS);
        while (files(folder).stream().noneMatch(name -> name.startsWith(".big")) && System.nanoTime() < deadline) {
            Thread.sleep(20);
        }
        assertEquals(0, new ProcessBuilder("kill", "-INT", Long.toString(process.pid())).start().waitFor());
        assertEquals(ExitCode.INTERRUPTED, finish(process).status());
        assertEquals(List.of("err", "out"), files(folder));
    }

    private static List<String> files(Path folder) throws IOException {
        try (Stream<Path> files = Files.list(folder)) {
            return files.map(file -> file.getFileName().toString()).sorted().toList();
        }
    }
}
