package zipserv.tornado.engine;

import uk.ac.manchester.tornado.api.KernelContext;
import zipserv.tornado.ptx.Pair;
import zipserv.tornado.ptx.PtxShared;
import zipserv.tornado.ptx.PtxWarp;

/** Sums of 64-bit integers, one of each thread of a block, in the order of threads. */
final class BlockSums {

    /** Bytes of shared memory: the sum of each warp. */
    static final int BYTES = 8 * 32;

    private BlockSums() {
    }

    /**
     * The sum of the threads before one's own. All threads of the block get here; the sum of each warp is in shared
     * memory then, until the next time, before which there has to be a barrier.
     *
     * @param sums {@value #BYTES} bytes
     */
    static long before(KernelContext context, long own, int sums) {
        long sum = own;
        for (int distance = 1; distance < PtxWarp.SIZE; distance = distance << 1) {
            int low = PtxWarp.shuffleUp((int) sum, distance);
            int high = PtxWarp.shuffleUp((int) (sum >>> 32), distance);
            if (PtxWarp.lane() >= distance) {
                sum = sum + wide(low, high);
            }
        }
        int warp = context.localIdx / PtxWarp.SIZE;
        if (PtxWarp.lane() == PtxWarp.SIZE - 1) {
            store(sums + 8 * warp, sum);
        }
        context.localBarrier();
        long before = sum - own;
        for (int other = 0; other < warp; other++) {
            before = before + load(sums + 8 * other);
        }
        return before;
    }

    /** The sum of all threads, behind {@link #before}. */
    static long total(int sums, int warps) {
        long total = 0;
        for (int warp = 0; warp < warps; warp++) {
            total = total + load(sums + 8 * warp);
        }
        return total;
    }

    /** Reads a 64-bit number in shared memory. */
    static long load(int address) {
        Pair words = PtxShared.load64(address);
        return wide(words.x(), words.y());
    }

    /** Writes a 64-bit number to shared memory. */
    static void store(int address, long value) {
        PtxShared.store64(address, (int) value, (int) (value >>> 32));
    }

    private static long wide(int low, int high) {
        return (long) high << 32 | low & 0xFFFF_FFFFL;
    }
}
