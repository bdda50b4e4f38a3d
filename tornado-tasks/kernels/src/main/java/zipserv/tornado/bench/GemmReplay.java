package zipserv.tornado.bench;

import java.util.List;
import java.util.Map;
import uk.ac.manchester.tornado.api.types.arrays.TornadoNativeArray;
import zipserv.tornado.cuda.Cuda;
import zipserv.tornado.cuda.GpuArrays;
import zipserv.tornado.cuda.KernelFrame;
import zipserv.tornado.cuda.KernelLoader;
import zipserv.tornado.kernels.Launch;

/** Launches a kernel that TornadoVM compiled through the driver, times it and fetches what it computed. */
final class GemmReplay {

    private static final int REGISTERS = 4;
    private static final int LOCAL_BYTES = 3;
    /** Every word of a result is a NaN before the first launch. */
    private static final int POISON = -1;

    private final Cuda cuda;
    private final KernelLoader loader;
    private final DeviceCopies copies;
    private final GraphTimer timer;
    private final boolean overlapping;

    GemmReplay(Cuda cuda, DeviceCopies copies, boolean overlapping) {
        this.cuda = cuda;
        this.overlapping = overlapping;
        this.loader = new KernelLoader(cuda, overlapping);
        this.copies = copies;
        timer = new GraphTimer(cuda);
    }

    /** The PTX as it is run. */
    String text(String ptx) {
        return loader.text(ptx);
    }

    /** Times, and what the driver's compiler made of the kernel. */
    record Replayed(Timing micros, int registers, int localBytes) {
    }

    /** Times a task and leaves the last launch's result in its array. */
    Replayed run(GemmTask task, Map<Launch.Key, String> ptx, int replays) {
        List<Long> kernels = task.launches().stream()
                .map(launch -> loader.load(ptx.get(launch.key()), launch.grid().maxRegisters())).toList();
        int rotated = copies.count(task.weightBytes());
        List<TornadoNativeArray> weights = task.weights();
        List<TornadoNativeArray> others = task.others();
        for (TornadoNativeArray array : weights) {
            copies.of(array, array.getSegment(), rotated);
        }
        for (TornadoNativeArray array : others) {
            copies.of(array, array.getSegment(), 1);
        }
        long result = GpuArrays.HEADER_BYTES + copies.of(task.result(), task.result().getSegment(), 1).getFirst();
        cuda.fill(result, POISON, task.result().getNumBytesOfSegment());
        Timing micros;
        try (KernelFrame frame = new KernelFrame(cuda)) {
            micros = timer.time(copies.launches(task.weightBytes(), task.operations()), replays, i -> {
                for (int step = 0; step < kernels.size(); step++) {
                    // A graph's first launch has nothing to overlap with.
                    launch(kernels.get(step), task.launches().get(step), i % rotated, frame,
                            overlapping && i + step > 0);
                }
            });
        }
        cuda.download(task.result().getSegment(), result);
        others.forEach(copies::free);
        return new Replayed(micros, largest(kernels, REGISTERS), largest(kernels, LOCAL_BYTES));
    }

    private int largest(List<Long> kernels, int attribute) {
        return kernels.stream().mapToInt(kernel -> cuda.attribute(kernel, attribute)).max().orElseThrow();
    }

    /** Launches a kernel on one of the copies of its weights. */
    private void launch(long kernel, Launch launch, int copy, KernelFrame frame, boolean overlap) {
        long[] parameters = frame.parameters(launch, array -> {
            List<Long> addresses = copies.of(array, array.getSegment(), 1);
            return addresses.get(copy % addresses.size());
        });
        if (overlap) {
            cuda.launchOverlapping(kernel, launch.grid().blocks(), launch.grid().threads(), parameters);
        } else {
            cuda.launch(kernel, launch.grid().blocks(), launch.grid().threads(), parameters);
        }
    }
}
