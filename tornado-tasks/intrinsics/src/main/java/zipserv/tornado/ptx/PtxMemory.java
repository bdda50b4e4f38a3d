package zipserv.tornado.ptx;

import uk.ac.manchester.tornado.api.types.arrays.FloatArray;
import uk.ac.manchester.tornado.api.types.arrays.IntArray;
import zipserv.tornado.emulation.Uninstrumented;

/**
 * Wide and hinted access to global memory.
 *
 * <p>Three kinds of load, by who else touches the data:
 * <ul>
 * <li>{@code load…}: {@code ld.global}; sees what this launch wrote (after the right barrier or fence).
 * <li>{@code loadReadOnly…}: {@code ld.global.nc}; data that no thread writes during the launch, kept in L1 for reuse.
 * <li>{@code loadStream…}: {@code ld.global.nc.L1::no_allocate.L2::256B}; read-only data used once, such as weights:
 *     does not push other data out of L1, and L2 fetches 256 bytes ahead.
 * </ul>
 *
 * <p>An index counts 32-bit elements, as in {@link IntArray#get}. Element 0 of an array lies 16 bytes into its device
 * buffer, so a 128-bit access needs an index that is a multiple of 4 and a 64-bit one a multiple of 2; anything else is
 * an error in the emulation and a misaligned-address fault on a GPU. No access is bounds-checked on a GPU.
 */
@Uninstrumented
public final class PtxMemory {

    private PtxMemory() {
    }

    /** {@code ld.global.v4.u32} (Data Movement and Conversion Instructions: ld). */
    public static Quad load128(IntArray array, int index) {
        return quad(array, aligned(index, 4));
    }

    /** {@link #load128(IntArray, int)} with a 64-bit index. */
    public static Quad load128(IntArray array, long index) {
        return load128(array, Math.toIntExact(index));
    }

    /** Four floats as bits, {@link PtxBits#asFloat} reads them: {@code ld.global.v4.u32} (… ld). */
    public static Quad load128(FloatArray array, int index) {
        return quad(array, aligned(index, 4));
    }

    /** {@link #load128(FloatArray, int)} with a 64-bit index. */
    public static Quad load128(FloatArray array, long index) {
        return load128(array, Math.toIntExact(index));
    }

    /** {@code ld.global.nc.v4.u32} (Data Movement and Conversion Instructions: ld.global.nc). */
    public static Quad loadReadOnly128(IntArray array, int index) {
        return quad(array, aligned(index, 4));
    }

    /** {@link #loadReadOnly128(IntArray, int)} with a 64-bit index. */
    public static Quad loadReadOnly128(IntArray array, long index) {
        return loadReadOnly128(array, Math.toIntExact(index));
    }

    /** Four floats as bits: {@code ld.global.nc.v4.u32} (… ld.global.nc). */
    public static Quad loadReadOnly128(FloatArray array, int index) {
        return quad(array, aligned(index, 4));
    }

    /** {@link #loadReadOnly128(FloatArray, int)} with a 64-bit index. */
    public static Quad loadReadOnly128(FloatArray array, long index) {
        return loadReadOnly128(array, Math.toIntExact(index));
    }

    /** {@code ld.global.nc.L1::no_allocate.L2::256B.v4.u32} (… ld.global.nc; Cache Eviction Priority Hints). */
    public static Quad loadStream128(IntArray array, int index) {
        return quad(array, aligned(index, 4));
    }

    /** {@link #loadStream128(IntArray, int)} with a 64-bit index. */
    public static Quad loadStream128(IntArray array, long index) {
        return loadStream128(array, Math.toIntExact(index));
    }

    /** {@code ld.global.v2.u32} (Data Movement and Conversion Instructions: ld). */
    public static Pair load64(IntArray array, int index) {
        return pair(array, aligned(index, 2));
    }

    /** {@link #load64(IntArray, int)} with a 64-bit index. */
    public static Pair load64(IntArray array, long index) {
        return load64(array, Math.toIntExact(index));
    }

    /** {@code ld.global.nc.v2.u32} (… ld.global.nc). */
    public static Pair loadReadOnly64(IntArray array, int index) {
        return pair(array, aligned(index, 2));
    }

    /** {@link #loadReadOnly64(IntArray, int)} with a 64-bit index. */
    public static Pair loadReadOnly64(IntArray array, long index) {
        return loadReadOnly64(array, Math.toIntExact(index));
    }

    /** {@code ld.global.nc.L1::no_allocate.L2::256B.v2.u32} (… ld.global.nc; Cache Eviction Priority Hints). */
    public static Pair loadStream64(IntArray array, int index) {
        return pair(array, aligned(index, 2));
    }

    /** {@link #loadStream64(IntArray, int)} with a 64-bit index. */
    public static Pair loadStream64(IntArray array, long index) {
        return loadStream64(array, Math.toIntExact(index));
    }

    /**
     * {@code ld.global.u32} (Data Movement and Conversion Instructions: ld); cheaper addressing than the array's
     * get.
     */
    public static int load32(IntArray array, int index) {
        return array.get(index);
    }

    /** {@link #load32(IntArray, int)} with a 64-bit index. */
    public static int load32(IntArray array, long index) {
        return array.get(Math.toIntExact(index));
    }

