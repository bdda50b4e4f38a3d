package zipserv.tornado.kernels;

import uk.ac.manchester.tornado.api.GridScheduler;
import uk.ac.manchester.tornado.api.KernelContext;
import uk.ac.manchester.tornado.api.TaskGraph;
import uk.ac.manchester.tornado.api.types.arrays.FloatArray;
import uk.ac.manchester.tornado.api.types.arrays.IntArray;
import uk.ac.manchester.tornado.api.types.arrays.ShortArray;
import zipserv.codec.FragmentLayout;
import zipserv.tornado.kernels.Launch.Grid;

/**
 * Launches the kernels of this package, each with its grid: as tasks of a {@link TaskGraph}, or whatever a
 * {@link Launches} makes of them. Transfers are the caller's business.
 */
public final class KernelTasks {

    private final Launches launches;
    private final KernelContext context = new KernelContext();

    /**
     * Tasks will be added to {@code graph} and their grids to {@code scheduler}.
     *
     * @throws GpuException if kernels could not run as they should, see {@link GpuRuntime#prepare}
     */
    public KernelTasks(TaskGraph graph, GridScheduler scheduler) {
        this(Launches.tasksOf(graph, scheduler));
        GpuRuntime.prepare();
    }

    /** Launches will be given to {@code launches}. */
    public KernelTasks(Launches launches) {
        this.launches = launches;
    }

    /** {@link ZipGemm}. */
    public void zipGemm(String name, TcaTbeDeviceMatrix weights, IntArray x, IntArray y, GemmScratch scratch, int batch,
            GemmPlan plan, boolean bf16) {
        checkBatch(batch, plan);
        if (plan.rowBlocks() != 1) {
            throw new IllegalArgumentException("plan " + plan + ": ZipGEMM takes one row block a warp");
        }
        launches.add(name, grid(plan, weights.rows(), batch), ZipGemm::multiply, context, weights.bitmaps(),
                weights.table(), weights.values(), x, y, scratch.partials(), scratch.tickets(), weights.rows(),
                FragmentLayout.blocks(weights.rows()), FragmentLayout.blocks(weights.columns()), batch, plan.strips(),
                plan.slices(), plan.splits(), bf16 ? 1 : 0);
    }

    /** {@link RawGemm}. */
    public void rawGemm(String name, RawDeviceMatrix weights, IntArray x, IntArray y, GemmScratch scratch, int batch,
            GemmPlan plan, boolean bf16) {
        rawGemm(name, weights, x, y, scratch, batch, plan, result(bf16), scratch.noBias());
    }

    private void rawGemm(String name, RawDeviceMatrix weights, IntArray x, IntArray y, GemmScratch scratch, int batch,
            GemmPlan plan, int result, FloatArray bias) {
        checkBatch(batch, plan);
        launches.add(name, grid(plan, GatedTile.rows(weights.rows(), result), batch), RawGemm::multiply, context,
                weights.weights(), x, y, scratch.partials(), scratch.tickets(), weights.rows(), weights.columns(), batch,
                plan.code(), result, bias);
    }

    /** {@link Frag11Gemm}. */
    public void frag11Gemm(String name, Frag11DeviceMatrix weights, IntArray x, IntArray y, GemmScratch scratch,
            int batch, GemmPlan plan, boolean bf16) {
        frag11Gemm(name, weights, x, y, scratch, batch, plan, result(bf16), scratch.noBias());
    }

    private void frag11Gemm(String name, Frag11DeviceMatrix weights, IntArray x, IntArray y, GemmScratch scratch,
            int batch, GemmPlan plan, int result, FloatArray bias) {
        checkBatch(batch, plan);
        launches.add(name, new Grid(plan.blocks(GatedTile.rows(weights.rows(), result)), plan.threads(),
                GemmPlan.frag11Registers(batch, plan.rowBlocks())), Frag11Gemm::multiply, context, weights.words(),
                weights.escapes(), weights.directory(), x, y, scratch.partials(), scratch.tickets(), weights.rows(),
                weights.columns(), batch, plan.code(), result, bias);
    }

    /** The product from frag11 by the plan's kernel, which also decides the order of x. */
    public void multiply(String name, Frag11DeviceMatrix weights, IntArray x, IntArray y, GemmScratch scratch,
            int batch, ProductPlan plan, boolean bf16) {
        switch (plan) {
            case GemmPlan warps -> frag11Gemm(name, weights, x, y, scratch, batch, warps, bf16);
            case WidePlan wide -> wideGemm(name, weights, x, y, scratch, batch, wide, bf16);
        }
    }

