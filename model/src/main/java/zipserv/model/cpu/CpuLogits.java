package zipserv.model.cpu;

import java.util.List;

import zipserv.model.Engine;
import zipserv.model.sampling.Choice;
import zipserv.model.sampling.Sampler;

/**
 * Logits of some rows. A large prefill may ask for all of them, gigabytes with a large vocabulary, so they are computed
 * a block of rows at a time, when they are first read.
 */
final class CpuLogits implements Engine.Logits {

    /** Computes the logits of rows {@code first .. first + count - 1} into rows 0 .. count - 1 of {@code out}. */
    @FunctionalInterface
    interface Head {
        void compute(int first, int count, Rows out);
    }

    private final int rows;
    private final Rows block;
    private final Head head;
    private final List<Choice> choices;
    private final Sampler sampler;
    private int first;
    private int count;
    private boolean stale;

    /**
     * @param block   receives as many rows at a time as it has
     * @param choices one per row
     */
    CpuLogits(List<Choice> choices, Rows block, Head head, Sampler sampler) {
        this.rows = choices.size();
        this.choices = choices;
        this.block = block;
        this.head = head;
        this.sampler = sampler;
        load(0);
    }

    /** Ends the life of these logits: the memory behind them gets new contents. */
    void expire() {
        stale = true;
    }

    @Override
    public int rows() {
        return rows;
    }

    @Override
    public void copyRow(int row, float[] out) {
        System.arraycopy(block.data, locate(row), out, 0, block.width);
    }

    @Override
    public int chosen(int row) {
        return sampler.sample(block.data, locate(row), block.width, choices.get(row));
    }

    private int locate(int row) {
        if (stale) {
            throw new IllegalStateException("these logits ended with the engine's next call");
        }
        if (row < 0 || row >= rows) {
            throw new IndexOutOfBoundsException("row " + row + " of " + rows);
        }
        if (row < first || row >= first + count) {
            load(row / block.count * block.count);
        }
        return block.offset(row - first);
    }

    private void load(int from) {
        first = from;
        count = Math.min(block.count, rows - from);
        head.compute(first, count, block);
    }
}
