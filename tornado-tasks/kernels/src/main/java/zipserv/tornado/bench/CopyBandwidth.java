package zipserv.tornado.bench;

import java.util.stream.IntStream;
import zipserv.tornado.cuda.Cuda;

/** What the device's memory can do at best: copies within it by the driver. */
final class CopyBandwidth {

    private static final long BUFFER_BYTES = 1L << 30;
    private static final long ALIGNMENT = 256;
    private static final int REPLAYS = 9;

    private CopyBandwidth() {
    }

    /** Gigabytes read plus gigabytes written per second by copies of large buffers. */
    static double measure(Cuda cuda) {
        return 2.0 * BUFFER_BYTES / time(cuda, BUFFER_BYTES, 4).median() / 1e3;
    }

    /** A copy that reads and writes as much as a decompression, to compare it with. */
    static GemmResult like(Cuda cuda, GemmResult decompression) {
        long bytes = decompression.bytes() / 2;
        Timing micros = time(cuda, bytes, (int) Math.clamp(BUFFER_BYTES / bytes, 4, 64));
        return new GemmResult("copy", decompression.m(), decompression.k(), 0, "-", micros, 2 * bytes, 0, 0, 0, "");
    }

    /** Time of a copy in the middle of others, from and to other places each time. */
    private static Timing time(Cuda cuda, long bytes, int copies) {
        long from = cuda.allocate(Math.max(bytes, BUFFER_BYTES));
        long to = cuda.allocate(Math.max(bytes, BUFFER_BYTES));
        cuda.fill(from, 0x3F81BE77, BUFFER_BYTES);
        long places = Math.max(1, BUFFER_BYTES / bytes);
        double[] micros = new double[REPLAYS];
        for (int i = -1; i < REPLAYS; i++) {
            // Not from a graph, where the driver gives copies to the copy engines, which are slower than its kernel.
            double time = cuda.time(() -> IntStream.range(0, copies).forEach(copy -> {
                long at = copy % places * bytes / ALIGNMENT * ALIGNMENT;
                cuda.enqueueCopy(to + at, from + at, bytes);
            }));
            micros[Math.max(i, 0)] = time / copies;
        }
        cuda.free(from);
        cuda.free(to);
        return Timing.of(micros);
    }
}
