package zipserv.tornado.cuda;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import zipserv.tornado.kernels.GpuException;
import zipserv.tornado.ptx.plugin.GpuDriver;

/**
 * The few functions of the CUDA driver API that replaying and measuring kernels need (CUDA Driver API reference
 * manual), on the first device's primary context and one stream. TornadoVM has a context of its own; both may be used
 * in one process, but a thread has only one current: see {@link #makeCurrent}. Everything allocated is freed on {@link
 * #close}.
 *
 * <p>Methods that fail throw a {@link GpuException} that says what to do.
 */
public final class Cuda implements AutoCloseable {

    private static final int CAPTURE_MODE_RELAXED = 2;
    private static final int STREAM_NON_BLOCKING = 1;
    private static final int EVENT_DISABLE_TIMING = 2;
    private static final int JIT_MAX_REGISTERS = 0;
    private static final int PROGRAMMATIC_STREAM_SERIALIZATION = 6;
    private static final int FUNCTION_DYNAMIC_SHARED_BYTES = 8;
    private static final int ATTRIBUTE_L2_BYTES = 38;
    private static final int ATTRIBUTE_MULTIPROCESSORS = 16;
    private static final int ATTRIBUTE_CAPABILITY_MAJOR = 75;
    private static final int ATTRIBUTE_CAPABILITY_MINOR = 76;

    private final NativeLibrary driver;
    private final Arena arena = Arena.ofShared();
    /** Device memory in use. */
    private final Set<Long> allocations = new LinkedHashSet<>();
    private final List<MemorySegment> pinned = new ArrayList<>();
    private final List<Long> modules = new ArrayList<>();
    /** Bytes of dynamic shared memory of the kernels that have some. */
    private final Map<Long, Integer> dynamicShared = new HashMap<>();
    private final List<Long> events = new ArrayList<>();
    private final MemorySegment out = arena.allocate(16, 16);
    private final int device;
    private final long context;
    private final long stream;
    private final long startEvent;
    private final long endEvent;

    private Cuda(NativeLibrary driver) {
        this.driver = driver;
        check("cuInit", 0);
        check("cuDeviceGet", out, 0);
        device = out.get(ValueLayout.JAVA_INT, 0);
        check("cuDevicePrimaryCtxRetain", out, device);
        context = result();
        makeCurrent();
        check("cuStreamCreate", out, STREAM_NON_BLOCKING);
        stream = result();
        check("cuEventCreate", out, 0);
        startEvent = result();
        check("cuEventCreate", out, 0);
        endEvent = result();
    }

    /** The driver, if there is one. The calling thread gets the device's primary context. */
    public static Optional<Cuda> open() {
        return NativeLibrary.load(GpuDriver.LIBRARY).map(Cuda::new);
    }

    /** Takes the calling thread back from TornadoVM, which makes its own context current whenever it runs. */
    public void makeCurrent() {
        check("cuCtxSetCurrent", context);
    }

    private long result() {
        return out.get(ValueLayout.JAVA_LONG, 0);
    }

    private void check(String function, Object... arguments) {
        int status = driver.call(function, arguments);
        if (status != 0) {
            throw new GpuException(meaning(function, status), null);
        }
    }

    private static String meaning(String function, int status) {
        String failed = function + " failed with error " + status;
        return switch (status) {
            case 2 -> "out of device memory (" + failed + "): close other programs on the GPU (nvidia-smi lists them),"
                    + " or take a smaller model, batch or cache";
            case 100 -> "no GPU: the NVIDIA driver finds none (" + failed + "; check with nvidia-smi)";
            case 218 -> "the driver cannot compile a kernel (" + failed
                    + "): update the NVIDIA driver to version 525 or newer";
            case 700, 716, 719 -> "a kernel went wrong (" + failed + ": "
                    + (status == 700 ? "illegal address" : status == 716 ? "misaligned address" : "launch failure")
                    + "): start again; if it happens again, please report it";
            default -> "the GPU failed (" + failed + "): nvidia-smi shows whether it is well";
        };
    }

    /** The device's name. */
    public String deviceName() {
        MemorySegment name = arena.allocate(128);
        check("cuDeviceGetName", name, 128, device);
        return name.getString(0, StandardCharsets.US_ASCII);
    }

    /** The newest CUDA version that the driver supports, 13.0 as 13000. */
    public int driverVersion() {
        check("cuDriverGetVersion", out);
        return out.get(ValueLayout.JAVA_INT, 0);
    }

