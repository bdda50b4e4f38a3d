package zipserv.tornado.ptx;

import java.util.stream.IntStream;
import zipserv.tornado.emulation.EmulatedThread;
import zipserv.tornado.emulation.Multiplications;
import zipserv.tornado.emulation.Uninstrumented;

/**
 * Asynchronous multiply-accumulate of a warpgroup, four consecutive warps the first of which has an index divisible by
 * 4, on bfloat16: {@code wgmma.mma_async.sync.aligned.m64nNk16.f32.bf16.bf16} (Asynchronous Warpgroup Level Matrix
 * Instructions: wgmma.mma_async).
 *
 * <p>{@code D[64][N] = A[64][16] * B[16][N] + C[64][N]}. B lies in shared memory, where a descriptor finds it; A in
 * registers or in shared memory. Warp w of the group has rows {@code 16w} to {@code 16w + 15}: its registers of A are
 * laid out as those of {@link PtxMma}, and of D as {@link WideAccumulator} says. Each product rounds as an mma does.
 *
 * <p>A kernel calls {@link #fence} after it has set the registers of A or of an accumulator, starts multiplications,
 * closes the group with {@link #commit}, and may use the results, and overwrite what was read, after {@link #await}.
 * What the kernel itself wrote to shared memory needs {@link PtxShared#fenceAsync} and a barrier in front; what bulk
 * copies brought needs neither.
 *
 * <p>The instructions are of sm_90a, for which TornadoVM does not compile. They are printed as comments, {@code //
 * sm_90a: …}, and the program that loads the PTX itself makes instructions of them.
 */
@Uninstrumented
public final class PtxWgmma {

    private static final int ROWS = 64;
    private static final int DEPTH = 16;
    private static final int WARPS = 4;
    private static final int BYTES_OF_EIGHT = 16;
    private static final int SWIZZLED_ROW = 128;
    private static final int SWIZZLED_GROUP = 1024;
    private static final int FIELD = 0x3FFF;

    private PtxWgmma() {
    }

    /**
     * Orders accesses to registers before the multiplications that follow: {@code wgmma.fence.sync.aligned}
     * (… wgmma.fence).
     */
    public static void fence() {
        EmulatedThread.current().multiplications().fence();
    }

    /**
     * Closes the group of the multiplications since the last call: {@code wgmma.commit_group.sync.aligned}
     * (… wgmma.commit_group).
     */
    public static void commit() {
        EmulatedThread thread = EmulatedThread.current();
        thread.exchange("wgmma.commit_group", words -> {
            thread.multiplications().commit();
            return words;
        });
    }

    /**
     * Waits until at most the {@code pending} youngest groups are under way: {@code wgmma.wait_group.sync.aligned}
     * (… wgmma.wait_group).
     *
     * @param pending a compile-time constant
     */
    public static void await(int pending) {
        EmulatedThread thread = EmulatedThread.current();
        thread.exchange("wgmma.wait_group", words -> {
            thread.multiplications().await(pending);
            return words;
        });
    }

    /**
     * Describes a matrix in shared memory whose rows (of A) or columns (of B) are contiguous in pieces of eight
     * elements, and no swizzling (Matrix Descriptor Format, Canonical Layouts: K-major, no swizzle). Eight such pieces
     * of 16 bytes, of eight neighbouring rows, follow each other and make a core matrix of 128 bytes.
     *
     * @param address a multiple of 16
     * @param leading bytes from a core matrix to the one of the next eight elements of the same rows
     * @param stride  bytes from a core matrix to the one of the next eight rows
     */
    public static long descriptor(int address, int leading, int stride) {
        return field(address) | field(leading) << 16 | field(stride) << 32;
    }

    /**
     * Describes a matrix in shared memory in rows of 128 bytes, 64 elements, whose eight pieces of 16 bytes are
     * permuted: piece p of row r lies where p ^ r % 8 would (… K-major, 128-byte swizzling; {@link #swizzled}). The
     * rows lie at a multiple of 1024. The next 16 elements are found 32 bytes further on.
     *
     * @param address of the rows, plus 32 for each step of 16 elements
     * @param stride  bytes from eight rows to the next eight, a multiple of 1024
     */
    public static long descriptorSwizzled(int address, int stride) {
        return field(address) | 1L << 16 | field(stride) << 32 | 1L << 62;
    }

