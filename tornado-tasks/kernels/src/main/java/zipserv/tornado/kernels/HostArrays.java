package zipserv.tornado.kernels;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import uk.ac.manchester.tornado.api.types.arrays.FloatArray;
import uk.ac.manchester.tornado.api.types.arrays.IntArray;
import uk.ac.manchester.tornado.api.types.arrays.ShortArray;
import uk.ac.manchester.tornado.api.types.arrays.TornadoNativeArray;

/**
 * Native arrays that have their pages of memory to themselves. All arrays that a task graph uses should be made here.
 *
 * <p>TornadoVM pins the memory of every array that a task uses, and pinning goes by pages. A copy between the GPU and
 * an array that is pinned only in part fails with "invalid value", which TornadoVM prints and ignores: a kernel then
 * computes with what was in the device's memory before. Two things lead there, and have to be kept from happening:
 * <ul>
 * <li>Two arrays share a page. Arrays made here do not.
 * <li>An array gets the memory of one that was collected while still pinned. Closing a plan does not unpin; only
 *     {@code TornadoExecutionPlan.freeDeviceMemory()} does, and only arrays that appear in a transfer. So call it
 *     before a plan's arrays become unreachable, and list arrays that only the device uses in a transfer, too.
 * </ul>
 */
public final class HostArrays {

    private static final long PAGE_BYTES = 4096;

    private HostArrays() {
    }

    /** An array of zeros. */
    public static IntArray ints(int size) {
        return IntArray.fromSegmentShallow(segment((long) size * Integer.BYTES));
    }

    /** An array of zeros. */
    public static FloatArray floats(int size) {
        return FloatArray.fromSegmentShallow(segment((long) size * Float.BYTES));
    }

    /** An array of zeros. */
    public static ShortArray shorts(int size) {
        return ShortArray.fromSegmentShallow(segment((long) size * Short.BYTES));
    }

    private static MemorySegment segment(long payloadBytes) {
        long bytes = TornadoNativeArray.ARRAY_HEADER + payloadBytes;
        long pages = (bytes + PAGE_BYTES - 1) / PAGE_BYTES;
        return Arena.ofAuto().allocate(pages * PAGE_BYTES, PAGE_BYTES).asSlice(0, bytes);
    }
}
