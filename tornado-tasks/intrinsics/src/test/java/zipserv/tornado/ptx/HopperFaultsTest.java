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

    static Stream<Arguments> mistakes() {
        return Stream.of(
                mistake(HopperMistakes::missingWait, ", thread 126: read at shared address 128, into which a bulk"
                        + " copy of thread 0 is under way"),
                mistake(HopperMistakes::oneWaitsForAll, ", thread 31: race, no barrier lies between this read and"
                        + " the write by a bulk copy: shared memory at address 128, byte 128 of the kernel's"
                        + " shared buffer 0"),
                mistake(HopperMistakes::tooFewBytes, ": wait without end: thread 0 waits at the mbarrier at shared"
                        + " address 0, phase 0, for 0 of 1 arrivals and 64 bytes"),
                mistake(HopperMistakes::tooManyBytes, ": wait without end: thread 0 waits at the mbarrier at"
                        + " shared address 0, phase 0, for 0 of 1 arrivals and -64 bytes"),
                mistake(HopperMistakes::nobodyWaits, ", thread 126: a bulk copy of 512 bytes for the mbarrier at"
                        + " shared address 0 was never waited for"),
                mistake(HopperMistakes::noParity, ", thread 127: parity 2 of a phase of the mbarrier at shared"
                        + " address 0, neither 0 nor 1"),
                mistake(HopperMistakes::wrongParity, ": wait without end: thread 0 waits at the mbarrier at shared"
                        + " address 0, phase 1, for 1 of 1 arrivals and 0 bytes"),
                mistake(HopperMistakes::phaseMissed, ", thread 5: phase 0 of the mbarrier at shared address 0,"
                        + " which this thread waited for, ended, and so did the next before it could see that"),
                mistake(HopperMistakes::notFenced, ", thread 0: bulk copy for the mbarrier at shared address 0,"
                        + " whose initialisation is not fenced"),
                mistake(HopperMistakes::misalignedTarget, ", thread 127: java.lang.IllegalArgumentException:"
                        + " shared address 136 of a 16-byte access is not a multiple of 16"),
                mistake(HopperMistakes::misalignedSource, ", thread 127: java.lang.IllegalArgumentException: bulk"
                        + " copy of 512 bytes from index 2: bytes have to be a multiple of 16, the index of 4"),
                mistake(HopperMistakes::oddBytes, ", thread 127: java.lang.IllegalArgumentException: bulk copy of"
                        + " 24 bytes from index 0: bytes have to be a multiple of 16, the index of 4"),
                mistake(HopperMistakes::misalignedBarrier, ", thread 0: java.lang.IllegalArgumentException: shared"
                        + " address 4 of a 8-byte access is not a multiple of 8"),
                mistake(HopperMistakes::noBarrier, ", thread 127: there is no mbarrier at shared address 8"),
                mistake(HopperMistakes::initialisedTwice, ", thread 127: the mbarrier at shared address 0 is"
                        + " initialised again"),
                mistake(HopperMistakes::barrierRead, ", thread 127: read at shared address 0, where an mbarrier is"),
                mistake(HopperMistakes::tooManyArrivals, ", thread 0: more arrivals than the 1 of a phase of the"
                        + " mbarrier at shared address 0"),
                mistake(HopperMistakes::unknownToOthers, ", thread 1: race, no barrier lies between this use of"
                        + " the mbarrier at shared address 0 and its initialisation by thread 0"),
                mistake(HopperMistakes::copiedOverReaders, ", thread 32: race, no barrier lies between this write"
                        + " and the read by thread 0: shared memory at address 128, byte 128 of the kernel's"
                        + " shared buffer 0"),
                mistake(HopperMistakes::missingArrival, ", thread 5: race, no barrier lies between this write and"
                        + " the read by thread 33: shared memory at address 128, byte 128 of the kernel's shared"
                        + " buffer 0"),
                mistake(HopperMistakes::partOfABarrier, ", thread 64: race, no barrier lies between this read and"
                        + " the write by thread 0: shared memory at address 0, byte 0 of the kernel's shared"
                        + " buffer 0"),
                mistake(HopperMistakes::barrierOfMore, ": wait without end: thread 0 waits at barrier 3 of 128"
                        + " threads, 64 of which are there"),
                mistake(HopperMistakes::barrierOfDifferent, ", thread 64: this thread is at barrier 3 of 64"
                        + " threads, thread 0 at barrier 3 of 128 threads"),
                mistake(HopperMistakes::barrierOfTheBlock, ", thread 0: barrier 0: 0 is localBarrier()"),
                mistake(HopperMistakes::barrierOfLanes, ", thread 0: barrier 1 of 100 threads, which is no"
                        + " multiple of 32"),
                mistake(HopperMistakes::twoLargeBuffers, ", thread 0: shared memory: a second large buffer"),
                mistake(HopperMistakes::tooLarge, ", thread 0: shared memory: 233472 bytes, but a block has 232448"),
                mistake(HopperMistakes::usedBeforeAwait, ", thread 30: java.lang.IllegalStateException: the result"
                        + " of a wgmma is used before PtxWgmma.await"),
                mistake(HopperMistakes::notCommitted, ", thread 31: java.lang.IllegalStateException: the result of"
                        + " a wgmma is used before PtxWgmma.await"),
                mistake(HopperMistakes::neverAwaited, ", thread 31: this thread returns, but a wgmma of its warp"
                        + " was not waited for"),
                mistake(HopperMistakes::proxyNotFenced, ", thread 126: wgmma without a fence.proxy.async between"
                        + " it and the write of shared memory at address 0, byte 0 of the kernel's shared buffer 0"),
                mistake(HopperMistakes::operandRace, ", thread 126: race, no barrier lies between this read and the"
                        + " write by thread 3: shared memory at address 12, byte 12 of the kernel's shared buffer 0"),
                mistake(HopperMistakes::operandNotWritten, ", thread 126: read of never written shared memory at"
                        + " address 256, byte 0 of the kernel's shared buffer 1"),
                mistake(HopperMistakes::registersNotFenced, ", thread 0: wgmma without a wgmma.fence before"),
                mistake(HopperMistakes::overwritten, ", thread 31: write at shared address 124, which a wgmma"
                        + " reads that was not yet waited for"),
                mistake(HopperMistakes::overwrittenForOthers, ", thread 127: race, no barrier lies between this"
                        + " write and the read by a wgmma of warp 0: shared memory at address 0, byte 0 of the"
                        + " kernel's shared buffer 0"),
                mistake(HopperMistakes::copyUnderWay, ", thread 126: wgmma at shared address 128, into which a"
                        + " bulk copy of thread 0 is under way"),
                mistake(HopperMistakes::wrongWidth, ", thread 127: java.lang.IllegalArgumentException: a wgmma of"
                        + " 16 columns adds to an accumulator of 8"),
                mistake(HopperMistakes::differentColumns, ", thread 126: java.lang.IllegalArgumentException: the"
                        + " lanes of a wgmma disagree about its descriptors"),
                mistake(HopperMistakes::halfAGroup, ", thread 0: the warpgroup diverges: this thread is at"
                        + " wgmma.m64n8k16, but another of its lanes has returned"),
                mistake(HopperMistakes::badStride, ", thread 0: java.lang.IllegalArgumentException: 200 in a"
                        + " matrix descriptor is no multiple of 16 up to 262128"));
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
        assertEquals(fault, message.replaceFirst("^kernel ptx.t \\(HopperMistakes.\\w+\\), block 0", ""), message);
    }
}