    /**
     * Where a byte lies in a matrix that {@link #descriptorSwizzled} describes.
     *
     * @param address where it would lie if rows of 128 bytes followed each other unpermuted
     */
    public static int swizzled(int address) {
        return address ^ (address >>> 7 & 7) << 4;
    }

    private static long field(int bytes) {
        if (bytes < 0 || bytes % 16 != 0 || bytes >>> 4 > FIELD) {
            throw new IllegalArgumentException(bytes + " in a matrix descriptor is no multiple of 16 up to "
                    + (FIELD << 4));
        }
        return bytes >>> 4;
    }

    /** A from registers, B of 8 columns: {@code wgmma.mma_async…m64n8k16} (… wgmma.mma_async). */
    public static WideAccumulator n8(Quad a, long b, WideAccumulator c) {
        return multiply(8, a, b, c);
    }

    /** A from registers, B of 16 columns: {@code wgmma.mma_async…m64n16k16} (… wgmma.mma_async). */
    public static WideAccumulator n16(Quad a, long b, WideAccumulator c) {
        return multiply(16, a, b, c);
    }

    /** A from registers, B of 32 columns: {@code wgmma.mma_async…m64n32k16} (… wgmma.mma_async). */
    public static WideAccumulator n32(Quad a, long b, WideAccumulator c) {
        return multiply(32, a, b, c);
    }

    /** A from registers, B of 64 columns: {@code wgmma.mma_async…m64n64k16} (… wgmma.mma_async). */
    public static WideAccumulator n64(Quad a, long b, WideAccumulator c) {
        return multiply(64, a, b, c);
    }

    /** A from registers, B of 128 columns: {@code wgmma.mma_async…m64n128k16} (… wgmma.mma_async). */
    public static WideAccumulator n128(Quad a, long b, WideAccumulator c) {
        return multiply(128, a, b, c);
    }

    /** A from registers, B of 256 columns: {@code wgmma.mma_async…m64n256k16} (… wgmma.mma_async). */
    public static WideAccumulator n256(Quad a, long b, WideAccumulator c) {
        return multiply(256, a, b, c);
    }

    /** A and B of 64 columns from shared memory: {@code wgmma.mma_async…m64n64k16} (… wgmma.mma_async). */
    public static WideAccumulator n64(long a, long b, WideAccumulator c) {
        return multiply(64, a, b, c);
    }

    /** A and B of 128 columns from shared memory: {@code wgmma.mma_async…m64n128k16} (… wgmma.mma_async). */
    public static WideAccumulator n128(long a, long b, WideAccumulator c) {
        return multiply(128, a, b, c);
    }

    /** A and B of 256 columns from shared memory: {@code wgmma.mma_async…m64n256k16} (… wgmma.mma_async). */
    public static WideAccumulator n256(long a, long b, WideAccumulator c) {
        return multiply(256, a, b, c);
    }

    /** The operands of a multiplication, and for each warp whether its results can be used. */
    private record Multiplication(TensorCore.Product product, Multiplications.Result[] results) {
    }

    private static WideAccumulator multiply(int columns, Quad a, long b, WideAccumulator c) {
        return multiply(columns, c, words -> {
            int[] rows = new int[ROWS * DEPTH];
            for (int lane = 0; lane < words.length; lane++) {
                int at = (lane / 32 * 16 + lane % 32 / 4) * DEPTH + 2 * (lane % 4);
                for (int i = 0; i < 4; i++) {
                    int word = (int) (words[lane][1 + i / 2] >>> 32 * (i % 2));
                    int element = at + i % 2 * 8 * DEPTH + i / 2 * 8;
                    rows[element] = word & 0xFFFF;
                    rows[element + 1] = word >>> 16;
                }
            }
            int[] addressesOfB = addresses(b, columns);
            return start(rows, addressesOfB, columns, addressesOfB);
        }, b, pack(a.x(), a.y()), pack(a.z(), a.w()));
    }

