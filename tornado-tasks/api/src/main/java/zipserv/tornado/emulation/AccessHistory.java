package zipserv.tornado.emulation;

import java.util.Arrays;

/**
 * Who last wrote and read each cell of a block's shared memory, and when; finds reads of cells nobody wrote and
 * accesses of two threads that no barrier orders.
 *
 * <p>Time is a pair: the block's epoch, which each block barrier advances and no other block ever has, and the time of
 * {@link Order}, which each warp barrier and each release of an mbarrier advances. An access of thread s is ordered
 * before a later one of thread t if s = t, or a block barrier lies between, or both are of one warp and a warp barrier
 * lies between, or it has reached t by mbarriers. Of the reads since the last write only what a later write needs is
 * kept: one reader, or "several of warp w", or "several warps"; where there are mbarriers, which may order some readers
 * and not others, every reader that has not reached a later one.
 *
 * <p>A record is one long: block epoch (bits 32 to 62), time (bits 11 to 31), accessor (bits 0 to 10; 1024 + w means
 * several threads of warp w, 2047 several warps, {@link Order#AGENTS} and more an agent). Zero means none.
 */
final class AccessHistory {

    private static final int THREAD_BITS = 11;
    private static final int THREAD_MASK = (1 << THREAD_BITS) - 1;
    private static final int EPOCH_SHIFT = 32;
    static final int TIME_MASK = (1 << (EPOCH_SHIFT - THREAD_BITS)) - 1;
    private static final int SEVERAL_OF_WARP = 1024;
    private static final int SEVERAL_WARPS = 2047;

    private long[] writes;
    private long[] reads;
    /** Per cell that was updated atomically since, the last other write; else 0. */
    private long[] updated;
    /** Per cell the readers since the last write, where there are mbarriers; lists are never changed. */
    private long[][] readers;

    AccessHistory(int cells) {
        writes = new long[cells];
        reads = new long[cells];
    }

    /** Room for more cells. */
    void grow(int cells) {
        writes = Arrays.copyOf(writes, cells);
        reads = Arrays.copyOf(reads, cells);
        updated = updated == null ? null : Arrays.copyOf(updated, cells);
        readers = readers == null ? null : Arrays.copyOf(readers, cells);
    }

    /** Notes a read of neighbouring cells; returns what is wrong with it, or null. */
    String read(int cell, int cells, EmulatedThread lane) {
        for (int i = cell; i < cell + cells; i++) {
            String problem = checkRead(i, lane);
            if (problem != null) {
                return problem;
            }
        }
        if (lane.block().order().isTracking()) {
            addReader(cell, cells, lane, lane.thread);
        } else {
            for (int i = cell; i < cell + cells; i++) {
                noteReader(i, lane);
            }
        }
        return null;
    }

    private void noteReader(int cell, EmulatedThread lane) {
        long read = reads[cell];
        if (epoch(read) != lane.block().epoch() || ordered(read, lane)) {
            reads[cell] = record(lane, lane.thread);
        } else {
            int warp = lane.warpIndex();
            boolean sameWarp = warpOf(thread(read)) == warp;
            reads[cell] = record(lane, sameWarp ? SEVERAL_OF_WARP + warp : SEVERAL_WARPS);
        }
    }

    /** Returns what is wrong with a read that the lane starts now, or null. */
    String checkRead(int cell, EmulatedThread lane) {
        long write = writes[cell];
        if (epoch(write) < lane.block().firstEpoch()) {
            return "read of never written ";
        }
        return ordered(write, lane) ? null : race("read", "write", write, lane);
    }

    /** Whether the last write can be seen by asynchronous reads that a lane starts now. */
    boolean fenced(int cell, EmulatedThread lane) {
        return lane.block().order().fenced(thread(writes[cell]), time(writes[cell]));
    }

    /** Notes that an agent reads cells, on behalf of a lane. */
    void readByAgent(int cell, int cells, EmulatedThread lane, int agent) {
        addReader(cell, cells, lane, agent);
    }

    /** Neighbours that were read together share their lists. */
    private void addReader(int cell, int cells, EmulatedThread lane, int reader) {
        if (readers == null) {
            readers = new long[writes.length][];
        }
        long[] lastBefore = null;
        long[] lastAfter = null;
        for (int i = cell; i < cell + cells; i++) {
            long[] before = readers[i];
            if (i == cell || before != lastBefore) {
                lastBefore = before;
                lastAfter = withReader(before, lane, reader);
            }
            readers[i] = lastAfter;
        }
    }

