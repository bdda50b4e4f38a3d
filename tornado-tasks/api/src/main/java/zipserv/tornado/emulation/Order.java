package zipserv.tornado.emulation;

import java.util.Arrays;

/**
 * Which accesses of a block's threads happen before what a thread does now, as far as the block's own barriers do not
 * say it: by warp barriers, mbarriers and barriers of a part of the block.
 *
 * <p>Time counts the releases of the block. An access bears the time at which it was made; a release by a thread, which
 * takes a time of its own, covers all its accesses of earlier times. What a thread has seen of another is the time of
 * the latest release that has reached it, directly or by way of others. Besides threads there are agents: what bulk
 * copies write to shared memory, one per mbarrier, and what the asynchronous multiplications of a warp read.
 *
 * <p>Until the first mbarrier or partial barrier of a block only warp barriers count, for which the time of each warp's
 * last one is enough.
 */
final class Order {

    /** Identifiers of agents begin here, above those of threads and of what {@link AccessHistory} calls several. */
    static final int AGENTS = 1088;
    /** Agents of mbarriers; those with higher numbers share the last one. */
    static final int BARRIER_AGENTS = 64;
    private static final int WARP_AGENTS = 32;
    private static final int LAST_TIME = AccessHistory.TIME_MASK;

    private final Block block;
    private final int threads;
    /** Per thread what it has seen of each thread and agent; null until it is needed. */
    private int[][] seen;
    private boolean tracking;
    private int now;
    /** Per thread the time of its last proxy fence. */
    private final int[] fences;

    Order(Block block, int threads) {
        this.block = block;
        this.threads = threads;
        this.fences = new int[threads];
    }

    void reset() {
        now = 1;
        tracking = false;
        Arrays.fill(fences, 0);
    }

    int now() {
        return now;
    }

    boolean isTracking() {
        return tracking;
    }

    /** From now on mbarriers and partial barriers count. */
    void track() {
        if (tracking) {
            return;
        }
        tracking = true;
        if (seen == null) {
            seen = new int[threads][threads + BARRIER_AGENTS + WARP_AGENTS];
        } else {
            for (int[] one : seen) {
                Arrays.fill(one, 0);
            }
        }
    }

    /** The agent that writes what bulk copies bring to an mbarrier. */
    static int copiesOf(int barrier) {
        return AGENTS + Math.min(barrier, BARRIER_AGENTS - 1);
    }

    /** The agent that reads what the asynchronous multiplications of a warp need. */
    static int multiplicationsOf(int warp) {
        return AGENTS + BARRIER_AGENTS + warp;
    }

    /** Room for what a barrier hands on. */
    int[] nothingSeen() {
        track();
        return new int[threads + BARRIER_AGENTS + WARP_AGENTS];
    }

    /** Adds what a thread did and saw so far to what a barrier hands on. */
    void release(EmulatedThread thread, int[] handedOn) {
        advance();
        int[] own = seen[thread.thread];
        own[thread.thread] = now;
        join(handedOn, own);
    }

    /** Adds what an agent did so far to what a barrier hands on. */
    void releaseAgent(int agent, int[] handedOn) {
        advance();
        handedOn[column(agent)] = now;
    }

    /** A thread sees what a barrier hands on. */
    void acquire(EmulatedThread thread, int[] handedOn) {
        join(seen[thread.thread], handedOn);
    }

    /** The lanes of a warp have seen each other's accesses. Returns the time from which on they have not. */
    int syncWarp(int first, int lanes) {
        advance();
        if (tracking) {
            int[] all = seen[first];
            for (int lane = first + 1; lane < first + lanes; lane++) {
                join(all, seen[lane]);
            }
            Arrays.fill(all, first, first + lanes, now);
            for (int lane = first + 1; lane < first + lanes; lane++) {
                System.arraycopy(all, 0, seen[lane], 0, all.length);
            }
        }
        return now;
    }

    /** The lanes of a warp have seen that its multiplications are done. */
    void awaitedMultiplications(int warp) {
        track();
        advance();
        int first = warp * EmulatedThread.WARP_SIZE;
        for (int lane = first; lane < Math.min(threads, first + EmulatedThread.WARP_SIZE); lane++) {
            seen[lane][column(multiplicationsOf(warp))] = now;
        }
    }

    /**
     * Whether an access since the last block barrier has reached a thread by mbarriers and the like. Of several readers
     * from before the first of these it is not known, so that it is not held against the kernel.
     */
    boolean reached(int accessor, int time, EmulatedThread thread) {
        return tracking && (AccessHistory.isSeveral(accessor) || time < seen[thread.thread][column(accessor)]);
    }

    /** Makes the thread's accesses so far visible to asynchronous ones. */
    void fenceProxy(EmulatedThread thread) {
        advance();
        fences[thread.thread] = now;
    }

    /** Whether the writer has made a write visible to asynchronous accesses, or it is one itself. */
    boolean fenced(int writer, int time) {
        return writer >= threads || time < fences[writer];
    }

    private int column(int accessor) {
        return accessor < AGENTS ? accessor : threads + accessor - AGENTS;
    }

    private static void join(int[] into, int[] from) {
        for (int i = 0; i < into.length; i++) {
            into[i] = Math.max(into[i], from[i]);
        }
    }

    /** When time has run out, everything so far counts as ordered. */
    private void advance() {
        if (++now > LAST_TIME) {
            block.forgetAccesses();
            now = 1;
            if (seen != null) {
                for (int[] one : seen) {
                    Arrays.fill(one, 0);
                }
            }
            Arrays.fill(fences, LAST_TIME);
        }
    }
}
