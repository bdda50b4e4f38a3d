package zipserv.tornado.emulation;

import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.List;

/**
 * A warp's part in the asynchronous multiplications of its warpgroup (PTX ISA, Asynchronous Warpgroup Level Matrix
 * Instructions): which are under way, in groups as wgmma.commit_group makes them, and what they read in shared memory.
 */
public final class Multiplications {

    /** Tells whether the results of a multiplication can be used. */
    public static final class Result {

        private boolean awaited;

        private Result() {
        }

        /** Whether the multiplication was waited for. */
        public boolean isAwaited() {
            return awaited;
        }
    }

    private record Multiplication(Result result, int[] addresses) {
    }

    private final Block block;
    private final int warp;
    private final ArrayDeque<List<Multiplication>> committed = new ArrayDeque<>();
    private List<Multiplication> open = new ArrayList<>();
    private boolean fenced;

    Multiplications(Block block, int warp) {
        this.block = block;
        this.warp = warp;
    }

    void reset() {
        committed.clear();
        open = new ArrayList<>();
        fenced = false;
    }

    /** Orders accesses to registers before multiplications (PTX wgmma.fence). */
    public void fence() {
        fenced = true;
    }

    /** Throws if no fence came before the warp's first multiplication. */
    public void checkFenced() {
        if (!fenced) {
            throw new AccessFault("wgmma without a wgmma.fence before");
        }
    }

    /**
     * Reads a word for a multiplication that the running thread starts for the warpgroup; what it returns may not be
     * overwritten until all four warps have waited.
     */
    public static int read(int address) {
        EmulatedThread thread = EmulatedThread.current();
        return thread.block().sharedMemory().readAsync(thread, address);
    }

    /**
     * Starts a multiplication of this warp.
     *
     * @param addresses of the words that it reads in shared memory
     */
    public Result start(int... addresses) {
        Result result = new Result();
        open.add(new Multiplication(result, addresses));
        block.sharedMemory().startReading(addresses);
        return result;
    }

    /** Closes the group of the multiplications started since the last call (PTX wgmma.commit_group). */
    public void commit() {
        committed.add(open);
        open = new ArrayList<>();
    }

    /** Waits until at most {@code pending} groups are under way (PTX wgmma.wait_group). */
    public void await(int pending) {
        EmulatedThread thread = EmulatedThread.current();
        while (committed.size() > pending) {
            for (Multiplication done : committed.poll()) {
                done.result.awaited = true;
                block.sharedMemory().endReading(thread, done.addresses, Order.multiplicationsOf(warp));
            }
        }
        block.order().awaitedMultiplications(warp);
    }

    boolean areAwaited() {
        return open.isEmpty() && committed.isEmpty();
    }
}