    /** The product from TCA-TBE by the plan's kernel, which also decides the order of x. */
    public void multiply(String name, TcaTbeDeviceMatrix weights, IntArray x, IntArray y, GemmScratch scratch,
            int batch, ProductPlan plan, boolean bf16) {
        switch (plan) {
            case GemmPlan warps -> zipGemm(name, weights, x, y, scratch, batch, warps, bf16);
            case WidePlan wide -> wideGemm(name, weights, x, y, scratch, batch, wide, bf16);
        }
    }

    /** The product from raw BF16 by the plan's kernel, which also decides the order of x. */
    public void multiply(String name, RawDeviceMatrix weights, IntArray x, IntArray y, GemmScratch scratch, int batch,
            ProductPlan plan, boolean bf16) {
        switch (plan) {
            case GemmPlan warps -> rawGemm(name, weights, x, y, scratch, batch, warps, bf16);
            case WidePlan wide -> wideGemm(name, weights, x, y, scratch, batch, wide, bf16);
        }
    }

    /**
     * The product with gate and up from frag11, and what SwiGLU makes of it: {@code silu(gate + bias) * (up + bias)}.
     * Up begins at the next block of 64 rows behind gate.
     *
     * @param y     BF16, in the order that the plan's kernel reads, of as many parts as x
     * @param batch activation rows: with two parts, the second ones behind all first ones
     * @param parts of an activation, 1 or 2
     * @param plan  one that {@link ProductPlan#canGate}
     * @param bias  of gate, then of up; anything if there is none
     */
    public void gated(String name, Frag11DeviceMatrix weights, IntArray x, IntArray y, GemmScratch scratch, int batch,
            int parts, ProductPlan plan, FloatArray bias, boolean biased) {
        int result = gatedResult(plan, batch, parts, biased);
        switch (plan) {
            case GemmPlan warps -> frag11Gemm(name, weights, x, y, scratch, batch, warps, result, bias);
            case WidePlan wide -> wideGemm(name, weights, x, y, scratch, batch, wide, result, bias);
        }
    }

    /** The same from raw BF16. */
    public void gated(String name, RawDeviceMatrix weights, IntArray x, IntArray y, GemmScratch scratch, int batch,
            int parts, ProductPlan plan, FloatArray bias, boolean biased) {
        int result = gatedResult(plan, batch, parts, biased);
        switch (plan) {
            case GemmPlan warps -> rawGemm(name, weights, x, y, scratch, batch, warps, result, bias);
            case WidePlan wide -> wideGemm(name, weights, x, y, scratch, batch, wide, result, bias);
        }
    }

    private static int result(boolean bf16) {
        return bf16 ? GatedTile.BF16 : 0;
    }

    private static int gatedResult(ProductPlan plan, int batch, int parts, boolean biased) {
        if (!plan.canGate(batch, parts)) {
            throw new IllegalArgumentException("plan " + plan + " cannot gate " + batch + " rows of " + parts
                    + " parts");
        }
        return GatedTile.result(biased, parts);
    }

    /** {@link WideGemm} from frag11. */
    public void wideGemm(String name, Frag11DeviceMatrix weights, IntArray x, IntArray y, GemmScratch scratch,
            int batch, WidePlan plan, boolean bf16) {
        wideGemm(name, weights, x, y, scratch, batch, plan, result(bf16), scratch.noBias());
    }

    private void wideGemm(String name, Frag11DeviceMatrix weights, IntArray x, IntArray y, GemmScratch scratch,
            int batch, WidePlan plan, int result, FloatArray bias) {
        wideGemm(name, WideTile.FRAG11, weights.words(), weights.escapes(), weights.directory(), x, y, scratch,
                weights.rows(), weights.columns(), batch, plan, result, bias);
    }

    /** {@link WideGemm} from TCA-TBE. */
    public void wideGemm(String name, TcaTbeDeviceMatrix weights, IntArray x, IntArray y, GemmScratch scratch,
            int batch, WidePlan plan, boolean bf16) {
        wideGemm(name, WideTile.TCA_TBE, weights.bitmaps(), weights.table(), weights.values(), x, y, scratch,
                weights.rows(), weights.columns(), batch, plan, result(bf16), scratch.noBias());
    }

