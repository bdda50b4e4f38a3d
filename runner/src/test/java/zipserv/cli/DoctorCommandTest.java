package zipserv.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.jar.JarOutputStream;
import java.util.Optional;
import java.util.stream.Stream;
import java.util.zip.ZipEntry;

import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import uk.ac.manchester.tornado.api.TaskGraph;
import zipserv.model.DeviceInfo;
import zipserv.model.MemoryUse;

class DoctorCommandTest {

    private static final String SDK = "zipserv.tornadovm";

    @TempDir
    private Path folder;

    @AfterEach
    void forgetTheSdk() {
        System.clearProperty(SDK);
    }

    private String tornadoLine(Path sdk) {
        System.setProperty(SDK, sdk.toString());
        Cli.Result result = Cli.run("doctor");
        assertEquals(ExitCode.OK, result.status());
        return result.out().lines().filter(line -> line.contains("TornadoVM")).findFirst().orElseThrow();
    }

    @Test
    void findsThisJava() {
        Cli.Result result = Cli.run("doctor");
        assertEquals(ExitCode.OK, result.status());
        assertTrue(result.out().startsWith("ok  Java          Java " + Runtime.version().feature()), result.out());
    }

    @Test
    void tellsWhetherAModelFits() {
        Cli.Result result = Cli.run("doctor", DemoModel.COMPRESSED);
        assertEquals(ExitCode.OK, result.status(), result.err());
        String line = result.out().lines().filter(l -> l.contains("  Model ")).findFirst().orElseThrow();
        assertTrue(line.matches("--  Model +needs .* for a context of 512 tokens on a GPU; there is none that can be "
                + "used"),
                line);
        GpuMemory memory = new GpuMemory(32_768, new MemoryUse(11_500_000_000L, 4_300_000_000L, 500_000_000));
        assertEquals("needs 16.30 GB (weights 11.50 GB, cache 4.30 GB, work 500.00 MB) for a context of 32768 tokens "
                + "on a GPU; NVIDIA L4 has 16.30 GB free", fits(memory, 16_300_000_000L, MachineCheck.State.OK));
        fits(memory, 16_299_999_999L, MachineCheck.State.MISSING);
    }

    private static String fits(GpuMemory memory, long free, MachineCheck.State expected) {
        MachineCheck.Finding finding = ModelCheck.compare(memory,
                Optional.of(new DeviceInfo("NVIDIA L4", "580", 24_000_000_000L, free)));
        assertEquals(expected, finding.state());
        return finding.found();
    }

    @Test
    void aFolderWithoutAnSdkIsNamed() {
        assertEquals("--  TornadoVM     " + folder + " is no TornadoVM SDK", tornadoLine(folder));
    }

    @Test
    void anotherVersionIsNamed() throws IOException {
        Path jars = Files.createDirectories(folder.resolve("share/java/tornado"));
        Files.createFile(jars.resolve("tornado-api-9.9.9.jar"));
        assertEquals("--  TornadoVM     version 9.9.9 in " + folder, tornadoLine(folder));
    }

    /** An SDK made of this project's own slice of the API has every signature; without one class it has not. */
    @Test
    void signaturesAreCompared() throws Exception {
        Path jars = Files.createDirectories(folder.resolve("share/java/tornado"));
        Path slice = Path.of(TaskGraph.class.getProtectionDomain().getCodeSource().getLocation().toURI());
        Path jar = jars.resolve("tornado-api-5.2.0-jdk25.jar");
        jarOf(slice, jar, "");
        assertEquals("ok  TornadoVM     5.2.0-jdk25 in " + folder + ", has every signature that is used",
                tornadoLine(folder));
        jarOf(slice, jar, "TaskGraph.class");
        assertTrue(tornadoLine(folder).contains("differs from what this program was compiled for"),
                tornadoLine(folder));
    }

    private static void jarOf(Path source, Path target, String leftOut) throws IOException {
        try (JarOutputStream jar = new JarOutputStream(Files.newOutputStream(target))) {
            if (Files.isDirectory(source)) {
                copy(source, jar, leftOut);
            } else {
                try (var files = java.nio.file.FileSystems.newFileSystem(source)) {
                    copy(files.getPath("/"), jar, leftOut);
                }
            }
        }
    }

    private static void copy(Path root, JarOutputStream jar, String leftOut) throws IOException {
        try (Stream<Path> files = Files.walk(root)) {
            for (Path file : files.filter(Files::isRegularFile).toList()) {
                String name = root.relativize(file).toString().replace('\\', '/');
                if (name.endsWith(".class") && !name.endsWith("/" + leftOut)) {
                    jar.putNextEntry(new ZipEntry(name));
                    jar.write(Files.readAllBytes(file));
                    jar.closeEntry();
                }
            }
        }
    }
}
