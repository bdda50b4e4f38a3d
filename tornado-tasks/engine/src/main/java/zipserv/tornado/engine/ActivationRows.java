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

    /** Words of an array of activations. */
    int words(int columns) {
        return width == 0 ? GemmPlan.activationWords(columns, rows * parts)
                : WideActivations.words(columns, rows * parts);
    }

    /** Words from the first to the second part of an activation, 0 if there is none. */
    int rest(int columns) {
        int distance = width == 0 ? rowWords(columns) : WideActivations.word(1, 0, width);
        return (parts - 1) * rows * distance;
    }

    /** Pairs of columns of a row. */
    static int rowWords(int columns) {
        return FragmentLayout.blocks(columns) * (FragmentLayout.BLOCK / 2);
    }

    /**
     * Where a kernel finds a pair of columns.
     *
     * @param rowWords {@link #rowWords}
     * @param width    see {@link ActivationRows}
     */
    static int word(int row, int pair, int rowWords, int width) {
        int word = row * rowWords + pair;
        if (width != 0) {
            word = WideActivations.word(row, pair, width);
        }
        return word;
    }
}
