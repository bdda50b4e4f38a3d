package zipserv.tornado.engine;

import uk.ac.manchester.tornado.api.KernelContext;
import uk.ac.manchester.tornado.api.types.arrays.IntArray;
import zipserv.model.sampling.SplitMix64;

/**
 * Turns the input of a decode step into that of the step that follows it in a text, so that the host need not know the
 * tokens to start it: each row's token becomes the chosen one, its position the next one, and so its random number.
 */
final class NextInput {

    private NextInput() {
    }

    /**
     * The kernel. Worker: 1-D, one thread a block, a block per row. Rows without work stay as they are.
     *
     * @param input  see {@link StepInput}
     * @param best   tokens that follow the rows, see {@link Argmax}; a row without one has no work in the next step
     * @param stride {@link StepInput#STRIDE}
     */
    static void advance(KernelContext context, IntArray input, IntArray best, int stride) {
        int at = context.groupIdx * stride;
        if (input.get(at) >= 0) {
            input.set(at, best.get(context.groupIdx));
            input.set(at + 1, input.get(at + 1) + 1);
        }
    }

    /**
     * The kernel for steps that sample. Random numbers of greedy rows go on too: nobody draws them.
     *
     * @param choices see {@link StepChoices}
     * @param best    see {@link Sampling}
     */
    static void advanceSampling(KernelContext context, IntArray input, IntArray choices, IntArray best, int stride) {
        advance(context, input, best, stride);
        int state = context.groupIdx * StepChoices.STRIDE + StepChoices.STATE;
        StepChoices.store(choices, state, StepChoices.load(choices, state) + SplitMix64.GAMMA);
    }
}