    private static WideAccumulator multiply(int columns, long a, long b, WideAccumulator c) {
        return multiply(columns, c, words -> {
            int[] addressesOfA = addresses(a, ROWS);
            int[] addressesOfB = addresses(b, columns);
            return start(elements(addressesOfA), addressesOfB, columns,
                    IntStream.concat(IntStream.of(addressesOfA), IntStream.of(addressesOfB)).toArray());
        }, b, a);
    }

    private static WideAccumulator multiply(int columns, WideAccumulator c,
            java.util.function.Function<long[][], Multiplication> start, long... words) {
        if (c.columns() != columns) {
            throw new IllegalArgumentException("a wgmma of " + columns + " columns adds to an accumulator of "
                    + c.columns());
        }
        EmulatedThread thread = EmulatedThread.current();
        thread.multiplications().checkFenced();
        boolean fromRegisters = words.length > 2;
        Multiplication done = thread.exchangeInWarpgroup("wgmma.m64n" + columns + "k16", all -> {
            for (long[] other : all) {
                if (other.length != words.length || other[0] != words[0] || !fromRegisters && other[1] != words[1]) {
                    throw new IllegalArgumentException("the lanes of a wgmma disagree about its descriptors");
                }
            }
            return start.apply(all);
        }, words);
        int warp = thread.warpIndex() % WARPS;
        float[] d = new float[columns / 2];
        for (int i = 0; i < d.length; i++) {
            int row = 16 * warp + thread.lane() / 4 + i % 4 / 2 * 8;
            d[i] = done.product.add(row, i / 4 * 8 + 2 * (thread.lane() % 4) + i % 2, c.register(i));
        }
        return new WideAccumulator(d, done.results[warp]);
    }

    private static Multiplication start(int[] a, int[] addressesOfB, int columns, int[] reads) {
        return new Multiplication(new TensorCore.Product(a, elements(addressesOfB), DEPTH),
                EmulatedThread.current().startMultiplication(reads));
    }

    /** Where the words of a matrix lie, row by row (of A) or column by column (of B). */
    private static int[] addresses(long descriptor, int rows) {
        int swizzle = (int) (descriptor >>> 62);
        if (swizzle > 1 || (descriptor & 0x3FFF_C000_C000_C000L) != 0) {
            throw new IllegalArgumentException("matrix descriptor " + Long.toHexString(descriptor));
        }
        int base = bytes(descriptor);
        int leading = bytes(descriptor >>> 16);
        int stride = bytes(descriptor >>> 32);
        if (swizzle == 1 && stride % SWIZZLED_GROUP != 0) {
            throw new IllegalArgumentException("swizzled rows " + stride + " bytes apart, no multiple of "
                    + SWIZZLED_GROUP);
        }
        int[] addresses = new int[rows * DEPTH / 2];
        for (int i = 0; i < addresses.length; i++) {
            int row = i / (DEPTH / 2);
            int byteOfRow = i % (DEPTH / 2) * Integer.BYTES;
            int group = base + row / 8 * stride;
            addresses[i] = swizzle == 1 ? swizzled(group + row % 8 * SWIZZLED_ROW + byteOfRow)
                    : group + byteOfRow / BYTES_OF_EIGHT * leading + row % 8 * BYTES_OF_EIGHT
                            + byteOfRow % BYTES_OF_EIGHT;
        }
        return addresses;
    }

    private static int bytes(long field) {
        return (int) (field & FIELD) << 4;
    }

    private static int[] elements(int[] addresses) {
        int[] elements = new int[2 * addresses.length];
        for (int i = 0; i < addresses.length; i++) {
            int word = Multiplications.read(addresses[i]);
            elements[2 * i] = word & 0xFFFF;
            elements[2 * i + 1] = word >>> 16;
        }
        return elements;
    }

    private static long pack(int low, int high) {
        return low & 0xFFFF_FFFFL | (long) high << 32;
    }
}
