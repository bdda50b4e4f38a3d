package zipserv.tornado.bench;

import java.util.function.IntConsumer;
import zipserv.tornado.cuda.Cuda;

/** Times launches as replays of a CUDA graph: nothing but the kernels and the gaps that the device itself leaves. */
final class GraphTimer {

    private static final int WARM_UP = 2;

    private final Cuda cuda;

    GraphTimer(Cuda cuda) {
        this.cuda = cuda;
    }

    /**
     * Microseconds per launch.
     *
     * @param launches how many launches the graph has
     * @param replays  how often it is replayed and timed
     * @param launch   enqueues the i-th launch
     */
    Timing time(int launches, int replays, IntConsumer launch) {
        long graph = cuda.capture(() -> {
            for (int i = 0; i < launches; i++) {
                launch.accept(i);
            }
        });
        try {
            for (int i = 0; i < WARM_UP; i++) {
                cuda.replay(graph);
            }
            double[] micros = new double[replays];
            for (int i = 0; i < replays; i++) {
                micros[i] = cuda.replay(graph) / launches;
            }
            return Timing.of(micros);
        } finally {
            cuda.destroyGraph(graph);
        }
    }
}
