package zipserv.tornado.cuda;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.nio.charset.StandardCharsets;
import java.util.Optional;

/**
 * The version of the NVIDIA driver, such as 580.159.04, which the CUDA driver API does not tell (NVML API reference).
 */
public final class DriverVersion {

    private static final String NVML = "libnvidia-ml.so.1";
    private static final int LENGTH = 80;

    private DriverVersion() {
    }

    /** The version or, without NVML, the newest CUDA version that the driver supports, as "CUDA 13.0". */
    public static String of(Cuda cuda) {
        int version = cuda.driverVersion();
        return NativeLibrary.load(NVML).flatMap(DriverVersion::ask)
                .orElseGet(() -> "CUDA " + version / 1000 + "." + version % 1000 / 10);
    }

    private static Optional<String> ask(NativeLibrary nvml) {
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment version = arena.allocate(LENGTH);
            if (nvml.call("nvmlInit_v2") != 0) {
                return Optional.empty();
            }
            int status = nvml.call("nvmlSystemGetDriverVersion", version, LENGTH);
            nvml.call("nvmlShutdown");
            return status == 0 ? Optional.of(version.getString(0, StandardCharsets.US_ASCII)) : Optional.empty();
        } catch (IllegalStateException e) {
            return Optional.empty();
        }
    }
}
