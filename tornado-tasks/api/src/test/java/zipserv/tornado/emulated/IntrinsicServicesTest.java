package zipserv.tornado.emulated;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import org.junit.jupiter.api.Test;
import uk.ac.manchester.tornado.api.KernelContext;
import uk.ac.manchester.tornado.api.TaskGraph;
import uk.ac.manchester.tornado.api.common.TornadoFunctions.Task3;
import uk.ac.manchester.tornado.api.enums.DataTransferMode;
import uk.ac.manchester.tornado.api.types.arrays.IntArray;
import zipserv.tornado.emulation.EmulatedThread;
import zipserv.tornado.emulation.KernelFault;

/** What the Java bodies of intrinsics build on: rendezvous of a warp, shared memory by address, asynchronous copies. */
class IntrinsicServicesTest {

    static final class Kernels {

        static void rotate(KernelContext ctx, IntArray in, IntArray out) {
            EmulatedThread thread = EmulatedThread.current();
            long[][] first = thread.exchange("rotate", in.get(ctx.globalIdx));
            long[][] second = thread.exchange("rotate", -in.get(ctx.globalIdx));
            int next = (thread.lane() + 1) % 32;
            out.set(ctx.globalIdx, (int) first[next][0] * 1000 - (int) second[next][0]);
        }

        static void differentInstructions(KernelContext ctx, IntArray in, IntArray out) {
            EmulatedThread.current().exchange(ctx.localIdx == 40 ? "ballot" : "shuffle");
        }

        static void exchangeAfterReturn(KernelContext ctx, IntArray in, IntArray out) {
            if (ctx.localIdx != 33) {
                EmulatedThread.current().exchange("ballot");
            }
        }

        static void warpSync(KernelContext ctx, IntArray in, IntArray out) {
            EmulatedThread thread = EmulatedThread.current();
            int base = thread.allocateShared(256);
            thread.storeShared(base + 4 * ctx.localIdx, in.get(ctx.globalIdx));
            thread.syncWarp();
            out.set(ctx.globalIdx, thread.loadShared(base + 4 * (ctx.localIdx ^ 1)));
        }

        static void warpSyncForAnotherWarp(KernelContext ctx, IntArray in, IntArray out) {
            EmulatedThread thread = EmulatedThread.current();
            int base = thread.allocateShared(256);
            thread.storeShared(base + 4 * ctx.localIdx, in.get(ctx.globalIdx));
            thread.syncWarp();
            out.set(ctx.globalIdx, thread.loadShared(base + 4 * (ctx.localIdx ^ 32)));
        }

        static void exchangeIsNoFence(KernelContext ctx, IntArray in, IntArray out) {
            EmulatedThread thread = EmulatedThread.current();
            int base = thread.allocateShared(256);
            thread.storeShared(base + 4 * ctx.localIdx, in.get(ctx.globalIdx));
            thread.exchange("shuffle");
            out.set(ctx.globalIdx, thread.loadShared(base + 4 * (ctx.localIdx ^ 1)));
        }

        static void asyncCopy(KernelContext ctx, IntArray in, IntArray out) {
            EmulatedThread thread = EmulatedThread.current();
            int base = thread.allocateShared(256);
            thread.copyAsync(base + 4 * ctx.localIdx, in.get(ctx.globalIdx));
            thread.commitCopies();
            thread.awaitCopies(0);
            ctx.localBarrier();
            out.set(ctx.globalIdx, thread.loadShared(base + 4 * (63 - ctx.localIdx)));
        }

        static void asyncCopyNotAwaited(KernelContext ctx, IntArray in, IntArray out) {
            EmulatedThread thread = EmulatedThread.current();
            int base = thread.allocateShared(256);
            thread.copyAsync(base + 4 * ctx.localIdx, in.get(ctx.globalIdx));
            thread.commitCopies();
            thread.awaitCopies(1);
            ctx.localBarrier();
            out.set(ctx.globalIdx, thread.loadShared(base + 4 * ctx.localIdx));
        }

        /** The second copy may overtake the other warp's read of the first one's data. */
        static void asyncCopyIntoBufferInUse(KernelContext ctx, IntArray in, IntArray out) {
            EmulatedThread thread = EmulatedThread.current();
            int base = thread.allocateShared(256);
            thread.storeShared(base + 4 * ctx.localIdx, in.get(ctx.globalIdx));
            ctx.localBarrier();
            out.set(ctx.globalIdx, thread.loadShared(base + 4 * (63 - ctx.localIdx)));
            thread.copyAsync(base + 4 * ctx.localIdx, 1);
            thread.commitCopies();
            ctx.localBarrier();
            thread.awaitCopies(0);
        }

        static void atomicUpdates(KernelContext ctx, IntArray in, IntArray out) {
            EmulatedThread thread = EmulatedThread.current();
            int base = thread.allocateShared(4);
            if (ctx.localIdx == 0) {
                thread.storeShared(base, 5);
            }
            ctx.localBarrier();
            thread.addShared(base, 1);
            thread.addShared(base, in.get(ctx.globalIdx));
            ctx.localBarrier();
            out.set(ctx.globalIdx, thread.loadShared(base));
        }

