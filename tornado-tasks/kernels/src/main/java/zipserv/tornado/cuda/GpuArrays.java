package zipserv.tornado.cuda;

import java.lang.foreign.MemorySegment;
import java.util.IdentityHashMap;
import java.util.Map;
import java.util.function.LongConsumer;
import uk.ac.manchester.tornado.api.types.arrays.FloatArray;
import uk.ac.manchester.tornado.api.types.arrays.IntArray;
import uk.ac.manchester.tornado.api.types.arrays.TornadoNativeArray;
import zipserv.tornado.kernels.DeviceArrays;
import zipserv.tornado.kernels.HostArrays;

/**
 * Arrays that exist in device memory only. Their contents are copied there piece by piece, from mapped files for
 * instance; what the host gets is an array of one element, good for naming the memory in a {@link
 * zipserv.tornado.kernels.Launch} and for compiling the kernel.
 */
public final class GpuArrays implements DeviceArrays {

    /** Element 0 of an array lies this far behind the address that a kernel gets, as in TornadoVM. */
    public static final int HEADER_BYTES = 16;
    /**
     * Element 0 lies at a multiple of this. In TornadoVM's own buffers it lies {@value #HEADER_BYTES} bytes behind one,
     * so that a warp's 128 bytes are in two lines and five sectors, which costs a third of the bandwidth where rows are
     * written.
     */
    public static final int ALIGNMENT = 256;
    /** Bytes that are copied at a time, so that progress can be told. */
    private static final long COPY_BYTES = 64L << 20;

    private final Cuda cuda;
    private final LongConsumer copied;
    private final Map<TornadoNativeArray, Long> addresses = new IdentityHashMap<>();

    /**
     * No arrays yet.
     *
     * @param copied hears how many bytes were copied, after each piece
     */
    public GpuArrays(Cuda cuda, LongConsumer copied) {
        this.cuda = cuda;
        this.copied = copied;
    }

    @Override
    public IntArray ints(long words, Piece... pieces) {
        IntArray array = HostArrays.ints(1);
        allocate(array, words, pieces);
        return array;
    }

    @Override
    public FloatArray floats(long words, Piece... pieces) {
        FloatArray array = HostArrays.floats(1);
        allocate(array, words, pieces);
        return array;
    }

    private void allocate(TornadoNativeArray array, long words, Piece... pieces) {
        long bytes = (ALIGNMENT + 4 * words + 15) / 16 * 16;
        long allocation = cuda.allocate(bytes);
        long address = allocation + ALIGNMENT - HEADER_BYTES;
        addresses.put(array, address);
        long covered = 0;
        for (Piece piece : pieces) {
            covered += piece.byteSize();
        }
        if (covered < 4 * words) {
            cuda.fill(allocation, 0, bytes);
        }
        for (Piece piece : pieces) {
            MemorySegment data = piece.data().get();
            for (long from = 0; from < piece.byteSize(); from += COPY_BYTES) {
                long count = Math.min(COPY_BYTES, piece.byteSize() - from);
                cuda.upload(address + HEADER_BYTES + piece.byteOffset() + from, data.asSlice(from, count));
                copied.accept(count);
            }
        }
    }

    /** What a kernel gets for an array. */
    public long argument(TornadoNativeArray array) {
        return addresses.get(array);
    }

    /** Where element 0 lies. */
    public long payload(TornadoNativeArray array) {
        return argument(array) + HEADER_BYTES;
    }
}
