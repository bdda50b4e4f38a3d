package zipserv.tornado.emulation;

import java.lang.reflect.Array;
import java.util.ArrayList;
import java.util.List;

/** The arrays that the kernel of a block allocated in shared memory. */
final class SharedArrays {

    /** Static shared memory of a block. */
    static final int MAX_BYTES = 48 * 1024;
    /** All shared memory of a block, if some of it is asked for at the launch. */
    static final int MAX_DYNAMIC_BYTES = 227 * 1024;
    static final int DYNAMIC_ALIGNMENT = 1024;

    private final Block block;
    private final List<SharedArray> known = new ArrayList<>();
    private int bytes;
    private int dynamicBytes;

    SharedArrays(Block block) {
        this.block = block;
    }

    void reset() {
        bytes = 0;
        dynamicBytes = 0;
        for (SharedArray array : known) {
            array.allocated = false;
        }
    }

    /** Returns the array of an allocation site, the same for all threads of the block. */
    <T> T array(Class<T> type, int size, String site, String name) {
        SharedArray found = null;
        for (SharedArray array : known) {
            if (array.site.equals(site)) {
                found = array;
            }
        }
        if (found == null) {
            found = new SharedArray(site, name, Array.newInstance(type.componentType(), size));
            known.add(found);
        }
        if (found.size() != size || !type.isInstance(found.array)) {
            throw new AccessFault("threads disagree on the type or size of shared array '" + name + "': "
                    + type.componentType() + "[" + size + "] and " + found.describe());
        }
        if (!found.allocated) {
            found.allocated = true;
            bytes += reserve(found.bytes());
        }
        return type.cast(found.array);
    }

    /** Counts bytes against the block's limit and returns them. */
    int reserve(int more) {
        if (bytes + more > MAX_BYTES) {
            throw new AccessFault("shared memory: " + (bytes + more) + " bytes, but a block has " + MAX_BYTES);
        }
        checkAll(more);
        return more;
    }

    /** Memory that is asked for at the launch follows all other, at a multiple of its alignment. */
    private void checkAll(int more) {
        int all = Math.ceilDiv(bytes + more, DYNAMIC_ALIGNMENT) * DYNAMIC_ALIGNMENT + dynamicBytes;
        if (dynamicBytes > 0 && all > MAX_DYNAMIC_BYTES) {
            throw new AccessFault("shared memory: " + all + " bytes, but a block has " + MAX_DYNAMIC_BYTES);
        }
    }

    /** Counts memory that is asked for at the launch. */
    void addDynamicBytes(int more) {
        dynamicBytes = more;
        checkAll(0);
    }

    /** Returns the shared array that a Java array is, or null if it is private to the thread. */
    SharedArray find(Object array) {
        for (int i = 0; i < known.size(); i++) {
            SharedArray candidate = known.get(i);
            if (candidate.array == array) {
                return candidate;
            }
        }
        return null;
    }

    int bytes() {
        return bytes;
    }

    void addBytes(int more) {
        bytes += reserve(more);
    }
}
