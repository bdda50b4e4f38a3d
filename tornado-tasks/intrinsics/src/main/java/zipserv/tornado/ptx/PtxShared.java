package zipserv.tornado.ptx;

import uk.ac.manchester.tornado.api.types.arrays.IntArray;
import zipserv.tornado.emulation.EmulatedThread;
import zipserv.tornado.emulation.Uninstrumented;

/**
 * The block's shared memory as 32-bit byte addresses, which is what wide accesses, {@code ldmatrix} and asynchronous
 * copies need. At most 48 KB per block in all, {@code KernelContext} arrays included, or 227 KB with a large buffer.
 *
 * <p>Order among the threads of a block is the kernel's business: {@code KernelContext.localBarrier()} or, within a
 * warp, {@link PtxWarp#sync()} between a write and another thread's access to the same place.
 */
@Uninstrumented
public final class PtxShared {

    private PtxShared() {
    }

    /**
     * Reserves shared memory: {@code .shared .align 128 .b8} (State Spaces: .shared). To be called at the top level of
     * the kernel, outside loops and branches, by every thread.
     *
     * @param bytes a compile-time constant
     * @return byte address, a multiple of 128
     */
    public static int allocate(int bytes) {
        return EmulatedThread.current().allocateShared(bytes);
    }

    /**
     * Reserves more shared memory than {@link #allocate} can, up to 227 KB together with all other, as dynamic shared
     * memory: {@code .extern .shared .align 1024 .b8} (State Spaces: .shared). Once in a kernel, at its top level, by
     * every thread. TornadoVM, which launches kernels without such memory, gets to see a small buffer and a comment;
     * the program that loads the PTX itself makes the declaration of it.
     *
     * @param bytes a compile-time constant
     * @return byte address, a multiple of 1024
     */
    public static int allocateLarge(int bytes) {
        return EmulatedThread.current().allocateLargeShared(bytes);
    }

    /** {@code ld.shared.u32} (Data Movement and Conversion Instructions: ld). */
    public static int load32(int address) {
        return EmulatedThread.current().loadShared(aligned(address, 4));
    }

    /** 16 bits, the upper half of the result 0: {@code ld.shared.u16} (… ld); the address a multiple of 2. */
    public static int load16(int address) {
        return EmulatedThread.current().loadSharedHalf(aligned(address, 2));
    }

    /** {@code ld.shared.f32} (… ld). */
    public static float loadFloat(int address) {
        return PtxBits.asFloat(load32(address));
    }

    /** {@code ld.shared.v2.u32} (… ld); the address a multiple of 8. */
    public static Pair load64(int address) {
        aligned(address, 8);
        return new Pair(load32(address), load32(address + 4));
    }

    /** {@code ld.shared.v4.u32} (… ld); the address a multiple of 16. */
    public static Quad load128(int address) {
        aligned(address, 16);
        return new Quad(load32(address), load32(address + 4), load32(address + 8), load32(address + 12));
    }

    /** The lower 8 bits: {@code st.shared.u8} (… st). */
    public static void store8(int address, int value) {
        EmulatedThread.current().storeSharedByte(address, value);
    }

    /** The lower 16 bits: {@code st.shared.u16} (… st); the address a multiple of 2. */
    public static void store16(int address, int half) {
        EmulatedThread.current().storeSharedHalf(aligned(address, 2), half);
    }

    /** {@code st.shared.u32} (Data Movement and Conversion Instructions: st). */
    public static void store32(int address, int word) {
        EmulatedThread.current().storeShared(aligned(address, 4), word);
    }

    /**
     * Adds atomically and returns the old value: {@code atom.shared.add.u32} (Parallel Synchronization Instructions:
     * atom). A barrier has to lie between it and ordinary accesses of other threads.
     */
    public static int fetchAdd(int address, int value) {
        return EmulatedThread.current().addShared(aligned(address, 4), value);
    }

    /** {@code st.shared.f32} (… st). */
    public static void storeFloat(int address, float value) {
        store32(address, PtxBits.asInt(value));
    }

