package zipserv.tornado.ptx;

import java.lang.invoke.VarHandle;
import uk.ac.manchester.tornado.api.types.arrays.FloatArray;
import uk.ac.manchester.tornado.api.types.arrays.IntArray;
import zipserv.tornado.emulation.Atomics;
import zipserv.tornado.emulation.Uninstrumented;

/**
 * Order and atomic updates across the blocks of a launch.
 *
 * <p>Blocks start in no promised order and need not all be resident at once. The safe pattern is "the last block does
 * the rest": write a partial result, {@link #fence}, {@code localBarrier}, one thread calls {@link #fetchAdd} on a
 * counter, and the block that gets the highest ticket continues. Waiting for another block ({@link #loadAcquire} in a
 * loop) is only right when the grid is small enough to be resident as a whole.
 */
@Uninstrumented
public final class PtxSync {

    private PtxSync() {
    }

    /**
     * Makes this thread's earlier writes visible on the device before its later ones: {@code fence.acq_rel.gpu}
     * (Parallel Synchronization Instructions: membar, fence).
     */
    public static void fence() {
        VarHandle.fullFence();
    }

    /**
     * Where a kernel begins to use what earlier launches wrote. Everything in front may run while the launch before
     * still does, if the kernel is launched so (PTX ISA, Parallel Synchronization Instructions: griddepcontrol.wait);
     * it may read what no launch writes that might still run, such as weights, and nothing else. All threads pass it,
     * once. Printed as a comment, since TornadoVM compiles for sm_86, which has no such launches: the launcher makes an instruction of it.
     */
    public static void awaitPredecessor() {
        // Launches do not overlap in the emulation.
    }

    /**
     * Adds and returns the old value: {@code atom.acq_rel.gpu.global.add.u32} (Parallel Synchronization Instructions:
     * atom).
     */
    public static int fetchAdd(IntArray array, int index, int value) {
        return Atomics.add(array, index, value);
    }

    /**
     * Stores {@code value} where {@code expected} is and returns what was there:
     * {@code atom.acq_rel.gpu.global.cas.b32} (… atom).
     */
    public static int compareAndSwap(IntArray array, int index, int expected, int value) {
        return Atomics.compareAndSwap(array, index, expected, value);
    }

    /** Adds without returning: {@code red.relaxed.gpu.global.add.u32} (… red). */
    public static void add(IntArray array, int index, int value) {
        Atomics.add(array, index, value);
    }

    /**
     * Adds without returning: {@code red.relaxed.gpu.global.add.f32} (… red). The order of the additions, and with it
     * the rounding, differs from run to run.
     */
    public static void add(FloatArray array, int index, float value) {
        Atomics.add(array, index, value);
    }

    /** {@code ld.acquire.gpu.global.u32} (Data Movement and Conversion Instructions: ld). */
    public static int loadAcquire(IntArray array, int index) {
        return Atomics.loadAcquire(array, index);
    }

    /** {@code st.release.gpu.global.u32} (Data Movement and Conversion Instructions: st). */
    public static void storeRelease(IntArray array, int index, int value) {
        Atomics.storeRelease(array, index, value);
    }
}
