package zipserv.tornado.bench;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import zipserv.codec.Bf16Matrix;
import zipserv.tornado.cuda.Cuda;
import zipserv.tornado.kernels.GpuException;

/** cuBLASLt on one shape: same weights, same activations, same copies and timing as our kernels. */
final class CublasBench implements AutoCloseable {

    /** As many algorithms as its heuristic is asked for. */
    private static final int ALGORITHMS = 12;
    /** All are timed with a few replays, and the fastest ones again properly. */
    private static final int TRIAL_REPLAYS = 3;
    private static final int FINALISTS = 3;

    private final GemmTasks tasks;
    private final CublasLt cublas;
    private final Cuda cuda;
    private final DeviceCopies copies;
    private final GemmCheck check;

    CublasBench(GemmTasks tasks, CublasLt cublas, Cuda cuda, GemmCheck check) {
        this.tasks = tasks;
        this.cublas = cublas;
        this.cuda = cuda;
        copies = new DeviceCopies(cuda, 0);
        this.check = check;
    }

    private record Timed(int number, CublasLt.Product product, Timing micros) {
    }

    /** The fastest of the algorithms that the heuristic proposes. */
    GemmResult measure(int n, int replays) {
        Bf16Matrix w = tasks.matrix();
        int m = w.rows();
        int k = w.columns();
        long weightBytes = w.data().byteSize();
        int rotated = copies.count(weightBytes);
        List<Long> weights = copies.of(w, w.data(), rotated);
        try (Arena arena = Arena.ofShared()) {
            long x = cuda.allocate(2L * n * k);
            cuda.upload(x, activations(n, k, arena));
            long y = cuda.allocate(2L * m * n);
            cuda.fill(y, -1, 2L * m * n / 4 * 4);
            GraphTimer timer = new GraphTimer(cuda);
            int launches = copies.launches(weightBytes, 2.0 * m * k * n);
            List<CublasLt.Product> products = cublas.products(m, n, k, ALGORITHMS);
            List<Timed> trials = new ArrayList<>();
            for (int i = 0; i < products.size(); i++) {
                CublasLt.Product product = products.get(i);
                trials.add(new Timed(i + 1, product, timer.time(launches, TRIAL_REPLAYS,
                        launch -> product.enqueue(weights.get(launch % rotated), x, y))));
            }
            Comparator<Timed> byMedian = Comparator.comparingDouble(timed -> timed.micros.median());
            Timed best = trials.stream().sorted(byMedian).limit(FINALISTS)
                    .map(trial -> new Timed(trial.number, trial.product, timer.time(launches, replays,
                            launch -> trial.product.enqueue(weights.get(launch % rotated), x, y))))
                    .min(byMedian).orElseThrow(() -> new GpuException("cuBLAS proposes no algorithm for "
                            + m + " x " + k + ", N = " + n, null));
            MemorySegment result = arena.allocate(2L * m * n, 16);
            cuda.download(result, y);
            cuda.free(x);
            cuda.free(y);
            // Rows of results are padded to whole words in our kernels, but not here.
            String verdict = m % 2 == 0 ? check.error(result, tasks.activations(n), n, true) : "";
            String which = "algorithm " + best.number + " of " + products.size();
            return new GemmResult(GemmCase.Kernel.CUBLAS.id(), m, k, n, which, best.micros,
                    weightBytes + 2L * n * k + 2L * m * n, 16, 0, 0, verdict);
        }
    }

    @Override
    public void close() {
        copies.close();
    }

    private MemorySegment activations(int n, int k, Arena arena) {
        MemorySegment x = arena.allocate(2L * n * k, 16);
        MemorySegment padded = tasks.activations(n).getSegment();
        for (int row = 0; row < n; row++) {
            MemorySegment.copy(padded, 4L * row * SyntheticActivations.rowWords(k), x, 2L * row * k, 2L * k);
        }
        return x;
    }
}