    /** Adds a reader and drops those that have reached it. */
    private static long[] withReader(long[] before, EmulatedThread lane, int reader) {
        long[] after = new long[before == null ? 1 : before.length + 1];
        int kept = 0;
        for (int i = 0; i < after.length - 1; i++) {
            if (thread(before[i]) != reader && !ordered(before[i], lane)) {
                after[kept++] = before[i];
            }
        }
        after[kept++] = record(lane, reader);
        return kept == after.length ? after : Arrays.copyOf(after, kept);
    }

    /** Notes a write; returns what is wrong with it, or null. */
    String write(int cell, EmulatedThread lane) {
        String problem = checkWrite(cell, lane);
        if (problem == null) {
            written(cell, lane, lane.thread);
        }
        return problem;
    }

    /**
     * Notes an atomic update; returns what is wrong with it, or null. It needs no order with other atomic updates, but
     * with all other accesses.
     */
    String update(int cell, EmulatedThread lane) {
        if (updated == null) {
            updated = new long[writes.length];
        }
        if (epoch(writes[cell]) < lane.block().firstEpoch()) {
            return "atomic update of never written ";
        }
        long write = updated[cell] == 0 ? writes[cell] : updated[cell];
        String problem = ordered(write, lane) ? checkReaders(cell, lane) : race("atomic update", "write", write, lane);
        if (problem == null) {
            written(cell, lane, SEVERAL_WARPS);
            updated[cell] = write;
        }
        return problem;
    }

    /** Returns what is wrong with a write that the lane starts now, or null. */
    String checkWrite(int cell, EmulatedThread lane) {
        long before = writes[cell];
        return ordered(before, lane) ? checkReaders(cell, lane) : race("write", "write", before, lane);
    }

    /** Returns which read a write that the lane starts now races with, or null. */
    private String checkReaders(int cell, EmulatedThread lane) {
        long read = reads[cell];
        if (!ordered(read, lane)) {
            return race("write", "read", read, lane);
        }
        if (readers != null && readers[cell] != null) {
            for (long reader : readers[cell]) {
                if (!ordered(reader, lane)) {
                    return race("write", "read", reader, lane);
                }
            }
        }
        return null;
    }

    /** Notes a write by a thread or agent of the lane's block. */
    void written(int cell, EmulatedThread lane, int writer) {
        writes[cell] = record(lane, writer);
        reads[cell] = 0;
        if (updated != null) {
            updated[cell] = 0;
        }
        if (readers != null) {
            readers[cell] = null;
        }
    }

    /** Returns whether an earlier access happened before anything the lane does now. */
    static boolean ordered(long earlier, EmulatedThread lane) {
        if (epoch(earlier) != lane.block().epoch()) {
            return true;
        }
        int thread = thread(earlier);
        return thread == lane.thread
                || warpOf(thread) == lane.warpIndex() && time(earlier) < lane.warp.syncTime()
                || lane.block().order().reached(thread, time(earlier), lane);
    }

    static long record(EmulatedThread lane, int thread) {
        return lane.block().epoch() << EPOCH_SHIFT | (long) lane.block().order().now() << THREAD_BITS | thread;
    }

    private static long epoch(long record) {
        return record >>> EPOCH_SHIFT;
    }

    private static int time(long record) {
        return (int) (record >>> THREAD_BITS) & TIME_MASK;
    }

    private static int thread(long record) {
        return (int) record & THREAD_MASK;
    }

    /** Whether an accessor stands for several threads. */
    static boolean isSeveral(int accessor) {
        return accessor == SEVERAL_WARPS || accessor >= SEVERAL_OF_WARP && accessor < Order.AGENTS;
    }

    /** Returns the warp of a thread or of a group of threads, or -1 for several warps and for agents. */
    private static int warpOf(int thread) {
        if (thread >= Order.AGENTS) {
            return -1;
        }
        return thread >= SEVERAL_OF_WARP ? thread - SEVERAL_OF_WARP : thread / EmulatedThread.WARP_SIZE;
    }

    static String race(String access, String earlier, long record, EmulatedThread lane) {
        int thread = thread(record);
        String other;
        if (thread == SEVERAL_WARPS) {
            other = "threads of several warps";
        } else if (thread >= Order.multiplicationsOf(0)) {
            other = "a wgmma of warp " + (thread - Order.multiplicationsOf(0));
        } else if (thread >= Order.AGENTS) {
            other = "a bulk copy";
        } else if (thread >= SEVERAL_OF_WARP) {
            other = "several threads of warp " + (thread - SEVERAL_OF_WARP);
        } else {
            other = "thread " + lane.block().grid().threadName(thread);
        }
        return "race, no barrier lies between this " + access + " and the " + earlier + " by " + other + ": ";
    }
}
