package zipserv.cli;

import java.io.IOException;
import java.io.InputStream;
import java.lang.reflect.InvocationTargetException;
import java.net.URL;
import java.net.URLClassLoader;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Properties;
import java.util.stream.Stream;

import zipserv.cli.MachineCheck.Finding;

/** Looks for a TornadoVM SDK, and whether it has every signature that this program was compiled against. */
final class TornadoCheck {

    private static final String VERSION = "5.2.0-jdk25";
    private static final String SUBJECT = "TornadoVM";
    private static final String REMEDY = "for the GPU, run ./setup.sh build where there is an NVIDIA driver, or unpack "
            + "the TornadoVM " + VERSION + " SDK (PTX) and point TORNADOVM_HOME at it";
    private static final String JARS = "share/java/tornado";
    private static final String PARITY = "zipserv.tornado.emulation.ApiParity";

    private TornadoCheck() {
    }

    /** The SDK that the launcher chose (system property {@code zipserv.tornadovm}), or that TORNADOVM_HOME names. */
    static Finding sdk() {
        String home = System.getProperty("zipserv.tornadovm", System.getenv().getOrDefault("TORNADOVM_HOME", ""));
        if (home.isEmpty()) {
            return Finding.missing(SUBJECT, "no SDK (TORNADOVM_HOME is not set)", REMEDY);
        }
        Path sdk = Path.of(home);
        if (!Files.isDirectory(sdk.resolve(JARS))) {
            return Finding.missing(SUBJECT, home + " is no TornadoVM SDK", REMEDY);
        }
        String version = version(sdk);
        if (!version.equals(VERSION)) {
            return Finding.missing(SUBJECT, "version " + version + " in " + home, REMEDY);
        }
        try {
            List<String> differences = differences(sdk);
            return differences.isEmpty()
                    ? Finding.ok(SUBJECT, version + " in " + home + ", has every signature that is used")
                    : Finding.missing(SUBJECT, version + " in " + home
                            + " differs from what this program was compiled for: "
                            + differences.size() + " signatures, such as " + differences.getFirst(), REMEDY);
        } catch (IOException e) {
            return Finding.missing(SUBJECT, home + " cannot be read: " + e.getMessage(), REMEDY);
        }
    }

    /** The version that an SDK names in etc/tornado.release, or else in the names of its files. */
    private static String version(Path sdk) {
        try (InputStream file = Files.newInputStream(sdk.resolve("etc/tornado.release"))) {
            Properties properties = new Properties();
            properties.load(file);
            String version = properties.getProperty("version");
            if (version != null) {
                return version.strip();
            }
        } catch (IOException noReleaseFile) {
            // Older and self-built SDKs have none.
        }
        try (Stream<Path> files = Files.list(sdk.resolve(JARS))) {
            return files.map(file -> file.getFileName().toString())
                    .filter(name -> name.startsWith("tornado-api-") && name.endsWith(".jar"))
                    .map(name -> name.substring("tornado-api-".length(), name.length() - ".jar".length()))
                    .findFirst().orElse("unknown");
        } catch (IOException e) {
            return "unknown";
        }
    }

    /**
     * Our slice of the API against the SDK's. The slice is never on the class path beside an SDK, so the launcher names
     * its folder ({@code zipserv.emulation}), and the class that compares is taken from there.
     */
    private static List<String> differences(Path sdk) throws IOException {
        try (URLClassLoader slice = new URLClassLoader(sliceJars(), TornadoCheck.class.getClassLoader())) {
            Object lines = slice.loadClass(PARITY).getMethod("differences", Path.class).invoke(null, sdk);
            return ((List<?>) lines).stream().map(String::valueOf).toList();
        } catch (InvocationTargetException e) {
            if (e.getCause() instanceof IOException failure) {
                throw failure;
            }
            throw new IllegalStateException(e.getCause());
        } catch (ReflectiveOperationException e) {
            throw new IOException("no API to compare with: " + e);
        }
    }

    private static URL[] sliceJars() throws IOException {
        String folder = System.getProperty("zipserv.emulation");
        if (folder == null) {
            return new URL[0];
        }
        List<URL> jars = new ArrayList<>();
        try (Stream<Path> files = Files.list(Path.of(folder))) {
            for (Path jar : files.toList()) {
                jars.add(jar.toUri().toURL());
            }
        }
        return jars.toArray(URL[]::new);
    }
}
