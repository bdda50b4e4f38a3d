package zipserv.tornado.emulation;

import java.util.function.Function;
import uk.ac.manchester.tornado.api.KernelContext;

/**
 * One thread of a block, and the service that the Java bodies of intrinsics call: the thread's place in its warp,
 * rendezvous of the warp, shared memory as byte addresses, asynchronous copies.
 */
public final class EmulatedThread {

    /** Lanes in a warp. */
    public static final int WARP_SIZE = 32;
    /** Lanes in a warpgroup. */
    public static final int WARPGROUP_SIZE = 128;

    final int thread;
    final Warp warp;
    private final Warp warpgroup;
    private final Block block;
    private final AsyncCopies asyncCopies;
    private final PrivateArrays privateArrays = new PrivateArrays();

    Coroutine coroutine;
    /** What the lane waits for, for messages; null while it runs. */
    Object waitsFor;
    boolean finished;
    private int allocations;
    private int bufferAllocations;
    /** The events of the launch up to the thread's last look at what others write. */
    private long seenEvents;

    EmulatedThread(Block block, Warp warp, Warp warpgroup, int thread) {
        this.block = block;
        this.warp = warp;
        this.warpgroup = warpgroup;
        this.thread = thread;
        this.asyncCopies = new AsyncCopies(this, block.sharedMemory());
    }

    void reset() {
        coroutine = null;
        waitsFor = null;
        finished = false;
        allocations = 0;
        bufferAllocations = 0;
        seenEvents = -1;
        asyncCopies.reset();
        privateArrays.reset();
    }

    /** Returns the lane that the calling thread executes. */
    public static EmulatedThread current() {
        EmulatedThread lane = currentOrNull();
        if (lane == null) {
            throw new IllegalStateException("only a kernel can do this: call it from a task of a TaskGraph");
        }
        return lane;
    }

    static EmulatedThread currentOrNull() {
        Coroutine coroutine = Coroutine.CURRENT.get();
        return coroutine == null ? null : coroutine.lane;
    }

    /** Returns this thread's lane in its warp, 0 to 31 (PTX %laneid). */
    public int lane() {
        return thread % WARP_SIZE;
    }

    /** Returns the warp's place in its block. */
    public int warpIndex() {
        return thread / WARP_SIZE;
    }

    /**
     * Rendezvous of the warp: every lane gives its words and gets everybody's. Does not order memory accesses, as
     * shuffles, votes and mma do not either.
     *
     * @param instruction named in the error when the lanes do not all arrive at the same one
     * @param words what this lane gives
     * @return the words of lane i at index i; to be read only
     */
    public long[][] exchange(String instruction, long... words) {
        return warp.exchange(this, instruction, words);
    }

    /**
     * Rendezvous of the warp with one result for all: {@code operation} runs once, in the lane that arrives last, on
     * the words of all lanes.
     */
    public <R> R exchange(String instruction, Function<long[][], R> operation, long... words) {
        return warp.exchange(this, instruction, operation, words);
    }

    /** Rendezvous of the four warps of a warpgroup, otherwise as {@link #exchange(String, Function, long...)}. */
    public <R> R exchangeInWarpgroup(String instruction, Function<long[][], R> operation, long... words) {
        return warpgroup.exchange(this, instruction, operation, words);
    }

    /** Waits for the warp and orders its lanes' memory accesses (PTX bar.warp.sync with a full mask). */
    public void syncWarp() {
        warp.sync(this);
    }

    public void localBarrier() {
        block.barrier(this, 0, "localBarrier()");
    }

    public void globalBarrier() {
        block.barrier(this, 1, "globalBarrier()");
    }

    void localBarrierAt(String site) {
        block.barrier(this, 0, "localBarrier() at " + site);
    }

    void globalBarrierAt(String site) {
        block.barrier(this, 1, "globalBarrier() at " + site);
    }

    /** Returns the block's shared array for the allocation the lane now makes: its first, second and so on. */
    public <T> T sharedArray(Class<T> type, int size) {
        int ordinal = allocations++;
        return sharedArray(type, size, "#" + ordinal, "shared array " + ordinal);
    }

    <T> T sharedArray(Class<T> type, int size, String site, String name) {
        return block.shared().array(type, size, site, name);
    }

    /**
     * Returns the byte address of a buffer in shared memory, a multiple of 128: the n-th call of every thread of a
     * block returns the same address.
     */
    public int allocateShared(int bytes) {
        return block.sharedMemory().allocate(bufferAllocations++, bytes);
    }

