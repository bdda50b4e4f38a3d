package zipserv.tornado.cuda;

import java.util.Collections;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import uk.ac.manchester.tornado.api.GridScheduler;
import uk.ac.manchester.tornado.api.TaskGraph;
import uk.ac.manchester.tornado.api.TornadoExecutionPlan;
import uk.ac.manchester.tornado.api.enums.DataTransferMode;
import uk.ac.manchester.tornado.api.exceptions.TornadoExecutionPlanException;
import uk.ac.manchester.tornado.api.types.arrays.TornadoNativeArray;
import zipserv.tornado.kernels.GpuException;
import zipserv.tornado.kernels.GpuRuntime;
import zipserv.tornado.kernels.Launch;
import zipserv.tornado.kernels.Launches;
import zipserv.tornado.ptx.plugin.GpuDriver;

/**
 * Runs launches once, in order: as a task graph in the emulation, and through the driver on a GPU, so that kernels may
 * use instructions that TornadoVM does not load. All arrays are copied to the device before and back after.
 */
public final class LaunchRunner {

    private LaunchRunner() {
    }

    /** Whether kernels with instructions of compute capability 9.0 run here: in the emulation, or on such a GPU. */
    public static boolean runsHopperKernels() {
        if (GpuRuntime.isEmulation()) {
            return true;
        }
        try (Cuda cuda = open()) {
            return KernelLoader.runsHopperKernels(cuda);
        }
    }

    /**
     * Runs launches.
     *
     * @throws GpuException if there is no usable GPU, or it cannot run a kernel
     */
    public static void run(List<Launch> launches) {
        Set<TornadoNativeArray> arrays = Collections.newSetFromMap(new IdentityHashMap<>());
        launches.forEach(launch -> launch.arguments().forEach(argument -> {
            if (argument instanceof TornadoNativeArray array) {
                arrays.add(array);
            }
        }));
        if (GpuRuntime.isEmulation()) {
            emulate(launches, arrays.toArray());
        } else {
            Map<Launch.Key, String> ptx = KernelCompiler.compile(launches);
            try (Cuda cuda = open()) {
                launch(cuda, launches, ptx, arrays);
            }
        }
    }

    private static Cuda open() {
        return Cuda.open().orElseThrow(() -> new GpuException(GpuDriver.NO_DRIVER, null));
    }

    private static void emulate(List<Launch> launches, Object[] arrays) {
        TaskGraph graph = new TaskGraph("launches");
        GridScheduler scheduler = new GridScheduler();
        graph.transferToDevice(DataTransferMode.FIRST_EXECUTION, arrays);
        launches.forEach(Launches.tasksOf(graph, scheduler)::accept);
        graph.transferToHost(DataTransferMode.EVERY_EXECUTION, arrays);
        try (TornadoExecutionPlan plan = new TornadoExecutionPlan(graph.snapshot())) {
            plan.withGridScheduler(scheduler).execute();
            plan.freeDeviceMemory();
        } catch (TornadoExecutionPlanException e) {
            throw GpuException.of(e);
        }
    }

    private static void launch(Cuda cuda, List<Launch> launches, Map<Launch.Key, String> ptx,
            Set<TornadoNativeArray> arrays) {
        Map<TornadoNativeArray, Long> addresses = new IdentityHashMap<>();
        for (TornadoNativeArray array : arrays) {
            long address = cuda.allocate(GpuArrays.ALIGNMENT + array.getSegment().byteSize()) + GpuArrays.ALIGNMENT;
            cuda.upload(address, array.getSegment());
            addresses.put(array, address - GpuArrays.HEADER_BYTES);
        }
        KernelLoader loader = new KernelLoader(cuda, false);
        try (KernelFrame frame = new KernelFrame(cuda)) {
            for (Launch launch : launches) {
                long kernel = loader.load(ptx.get(launch.key()), launch.grid().maxRegisters());
                cuda.launch(kernel, launch.grid().blocks(), launch.grid().threads(),
                        frame.parameters(launch, addresses::get));
            }
            cuda.synchronize();
        }
        addresses.forEach((array, address) -> cuda.download(array.getSegment(), address + GpuArrays.HEADER_BYTES));
    }
}
