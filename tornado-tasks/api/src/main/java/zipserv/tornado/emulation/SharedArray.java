package zipserv.tornado.emulation;

import java.lang.reflect.Array;

/** One array in shared memory, with the history of its accesses. */
final class SharedArray {

    final String site;
    final Object array;
    boolean allocated;
    private final String name;
    private final int size;
    private final AccessHistory history;

    SharedArray(String site, String name, Object array) {
        this.site = site;
        this.name = name;
        this.array = array;
        this.size = Array.getLength(array);
        this.history = new AccessHistory(size);
    }

    int size() {
        return size;
    }

    int bytes() {
        return size * switch (array) {
            case byte[] a -> 1;
            case int[] a -> 4;
            case float[] a -> 4;
            default -> 8;
        };
    }

    void read(int index, EmulatedThread lane) {
        check(index, "read");
        report(history.read(index, 1, lane), index);
    }

    void write(int index, EmulatedThread lane) {
        check(index, "write");
        report(history.write(index, lane), index);
    }

    private void check(int index, String access) {
        if (index < 0 || index >= size) {
            throw new AccessFault(access + " of index " + index + " out of range of shared array '" + name + "' ("
                    + describe() + ")");
        }
    }

    private void report(String problem, int index) {
        if (problem != null) {
            throw new AccessFault(problem + "element " + index + " of shared array '" + name + "'");
        }
    }

    String describe() {
        return array.getClass().componentType() + "[" + size + "]";
    }
}