    /** As {@link #allocateShared}, of up to 227 KB; once in a kernel. The address is a multiple of 1024. */
    public int allocateLargeShared(int bytes) {
        return block.sharedMemory().allocateLarge(bufferAllocations++, bytes);
    }

    /** Returns the block's mbarriers and partial barriers. */
    public BlockBarriers barriers() {
        return block.barriers();
    }

    /** Returns the asynchronous multiplications of the thread's warp. */
    public Multiplications multiplications() {
        return block.multiplications(warpIndex());
    }

    /** Starts a multiplication of the thread's warpgroup, see {@link Multiplications#start}; a result for each warp. */
    public Multiplications.Result[] startMultiplication(int... addresses) {
        Multiplications.Result[] results = new Multiplications.Result[WARPGROUP_SIZE / WARP_SIZE];
        int first = warpIndex() / results.length * results.length;
        for (int i = 0; i < results.length; i++) {
            results[i] = block.multiplications(first + i).start(addresses);
        }
        return results;
    }

    /** Makes the thread's writes to shared memory visible to asynchronous accesses (PTX fence.proxy.async). */
    public void fenceProxy() {
        block.order().fenceProxy(this);
        block.barriers().fenceInit();
    }

    /** Returns the word at a shared byte address, a multiple of 4. */
    public int loadShared(int address) {
        return block.sharedMemory().load(this, address);
    }

    /** Returns the 16 bits at a shared byte address, a multiple of 2. */
    public int loadSharedHalf(int address) {
        return block.sharedMemory().loadHalf(this, address);
    }

    /** Writes the word at a shared byte address, a multiple of 4. */
    public void storeShared(int address, int word) {
        block.sharedMemory().store(this, address, word);
    }

    /** Adds to the word at a shared byte address, a multiple of 4, atomically; returns the value before. */
    public int addShared(int address, int value) {
        return block.sharedMemory().add(this, address, value);
    }

    /** Writes the lower 8 bits of a word at a shared byte address. */
    public void storeSharedByte(int address, int value) {
        block.sharedMemory().storeByte(this, address, value);
    }

    /** Writes the lower 16 bits of a word at a shared byte address, a multiple of 2. */
    public void storeSharedHalf(int address, int half) {
        block.sharedMemory().storeHalf(this, address, half);
    }

    /**
     * Starts a copy of words to a shared byte address (PTX cp.async). It takes place when its group is waited for, the
     * latest moment the hardware allows; until then an access to the destination is an error.
     */
    public void copyAsync(int address, int... words) {
        asyncCopies.add(address, words);
    }

    /** Closes the group of the copies started since the last call (PTX cp.async.commit_group). */
    public void commitCopies() {
        asyncCopies.commit();
    }

    /** Waits until at most {@code pending} groups of this thread are under way (PTX cp.async.wait_group). */
    public void awaitCopies(int pending) {
        asyncCopies.await(pending);
    }

    /**
     * Waits, if this thread was here before, until another thread has updated device memory atomically or released a
     * write. To be called before looking at such a place, since kernels do that in loops.
     */
    void awaitWrite() {
        Progress progress = block.progress();
        long events = progress.events();
        if (events == seenEvents) {
            block.runner().pause(this, events);
            events = progress.events();
        }
        seenEvents = events;
    }

    /** Tells threads that wait for a write that there was one. */
    void wrote() {
        block.progress().event();
    }

    PrivateArrays privateArrays() {
        return privateArrays;
    }

    Block block() {
        return block;
    }

    void run(Launch launch, KernelContext context) {
        try {
            launch.kernel().run(context);
        } catch (Coroutine.Abandoned | KernelFault e) {
            throw e;
        } catch (Throwable t) {
            String problem = t instanceof AccessFault ? t.getMessage() : t.toString();
            throw new KernelFault(describe() + ": " + problem, t);
        }
        finished = true;
        try {
            warp.finished();
            warpgroup.finished();
            block.finished(this);
        } catch (AccessFault fault) {
            throw new KernelFault(describe() + ": " + fault.getMessage(), fault);
        }
    }

    /** Names kernel, block and thread. */
    String describe() {
        return block.describe() + ", " + name();
    }

    /** Names the thread within its block. */
    String name() {
        return "thread " + block.grid().threadName(thread);
    }
}
