package zipserv.tornado.kernels;

import uk.ac.manchester.tornado.api.types.arrays.FloatArray;
import uk.ac.manchester.tornado.api.types.arrays.IntArray;

/**
 * What blocks that share columns need: their sums, and a counter per group of rows. One may serve any number of GEMMs
 * that run one after the other. The counters are 0 between launches.
 *
 * @param partials sums, at least {@link ProductPlan#partials} words
 * @param tickets  counters, at least {@link ProductPlan#groups}
 * @param noBias   anything that no launch writes, for kernels that could add biases to products that have none:
 *                 TornadoVM never comes to an end with a task that gets an array twice and writes it
 */
public record GemmScratch(FloatArray partials, IntArray tickets, FloatArray noBias) {

    /** Scratch for one GEMM. */
    public static GemmScratch of(ProductPlan plan, int rows, int batch) {
        return of(plan.partials(rows, batch), plan.groups(rows));
    }

    /** Scratch for one {@link KernelTasks#prefillGemm}. */
    public static GemmScratch of(PrefillPlan tile, int rows, int batch) {
        return of(tile.partials(rows, batch), tile.tiles(rows, batch));
    }

    /** Scratch for GEMMs that need no more than this. */
    public static GemmScratch of(int partials, int groups) {
        FloatArray sums = HostArrays.floats(partials);
        sums.init(0f);
        IntArray tickets = HostArrays.ints(groups);
        tickets.init(0);
        FloatArray noBias = HostArrays.floats(1);
        noBias.init(0f);
        return new GemmScratch(sums, tickets, noBias);
    }
}
