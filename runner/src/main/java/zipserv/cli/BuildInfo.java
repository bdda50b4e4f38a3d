package zipserv.cli;

import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Properties;
import java.util.stream.Stream;

import picocli.CommandLine.IVersionProvider;

/** What {@code --version} prints: this program's version and commit, and what it runs on. */
final class BuildInfo implements IVersionProvider {

    @Override
    public String[] getVersion() {
        return new String[] {"zipserv " + program(), java(), system()};
    }

    /** The project's version and the commit it was built from. */
    static String program() {
        return version() + " (commit " + build("commit") + ")";
    }

    /** What the processor calls itself, where the system tells. */
    static String processor() {
        try (Stream<String> lines = Files.lines(Path.of("/proc/cpuinfo"))) {
            return lines.filter(line -> line.startsWith("model name")).findFirst()
                    .map(line -> line.substring(line.indexOf(':') + 1).strip()).orElse(System.getProperty("os.arch"));
        } catch (IOException | UncheckedIOException e) {
            return System.getProperty("os.arch");
        }
    }

    /** The project's version. */
    static String version() {
        return build("version");
    }

    /** The Java runtime. */
    static String java() {
        return "Java " + Runtime.version() + " (" + System.getProperty("java.vendor") + ")";
    }

    /** Operating system, architecture and processors. */
    static String system() {
        return System.getProperty("os.name") + " " + System.getProperty("os.version") + " "
                + System.getProperty("os.arch") + ", " + Runtime.getRuntime().availableProcessors() + " processors";
    }

    private static String build(String key) {
        try (InputStream file = BuildInfo.class.getResourceAsStream("build.properties")) {
            Properties properties = new Properties();
            properties.load(file);
            return properties.getProperty(key);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
