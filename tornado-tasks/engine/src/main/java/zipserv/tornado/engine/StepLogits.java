package zipserv.tornado.engine;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;

import zipserv.model.Engine;

/**
 * Logits that are still on the device, in neighbouring rows of the last step. Only what is asked for crosses the bus.
 */
final class StepLogits implements Engine.Logits {

    private final StepsAhead steps;
    private final int vocabulary;
    private final int firstRow;
    private final int rows;
    private final MemorySegment scratch;
    private boolean expired;

    /** @param scratch room for a row; the engine has one for all steps, since clearing it takes time */
    StepLogits(StepsAhead steps, MemorySegment scratch, int vocabulary, int firstRow, int rows) {
        this.steps = steps;
        this.vocabulary = vocabulary;
        this.firstRow = firstRow;
        this.rows = rows;
        this.scratch = scratch;
    }

    /** The engine's next call begins. */
    void expire() {
        expired = true;
    }

    @Override
    public int rows() {
        return rows;
    }

    @Override
    public void copyRow(int row, float[] out) {
        steps.copyLogits(stepRow(row), scratch);
        MemorySegment.copy(scratch, ValueLayout.JAVA_FLOAT, 0, out, 0, vocabulary);
    }

    @Override
    public int chosen(int row) {
        return steps.best(stepRow(row));
    }

    private int stepRow(int row) {
        if (expired) {
            throw new IllegalStateException("these logits are gone: the engine has computed others since");
        }
        if (row < 0 || row >= rows) {
            throw new IndexOutOfBoundsException("row " + row + " of " + rows);
        }
        return firstRow + row;
    }
}
