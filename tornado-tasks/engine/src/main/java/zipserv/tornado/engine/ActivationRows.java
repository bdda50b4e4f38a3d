package zipserv.tornado.engine;

import zipserv.codec.FragmentLayout;
import zipserv.tornado.kernels.GemmPlan;
import zipserv.tornado.kernels.WideActivations;

/**
 * In which order a step's activations lie, so that whoever computes them leaves them as the next GEMM reads them:
 * row-major, padded to whole blocks of 64 columns; or as {@link WideActivations}. Second parts, see {@link SplitValue},
 * are rows behind all first ones.
 *
 * @param rows  of the step
 * @param parts of an activation, 1 or 2
 * @param width of {@link WideActivations}, 0 for row-major
 */
record ActivationRows(int rows, int parts, int width) {

    private static final int WIDTH_SHIFT = 20;

    /** Words of an array of activations. */
    int words(int columns) {
        return width == 0 ? GemmPlan.activationWords(columns, rows * parts)
                : WideActivations.words(columns, rows * parts);
    }

    /** Words from the first to the second part of an activation, 0 if there is none. */
    int rest(int columns) {
        return (parts - 1) * rows * distance(order(columns));
    }

    /** What a kernel has to know of rows of so many columns, as one number. */
    int order(int columns) {
        return order(rowWords(columns), width);
    }

    /** The same for kernels. */
    static int order(int pairs, int width) {
        return pairs | width << WIDTH_SHIFT;
    }

    /** Pairs of columns of a row, those that fill it up included. */
    static int rowWords(int columns) {
        return FragmentLayout.blocks(columns) * (FragmentLayout.BLOCK / 2);
    }

    /** Pairs of columns of a row, for kernels. */
    static int pairs(int order) {
        return order & (1 << WIDTH_SHIFT) - 1;
    }

    /** Words from a row to the next, for kernels. */
    static int distance(int order) {
        int distance = pairs(order);
        if (order >>> WIDTH_SHIFT != 0) {
            distance = WideActivations.word(1, 0, order >>> WIDTH_SHIFT);
        }
        return distance;
    }

    /**
     * Where a pair of columns lies, for kernels.
     *
     * @param word where it would lie if rows followed each other
     */
    static int place(int word, int order) {
        int place = word;
        if (order >>> WIDTH_SHIFT != 0) {
            place = WideActivations.word(word / pairs(order), word % pairs(order), order >>> WIDTH_SHIFT);
        }
        return place;
    }
}
