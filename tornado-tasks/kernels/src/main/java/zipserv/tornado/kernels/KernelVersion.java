package zipserv.tornado.kernels;

import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.util.List;
import java.util.zip.CRC32;

/**
 * Tells builds apart whose products run different code, so that what was measured of one is not believed of another.
 */
public final class KernelVersion {

    /** Checksum of the classes that the planned kernels are made of, eight hexadecimal digits. */
    public static final String CURRENT = of(List.of(GemmPlan.class, GemmTile.class, Frag11Gemm.class,
            Frag11Escapes.class,
            ZipGemm.class, TcaTbeDecoder.class, TcaTbeStrip.class, RawGemm.class, StripLayout.class));

    private KernelVersion() {
    }

    static String of(List<Class<?>> classes) {
        CRC32 checksum = new CRC32();
        for (Class<?> type : classes) {
            try (InputStream file = type.getResourceAsStream(type.getSimpleName() + ".class")) {
                checksum.update(file.readAllBytes());
            } catch (IOException e) {
                throw new UncheckedIOException(e);
            }
        }
        return String.format("%08x", checksum.getValue());
    }
}
