package zipserv.tornado.emulation;

import java.util.HashMap;
import java.util.Map;

/** A block's mbarriers, and its barriers for a part of its threads. */
public final class BlockBarriers {

    /** Named barriers of a block; number 0 is the one of {@code KernelContext.localBarrier}. */
    private static final int NAMED = 16;

    /** A barrier at which some threads have arrived. */
    private static final class Partial implements BarrierWait {
        private final int id;
        private final int threads;
        private final EmulatedThread[] arrived;
        private final int[] gathered;
        private int count;

        Partial(int id, int threads, int[] gathered) {
            this.id = id;
            this.threads = threads;
            this.arrived = new EmulatedThread[threads];
            this.gathered = gathered;
        }

        @Override
        public String missing() {
            return this + ", " + count + " of which are there";
        }

        @Override
        public String toString() {
            return "barrier " + id + " of " + threads + " threads";
        }
    }

    private final Block block;
    private final Map<Integer, BlockBarrier> barriers = new HashMap<>();
    private final Partial[] partial = new Partial[NAMED];

    BlockBarriers(Block block) {
        this.block = block;
    }

    void reset() {
        barriers.clear();
        java.util.Arrays.fill(partial, null);
    }

    /** Makes an mbarrier (PTX mbarrier.init). */
    public void init(int address, int arrivals) {
        if (arrivals < 1 || arrivals > 0xF_FFFF) {
            throw new AccessFault("mbarrier of " + arrivals + " arrivals");
        }
        EmulatedThread thread = EmulatedThread.current();
        if (barriers.containsKey(address)) {
            throw new AccessFault(barriers.get(address) + " is initialised again");
        }
        block.sharedMemory().takeForBarrier(thread, address);
        barriers.put(address, new BlockBarrier(thread, barriers.size(), address, arrivals));
    }

    /** Makes the thread's initialisations visible to bulk copies (PTX fence.mbarrier_init, fence.proxy.async). */
    public void fenceInit() {
        EmulatedThread thread = EmulatedThread.current();
        barriers.values().forEach(barrier -> barrier.fence(thread));
    }

    /** Arrives, and expects more bytes of bulk copies in the phase (PTX mbarrier.arrive.expect_tx). */
    public void arrive(int address, int bytes) {
        barrier(address).arrive(EmulatedThread.current(), bytes);
    }

    /** Waits for the end of the phase of a parity (PTX mbarrier.try_wait.parity in a loop). */
    public void await(int address, int parity) {
        barrier(address).await(EmulatedThread.current(), parity);
    }

    /** Starts a copy of words to shared memory that the mbarrier counts (PTX cp.async.bulk). */
    public void copy(int barrier, int address, int... words) {
        barrier(barrier).copy(EmulatedThread.current(), address, words);
    }

    private BlockBarrier barrier(int address) {
        BlockBarrier barrier = barriers.get(address);
        if (barrier == null) {
            throw new AccessFault("there is no mbarrier at shared address " + address);
        }
        return barrier;
    }

    /** Waits until as many threads are there (PTX barrier.sync with a number of threads). */
    public void sync(int id, int threads) {
        if (id < 1 || id >= NAMED) {
            throw new AccessFault("barrier " + id + ": " + (id == 0 ? "0 is localBarrier()" : "not 1 to 15"));
        }
        if (threads < 1 || threads % EmulatedThread.WARP_SIZE != 0) {
            throw new AccessFault("barrier " + id + " of " + threads + " threads, which is no multiple of "
                    + EmulatedThread.WARP_SIZE);
        }
        EmulatedThread thread = EmulatedThread.current();
        if (partial[id] == null) {
            partial[id] = new Partial(id, threads, block.order().nothingSeen());
        }
        Partial barrier = partial[id];
        if (barrier.threads != threads) {
            throw new AccessFault("this thread is at barrier " + id + " of " + threads + " threads, "
                    + barrier.arrived[0].name() + " at " + barrier);
        }
        block.order().release(thread, barrier.gathered);
        barrier.arrived[barrier.count++] = thread;
        if (barrier.count < threads) {
            thread.waitsFor = barrier;
            block.runner().suspend(thread);
        } else {
            partial[id] = null;
            for (int i = 0; i < threads - 1; i++) {
                block.runner().makeReady(barrier.arrived[i]);
            }
        }
        block.order().acquire(thread, barrier.gathered);
    }

    /** Throws if something is left undone at the end of the block. */
    void checkEnd() {
        for (BlockBarrier barrier : barriers.values()) {
            String leftover = barrier.leftover();
            if (leftover != null) {
                throw new AccessFault(leftover);
            }
        }
    }
}
