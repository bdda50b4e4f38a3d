package zipserv.tornado.kernels;

import uk.ac.manchester.tornado.api.KernelContext;
import uk.ac.manchester.tornado.api.types.arrays.IntArray;
import zipserv.tornado.ptx.PtxShared;
import zipserv.tornado.ptx.PtxSync;

/** How blocks that share a piece of work find out which of them is the last to finish, and has to put it together. */
public final class Ticket {

    private Ticket() {
    }

    /**
     * Whether a block is the last to come here of those that share a piece of work; to be asked by all its threads. The
     * barriers and the ticket, which is taken with acquire and release, order what all blocks have written before (PTX
     * ISA, Memory Consistency Model: causality order), so that no thread needs a fence.
     *
     * @param thread  its number in the block
     * @param shared  a word in shared memory that nobody uses
     * @param tickets counters, 0 before and after
     * @param unit    the piece of work, and its counter
     * @param sharers blocks that share it
     */
    public static boolean isLast(KernelContext context, int thread, int shared, IntArray tickets, int unit,
            int sharers) {
        context.localBarrier();
        if (thread == 0) {
            PtxShared.store32(shared, PtxSync.fetchAdd(tickets, unit, 1));
        }
        context.localBarrier();
        boolean last = PtxShared.load32(shared) == sharers - 1;
        if (last && thread == 0) {
            tickets.set(unit, 0);
        }
        return last;
    }
}
