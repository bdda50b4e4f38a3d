package zipserv.tornado.ptx;

import zipserv.tornado.emulation.EmulatedThread;
import zipserv.tornado.emulation.Uninstrumented;

/** Instructions among the 32 lanes of a warp. All lanes must reach each call together (member mask 0xFFFFFFFF). */
@Uninstrumented
public final class PtxWarp {

    /** Lanes of a warp. */
    public static final int SIZE = 32;

    private PtxWarp() {
    }

    /** This thread's lane, 0..31: {@code mov.u32 d, %laneid} (Special Registers: %laneid). */
    public static int lane() {
        return EmulatedThread.current().lane();
    }

    /** Bit i is lane i's predicate: {@code vote.sync.ballot.b32} (Parallel Synchronization Instructions: vote.sync). */
    public static int ballot(boolean predicate) {
        long[][] lanes = EmulatedThread.current().exchange("vote.sync.ballot", predicate ? 1 : 0);
        int mask = 0;
        for (int lane = 0; lane < SIZE; lane++) {
            mask |= (int) lanes[lane][0] << lane;
        }
        return mask;
    }

    /** The value of lane {@code source mod 32}: {@code shfl.sync.idx.b32} (… shfl.sync). */
    public static int shuffle(int value, int source) {
        return shuffled("shfl.sync.idx", value, source & 31);
    }

    /** {@link #shuffle(int, int)} of a float. */
    public static float shuffle(float value, int source) {
        return PtxBits.asFloat(shuffle(PtxBits.asInt(value), source));
    }

    /** The value of lane {@code lane ^ mask}: {@code shfl.sync.bfly.b32} (… shfl.sync). */
    public static int shuffleXor(int value, int mask) {
        return shuffled("shfl.sync.bfly", value, lane() ^ (mask & 31));
    }

    /** {@link #shuffleXor(int, int)} of a float. */
    public static float shuffleXor(float value, int mask) {
        return PtxBits.asFloat(shuffleXor(PtxBits.asInt(value), mask));
    }

    /**
     * The value of lane {@code lane + delta}, one's own where there is none: {@code shfl.sync.down.b32}
     * (… shfl.sync).
     */
    public static int shuffleDown(int value, int delta) {
        int source = lane() + (delta & 31);
        return shuffled("shfl.sync.down", value, source < SIZE ? source : lane());
    }

    /** {@link #shuffleDown(int, int)} of a float. */
    public static float shuffleDown(float value, int delta) {
        return PtxBits.asFloat(shuffleDown(PtxBits.asInt(value), delta));
    }

    /**
     * The value of lane {@code lane - delta}, one's own where there is none: {@code shfl.sync.up.b32}
     * (… shfl.sync).
     */
    public static int shuffleUp(int value, int delta) {
        int source = lane() - (delta & 31);
        return shuffled("shfl.sync.up", value, source >= 0 ? source : lane());
    }

    /** {@link #shuffleUp(int, int)} of a float. */
    public static float shuffleUp(float value, int delta) {
        return PtxBits.asFloat(shuffleUp(PtxBits.asInt(value), delta));
    }

    /**
     * {@code value} plus that of lane {@code lane - delta}, where there is one: {@code shfl.sync.up.b32} (… shfl.sync)
     * and an addition under its predicate. With 1, 2, 4, 8 and 16 for delta, one after the other, the sum of all lanes
     * up to one's own.
     *
     * @param delta 1 .. 31
     */
    public static int addFromBelow(int value, int delta) {
        int below = shuffleUp(value, delta);
        return lane() >= delta ? value + below : value;
    }

    /** Orders memory among the lanes of the warp: {@code bar.warp.sync} (… bar.warp.sync). */
    public static void sync() {
        EmulatedThread.current().syncWarp();
    }

    private static int shuffled(String instruction, int value, int source) {
        return (int) EmulatedThread.current().exchange(instruction, value)[source][0];
    }
}
