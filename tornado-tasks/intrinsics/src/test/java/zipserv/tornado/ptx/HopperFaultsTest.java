package zipserv.tornado.ptx;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import java.util.stream.Stream;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;
import uk.ac.manchester.tornado.api.KernelContext;
import uk.ac.manchester.tornado.api.common.TornadoFunctions.Task3;
import uk.ac.manchester.tornado.api.types.arrays.IntArray;
import zipserv.tornado.emulation.KernelFault;

/** Mistakes with asynchronous instructions that the emulation finds, and what it says. */
@Tag("emulation")
class HopperFaultsTest {

    private static final int BYTES = 512;

    static final class Kernels {

        private Kernels() {
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

    static Stream<Arguments> mistakes() {
        return Stream.of(
                mistake(Kernels::missingWait, ", thread 126: read at shared address 128, into which a bulk copy of"
                        + " thread 0 is under way"),
                mistake(Kernels::oneWaitsForAll, ", thread 31: race, no barrier lies between this read and the"
                        + " write by a bulk copy: shared memory at address 128, byte 128 of the kernel's shared"
                        + " buffer 0"),
                mistake(Kernels::tooFewBytes, ": wait without end: thread 0 waits at the mbarrier at shared"
                        + " address 0, phase 0, for 0 of 1 arrivals and 64 bytes"),
                mistake(Kernels::tooManyBytes, ": wait without end: thread 0 waits at the mbarrier at shared"
                        + " address 0, phase 0, for 0 of 1 arrivals and -64 bytes"),
                mistake(Kernels::nobodyWaits, ", thread 126: a bulk copy of 512 bytes for the mbarrier at shared"
                        + " address 0 was never waited for"),
                mistake(Kernels::wrongParity, ": wait without end: thread 0 waits at the mbarrier at shared"
                        + " address 0, phase 1, for 1 of 1 arrivals and 0 bytes"),
                mistake(Kernels::phaseMissed, ", thread 5: phase 0 of the mbarrier at shared address 0, which this"
                        + " thread waited for, ended, and so did the next before it could see that"),
                mistake(Kernels::notFenced, ", thread 0: bulk copy for the mbarrier at shared address 0, whose"
                        + " initialisation is not fenced"),
                mistake(Kernels::misalignedTarget, ", thread 127: java.lang.IllegalArgumentException: shared"
                        + " address 136 of a 16-byte access is not a multiple of 16"),
                mistake(Kernels::misalignedSource, ", thread 127: java.lang.IllegalArgumentException: bulk copy of"
                        + " 512 bytes from index 2: bytes have to be a multiple of 16, the index of 4"),
                mistake(Kernels::oddBytes, ", thread 127: java.lang.IllegalArgumentException: bulk copy of 24"
                        + " bytes from index 0: bytes have to be a multiple of 16, the index of 4"),
                mistake(Kernels::misalignedBarrier, ", thread 0: java.lang.IllegalArgumentException: shared"
                        + " address 4 of a 8-byte access is not a multiple of 8"),
                mistake(Kernels::noBarrier, ", thread 127: there is no mbarrier at shared address 8"),
                mistake(Kernels::initialisedTwice, ", thread 127: the mbarrier at shared address 0 is initialised"
                        + " again"),
                mistake(Kernels::barrierRead, ", thread 127: read at shared address 0, where an mbarrier is"),
                mistake(Kernels::tooManyArrivals, ", thread 0: more arrivals than the 1 of a phase of the mbarrier"
                        + " at shared address 0"),
                mistake(Kernels::unknownToOthers, ", thread 1: race, no barrier lies between this use of the"
                        + " mbarrier at shared address 0 and its initialisation by thread 0"),
                mistake(Kernels::copiedOverReaders, ", thread 32: race, no barrier lies between this write and the"
                        + " read by thread 0: shared memory at address 128, byte 128 of the kernel's shared buffer"
                        + " 0"),
                mistake(Kernels::missingArrival, ", thread 5: race, no barrier lies between this write and the"
                        + " read by thread 33: shared memory at address 128, byte 128 of the kernel's shared"
                        + " buffer 0"),
                mistake(Kernels::partOfABarrier, ", thread 64: race, no barrier lies between this read and the"
                        + " write by thread 0: shared memory at address 0, byte 0 of the kernel's shared buffer 0"),
                mistake(Kernels::barrierOfMore, ": wait without end: thread 0 waits at barrier 3 of 128 threads,"
                        + " 64 of which are there"),
                mistake(Kernels::barrierOfDifferent, ", thread 64: this thread is at barrier 3 of 64 threads,"
                        + " thread 0 at barrier 3 of 128 threads"),
                mistake(Kernels::barrierOfTheBlock, ", thread 0: barrier 0: 0 is localBarrier()"),
                mistake(Kernels::barrierOfLanes, ", thread 0: barrier 1 of 100 threads, which is no multiple of 32"),
                mistake(Kernels::twoLargeBuffers, ", thread 0: shared memory: a second large buffer"),
                mistake(Kernels::tooLarge, ", thread 0: shared memory: 233472 bytes, but a block has 232448"),
                mistake(Kernels::usedBeforeAwait, ", thread 30: java.lang.IllegalStateException: the result of a"
                        + " wgmma is used before PtxWgmma.await"),
                mistake(Kernels::notCommitted, ", thread 31: java.lang.IllegalStateException: the result of a"
                        + " wgmma is used before PtxWgmma.await"),
                mistake(Kernels::neverAwaited, ", thread 31: this thread returns, but a wgmma of its warp was not"
                        + " waited for"),
                mistake(Kernels::proxyNotFenced, ", thread 126: wgmma without a fence.proxy.async between it and"
                        + " the write of shared memory at address 0, byte 0 of the kernel's shared buffer 0"),
                mistake(Kernels::registersNotFenced, ", thread 0: wgmma without a wgmma.fence before"),
                mistake(Kernels::overwritten, ", thread 31: write at shared address 124, which a wgmma reads that"
                        + " was not yet waited for"),
                mistake(Kernels::overwrittenForOthers, ", thread 127: race, no barrier lies between this write and"
                        + " the read by a wgmma of warp 0: shared memory at address 0, byte 0 of the kernel's"
                        + " shared buffer 0"),
                mistake(Kernels::copyUnderWay, ", thread 126: wgmma at shared address 128, into which a bulk copy"
                        + " of thread 0 is under way"),
                mistake(Kernels::wrongWidth, ", thread 127: java.lang.IllegalArgumentException: a wgmma of 16"
                        + " columns adds to an accumulator of 8"),
                mistake(Kernels::differentColumns, ", thread 126: java.lang.IllegalArgumentException: the lanes of"
                        + " a wgmma disagree about its descriptors"),
                mistake(Kernels::halfAGroup, ", thread 0: the warpgroup diverges: this thread is at"
                        + " wgmma.m64n8k16, but another of its lanes has returned"),
                mistake(Kernels::badStride, ", thread 0: java.lang.IllegalArgumentException: 200 in a matrix"
                        + " descriptor is no multiple of 16 up to 262128"));
    }

    private static Arguments mistake(Task3<KernelContext, IntArray, IntArray> kernel, String fault) {
        return Arguments.of(kernel, fault);
    }

    @ParameterizedTest
    @MethodSource("mistakes")
    void isFound(Task3<KernelContext, IntArray, IntArray> kernel, String fault) {
        IntArray in = new IntArray(256);
        in.init(0);
        String message = assertThrows(KernelFault.class,
                () -> KernelLauncher.run("t", kernel, 128, 128, in, new IntArray(128))).getMessage();
        assertEquals(fault, message.replaceFirst("^kernel ptx.t \\(Kernels.\\w+\\), block 0", ""), message);
    }
}
