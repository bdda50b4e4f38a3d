package zipserv.tornado.emulation;

import java.util.concurrent.atomic.AtomicLong;

/** The threads that share memory and barriers. One object serves all blocks that a runner executes, one by one. */
final class Block {

    private static final int BARRIERS = 2;
    private static final AtomicLong EPOCHS = new AtomicLong();

    private final BlockRunner runner;
    private final Launch launch;
    private final Grid grid;
    private final EmulatedThread[] lanes;
    private final Warp[] warps;
    private final Warp[] warpgroups;
    private final Multiplications[] multiplications;
    private final BlockBarriers barriers = new BlockBarriers(this);
    private final Order order;
    private final SharedArrays shared;
    private final SharedMemory sharedMemory;
    private final int[] arrived = new int[BARRIERS];
    private final String[] barrierSite = new String[BARRIERS];
    private final EmulatedThread[] firstAtBarrier = new EmulatedThread[BARRIERS];

    private long number;
    private int started;
    private int finished;
    /** The time between two barriers of this block: unlike any other's, and larger than all before. */
    private long epoch;
    private long firstEpoch;

    Block(BlockRunner runner, Launch launch) {
        this.runner = runner;
        this.launch = launch;
        this.grid = launch.grid();
        this.shared = new SharedArrays(this);
        this.sharedMemory = new SharedMemory(this);
        this.lanes = new EmulatedThread[grid.threadsPerBlock()];
        this.order = new Order(this, lanes.length);
        this.warps = groups(EmulatedThread.WARP_SIZE, "warp");
        this.warpgroups = groups(EmulatedThread.WARPGROUP_SIZE, "warpgroup");
        this.multiplications = new Multiplications[warps.length];
        for (int w = 0; w < warps.length; w++) {
            multiplications[w] = new Multiplications(this, w);
        }
        for (int t = 0; t < lanes.length; t++) {
            lanes[t] = new EmulatedThread(this, warps[t / EmulatedThread.WARP_SIZE],
                    warpgroups[t / EmulatedThread.WARPGROUP_SIZE], t);
        }
        finished = lanes.length;
        started = lanes.length;
    }

    private Warp[] groups(int size, String name) {
        Warp[] groups = new Warp[Math.ceilDiv(lanes.length, size)];
        for (int i = 0; i < groups.length; i++) {
            groups[i] = new Warp(this, size, Math.min(size, lanes.length - i * size), name);
        }
        return groups;
    }

    void open(long blockNumber) {
        number = blockNumber;
        started = 0;
        finished = 0;
        epoch = EPOCHS.incrementAndGet();
        firstEpoch = epoch;
        for (EmulatedThread lane : lanes) {
            lane.reset();
        }
        for (Warp warp : warps) {
            warp.reset();
        }
        for (Warp warpgroup : warpgroups) {
            warpgroup.reset();
        }
        for (Multiplications own : multiplications) {
            own.reset();
        }
        order.reset();
        barriers.reset();
        shared.reset();
        sharedMemory.reset();
    }

    BlockRunner runner() {
        return runner;
    }

    Progress progress() {
        return launch.progress();
    }

    Grid grid() {
        return grid;
    }

    SharedArrays shared() {
        return shared;
    }

    SharedMemory sharedMemory() {
        return sharedMemory;
    }

    Order order() {
        return order;
    }

    BlockBarriers barriers() {
        return barriers;
    }

    Multiplications multiplications(int warp) {
        return multiplications[warp];
    }

    /** Makes all accesses so far ordered before all to come. */
    void forgetAccesses() {
        epoch = EPOCHS.incrementAndGet();
        for (Warp warp : warps) {
            warp.forgetSync();
        }
    }

    long number() {
        return number;
    }

    long epoch() {
        return epoch;
    }

    long firstEpoch() {
        return firstEpoch;
    }

    boolean hasUnstarted() {
        return started < lanes.length;
    }

    EmulatedThread startNext() {
        return lanes[started++];
    }

    boolean allFinished() {
        return finished == lanes.length;
    }

    void barrier(EmulatedThread lane, int barrier, String site) {
        if (finished > 0) {
            throw new AccessFault("divergent barrier: this thread is at " + site + ", but " + firstFinished().name()
                    + " has returned");
        }
        if (arrived[barrier] > 0 && !barrierSite[barrier].equals(site)) {
            throw new AccessFault("divergent barrier: this thread is at " + site + ", "
                    + firstAtBarrier[barrier].name() + " at " + barrierSite[barrier]);
        }
        if (arrived[barrier]++ == 0) {
            barrierSite[barrier] = site;
            firstAtBarrier[barrier] = lane;
        }
        if (arrived[barrier] < lanes.length) {
            lane.waitsFor = site;
            runner.suspend(lane);
            return;
        }
        arrived[barrier] = 0;
        epoch = EPOCHS.incrementAndGet();
        for (EmulatedThread other : lanes) {
            if (other != lane) {
                runner.makeReady(other);
            }
        }
    }

    void finished(EmulatedThread lane) {
        finished++;
        for (int barrier = 0; barrier < BARRIERS; barrier++) {
            if (arrived[barrier] > 0) {
                throw new AccessFault("divergent barrier: this thread has returned, but "
                        + firstAtBarrier[barrier].name() + " waits at " + barrierSite[barrier]);
            }
        }
        if (allFinished()) {
            barriers.checkEnd();
        }
        if (!multiplications[lane.warpIndex()].areAwaited()) {
            throw new AccessFault("this thread returns, but a wgmma of its warp was not waited for");
        }
    }

    private EmulatedThread firstFinished() {
        for (EmulatedThread lane : lanes) {
            if (lane.finished) {
                return lane;
            }
        }
        throw new IllegalStateException("no lane has finished");
    }

    /** Says why no lane can go on. */
    KernelFault deadlock() {
        EmulatedThread first = null;
        for (EmulatedThread lane : lanes) {
            if (lane.waitsFor instanceof BarrierWait barrier) {
                return new KernelFault(describe() + ": wait without end: " + lane.name() + " waits at "
                        + barrier.missing(), null);
            }
        }
        for (EmulatedThread lane : lanes) {
            if (lane.waitsFor == null) {
                continue;
            }
            if (first == null) {
                first = lane;
            } else if (!lane.waitsFor.equals(first.waitsFor) || lane.warp != first.warp) {
                return new KernelFault(describe() + ": divergence: " + first.name() + " waits at " + first.waitsFor
                        + ", " + lane.name() + " at " + lane.waitsFor, null);
            }
        }
        return new KernelFault(describe() + ": divergence: some threads wait at "
                + (first == null ? "nothing" : first.waitsFor) + " and the others never come", null);
    }

    /** Names kernel and block. */
    String describe() {
        return launch.name() + ", block " + grid.blockName(number);
    }
}