    /** Size of the L2 cache. */
    public int l2Bytes() {
        return deviceAttribute(ATTRIBUTE_L2_BYTES);
    }

    /** Number of streaming multiprocessors. */
    public int multiprocessors() {
        return deviceAttribute(ATTRIBUTE_MULTIPROCESSORS);
    }

    /** Compute capability, 9.0 as 90. */
    public int computeCapability() {
        return 10 * deviceAttribute(ATTRIBUTE_CAPABILITY_MAJOR) + deviceAttribute(ATTRIBUTE_CAPABILITY_MINOR);
    }

    private int deviceAttribute(int attribute) {
        check("cuDeviceGetAttribute", out, attribute, device);
        return out.get(ValueLayout.JAVA_INT, 0);
    }

    /** The stream that everything runs on. */
    public long stream() {
        return stream;
    }

    /** Allocates device memory; the address is a multiple of 256. */
    public long allocate(long bytes) {
        check("cuMemAlloc_v2", out, bytes);
        long address = result();
        allocations.add(address);
        return address;
    }

    /** Frees device memory before the end. */
    public void free(long address) {
        check("cuMemFree_v2", address);
        allocations.remove(address);
    }

    /** Allocates host memory that the device can copy from and to while the host does something else. */
    public MemorySegment allocatePinned(long bytes) {
        check("cuMemAllocHost_v2", out, bytes);
        MemorySegment segment = MemorySegment.ofAddress(result()).reinterpret(bytes, arena, null);
        pinned.add(segment);
        return segment;
    }

    /** Copies to the device and waits. */
    public void upload(long address, MemorySegment from) {
        check("cuMemcpyHtoD_v2", address, from, from.byteSize());
    }

    /** Copies from the device and waits. */
    public void download(MemorySegment to, long address) {
        check("cuMemcpyDtoH_v2", to, address, to.byteSize());
    }

    /** Copies to the device, in the order of the stream; {@code from} is pinned and stays as it is until then. */
    public void enqueueUpload(long address, MemorySegment from) {
        check("cuMemcpyHtoDAsync_v2", address, from, from.byteSize(), stream);
    }

    /** Copies from the device, in the order of the stream, to pinned memory. */
    public void enqueueDownload(MemorySegment to, long address) {
        check("cuMemcpyDtoHAsync_v2", to, address, to.byteSize(), stream);
    }

    /** Copies within device memory, in the order of the stream. */
    public void enqueueCopy(long to, long from, long bytes) {
        check("cuMemcpyDtoDAsync_v2", to, from, bytes, stream);
    }

    /** Sets 32-bit words and waits. */
    public void fill(long address, int value, long bytes) {
        // Not cuMemsetD32, which this stream would not wait for.
        check("cuMemsetD32Async", address, value, bytes / 4, stream);
        synchronize();
    }

    /**
     * Compiles PTX with the driver and returns its only kernel, see {@link KernelLoader}.
     *
     * @param maxRegisters 0 leaves the number of registers to the driver
     * @param sharedBytes  dynamic shared memory that every launch of the kernel asks for
     */
    long kernel(String ptx, int maxRegisters, int sharedBytes) {
        try (Arena call = Arena.ofConfined()) {
            MemorySegment option = call.allocateFrom(ValueLayout.JAVA_INT, JIT_MAX_REGISTERS);
            MemorySegment value = call.allocateFrom(ValueLayout.JAVA_LONG, maxRegisters);
            check("cuModuleLoadDataEx", out, call.allocateFrom(ptx, StandardCharsets.US_ASCII),
                    maxRegisters == 0 ? 0 : 1, option, value);
            long module = result();
            modules.add(module);
            int at = ptx.indexOf(".entry ") + ".entry ".length();
            String name = ptx.substring(at, ptx.indexOf('(', at)).strip();
            check("cuModuleGetFunction", out, module, call.allocateFrom(name, StandardCharsets.US_ASCII));
            long kernel = result();
            if (sharedBytes > 0) {
                check("cuFuncSetAttribute", kernel, FUNCTION_DYNAMIC_SHARED_BYTES, sharedBytes);
                dynamicShared.put(kernel, sharedBytes);
            }
            return kernel;
        }
    }

    /** Registers per thread (attribute 4), bytes of local memory (3) and so on, see CUfunction_attribute. */
    public int attribute(long kernel, int attribute) {
        check("cuFuncGetAttribute", out, attribute, kernel);
        return out.get(ValueLayout.JAVA_INT, 0);
    }

