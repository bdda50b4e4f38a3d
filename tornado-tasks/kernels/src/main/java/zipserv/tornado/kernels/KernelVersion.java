package zipserv.tornado.kernels;

import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.lang.classfile.ClassFile;
import java.lang.classfile.constantpool.ClassEntry;
import java.lang.classfile.constantpool.PoolEntry;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.Map;
import java.util.TreeMap;
import java.util.zip.CRC32;

/**
 * Tells builds apart whose products run different code, so that what was measured of one is not believed of another.
 */
public final class KernelVersion {

    private static final String OURS = "zipserv/";
    /** Not there where kernels run on a GPU. */
    private static final String EMULATION = "zipserv/tornado/emulation/";

    /** Checksum of the planned kernels and of all classes of ours that they use, eight hexadecimal digits. */
    public static final String CURRENT = of(GemmPlan.class, Frag11Gemm.class, ZipGemm.class, RawGemm.class);

    private KernelVersion() {
    }

    static String of(Class<?>... roots) {
        Map<String, byte[]> found = new TreeMap<>();
        Deque<String> names = new ArrayDeque<>();
        for (Class<?> root : roots) {
            names.add(root.getName().replace('.', '/'));
        }
        while (!names.isEmpty()) {
            String name = names.remove();
            if (!found.containsKey(name)) {
                byte[] bytes = bytes(name);
                found.put(name, bytes);
                for (PoolEntry entry : ClassFile.of().parse(bytes).constantPool()) {
                    if (entry instanceof ClassEntry used && used.asInternalName().startsWith(OURS)
                            && !used.asInternalName().startsWith(EMULATION)) {
                        names.add(used.asInternalName());
                    }
                }
            }
        }
        CRC32 checksum = new CRC32();
        found.values().forEach(checksum::update);
        return String.format("%08x", checksum.getValue());
    }

    private static byte[] bytes(String name) {
        try (InputStream file = KernelVersion.class.getResourceAsStream("/" + name + ".class")) {
            if (file == null) {
                throw new IllegalStateException("class " + name + " has no file");
            }
            return file.readAllBytes();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