    /** {@code ld.global.nc.u32} (… ld.global.nc). */
    public static int loadReadOnly32(IntArray array, int index) {
        return array.get(index);
    }

    /** {@link #loadReadOnly32(IntArray, int)} with a 64-bit index. */
    public static int loadReadOnly32(IntArray array, long index) {
        return array.get(Math.toIntExact(index));
    }

    /** {@code ld.global.nc.L1::no_allocate.L2::256B.u32} (… ld.global.nc; Cache Eviction Priority Hints). */
    public static int loadStream32(IntArray array, int index) {
        return array.get(index);
    }

    /** {@link #loadStream32(IntArray, int)} with a 64-bit index. */
    public static int loadStream32(IntArray array, long index) {
        return array.get(Math.toIntExact(index));
    }

    /**
     * {@link #loadStream32(IntArray, int)} of element {@code index + offset}. The offset is part of the instruction's
     * address, so that loads at several distances from one index need that index's address only once.
     *
     * @param offset a compile-time constant
     */
    public static int loadStream32(IntArray array, int index, int offset) {
        return array.get(index + offset);
    }

    /**
     * {@link #loadReadOnly32(IntArray, int)} of element {@code index + offset}.
     *
     * @param offset a compile-time constant
     */
    public static int loadReadOnly32(IntArray array, int index, int offset) {
        return array.get(index + offset);
    }

    /**
     * {@link #loadReadOnly128(IntArray, int)} of the four elements from {@code index + offset} on.
     *
     * @param offset a compile-time constant
     */
    public static Quad loadReadOnly128(IntArray array, int index, int offset) {
        return quad(array, aligned(index + offset, 4));
    }

    /**
     * {@link #loadStream128(IntArray, int)} of the four elements from {@code index + offset} on.
     *
     * @param offset a compile-time constant
     */
    public static Quad loadStream128(IntArray array, int index, int offset) {
        return quad(array, aligned(index + offset, 4));
    }

    /** {@code st.global.v4.u32} (Data Movement and Conversion Instructions: st). */
    public static void store128(IntArray array, int index, int x, int y, int z, int w) {
        aligned(index, 4);
        array.set(index, x);
        array.set(index + 1, y);
        array.set(index + 2, z);
        array.set(index + 3, w);
    }

    /** {@link #store128(IntArray, int, int, int, int, int)} with a 64-bit index. */
    public static void store128(IntArray array, long index, int x, int y, int z, int w) {
        store128(array, Math.toIntExact(index), x, y, z, w);
    }

    /** {@code st.global.v4.f32} (… st). */
    public static void store128(FloatArray array, int index, float x, float y, float z, float w) {
        aligned(index, 4);
        array.set(index, x);
        array.set(index + 1, y);
        array.set(index + 2, z);
        array.set(index + 3, w);
    }

    /** Output that this launch does not read again: {@code st.global.cs.v4.u32} (… st; Cache Operators). */
    public static void storeStream128(IntArray array, int index, int x, int y, int z, int w) {
        store128(array, index, x, y, z, w);
    }

    /** {@link #storeStream128(IntArray, int, int, int, int, int)} with a 64-bit index. */
    public static void storeStream128(IntArray array, long index, int x, int y, int z, int w) {
        store128(array, Math.toIntExact(index), x, y, z, w);
    }

    /** {@code st.global.v2.u32} (… st). */
    public static void store64(IntArray array, int index, int x, int y) {
        aligned(index, 2);
        array.set(index, x);
        array.set(index + 1, y);
    }

    /** {@link #store64(IntArray, int, int, int)} with a 64-bit index. */
    public static void store64(IntArray array, long index, int x, int y) {
        store64(array, Math.toIntExact(index), x, y);
    }

    /** {@code st.global.v2.f32} (… st). */
    public static void store64(FloatArray array, int index, float x, float y) {
        aligned(index, 2);
        array.set(index, x);
        array.set(index + 1, y);
    }

    /** {@code st.global.u32} (… st); cheaper addressing than the array's set. */
    public static void store32(IntArray array, int index, int value) {
        array.set(index, value);
    }

    /** {@link #store32(IntArray, int, int)} with a 64-bit index. */
    public static void store32(IntArray array, long index, int value) {
        array.set(Math.toIntExact(index), value);
    }

    /** Asks L2 to fetch the line of an element: {@code prefetch.global.L2} (… prefetch). Changes no value. */
    public static void prefetchL2(IntArray array, int index) {
        array.get(index);
    }

    private static int aligned(int index, int elements) {
        if (index % elements != 0) {
            throw new IllegalArgumentException(
                    "index " + index + " of a " + 32 * elements + "-bit access is not a multiple of " + elements);
        }
        return index;
    }

    private static Quad quad(IntArray array, int index) {
        return new Quad(array.get(index), array.get(index + 1), array.get(index + 2), array.get(index + 3));
    }

    private static Quad quad(FloatArray array, int index) {
        return new Quad(PtxBits.asInt(array.get(index)), PtxBits.asInt(array.get(index + 1)),
                PtxBits.asInt(array.get(index + 2)), PtxBits.asInt(array.get(index + 3)));
    }

    private static Pair pair(IntArray array, int index) {
        return new Pair(array.get(index), array.get(index + 1));
    }
}