        static void readBehindAtomicUpdate(KernelContext ctx, IntArray in, IntArray out) {
            EmulatedThread thread = EmulatedThread.current();
            int base = thread.allocateShared(4);
            if (ctx.localIdx == 0) {
                thread.storeShared(base, 0);
            }
            ctx.localBarrier();
            thread.addShared(base, 1);
            out.set(ctx.globalIdx, thread.loadShared(base));
        }

        static void atomicUpdateBehindWrite(KernelContext ctx, IntArray in, IntArray out) {
            EmulatedThread thread = EmulatedThread.current();
            int base = thread.allocateShared(4);
            if (ctx.localIdx == 0) {
                thread.storeShared(base, 0);
            }
            thread.addShared(base, 1);
        }

        static void atomicUpdateBehindRead(KernelContext ctx, IntArray in, IntArray out) {
            EmulatedThread thread = EmulatedThread.current();
            int base = thread.allocateShared(4);
            if (ctx.localIdx == 0) {
                thread.storeShared(base, 0);
            }
            ctx.localBarrier();
            out.set(ctx.globalIdx, thread.loadShared(base));
            if (ctx.localIdx == 0) {
                thread.addShared(base, 1);
            }
        }

        static void sharedOutOfRange(KernelContext ctx, IntArray in, IntArray out) {
            EmulatedThread thread = EmulatedThread.current();
            int base = thread.allocateShared(252);
            thread.storeShared(base + 4 * ctx.localIdx + 4, 0);
        }
    }

    private static IntArray run(Task3<KernelContext, IntArray, IntArray> kernel) {
        IntArray in = new IntArray(128);
        for (int i = 0; i < 128; i++) {
            in.set(i, i);
        }
        IntArray out = new IntArray(128);
        TaskGraph graph = new TaskGraph("g").transferToDevice(DataTransferMode.FIRST_EXECUTION, in)
                .task("t", kernel, new KernelContext(), in, out)
                .transferToHost(DataTransferMode.EVERY_EXECUTION, out);
        Launcher.run(graph, "t", 2, 64);
        return out;
    }

    private static void assertFault(String expected, Task3<KernelContext, IntArray, IntArray> kernel) {
        String message = assertThrows(KernelFault.class, () -> run(kernel)).getMessage();
        assertTrue(message.contains(expected), message);
    }

    @Test
    void every_lane_gets_what_all_lanes_gave() {
        IntArray out = run(Kernels::rotate);
        for (int i = 0; i < 128; i++) {
            assertEquals((i / 32 * 32 + (i + 1) % 32) * 1001, out.get(i));
        }
    }

    @Test
    void lanes_must_arrive_at_the_same_instruction() {
        assertFault("block 0, thread 40: the warp diverges: this thread is at ballot, thread 32 at shuffle",
                Kernels::differentInstructions);
        assertFault("block 0, thread 33: the warp diverges: this thread has returned, but thread 32 waits at ballot",
                Kernels::exchangeAfterReturn);
    }

    @Test
    void a_warp_barrier_orders_the_lanes_of_a_warp() {
        IntArray out = run(Kernels::warpSync);
        for (int i = 0; i < 128; i++) {
            assertEquals(i ^ 1, out.get(i));
        }
    }

    @Test
    void a_warp_barrier_does_not_order_other_warps() {
        assertFault("thread 31: read of never written shared memory at address 252", Kernels::warpSyncForAnotherWarp);
    }

    @Test
    void an_exchange_does_not_order_memory() {
        assertFault("race, no barrier lies between this read and the write by thread 30: shared memory at address 120,"
                + " byte 120 of the kernel's shared buffer 0",
                Kernels::exchangeIsNoFence);
    }

    @Test
    void atomic_updates_need_no_order_among_each_other() {
        IntArray out = run(Kernels::atomicUpdates);
        for (int i = 0; i < 128; i++) {
            assertEquals(5 + 64 + (i < 64 ? 63 * 32 : 127 * 64 - 63 * 32), out.get(i));
        }
    }

    @Test
    void atomic_updates_need_order_with_other_accesses() {
        assertFault("this read and the write by threads of several warps", Kernels::readBehindAtomicUpdate);
        assertFault("this atomic update and the write by thread 0", Kernels::atomicUpdateBehindWrite);
        assertFault("this write and the read by threads of several warps", Kernels::atomicUpdateBehindRead);
    }

    @Test
    void asynchronous_copies_arrive_when_awaited() {
        IntArray out = run(Kernels::asyncCopy);
        for (int i = 0; i < 128; i++) {
            assertEquals(i / 64 * 64 + 63 - i % 64, out.get(i));
        }
    }

    @Test
    void asynchronous_copies_must_be_awaited() {
        assertFault("into which thread 63 copies asynchronously and has not yet waited for it",
                Kernels::asyncCopyNotAwaited);
    }

    @Test
    void asynchronous_copies_must_not_overtake_reads() {
        assertFault("thread 0: read at shared address 252, into which thread 63 copies asynchronously and has not yet"
                + " waited for it", Kernels::asyncCopyIntoBufferInUse);
    }

    @Test
    void shared_addresses_are_checked() {
        assertFault("write at shared address 256 out of range of 256 bytes", Kernels::sharedOutOfRange);
    }

    @Test
    void intrinsics_need_a_kernel() {
        assertThrows(IllegalStateException.class, EmulatedThread::current);
    }
}