    /** {@link WideGemm} from raw BF16. */
    public void wideGemm(String name, RawDeviceMatrix weights, IntArray x, IntArray y, GemmScratch scratch, int batch,
            WidePlan plan, boolean bf16) {
        wideGemm(name, weights, x, y, scratch, batch, plan, result(bf16), scratch.noBias());
    }

    private void wideGemm(String name, RawDeviceMatrix weights, IntArray x, IntArray y, GemmScratch scratch, int batch,
            WidePlan plan, int result, FloatArray bias) {
        wideGemm(name, WideTile.RAW, weights.weights(), weights.weights(), weights.weights(), x, y, scratch,
                weights.rows(), weights.columns(), batch, plan, result, bias);
    }

    private void wideGemm(String name, int format, IntArray first, IntArray second, IntArray third, IntArray x,
            IntArray y, GemmScratch scratch, int rows, int columns, int batch, WidePlan plan, int result,
            FloatArray bias) {
        if (batch < 1 || batch > GemmPlan.MAX_BATCH) {
            throw new IllegalArgumentException("N is " + batch + ", the fused kernels take 1 to " + GemmPlan.MAX_BATCH);
        }
        launches.add(name, new Grid(plan.blocks(rows), plan.threads(), plan.maxRegisters(batch)), WideGemm::multiply,
                context, first, second, third, x, y, scratch.partials(), scratch.tickets(), format, rows, columns,
                batch, plan.code(), result, bias);
    }

    /**
     * {@link Decompress#toRows}.
     *
     * @param columns columns to write, a multiple of 8: the matrix's own, or more to get zeros behind them
     */
    public void decompress(String name, TcaTbeDeviceMatrix weights, IntArray out, int columns) {
        decompress(name, weights, out, columns, GatedRows.NONE);
    }

    /** The same with rows in an order of {@link GatedRows}. */
    public void decompress(String name, TcaTbeDeviceMatrix weights, IntArray out, int columns, GatedRows order) {
        checkWholeRuns(columns);
        launches.add(name, Grid.of(Decompress.blocks(weights.rows(), weights.columns()), Decompress.THREADS),
                Decompress::toRows, context, weights.bitmaps(), weights.table(), weights.values(), out, weights.rows(),
                columns, FragmentLayout.blocks(weights.rows()), FragmentLayout.blocks(weights.columns()), order.first(),
                order.upAt());
    }

    /** {@link Decompress#toUnalignedRows}; any number of columns. */
    public void decompress(String name, TcaTbeDeviceMatrix weights, ShortArray out) {
        launches.add(name, Grid.of(Decompress.blocks(weights.rows(), weights.columns()), Decompress.THREADS),
                Decompress::toUnalignedRows, context, weights.bitmaps(), weights.table(), weights.values(), out,
                weights.rows(), weights.columns(), FragmentLayout.blocks(weights.rows()),
                FragmentLayout.blocks(weights.columns()));
    }

    /**
     * {@link Frag11Decompress#toRows}.
     *
     * @param columns columns to write, a multiple of 8: the matrix's own, or more to get zeros behind them
     */
    public void decompress(String name, Frag11DeviceMatrix weights, IntArray out, int columns) {
        decompress(name, weights, out, columns, GatedRows.NONE);
    }

    /** The same with rows in an order of {@link GatedRows}. */
    public void decompress(String name, Frag11DeviceMatrix weights, IntArray out, int columns, GatedRows order) {
        checkWholeRuns(columns);
        launches.add(name,
                Grid.of(Frag11Decompress.blocks(weights.rows(), weights.columns()), Frag11Decompress.THREADS),
                Frag11Decompress::toRows, context, weights.words(), weights.escapes(), weights.directory(), out,
                weights.rows(), weights.columns(), columns, order.first(), order.upAt());
    }

    /** {@link Frag11Decompress#toUnalignedRows}; any number of columns. */
    public void decompress(String name, Frag11DeviceMatrix weights, ShortArray out) {
        launches.add(name,
                Grid.of(Frag11Decompress.blocks(weights.rows(), weights.columns()), Frag11Decompress.THREADS),
                Frag11Decompress::toUnalignedRows, context, weights.words(), weights.escapes(), weights.directory(),
                out, weights.rows(), weights.columns());
    }

    /** {@link RawRows#toRows}; rows of whole blocks of 64 columns. */
    public void rawRows(String name, RawDeviceMatrix weights, IntArray out) {
        rawRows(name, weights, out, GatedRows.NONE);
    }

