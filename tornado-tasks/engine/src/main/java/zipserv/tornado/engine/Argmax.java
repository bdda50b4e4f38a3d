package zipserv.tornado.engine;

import uk.ac.manchester.tornado.api.KernelContext;
import uk.ac.manchester.tornado.api.types.arrays.IntArray;
import zipserv.tornado.ptx.PtxBits;
import zipserv.tornado.ptx.PtxMemory;
import zipserv.tornado.ptx.PtxSync;

/**
 * The largest logit of each row: the lowest index among equals, never a NaN. Blocks search a part of a row each; the last
 * one to finish searches what they have found.
 */
final class Argmax {

    /** Threads of a block. */
    static final int THREADS = 256;
    /** Most blocks of a row. */
    private static final int MAX_PARTS = 64;
    /** Words of a row's finds: a value and an index per part. */
    static final int FOUND_WORDS = 2 * MAX_PARTS;
    /** Elements from which on a thread gets more than one of them. */
    private static final int PART_COLUMNS = 2048;

    private static final int NONE = -1;
    private static final int INFINITY = 0x7F80_0000;

    private Argmax() {
    }

    /** Blocks of a row: a power of two. */
    static int parts(int columns) {
        int wanted = (columns + PART_COLUMNS - 1) / PART_COLUMNS;
        int parts = 1;
        while (parts < wanted && parts < MAX_PARTS) {
            parts = parts << 1;
        }
        return parts;
    }

    /**
     * The kernel. Worker: 1-D, {@value #THREADS} threads a block, {@link #parts} blocks per row.
     *
     * @param logits  fp32 bits, rows of {@code columns}; parts are added up, the sums replace the first parts
     * @param found   {@value #FOUND_WORDS} words per row
     * @param tickets a zero per row
     * @param best    the index per row, -1 if all are NaN
     * @param parts   {@link #parts}
     * @param rest    distance of the parts of logits, see {@link SplitValue}
     */
    static void find(KernelContext context, IntArray logits, IntArray found, IntArray tickets, IntArray best,
            int columns, int parts, int rest) {
        float[] values = context.allocateFloatLocalArray(THREADS);
        int[] indices = context.allocateIntLocalArray(THREADS);
        int[] ticket = context.allocateIntLocalArray(1);
        int thread = context.localIdx;
        int row = context.groupIdx / parts;
        int part = context.groupIdx % parts;
        int first = row * columns;
        float value = 0f;
        int index = NONE;
        for (int i = part * THREADS + thread; i < columns; i += parts * THREADS) {
            float candidate = SplitValue.load(logits, first + i, rest);
            int bits = PtxBits.asInt(candidate);
            if (rest != 0) {
                PtxMemory.store32(logits, first + i, bits);
            }
            boolean number = (bits & 0x7FFF_FFFF) <= INFINITY;
            if (number && (index < 0 || candidate > value)) {
                value = candidate;
                index = i;
            }
        }
        values[thread] = value;
        indices[thread] = index;
        for (int distance = THREADS / 2; distance > 0; distance = distance >>> 1) {
            context.localBarrier();
            if (thread < distance) {
                float otherValue = values[thread + distance];
                int otherIndex = indices[thread + distance];
                boolean larger = otherIndex >= 0
                        && (index < 0 || otherValue > value || otherValue == value && otherIndex < index);
                if (larger) {
                    value = otherValue;
                    index = otherIndex;
                }
                values[thread] = value;
                indices[thread] = index;
            }
        }
        if (thread == 0) {
            PtxMemory.store64(found, row * FOUND_WORDS + 2 * part, PtxBits.asInt(value), index);
            PtxSync.fence();
            ticket[0] = PtxSync.fetchAdd(tickets, row, 1);
        }
        context.localBarrier();
        if (ticket[0] == parts - 1) {
            PtxSync.fence();
            value = 0f;
            index = NONE;
            if (thread < parts) {
                value = PtxBits.asFloat(PtxMemory.load32(found, row * FOUND_WORDS + 2 * thread));
                index = PtxMemory.load32(found, row * FOUND_WORDS + 2 * thread + 1);
            }
            values[thread] = value;
            indices[thread] = index;
            for (int distance = parts >>> 1; distance > 0; distance = distance >>> 1) {
                context.localBarrier();
                if (thread < distance) {
                    float otherValue = values[thread + distance];
                    int otherIndex = indices[thread + distance];
                    boolean larger = otherIndex >= 0
                            && (index < 0 || otherValue > value || otherValue == value && otherIndex < index);
                    if (larger) {
                        value = otherValue;
                        index = otherIndex;
                    }
                    values[thread] = value;
                    indices[thread] = index;
                }
            }
            if (thread == 0) {
                best.set(row, index);
                tickets.set(row, 0);
            }
        }
    }
}
