package zipserv.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.DisabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.api.io.TempDir;

/** The shell functions of bin/find-jdk.sh, on folders that look like JDKs. */
@DisabledOnOs(OS.WINDOWS)
class FindJdkTest {

    private static final Path SCRIPT = Path.of("bin", "find-jdk.sh").toAbsolutePath();

    @TempDir
    private Path folder;

    private Path jdk(String name, String version, boolean compiler) throws IOException {
        Path home = folder.toRealPath().resolve(name);
        Files.createDirectories(home.resolve("bin"));
        Files.writeString(home.resolve("release"), "IMPLEMENTOR=\"Nobody\"\nJAVA_VERSION=\"" + version
                + "\"\nOS=\"x\"\n");
        Files.createFile(home.resolve("bin/java")).toFile().setExecutable(true);
        if (compiler) {
            Files.createFile(home.resolve("bin/javac")).toFile().setExecutable(true);
        }
        return home;
    }

    private String bash(String javaHome, String path, String command) throws Exception {
        ProcessBuilder builder = new ProcessBuilder("bash", "-euo", "pipefail", "-c", ". '" + SCRIPT + "'; " + command)
                .redirectErrorStream(true);
        builder.environment().put("JAVA_HOME", javaHome);
        builder.environment().put("PATH", path.isEmpty() ? "/usr/bin:/bin" : path + ":/usr/bin:/bin");
        Process process = builder.start();
        String out = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        assertEquals(0, process.waitFor(), out);
        return out;
    }

    private static final String FOUND = "find_jdk; echo \"$JAVA_HOME\"";

    @Test
    void javaHomeGoesFirst() throws Exception {
        Path home = jdk("a", "25", true);
        Path onPath = jdk("b", "25.0.1", true);
        assertEquals(home + "\n", bash(home.toString(), onPath.resolve("bin").toString(), FOUND));
    }

    @Test
    void pathGoesNextThroughSymbolicLinks() throws Exception {
        Path old = jdk("old", "17.0.15", true);
        Path home = jdk("new", "26-ea", true);
        Path bin = Files.createDirectory(folder.resolve("bin"));
        Files.createSymbolicLink(bin.resolve("java"), home.resolve("bin/java"));
        assertEquals(home + "\n", bash(old.toString(), bin.toString(), FOUND));
    }

    @Test
    void aRuntimeWithoutCompilerIsNotEnough() throws Exception {
        Path runtime = jdk("jre", "25", false);
        assertEquals("unusable\n", bash("", "", "jdk_usable '" + runtime + "' || echo unusable"));
    }

    @Test
    void theAdviceSaysWhatWasFound() throws Exception {
        Path old = jdk("old", "17.0.15", true);
        String advice = bash(old.toString(), old.resolve("bin").toString(), "jdk_advice");
        assertTrue(advice.startsWith("zipserv: error: no JDK 25 or newer found\n  JAVA_HOME is " + old + ": Java 17\n"
                + "  java on PATH is " + old + ": Java 17\n"), advice);
        assertTrue(advice.contains("apt install openjdk-25-jdk"), advice);
    }

    @Test
    void everyScriptIsWellFormed() throws Exception {
        bash("", "", "for s in '" + SCRIPT.getParent() + "'/*.sh '" + SCRIPT.resolveSibling("zipserv")
                + "' ../setup.sh ../.ci/run demo/demo.sh; do bash -n \"$s\"; done");
    }
}