    /** The same with rows in an order of {@link GatedRows}. */
    public void rawRows(String name, RawDeviceMatrix weights, IntArray out, GatedRows order) {
        launches.add(name, Grid.of(RawRows.blocks(weights.rows(), weights.columns()), RawRows.THREADS),
                RawRows::toRows, context, weights.weights(), out, weights.rows(),
                FragmentLayout.blocks(weights.rows()), FragmentLayout.blocks(weights.columns()), order.first(),
                order.upAt());
    }

    private static void checkWholeRuns(int columns) {
        if (columns % StripLayout.RUN != 0) {
            throw new IllegalArgumentException("rows of " + columns + " columns, which is not a multiple of "
                    + StripLayout.RUN + "; decompress the matrix to a ShortArray");
        }
    }

    /**
     * {@link PrefillGemm} or {@link WidePrefillGemm}.
     *
     * @param weights row-major BF16, {@code columns} padded to whole blocks of 64
     * @param scratch see {@link GemmScratch#of(PrefillPlan, int, int)}
     * @param plan    how it is cut and by which kernel, {@link PrefillPlan#of} for instance
     */
    public void prefillGemm(String name, IntArray weights, IntArray x, IntArray y, GemmScratch scratch, int rows,
            int columns, int batch, PrefillPlan plan, boolean bf16) {
        int padded = FragmentLayout.blocks(columns) * FragmentLayout.BLOCK;
        Grid grid = Grid.of(plan.blocks(rows, batch), plan.threads());
        switch (plan) {
            case PrefillTile tile -> launches.add(name, grid, PrefillGemm::multiply, context, weights, x, y,
                    scratch.partials(), scratch.tickets(), rows, padded, batch, bf16 ? 1 : 0, tile.batchWarps(),
                    tile.rowWarps(), tile.rowTiles(), tile.splits());
            case WidePrefillTile tile -> launches.add(name, grid, WidePrefillGemm::multiply, context, weights, x, y,
                    scratch.partials(), scratch.tickets(), rows, padded, batch, bf16 ? 1 : 0, tile.rows(),
                    tile.splits(), 0, 0);
        }
    }

    /**
     * {@link WidePrefillGemm} of gate and up with SwiGLU, {@code silu(gate) * up}.
     *
     * @param weights row-major BF16, {@code columns} padded to whole blocks of 64, rows in the order of
     *                {@link GatedRows}
     * @param y       see {@link GatedSums}
     * @param scratch for a product with the stack of gate and up
     * @param gated   rows of gate and of up, which are columns of the result
     * @param batch   activation rows, of all parts
     * @param rest    words from the first to the second part of a result, 0 if there is one part
     */
    public void gatedGemm(String name, IntArray weights, IntArray x, IntArray y, GemmScratch scratch, int gated,
            int columns, int batch, WidePrefillTile plan, int rest) {
        int rows = GatedRows.rows(gated);
        launches.add(name, Grid.of(plan.blocks(rows, batch), plan.threads()), WidePrefillGemm::multiply, context,
                weights, x, y, scratch.partials(), scratch.tickets(), rows,
                FragmentLayout.blocks(columns) * FragmentLayout.BLOCK, batch, 0, plan.rows(), plan.splits(), gated,
                rest);
    }

    /** {@link RowMajorGemm}; an even number of columns. */
    public void rowMajorGemm(String name, IntArray weights, IntArray x, IntArray y, int rows, int columns, int batch) {
        launches.add(name, Grid.of(RowMajorGemm.blocks(rows, batch), RowMajorGemm.THREADS), RowMajorGemm::multiply,
                context, weights, x, y, rows, columns, batch);
    }

    /** {@link Activations#pad}. */
    public void padActivations(String name, FloatArray from, IntArray x, int columns, int batch) {
        int words = GemmPlan.activationWords(columns, batch);
        launches.add(name, Grid.of((words + 127) / 128, 128), Activations::pad, context, from, x, columns, batch,
                words);
    }

    private static Grid grid(GemmPlan plan, int rows, int batch) {
        return new Grid(plan.blocks(rows), plan.threads(), GemmPlan.maxRegisters(batch));
    }

    private static void checkBatch(int batch, GemmPlan plan) {
        int most = GemmPlan.MAX_BATCH / plan.rowBlocks();
        if (batch < 1 || batch > most) {
            throw new IllegalArgumentException("N is " + batch + ", the fused kernels take 1 to " + most + " with plan "
                    + plan);
        }
    }
}
