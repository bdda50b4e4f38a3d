package zipserv.tornado.engine;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.List;

import zipserv.model.Engine;
import zipserv.model.sampling.Choice;
import zipserv.model.sampling.Sampler;

/**
 * Logits that are still on the device, in neighbouring rows of the last step. Only what is asked for crosses the bus.
 */
final class StepLogits implements Engine.Logits {

    private final StepsAhead steps;
    private final int vocabulary;
    private final int firstRow;
    private final List<Choice> choices;
    private final MemorySegment scratch;
    private boolean expired;

    /** @param scratch room for a row; the engine has one for all steps, since clearing it takes time */
    StepLogits(StepsAhead steps, MemorySegment scratch, int vocabulary, int firstRow,
            List<Choice> choices) {
        this.steps = steps;
        this.vocabulary = vocabulary;
        this.firstRow = firstRow;
        this.choices = choices;
        this.scratch = scratch;
    }

    /** The engine's next call begins. */
    void expire() {
        expired = true;
    }

    @Override
    public int rows() {
        return choices.size();
    }

    @Override
    public void copyRow(int row, float[] out) {
        steps.copyLogits(stepRow(row), scratch);
        MemorySegment.copy(scratch, ValueLayout.JAVA_FLOAT, 0, out, 0, vocabulary);
    }

    @Override
    public int chosen(int row) {
        int stepRow = stepRow(row);
        if (choices.get(row).isGreedy()) {
            return steps.best(stepRow);
        }
        float[] logits = new float[vocabulary];
        copyRow(row, logits);
        return new Sampler().sample(logits, choices.get(row));
    }

    private int stepRow(int row) {
        if (expired) {
            throw new IllegalStateException("these logits are gone: the engine has computed others since");
        }
        if (row < 0 || row >= rows()) {
            throw new IndexOutOfBoundsException("row " + row + " of " + rows());
        }
        return firstRow + row;
    }
}