    /** {@code st.shared.v2.u32} (… st); the address a multiple of 8. */
    public static void store64(int address, int x, int y) {
        aligned(address, 8);
        store32(address, x);
        store32(address + 4, y);
    }

    /** {@code st.shared.v4.u32} (… st); the address a multiple of 16. */
    public static void store128(int address, int x, int y, int z, int w) {
        aligned(address, 16);
        store32(address, x);
        store32(address + 4, y);
        store32(address + 8, z);
        store32(address + 12, w);
    }

    /**
     * Four 8 x 8 matrices of 16-bit elements: {@code ldmatrix.sync.aligned.m8n8.x4.shared.b16} (Warp-level Matrix
     * Instructions: ldmatrix). Lanes 0-7, 8-15, 16-23 and 24-31 give the addresses of the eight 16-byte rows of matrix
     * 0, 1, 2 and 3; word i of the result is this lane's pair of matrix i: row {@code lane / 4}, columns
     * {@code 2 (lane % 4)} (low half) and the next (high half).
     *
     * @param rowAddress a multiple of 16
     */
    public static Quad loadMatrix4(int rowAddress) {
        long[][] rows = rows("ldmatrix.x4", rowAddress, 4);
        return new Quad(element(rows, 0), element(rows, 1), element(rows, 2), element(rows, 3));
    }

    /** {@link #loadMatrix4} with each matrix transposed: {@code ldmatrix….x4.trans} (… ldmatrix). */
    public static Quad loadMatrix4Transposed(int rowAddress) {
        long[][] rows = rows("ldmatrix.x4.trans", rowAddress, 4);
        return new Quad(transposed(rows, 0), transposed(rows, 1), transposed(rows, 2), transposed(rows, 3));
    }

    /** Two matrices, the addresses taken from lanes 0-15: {@code ldmatrix….x2} (… ldmatrix). */
    public static Pair loadMatrix2(int rowAddress) {
        long[][] rows = rows("ldmatrix.x2", rowAddress, 2);
        return new Pair(element(rows, 0), element(rows, 1));
    }

    /** {@link #loadMatrix2} with each matrix transposed: {@code ldmatrix….x2.trans} (… ldmatrix). */
    public static Pair loadMatrix2Transposed(int rowAddress) {
        long[][] rows = rows("ldmatrix.x2.trans", rowAddress, 2);
        return new Pair(transposed(rows, 0), transposed(rows, 1));
    }

    /**
     * Starts copying 16 bytes from global to shared memory without passing through registers:
     * {@code cp.async.cg.shared.global.L2::128B [d], [s], 16} (Data Movement and Conversion Instructions: cp.async).
     * The copy belongs to the group that the next {@link #commitCopies} closes.
     *
     * @param address shared byte address, a multiple of 16
     * @param index   element of {@code source}, a multiple of 4
     */
    public static void copyAsync128(int address, IntArray source, int index) {
        aligned(address, 16);
        Quad words = PtxMemory.load128(source, index);
        EmulatedThread.current().copyAsync(address, words.x(), words.y(), words.z(), words.w());
    }

    /** {@link #copyAsync128(int, IntArray, int)} with a 64-bit index. */
    public static void copyAsync128(int address, IntArray source, long index) {
        copyAsync128(address, source, Math.toIntExact(index));
    }

    /**
     * {@link #copyAsync128(int, IntArray, long)} or, where {@code bytes} is 0, 16 bytes of zeros, for which nothing is
     * read: {@code cp.async.cg.shared.global.L2::128B [d], [s], 16, bytes} (… cp.async).
     *
     * @param bytes 16 or 0
     */
    public static void copyAsyncOrZero128(int address, IntArray source, long index, int bytes) {
        if (bytes == 0) {
            EmulatedThread.current().copyAsync(aligned(address, 16), 0, 0, 0, 0);
        } else {
            copyAsync128(address, source, index);
        }
    }

    /**
     * {@link #copyAsync128(int, IntArray, int)} of the four elements from {@code index + offset} on to where the same
     * distance leads in shared memory, {@code address + 4 * offset}. The offset is part of the instruction's addresses.
     *
     * @param offset a compile-time constant, a multiple of 4
     */
    public static void copyAsync128(int address, IntArray source, int index, int offset) {
        copyAsync128(address + 4 * offset, source, index + offset);
    }

