package zipserv.tornado.bench;

import java.util.List;
import java.util.Map;
import java.util.stream.LongStream;
import uk.ac.manchester.tornado.api.KernelContext;
import uk.ac.manchester.tornado.api.types.arrays.TornadoNativeArray;
import zipserv.tornado.cuda.Cuda;
import zipserv.tornado.kernels.Launch;

/** Launches a kernel that TornadoVM compiled through the driver, times it and fetches what it computed. */
final class GemmReplay {

    private static final int REGISTERS = 4;
    private static final int LOCAL_BYTES = 3;
    private static final int FRAME_BYTES = 1024;
    /** Every word of a result is a NaN before the first launch. */
    private static final int POISON = -1;

    private final Cuda cuda;
    private final DeviceCopies copies;
    private final GraphTimer timer;

    GemmReplay(Cuda cuda, DeviceCopies copies) {
        this.cuda = cuda;
        this.copies = copies;
        timer = new GraphTimer(cuda);
    }

    /** Times, and what the driver's compiler made of the kernel. */
    record Replayed(Timing micros, int registers, int localBytes) {
    }

    /** Times a task and leaves the last launch's result in its array. */
    Replayed run(GemmTask task, Map<Launch.Key, String> ptx, int replays) {
        List<Long> kernels = task.launches().stream()
                .map(launch -> cuda.kernel(ptx.get(launch.key()), launch.grid().maxRegisters())).toList();
        int rotated = copies.count(task.weightBytes());
        List<TornadoNativeArray> weights = task.weights();
        List<TornadoNativeArray> others = task.others();
        for (TornadoNativeArray array : weights) {
            copies.of(array, array.getSegment(), rotated);
        }
        for (TornadoNativeArray array : others) {
            copies.of(array, array.getSegment(), 1);
        }
        long result = DeviceCopies.HEADER_BYTES + copies.of(task.result(), task.result().getSegment(), 1).getFirst();
        cuda.fill(result, POISON, task.result().getNumBytesOfSegment());
        long frame = cuda.allocate(FRAME_BYTES);
        cuda.fill(frame, 0, FRAME_BYTES);
        Timing micros = timer.time(copies.launches(task.weightBytes(), task.operations()), replays, i -> {
            for (int step = 0; step < kernels.size(); step++) {
                launch(kernels.get(step), task.launches().get(step), i % rotated, frame);
            }
        });
        cuda.download(task.result().getSegment(), result);
        cuda.free(frame);
        others.forEach(copies::free);
        return new Replayed(micros, largest(kernels, REGISTERS), largest(kernels, LOCAL_BYTES));
    }

    private int largest(List<Long> kernels, int attribute) {
        return kernels.stream().mapToInt(kernel -> cuda.attribute(kernel, attribute)).max().orElseThrow();
    }

    /** Launches a kernel on one of the copies of its weights. */
    private void launch(long kernel, Launch launch, int copy, long frame) {
        // TornadoVM's kernels take a frame of its own before their parameters; the KernelContext is another.
        LongStream parameters = launch.arguments().stream().mapToLong(argument -> switch (argument) {
            case KernelContext _ -> frame;
            case TornadoNativeArray array -> {
                List<Long> addresses = copies.of(array, array.getSegment(), 1);
                yield addresses.get(copy % addresses.size());
            }
            // Scalars are compiled in, but their parameters must be there.
            default -> 0L;
        });
        cuda.launch(kernel, launch.grid().blocks(), launch.grid().threads(),
                LongStream.concat(LongStream.of(frame), parameters).toArray());
    }
}
