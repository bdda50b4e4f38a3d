package zipserv.tornado.bench;

import java.util.stream.IntStream;
import zipserv.tornado.cuda.Cuda;

/** What the device's memory can do at best: copies of large buffers within it by the driver. */
final class CopyBandwidth {

    private static final long BYTES = 1L << 30;
    private static final int COPIES = 4;
    private static final int REPLAYS = 9;

    private CopyBandwidth() {
    }

    /** Gigabytes read plus gigabytes written per second. */
    static double measure(Cuda cuda) {
        long from = cuda.allocate(BYTES);
        long to = cuda.allocate(BYTES);
        cuda.fill(from, 0x3F81BE77, BYTES);
        double[] micros = new double[REPLAYS];
        for (int i = -1; i < REPLAYS; i++) {
            // Not from a graph, where the driver gives copies to the copy engines, which are slower than its kernel.
            double time = cuda.time(() -> IntStream.range(0, COPIES).forEach(_ -> cuda.enqueueCopy(to, from, BYTES)));
            micros[Math.max(i, 0)] = time / COPIES;
        }
        cuda.free(from);
        cuda.free(to);
        return 2.0 * BYTES / Timing.of(micros).median() / 1e3;
    }
}
