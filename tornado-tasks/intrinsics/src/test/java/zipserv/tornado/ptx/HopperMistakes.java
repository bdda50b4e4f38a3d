package zipserv.tornado.ptx;

import uk.ac.manchester.tornado.api.KernelContext;
import uk.ac.manchester.tornado.api.types.arrays.IntArray;

/** Kernels for a block of 128 threads, each with one mistake; {@link HopperFaultsTest} says what is found. */
final class HopperMistakes {

    private static final int BYTES = 512;

    private HopperMistakes() {
    }

    /** An mbarrier of one arrival, known to all threads, before a buffer of {@link #BYTES}. */
    private static int barrier(KernelContext c, int arrivals) {
        int barrier = PtxShared.allocate(128 + 2 * BYTES);
        if (c.localIdx == 0) {
            PtxBarrier.init(barrier, arrivals);
            PtxBarrier.fenceInit();
        }
        c.localBarrier();
        return barrier;
    }

    private static int copy(KernelContext c, IntArray in, int bytes) {
        int barrier = barrier(c, 1);
        if (c.localIdx == 0) {
            PtxBarrier.arriveExpecting(barrier, BYTES);
            PtxShared.copyBulk(barrier + 128, in, 0, bytes, barrier);
        }
        return barrier;
    }

    static void missingWait(KernelContext c, IntArray in, IntArray out) {
        int barrier = copy(c, in, BYTES);
        c.localBarrier();
        out.set(c.localIdx, PtxShared.load32(barrier + 128));
    }

    /** Lanes that vote do not learn what another has waited for. */
    static void oneWaitsForAll(KernelContext c, IntArray in, IntArray out) {
        int barrier = copy(c, in, BYTES);
        if (c.localIdx == 0) {
            PtxBarrier.await(barrier, 0);
        }
        out.set(c.localIdx, PtxWarp.ballot(true));
        if (c.localIdx < 32) {
            out.set(c.localIdx, PtxShared.load32(barrier + 128));
        }
    }

    static void tooFewBytes(KernelContext c, IntArray in, IntArray out) {
        PtxBarrier.await(copy(c, in, BYTES - 64), 0);
    }

    static void tooManyBytes(KernelContext c, IntArray in, IntArray out) {
        PtxBarrier.await(copy(c, in, BYTES + 64), 0);
    }

    static void nobodyWaits(KernelContext c, IntArray in, IntArray out) {
        copy(c, in, BYTES);
    }

    static void noParity(KernelContext c, IntArray in, IntArray out) {
        PtxBarrier.await(copy(c, in, BYTES), 2);
    }

    static void wrongParity(KernelContext c, IntArray in, IntArray out) {
        int barrier = copy(c, in, BYTES);
        PtxBarrier.await(barrier, 0);
        PtxBarrier.await(barrier, 0);
        PtxBarrier.await(barrier, 1);
    }

    /** Thread 5 waits, but the others go through two phases without it. */
    static void phaseMissed(KernelContext c, IntArray in, IntArray out) {
        int barrier = barrier(c, 1);
        if (c.localIdx == 5) {
            PtxBarrier.await(barrier, 0);
        }
        if (c.localIdx == 6) {
            PtxBarrier.arrive(barrier);
            PtxBarrier.arrive(barrier);
        }
    }

    static void notFenced(KernelContext c, IntArray in, IntArray out) {
        int barrier = PtxShared.allocate(1024);
        PtxBarrier.init(barrier, 1);
        PtxShared.copyBulk(barrier + 128, in, 0, BYTES, barrier);
    }

    static void misalignedTarget(KernelContext c, IntArray in, IntArray out) {
        PtxShared.copyBulk(barrier(c, 1) + 136, in, 0, BYTES, 0);
    }

    static void misalignedSource(KernelContext c, IntArray in, IntArray out) {
        PtxShared.copyBulk(barrier(c, 1) + 128, in, 2, BYTES, 0);
    }