    /** Launches a kernel whose parameters are all 64-bit. */
    public void launch(long kernel, int blocks, int threads, long... parameters) {
        try (Arena call = Arena.ofConfined()) {
            check("cuLaunchKernel", kernel, blocks, 1, 1, threads, 1, 1, sharedBytes(kernel), stream,
                    pointers(call, parameters), MemorySegment.NULL);
        }
    }

    /**
     * Launches a kernel that may start while the one before it in the stream still runs; it has to wait for it itself,
     * see {@link OverlappingKernel}.
     */
    public void launchOverlapping(long kernel, int blocks, int threads, long... parameters) {
        try (Arena call = Arena.ofConfined()) {
            MemorySegment attribute = call.allocate(72, 8);
            attribute.set(ValueLayout.JAVA_INT, 0, PROGRAMMATIC_STREAM_SERIALIZATION);
            attribute.set(ValueLayout.JAVA_INT, 8, 1);
            // CUlaunchConfig: grid, block and shared memory as ints, stream, attributes and their number.
            MemorySegment launch = call.allocate(56, 8);
            int[] shape = {blocks, 1, 1, threads, 1, 1, sharedBytes(kernel)};
            MemorySegment.copy(shape, 0, launch, ValueLayout.JAVA_INT, 0, shape.length);
            launch.set(ValueLayout.JAVA_LONG, 32, stream);
            launch.set(ValueLayout.ADDRESS, 40, attribute);
            launch.set(ValueLayout.JAVA_INT, 48, 1);
            check("cuLaunchKernelEx", launch, kernel, pointers(call, parameters), MemorySegment.NULL);
        }
    }

    private int sharedBytes(long kernel) {
        return dynamicShared.getOrDefault(kernel, 0);
    }

    private static MemorySegment pointers(Arena call, long[] parameters) {
        MemorySegment values = call.allocateFrom(ValueLayout.JAVA_LONG, parameters);
        MemorySegment pointers = call.allocate(8L * parameters.length, 8);
        for (int i = 0; i < parameters.length; i++) {
            pointers.setAtIndex(ValueLayout.ADDRESS, i, values.asSlice(8L * i));
        }
        return pointers;
    }

    /** Records what {@code work} enqueues as a graph. */
    public long capture(Runnable work) {
        check("cuStreamBeginCapture_v2", stream, CAPTURE_MODE_RELAXED);
        try {
            work.run();
        } finally {
            check("cuStreamEndCapture", stream, out);
        }
        long graph = result();
        check("cuGraphInstantiateWithFlags", out, graph, 0L);
        long executable = result();
        check("cuGraphDestroy", graph);
        return executable;
    }

    /** Enqueues a graph. */
    public void enqueue(long graph) {
        check("cuGraphLaunch", graph, stream);
    }

    /** Replays a graph and returns the microseconds it took on the device. */
    public double replay(long graph) {
        return time(() -> enqueue(graph));
    }

    /** Waits for everything that {@code work} enqueues and returns the microseconds it took on the device. */
    public double time(Runnable work) {
        check("cuEventRecord", startEvent, stream);
        work.run();
        check("cuEventRecord", endEvent, stream);
        synchronize();
        check("cuEventElapsedTime_v2", out, startEvent, endEvent);
        return 1000.0 * out.get(ValueLayout.JAVA_FLOAT, 0);
    }

    /** Frees a graph. */
    public void destroyGraph(long graph) {
        check("cuGraphExecDestroy", graph);
    }

    /** Makes an event without a time, freed on {@link #close}. */
    public long event() {
        check("cuEventCreate", out, EVENT_DISABLE_TIMING);
        events.add(result());
        return events.getLast();
    }

    /** The event happens when everything enqueued so far is done. */
    public void record(long event) {
        check("cuEventRecord", event, stream);
    }

    /** Waits for an event. */
    public void await(long event) {
        check("cuEventSynchronize", event);
    }

    /** Waits for the stream. */
    public void synchronize() {
        check("cuStreamSynchronize", stream);
    }

    @Override
    public void close() {
        makeCurrent();
        for (long address : List.copyOf(allocations)) {
            free(address);
        }
        pinned.forEach(segment -> check("cuMemFreeHost", segment));
        modules.forEach(module -> check("cuModuleUnload", module));
        events.forEach(event -> check("cuEventDestroy_v2", event));
        check("cuEventDestroy_v2", startEvent);
        check("cuEventDestroy_v2", endEvent);
        check("cuStreamDestroy_v2", stream);
        check("cuDevicePrimaryCtxRelease_v2", device);
        arena.close();
    }
}
