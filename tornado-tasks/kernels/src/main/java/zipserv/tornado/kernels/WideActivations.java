package zipserv.tornado.kernels;

import zipserv.codec.FragmentLayout;

/**
 * Activations as {@link WideGemm} reads them: strip after strip of 64 columns, each as the tensor cores want it in
 * shared memory, so that a strip is brought there by one copy. The order of columns within a strip is that in which
 * {@link StripLayout} hands weights to the instructions.
 *
 * <pre>
 * level  words       consists of
 * strip  32 * width  8 units of 8 columns
 * unit   4 * width   a row for each activation row
 * row    4           pairs of columns
 * </pre>
 * Unit {@code 4h + i} has of each half-strip h = 0, 1 the i-th pair of each run: its pair t is columns
 * {@code 32h + 8t + 2i} and the next. Eight rows of a unit are a core matrix (PTX ISA, Matrices in shared memory).
 *
 * <p>Pure functions without branches, for kernels and hosts.
 */
public final class WideActivations {

    private WideActivations() {
    }

    /**
     * Index of a word.
     *
     * @param row   of the activations
     * @param pair  of columns: its word in a row-major row
     * @param width activation rows of the multiplication, 8, 16, 32, 64 or 128
     */
    public static int word(int row, int pair, int width) {
        int unit = (pair >>> 2 & 4) + (pair & 3);
        return (pair >>> 5) * (width << 5) + (unit * width + row << 2) + (pair >>> 2 & 3);
    }

    /** Words of the activations for a product. */
    public static int words(int columns, int batch) {
        return Math.multiplyExact(FragmentLayout.blocks(columns) * StripLayout.BLOCK_WORDS, width(batch));
    }

    /**
     * Activation rows of a multiplication that holds a batch.
     *
     * @param batch 1 .. {@link GemmPlan#MAX_BATCH}
     */
    public static int width(int batch) {
        return WideTile.width(batch);
    }
}
