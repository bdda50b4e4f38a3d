package zipserv.tornado.kernels;

import zipserv.codec.WeightFormat;

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

    /** Whether it can multiply so many activation rows. */
    boolean fits(int batch);

    /** The same order of additions, cut as the kernel of a format can. */
    ProductPlan forFormat(WeightFormat format);

    /** The order of additions of the rows from a certain one on, the first of a block of 64. */
    ProductPlan from(int row);

    /** Whether another plan adds in the same order, so that its results have the same bits. */
    boolean sameOrder(ProductPlan other);

    /** Whether gate and up can be multiplied so that SwiGLU is the end of it. */
    boolean canGate(int batch, int parts);

    /** The same order of additions with blocks that have row blocks of both gate and up, see {@link #canGate}. */
    ProductPlan gated();

    /** The order of additions that gate has, and up, where they are multiplied as one, each without the other. */
    ProductPlan ofGate();

    /**
     * The built-in rule's plan for a shape.
     *
     * @param warpgroups whether the GPU can run {@link WideGemm}
     */
    static ProductPlan of(WeightFormat format, int rows, int columns, int batch, boolean warpgroups) {
        return warpgroups && WidePlan.takes(batch) ? WidePlan.of(rows, columns, batch)
                : GemmPlan.of(format, rows, columns, batch);
    }

    /**
     * Reads a plan as its {@code toString} writes it.
     *
     * @throws IllegalArgumentException if the text is no plan
     */
    static ProductPlan parse(String text) {
        return WidePlan.isText(text) ? WidePlan.parse(text) : GemmPlan.parse(text);
    }
}