    static void oddBytes(KernelContext c, IntArray in, IntArray out) {
        PtxShared.copyBulk(barrier(c, 1) + 128, in, 0L, 24, 0);
    }

    static void misalignedBarrier(KernelContext c, IntArray in, IntArray out) {
        PtxBarrier.init(PtxShared.allocate(128) + 4, 1);
    }

    static void noBarrier(KernelContext c, IntArray in, IntArray out) {
        PtxBarrier.arrive(barrier(c, 1) + 8);
    }

    static void initialisedTwice(KernelContext c, IntArray in, IntArray out) {
        PtxBarrier.init(barrier(c, 1), 1);
    }

    static void barrierRead(KernelContext c, IntArray in, IntArray out) {
        out.set(0, PtxShared.load32(barrier(c, 1)));
    }

    static void tooManyArrivals(KernelContext c, IntArray in, IntArray out) {
        int barrier = copy(c, in, 16);
        PtxBarrier.arrive(barrier);
    }

    static void unknownToOthers(KernelContext c, IntArray in, IntArray out) {
        int barrier = PtxShared.allocate(128);
        if (c.localIdx == 0) {
            PtxBarrier.init(barrier, 128);
        }
        PtxBarrier.arrive(barrier);
    }

    /** The second copy to a place overwrites what the others may still read. */
    static void copiedOverReaders(KernelContext c, IntArray in, IntArray out) {
        int barrier = copy(c, in, BYTES);
        if (c.localIdx != 0) {
            PtxBarrier.await(barrier, 0);
            out.set(c.localIdx, PtxShared.load32(barrier + 128));
        }
        c.localBarrier();
        if (c.localIdx == 0) {
            PtxBarrier.await(barrier, 0);
            PtxBarrier.arriveExpecting(barrier, BYTES);
            PtxShared.copyBulk(barrier + 128, in, 0, BYTES, barrier);
        }
        PtxBarrier.await(barrier, 1);
        out.set(c.localIdx, PtxShared.load32(barrier + 128));
        if (c.localIdx == 32) {
            PtxBarrier.arriveExpecting(barrier, BYTES);
            PtxShared.copyBulk(barrier + 128, in, 0, BYTES, barrier);
        }
    }

    /** Thread 33 has read and not arrived; all others have. */
    static void missingArrival(KernelContext c, IntArray in, IntArray out) {
        int barrier = barrier(c, 127);
        int place = barrier + 128;
        if (c.localIdx == 0) {
            PtxShared.store32(place, 1);
        }
        c.localBarrier();
        out.set(c.localIdx, PtxShared.load32(place));
        if (c.localIdx != 33) {
            PtxBarrier.arrive(barrier);
        }
        if (c.localIdx == 5) {
            PtxBarrier.await(barrier, 0);
            PtxShared.store32(place, 2);
        }
    }

    static void partOfABarrier(KernelContext c, IntArray in, IntArray out) {
        int place = PtxShared.allocate(128);
        if (c.localIdx == 0) {
            PtxShared.store32(place, 1);
        }
        if (c.localIdx < 64) {
            PtxBarrier.sync(3, 64);
        }
        out.set(c.localIdx, PtxShared.load32(place));
    }

    static void barrierOfMore(KernelContext c, IntArray in, IntArray out) {
        if (c.localIdx < 64) {
            PtxBarrier.sync(3, 128);
        }
    }

    static void barrierOfDifferent(KernelContext c, IntArray in, IntArray out) {
        PtxBarrier.sync(3, c.localIdx < 64 ? 128 : 64);
    }

    static void barrierOfTheBlock(KernelContext c, IntArray in, IntArray out) {
        PtxBarrier.sync(0, 128);
    }

    static void barrierOfLanes(KernelContext c, IntArray in, IntArray out) {
        PtxBarrier.sync(1, 100);
    }

    static void twoLargeBuffers(KernelContext c, IntArray in, IntArray out) {
        PtxShared.allocateLarge(1024);
        PtxShared.allocateLarge(1024);
    }

