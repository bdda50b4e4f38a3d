package zipserv.tornado.bench;

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
        Timing micros = new GraphTimer(cuda).time(COPIES, REPLAYS, _ -> cuda.enqueueCopy(to, from, BYTES));
        cuda.free(from);
        cuda.free(to);
        return 2.0 * BYTES / micros.median() / 1e3;
    }
}
