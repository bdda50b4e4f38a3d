package zipserv.tornado.bench;

import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Map;
import zipserv.tornado.cuda.Cuda;
import zipserv.tornado.cuda.GpuArrays;

/**
 * Copies of weights in device memory. A launch that finds its weights in the L2 cache measures the cache, so launches
 * take copies in turn that together exceed it {@value #L2_MULTIPLE} times.
 */
final class DeviceCopies implements AutoCloseable {

    /** Launches of one replay, at most. */
    private static final int LAUNCHES = 24;
    /** A replay should not take longer than about this. */
    private static final double REPLAY_MICROS = 20_000;
    /** What a large GPU does in a microsecond. */
    private static final double BYTES_PER_MICRO = 4e6;
    private static final double OPERATIONS_PER_MICRO = 4e8;
    private static final double L2_MULTIPLE = 3;
    private static final int ALIGNMENT = GpuArrays.ALIGNMENT;
    /** What kernels may read beyond the end. */
    private static final int READ_OVER = 240;

    private final Cuda cuda;
    private final int headerBytes;
    private final Map<Object, List<Long>> copies = new IdentityHashMap<>();

    /**
     * No copies yet.
     *
     * @param headerBytes how far element 0, which lies at a multiple of {@value #ALIGNMENT}, is behind the address:
     *                    {@link GpuArrays#HEADER_BYTES} for TornadoVM's kernels, 0 for cuBLAS
     */
    DeviceCopies(Cuda cuda, int headerBytes) {
        this.cuda = cuda;
        this.headerBytes = headerBytes;
    }

    /** How many copies of weights are needed that are read together. */
    int count(long bytes) {
        return (int) Math.clamp(Math.ceil(L2_MULTIPLE * cuda.l2Bytes() / bytes), 1, LAUNCHES);
    }

    /**
     * How many launches a replay should have, for every copy to have its turn as often as the others: some 24, fewer if
     * they take long.
     *
     * @param bytes      of one copy
     * @param operations of one launch
     */
    int launches(long bytes, double operations) {
        double micros = Math.max(bytes / BYTES_PER_MICRO, operations / OPERATIONS_PER_MICRO);
        double launches = Math.clamp(REPLAY_MICROS / micros, 1, LAUNCHES);
        return Math.max(1, (int) (launches / count(bytes))) * count(bytes);
    }

    /**
     * Addresses of that many copies, headers included.
     *
     * @param owner what identifies the data, an array
     * @param data  its elements
     */
    List<Long> of(Object owner, MemorySegment data, int count) {
        List<Long> addresses = copies.computeIfAbsent(owner, _ -> new ArrayList<>());
        while (addresses.size() < count) {
            long address = cuda.allocate(ALIGNMENT + data.byteSize() + READ_OVER) + ALIGNMENT - headerBytes;
            if (addresses.isEmpty()) {
                cuda.upload(address + headerBytes, data);
            } else {
                cuda.enqueueCopy(address + headerBytes, addresses.getFirst() + headerBytes, data.byteSize());
            }
            addresses.add(address);
        }
        return addresses;
    }

    /** Frees the copies of one array. */
    void free(Object owner) {
        copies.remove(owner).forEach(address -> cuda.free(address + headerBytes - ALIGNMENT));
    }

    @Override
    public void close() {
        List.copyOf(copies.keySet()).forEach(this::free);
    }
}
