package zipserv.tornado.engine;

import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.SymbolLookup;
import java.lang.foreign.ValueLayout;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import zipserv.model.DeviceInfo;
import zipserv.tornado.ptx.plugin.GpuDriver;

/**
 * Asks the driver what the first GPU is and how much of its memory is free (CUDA Driver API reference manual). The
 * primary context is retained for the question only, and the thread's current context stays what it was.
 */
final class GpuDevice {

    private static final Path KERNEL_MODULE = Path.of("/proc/driver/nvidia/version");
    private static final Pattern VERSION = Pattern.compile("Kernel Module(?: for \\S+)?\\s+(\\d+(?:\\.\\d+)+)");
    private static final int NAME_BYTES = 128;

    private final SymbolLookup driver;

    private GpuDevice(SymbolLookup driver) {
        this.driver = driver;
    }

    /** The device, or nothing if there is no driver or it does not answer. */
    static Optional<DeviceInfo> query() {
        try (Arena arena = Arena.ofConfined()) {
            return Optional.of(new GpuDevice(SymbolLookup.libraryLookup(GpuDriver.LIBRARY,
                    Arena.global())).query(arena));
        } catch (IllegalArgumentException | IllegalStateException e) {
            return Optional.empty();
        }
    }

    private DeviceInfo query(Arena arena) {
        MemorySegment out = arena.allocate(16, 8);
        MemorySegment total = arena.allocate(8, 8);
        MemorySegment name = arena.allocate(NAME_BYTES);
        call("cuInit", 0);
        call("cuDeviceGet", out, 0);
        int device = out.get(ValueLayout.JAVA_INT, 0);
        call("cuDeviceGetName", name, NAME_BYTES, device);
        call("cuDevicePrimaryCtxRetain", out, device);
        MemorySegment context = out.get(ValueLayout.ADDRESS, 0);
        try {
            call("cuCtxPushCurrent_v2", context);
            try {
                call("cuMemGetInfo_v2", out, total);
                return new DeviceInfo(name.getString(0, StandardCharsets.US_ASCII), driverVersion(),
                        total.get(ValueLayout.JAVA_LONG, 0), out.get(ValueLayout.JAVA_LONG, 0));
            } finally {
                call("cuCtxPopCurrent_v2", out);
            }
        } finally {
            call("cuDevicePrimaryCtxRelease_v2", device);
        }
    }

    /** The kernel module's version, or else the newest CUDA version that the driver supports. */
    private String driverVersion() {
        try {
            Matcher version = VERSION.matcher(Files.readString(KERNEL_MODULE));
            if (version.find()) {
                return version.group(1);
            }
        } catch (IOException notOnThisSystem) {
            // Told by the driver below.
        }
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment out = arena.allocate(4, 4);
            call("cuDriverGetVersion", out);
            int version = out.get(ValueLayout.JAVA_INT, 0);
            return "for CUDA " + version / 1000 + "." + version % 1000 / 10;
        }
    }

    /** Calls a function of ints and pointers. */
    private void call(String function, Object... arguments) {
        ValueLayout[] layouts = new ValueLayout[arguments.length];
        for (int i = 0; i < arguments.length; i++) {
            layouts[i] = arguments[i] instanceof MemorySegment ? ValueLayout.ADDRESS : ValueLayout.JAVA_INT;
        }
        int status;
        try {
            MemorySegment address = driver.find(function)
                    .orElseThrow(() -> new IllegalStateException("the driver has no " + function));
            status = (int) Linker.nativeLinker().downcallHandle(address,
                    FunctionDescriptor.of(ValueLayout.JAVA_INT, layouts)).invokeWithArguments(arguments);
        } catch (RuntimeException | Error e) {
            throw e;
        } catch (Throwable e) {
            throw new IllegalStateException(e);
        }
        if (status != 0) {
            throw new IllegalStateException(function + " failed with error " + status);
        }
    }
}
