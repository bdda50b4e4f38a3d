package zipserv.tornado.emulation;

import java.util.function.Function;

/** The lanes that execute collectives together: 32 of a warp, or the 128 of a warpgroup's four. */
final class Warp {

    /** What the lanes bring to the rendezvous under way, and what they take from it. */
    private static final class Meeting {
        private final long[][] words;
        private Object result;

        Meeting(int lanes) {
            words = new long[lanes][];
        }
    }

    private final Block block;
    private final EmulatedThread[] waiting;
    private final int size;
    private final String name;
    private final int lanes;

    private int arrived;
    private int finished;
    private String operation;
    private Meeting meeting;
    /** The time of the warp's last synchronisation, as {@link Order} has it. */
    private int syncTime;

    /**
     * A group of lanes.
     *
     * @param size  how many such a group has
     * @param lanes how many this one has, fewer at the end of some blocks
     * @param name  a warp or a warpgroup
     */
    Warp(Block block, int size, int lanes, String name) {
        this.block = block;
        this.size = size;
        this.lanes = lanes;
        this.name = name;
        this.waiting = new EmulatedThread[size];
    }

    void reset() {
        arrived = 0;
        finished = 0;
        syncTime = 0;
    }

    int syncTime() {
        return syncTime;
    }

    long[][] exchange(EmulatedThread lane, String instruction, long[] mine) {
        return exchange(lane, instruction, Function.identity(), mine);
    }

    <R> R exchange(EmulatedThread lane, String instruction, Function<long[][], R> operation, long[] mine) {
        if (arrived == 0) {
            meeting = new Meeting(size);
        }
        Meeting current = meeting;
        current.words[lane.thread % size] = mine;
        if (arrive(lane, instruction)) {
            current.result = operation.apply(current.words);
            release();
        } else {
            block.runner().suspend(lane);
        }
        @SuppressWarnings("unchecked") // all lanes are at the same instruction
        R result = (R) current.result;
        return result;
    }

    void sync(EmulatedThread lane) {
        if (arrive(lane, "the warp's barrier")) {
            syncTime = block.order().syncWarp(lane.thread - lane.lane(), lanes);
            release();
        } else {
            block.runner().suspend(lane);
        }
    }

    /** Returns whether the lane is the last to arrive. */
    private boolean arrive(EmulatedThread lane, String instruction) {
        if (lanes != size) {
            throw new AccessFault(instruction + " needs a whole " + name + ", but the block's last " + name + " has "
                    + lanes + " lanes");
        }
        if (arrived > 0 && !operation.equals(instruction)) {
            throw new AccessFault("the " + name + " diverges: this thread is at " + instruction + ", "
                    + waiting[0].name() + " at " + operation);
        }
        if (finished > 0) {
            throw new AccessFault("the " + name + " diverges: this thread is at " + instruction
                    + ", but another of its lanes has returned");
        }
        operation = instruction;
        waiting[arrived++] = lane;
        if (arrived < lanes) {
            lane.waitsFor = instruction;
            return false;
        }
        return true;
    }

    /** Makes all lanes but the last, which is running, ready. */
    private void release() {
        for (int i = 0; i < arrived - 1; i++) {
            block.runner().makeReady(waiting[i]);
        }
        arrived = 0;
    }

    /** Forgets synchronisations, since time begins anew. */
    void forgetSync() {
        syncTime = 0;
    }

    void finished() {
        finished++;
        if (arrived > 0) {
            throw new AccessFault("the " + name + " diverges: this thread has returned, but " + waiting[0].name()
                    + " waits at " + operation);
        }
    }
}
