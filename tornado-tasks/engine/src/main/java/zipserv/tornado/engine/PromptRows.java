package zipserv.tornado.engine;

import uk.ac.manchester.tornado.api.types.arrays.IntArray;
import zipserv.tornado.ptx.PtxMemory;
import zipserv.tornado.ptx.PtxWarp;

/** What {@link PromptAttention} has to know of a block's rows; a warp finds it out together. */
final class PromptRows {

    private PromptRows() {
    }

    /** Positions that a row looks at, 0 for one without work. */
    static int length(IntArray input, int row) {
        int token = PtxMemory.loadReadOnly32(input, StepInput.token(row));
        int position = PtxMemory.loadReadOnly32(input, StepInput.position(row));
        return token < 0 ? 0 : position + 1;
    }

    /** The largest {@link #length} of a range of rows. */
    static int longest(IntArray input, int firstRow, int lastRow) {
        int longest = 0;
        for (int row = firstRow + PtxWarp.lane(); row <= lastRow; row += PtxWarp.SIZE) {
            longest = Math.max(longest, length(input, row));
        }
        return largest(longest);
    }

    /** The first slot of the sequence that the rows with work are of. */
    static int firstSlot(IntArray input, int firstRow, int lastRow) {
        int firstSlot = 0;
        for (int row = firstRow + PtxWarp.lane(); row <= lastRow; row += PtxWarp.SIZE) {
            if (length(input, row) > 0) {
                firstSlot = Math.max(firstSlot, PtxMemory.loadReadOnly32(input, StepInput.firstSlot(row)));
            }
        }
        return largest(firstSlot);
    }

    /** The largest of all lanes. */
    static int largest(int value) {
        int maximum = Math.max(value, PtxWarp.shuffleXor(value, 16));
        maximum = Math.max(maximum, PtxWarp.shuffleXor(maximum, 8));
        maximum = Math.max(maximum, PtxWarp.shuffleXor(maximum, 4));
        maximum = Math.max(maximum, PtxWarp.shuffleXor(maximum, 2));
        return Math.max(maximum, PtxWarp.shuffleXor(maximum, 1));
    }
}