    /**
     * Starts copying one element, or none but zero: {@code cp.async.ca.shared.global [d], [s], 4, n} (… cp.async).
     *
     * @param address shared byte address, a multiple of 4
     * @param bytes   how many bytes are read, 4 or 0; what is not read is 0 in shared memory
     */
    public static void copyAsync32(int address, IntArray source, int index, int bytes) {
        EmulatedThread.current().copyAsync(aligned(address, 4), bytes == 0 ? 0 : source.get(index));
    }

    /** Closes the group of copies started since the last call: {@code cp.async.commit_group} (… cp.async). */
    public static void commitCopies() {
        EmulatedThread.current().commitCopies();
    }

    /**
     * Waits until at most the {@code pending} youngest of this thread's groups are in flight:
     * {@code cp.async.wait_group} (… cp.async). Other threads see the data after a barrier that follows.
     *
     * @param pending a compile-time constant
     */
    public static void awaitCopies(int pending) {
        EmulatedThread.current().awaitCopies(pending);
    }

    /**
     * Starts copying from global to shared memory, by one thread for all: {@code
     * cp.async.bulk.shared::cluster.global.mbarrier::complete_tx::bytes} (… cp.async.bulk). The data are there for
     * threads that have waited for the mbarrier's phase ({@link PtxBarrier#await}), which counts the bytes.
     *
     * @param address shared byte address, a multiple of 16
     * @param index   element of {@code source}, a multiple of 4
     * @param bytes   a multiple of 16
     * @param barrier shared byte address of the mbarrier
     */
    public static void copyBulk(int address, IntArray source, int index, int bytes, int barrier) {
        aligned(address, 16);
        if (index % 4 != 0 || bytes % 16 != 0 || bytes <= 0) {
            throw new IllegalArgumentException("bulk copy of " + bytes + " bytes from index " + index
                    + ": bytes have to be a multiple of 16, the index of 4");
        }
        int[] words = new int[bytes / Integer.BYTES];
        for (int i = 0; i < words.length; i++) {
            words[i] = source.get(index + i);
        }
        EmulatedThread.current().barriers().copy(aligned(barrier, 8), address, words);
    }

    /** {@link #copyBulk(int, IntArray, int, int, int)} with a 64-bit index. */
    public static void copyBulk(int address, IntArray source, long index, int bytes, int barrier) {
        copyBulk(address, source, Math.toIntExact(index), bytes, barrier);
    }

    /**
     * Makes this thread's writes to shared memory visible to {@link PtxWgmma}, for which a barrier has to follow:
     * {@code fence.proxy.async.shared::cta} (Parallel Synchronization Instructions: membar, fence).
     */
    public static void fenceAsync() {
        EmulatedThread.current().fenceProxy();
    }

    /** Each lane reads the row it addresses, if its instruction uses it, and gives its four words to the warp. */
    private static long[][] rows(String instruction, int rowAddress, int matrices) {
        EmulatedThread thread = EmulatedThread.current();
        Quad row = thread.lane() < 8 * matrices ? load128(rowAddress) : new Quad(0, 0, 0, 0);
        return thread.exchange(instruction, row.x(), row.y(), row.z(), row.w());
    }

    private static int element(long[][] rows, int matrix) {
        int lane = EmulatedThread.current().lane();
        return (int) rows[8 * matrix + lane / 4][lane % 4];
    }

    private static int transposed(long[][] rows, int matrix) {
        int lane = EmulatedThread.current().lane();
        int row = 8 * matrix + 2 * (lane % 4);
        return half(rows[row], lane / 4) | half(rows[row + 1], lane / 4) << 16;
    }

    private static int half(long[] row, int column) {
        return (int) row[column / 2] >>> 16 * (column & 1) & 0xFFFF;
    }

    static int aligned(int address, int bytes) {
        if (address % bytes != 0) {
            throw new IllegalArgumentException(
                    "shared address " + address + " of a " + bytes + "-byte access is not a multiple of " + bytes);
        }
        return address;
    }
}
