package zipserv.tornado.engine;

import uk.ac.manchester.tornado.api.KernelContext;
import uk.ac.manchester.tornado.api.types.arrays.IntArray;

/**
 * Turns the input of a decode step into that of the step that greedy decoding takes next, so that the host need not
 * know the tokens to start it: each row's token becomes its argmax, and its position the next one.
 */
final class NextInput {

    private NextInput() {
    }

    /**
     * The kernel. Worker: 1-D, one thread a block, a block per row. Rows without work stay as they are.
     *
     * @param input  see {@link StepInput}
     * @param best   argmax of the rows' logits, see {@link Argmax}; a row without one has no work in the next step
     * @param stride {@link StepInput#STRIDE}
     */
    static void advance(KernelContext context, IntArray input, IntArray best, int stride) {
        int at = context.groupIdx * stride;
        if (input.get(at) >= 0) {
            input.set(at, best.get(context.groupIdx));
            input.set(at + 1, input.get(at + 1) + 1);
        }
    }
}
