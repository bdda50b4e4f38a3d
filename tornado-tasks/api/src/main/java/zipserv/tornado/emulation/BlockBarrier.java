package zipserv.tornado.emulation;

import java.util.ArrayList;
import java.util.List;

/**
 * An mbarrier object in shared memory: counts arrivals and bytes of bulk copies, phase by phase (PTX ISA, Parallel
 * Synchronization Instructions: mbarrier). Bulk copies take place when somebody waits and nothing else is missing, the
 * latest moment the hardware allows.
 */
final class BlockBarrier implements BarrierWait {

    private static final int MAX_BYTES = (1 << 20) - 1;

    private record Copy(EmulatedThread thread, int address, int[] words) {
    }

    private final Block block;
    private final SharedMemory memory;
    private final int index;
    private final int address;
    private final int arrivals;
    private final EmulatedThread maker;
    private final long made;
    private final List<EmulatedThread> waiting = new ArrayList<>();
    private final List<Copy> copies = new ArrayList<>();
    private final int[] gathered;
    private int[] handedOn;
    private boolean fenced;
    private int phase;
    private int missingArrivals;
    private int missingBytes;

    BlockBarrier(EmulatedThread maker, int index, int address, int arrivals) {
        this.block = maker.block();
        this.memory = block.sharedMemory();
        this.index = index;
        this.address = address;
        this.arrivals = arrivals;
        this.maker = maker;
        this.gathered = block.order().nothingSeen();
        this.handedOn = gathered.clone();
        this.made = AccessHistory.record(maker, maker.thread);
        this.missingArrivals = arrivals;
    }

    /** The thread's initialisations become visible to bulk copies. */
    void fence(EmulatedThread thread) {
        fenced |= thread == maker;
    }

    void arrive(EmulatedThread thread, int bytes) {
        checkMade(thread);
        if (missingArrivals == 0) {
            throw new AccessFault("more arrivals than the " + arrivals + " of a phase of " + this);
        }
        addBytes(bytes);
        block.order().release(thread, gathered);
        missingArrivals--;
        settle();
    }

    void copy(EmulatedThread thread, int to, int[] words) {
        checkMade(thread);
        if (!fenced) {
            throw new AccessFault("bulk copy for " + this + ", whose initialisation is not fenced");
        }
        for (int i = 0; i < words.length; i++) {
            memory.startBulkCopy(thread, to + i * Integer.BYTES);
        }
        copies.add(new Copy(thread, to, words));
        settle();
    }

    void await(EmulatedThread thread, int parity) {
        checkMade(thread);
        if (parity != 0 && parity != 1) {
            throw new AccessFault("parity " + parity + " of a phase of " + this + ", neither 0 nor 1");
        }
        if ((phase & 1) == parity) {
            int awaited = phase;
            waiting.add(thread);
            settle();
            if (waiting.contains(thread)) {
                thread.waitsFor = this;
                block.runner().suspend(thread);
            }
            if (phase > awaited + 1) {
                throw new AccessFault("phase " + awaited + " of " + this + ", which this thread waited for, ended, and"
                        + " so did the next before it could see that");
            }
        }
        block.order().acquire(thread, handedOn);
    }

    private void addBytes(int bytes) {
        missingBytes += bytes;
        if (Math.abs(missingBytes) > MAX_BYTES) {
            throw new AccessFault(missingBytes + " bytes expected at once at " + this + ", more than " + MAX_BYTES);
        }
    }

    private void settle() {
        if (missingArrivals == 0 && missingBytes != 0 && !waiting.isEmpty()) {
            copies.forEach(this::deliver);
            copies.clear();
        }
        if (missingArrivals == 0 && missingBytes == 0) {
            handedOn = gathered.clone();
            phase++;
            missingArrivals = arrivals;
            EmulatedThread running = EmulatedThread.current();
            List<EmulatedThread> released = List.copyOf(waiting);
            waiting.clear();
            released.stream().filter(thread -> thread != running).forEach(block.runner()::makeReady);
        }
    }

    private void deliver(Copy copy) {
        for (int i = 0; i < copy.words.length; i++) {
            memory.completeBulkCopy(copy.thread, copy.address + i * Integer.BYTES, copy.words[i],
                    Order.copiesOf(index));
        }
        block.order().releaseAgent(Order.copiesOf(index), gathered);
        addBytes(-Integer.BYTES * copy.words.length);
    }

    private void checkMade(EmulatedThread thread) {
        if (!AccessHistory.ordered(made, thread)) {
            throw new AccessFault("race, no barrier lies between this use of " + this + " and its initialisation by "
                    + maker.name());
        }
    }

    /** Says what is left undone when the block ends, or null. */
    String leftover() {
        return copies.isEmpty() ? null : "a bulk copy of " + Integer.BYTES * copies.getFirst().words.length
                + " bytes for " + this + " was never waited for";
    }

    @Override
    public String missing() {
        return this + ", phase " + phase + ", for " + missingArrivals + " of " + arrivals + " arrivals and "
                + missingBytes + " bytes";
    }

    @Override
    public String toString() {
        return "the mbarrier at shared address " + address;
    }
}
