package zipserv.tornado.engine;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;

import zipserv.model.Engine;

/** Logits of a prefill that took several steps, copied to the host step by step. */
final class CollectedLogits implements Engine.Logits, AutoCloseable {

    private final Arena arena = Arena.ofShared();
    private final int vocabulary;
    private final MemorySegment values;
    private final int[] best;

    CollectedLogits(int rows, int vocabulary) {
        this.vocabulary = vocabulary;
        this.values = arena.allocate((long) rows * vocabulary * Float.BYTES, Float.BYTES);
        this.best = new int[rows];
    }

    /** Takes the first rows of the last step. */
    void collect(StepsAhead steps, int firstRow, int rows) {
        long rowBytes = (long) vocabulary * Float.BYTES;
        for (int row = 0; row < rows; row++) {
            steps.copyLogits(row, values.asSlice((firstRow + row) * rowBytes, rowBytes));
            best[firstRow + row] = steps.best(row);
        }
    }

    @Override
    public int rows() {
        return best.length;
    }

    @Override
    public void copyRow(int row, float[] out) {
        long from = (long) checked(row) * vocabulary * Float.BYTES;
        MemorySegment.copy(values, ValueLayout.JAVA_FLOAT, from, out, 0, vocabulary);
    }

    @Override
    public int chosen(int row) {
        return best[checked(row)];
    }

    private int checked(int row) {
        if (!arena.scope().isAlive()) {
            throw new IllegalStateException("these logits are gone: the engine has computed others since");
        }
        if (row < 0 || row >= best.length) {
            throw new IndexOutOfBoundsException("row " + row + " of " + best.length);
        }
        return row;
    }

    /** Frees the memory; the logits can no longer be read. */
    @Override
    public void close() {
        if (arena.scope().isAlive()) {
            arena.close();
        }
    }
}
