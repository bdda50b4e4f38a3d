package zipserv.tornado.kernels;

/**
 * How a product of row-major matrices with many activation rows is cut, and by which kernel it is computed. Whatever
 * the kernel, 16 columns are added at a time, from the first to the last, so that results depend on the splits only.
 */
public sealed interface PrefillPlan permits PrefillTile, WidePrefillTile {

    /** System property: {@value #WARPS} to multiply by single warps only, also where the GPU has wgmma. */
    String KERNEL = "zipserv.prefill";
    /** See {@link #KERNEL}. */
    String WARPS = "warps";

    /**
     * The plan for a shape: by warpgroups ({@link WidePrefillGemm}) for more activation rows than the fused kernels
     * take, unless {@link #KERNEL} says otherwise.
     *
     * @param warpgroups whether the GPU has wgmma
     */
    static PrefillPlan of(int rows, int columns, int batch, boolean warpgroups) {
        return byWarpgroups(batch, warpgroups) ? WidePrefillTile.of(rows, columns, batch)
                : PrefillTile.of(rows, columns, batch);
    }

    /** Whether {@link #of} plans for warpgroups. */
    static boolean byWarpgroups(int batch, boolean warpgroups) {
        return warpgroups && batch > GemmPlan.MAX_BATCH && !WARPS.equals(System.getProperty(KERNEL));
    }

    /** Blocks that share a tile's columns. */
    int splits();

    /** Threads of a block. */
    int threads();

    /** Tiles of the result, and counters for them. */
    int tiles(int rows, int batch);

    /** Words of the array of partial sums; 1 where none are needed, since arrays cannot be empty. */
    int partials(int rows, int batch);

    /** Blocks of the grid. */
    default int blocks(int rows, int batch) {
        return Math.multiplyExact(tiles(rows, batch), splits());
    }
}
