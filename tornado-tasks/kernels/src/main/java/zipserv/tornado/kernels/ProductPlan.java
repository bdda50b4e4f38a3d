package zipserv.tornado.kernels;

/**
 * How a product with a matrix is cut into blocks and warps, and by that which kernel multiplies: {@link GemmPlan} those
 * of single warps ({@link ZipGemm}, {@link RawGemm}, {@link Frag11Gemm}), {@link WidePlan} that of warpgroups
 * ({@link WideGemm}). The plan decides in which order is added; so results of one plan are the same for all weight
 * formats.
 */
public sealed interface ProductPlan permits GemmPlan, WidePlan {

    /** Threads of a block. */
    int threads();

    /** Blocks of the grid. */
    int blocks(int rows);

    /** Groups of rows, and counters for them. */
    int groups(int rows);

    /** Words of the array of partial sums; 1 where none are needed, since arrays cannot be empty. */
    int partials(int rows, int batch);

    /**
     * Reads a plan as its {@code toString} writes it.
     *
     * @throws IllegalArgumentException if the text is no plan
     */
    static ProductPlan parse(String text) {
        return WidePlan.isText(text) ? WidePlan.parse(text) : GemmPlan.parse(text);
    }
}
