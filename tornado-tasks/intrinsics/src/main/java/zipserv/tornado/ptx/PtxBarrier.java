package zipserv.tornado.ptx;

import zipserv.tornado.emulation.EmulatedThread;
import zipserv.tornado.emulation.Uninstrumented;

/**
 * Barriers of a block beyond {@code KernelContext.localBarrier()}: mbarrier objects, which threads may arrive at
 * without waiting and which count the bytes of bulk copies, and barriers of a part of the block.
 *
 * <p>An mbarrier is 8 bytes of shared memory that only the methods here touch. One thread initialises it, calls
 * {@link #fenceInit}, and a {@code localBarrier} lets the others know. It then goes through phases: a phase ends when
 * all arrivals have come and all bytes that were announced are there, and the next begins at once. A waiting thread
 * names the phase by its parity: 0 for the first, third and so on; waiting for parity 1 at the beginning returns at
 * once. What a thread did before it arrived has happened for one that has waited.
 *
 * <p>The mbarrier instructions are of sm_90 and printed as comments, see {@link PtxWgmma}.
 */
@Uninstrumented
public final class PtxBarrier {

    private PtxBarrier() {
    }

    /**
     * Makes an mbarrier: {@code mbarrier.init.shared::cta.b64} (Parallel Synchronization Instructions: mbarrier.init).
     *
     * @param address  shared byte address, a multiple of 8
     * @param arrivals of each phase
     */
    public static void init(int address, int arrivals) {
        EmulatedThread.current().barriers().init(PtxShared.aligned(address, 8), arrivals);
    }

    /**
     * Makes this thread's initialisations visible to bulk copies: {@code fence.mbarrier_init.release.cluster}
     * (… membar, fence).
     */
    public static void fenceInit() {
        EmulatedThread.current().barriers().fenceInit();
    }

    /** Arrives and goes on: {@code mbarrier.arrive.shared::cta.b64 _, [a]} (… mbarrier.arrive). */
    public static void arrive(int address) {
        EmulatedThread.current().barriers().arrive(PtxShared.aligned(address, 8), 0);
    }

    /**
     * Arrives, and lets the phase also wait for bytes of bulk copies:
     * {@code mbarrier.arrive.expect_tx.shared::cta.b64 _, [a], bytes} (… mbarrier.arrive).
     */
    public static void arriveExpecting(int address, int bytes) {
        EmulatedThread.current().barriers().arrive(PtxShared.aligned(address, 8), bytes);
    }

    /**
     * Waits until the phase of a parity has ended: {@code mbarrier.try_wait.parity.shared::cta.b64} in a loop
     * (… mbarrier.test_wait, mbarrier.try_wait).
     *
     * @param parity 0 or 1
     */
    public static void await(int address, int parity) {
        EmulatedThread.current().barriers().await(PtxShared.aligned(address, 8), parity);
    }

    /**
     * Waits until as many threads of the block are at the barrier and orders their memory accesses:
     * {@code barrier.sync id, threads} (… barrier).
     *
     * @param id      1 to 15; 0 is the block's own barrier
     * @param threads a multiple of 32, the same for all who come; whole warps
     */
    public static void sync(int id, int threads) {
        EmulatedThread.current().barriers().sync(id, threads);
    }
}