    static void tooLarge(KernelContext c, IntArray in, IntArray out) {
        PtxShared.allocate(128);
        PtxShared.allocateLarge(227 * 1024);
    }

    /** 8 columns of 16 elements, written by the threads. */
    private static long columns(KernelContext c, boolean fenced) {
        int place = PtxShared.allocate(256);
        if (c.localIdx < 64) {
            PtxShared.store32(place + 4 * c.localIdx, 0);
        }
        if (fenced) {
            PtxShared.fenceAsync();
        }
        c.localBarrier();
        PtxWgmma.fence();
        return PtxWgmma.descriptor(place, 128, 256);
    }

    private static WideAccumulator multiply(long columns) {
        return PtxWgmma.n8(Quad.of(0, 0, 0, 0), columns, WideAccumulator.zero8());
    }

    static void usedBeforeAwait(KernelContext c, IntArray in, IntArray out) {
        WideAccumulator sum = multiply(columns(c, true));
        PtxWgmma.commit();
        PtxWgmma.await(1);
        out.set(c.localIdx, (int) sum.tile(0).c0());
    }

    static void notCommitted(KernelContext c, IntArray in, IntArray out) {
        WideAccumulator sum = multiply(columns(c, true));
        PtxWgmma.await(0);
        out.set(c.localIdx, (int) sum.tile(0).c0());
    }

    static void neverAwaited(KernelContext c, IntArray in, IntArray out) {
        multiply(columns(c, true));
        PtxWgmma.commit();
    }

    static void proxyNotFenced(KernelContext c, IntArray in, IntArray out) {
        multiply(columns(c, false));
    }

    static void operandRace(KernelContext c, IntArray in, IntArray out) {
        columns(c, true);
        if (c.localIdx == 3) {
            PtxShared.store32(12, 1);
            PtxShared.fenceAsync();
        }
        multiply(PtxWgmma.descriptor(0, 128, 256));
    }

    static void operandNotWritten(KernelContext c, IntArray in, IntArray out) {
        columns(c, true);
        PtxShared.allocate(128);
        multiply(PtxWgmma.descriptor(0, 256, 256));
    }

    static void registersNotFenced(KernelContext c, IntArray in, IntArray out) {
        PtxWgmma.n8(Quad.of(0, 0, 0, 0), 0, WideAccumulator.zero8());
    }

    static void overwritten(KernelContext c, IntArray in, IntArray out) {
        multiply(columns(c, true));
        PtxWgmma.commit();
        PtxShared.store32(4 * c.localIdx, 1);
    }

    /** Warp 0 has waited, but does not know whether the others have. */
    static void overwrittenForOthers(KernelContext c, IntArray in, IntArray out) {
        multiply(columns(c, true));
        PtxWgmma.commit();
        PtxWgmma.await(0);
        PtxWarp.sync();
        if (c.localIdx == 127) {
            PtxShared.store32(0, 1);
        }
    }

    static void copyUnderWay(KernelContext c, IntArray in, IntArray out) {
        int barrier = copy(c, in, BYTES);
        PtxWgmma.fence();
        multiply(PtxWgmma.descriptor(barrier + 128, 128, 256));
    }

    static void wrongWidth(KernelContext c, IntArray in, IntArray out) {
        PtxWgmma.n16(Quad.of(0, 0, 0, 0), columns(c, true), WideAccumulator.zero8());
    }

    static void differentColumns(KernelContext c, IntArray in, IntArray out) {
        multiply(columns(c, true) + (c.localIdx & 2));
    }

    static void halfAGroup(KernelContext c, IntArray in, IntArray out) {
        long columns = columns(c, true);
        if (c.localIdx < 64) {
            multiply(columns);
        }
    }

    static void badStride(KernelContext c, IntArray in, IntArray out) {
        PtxWgmma.descriptor(16, 128, 200);
    }
}
