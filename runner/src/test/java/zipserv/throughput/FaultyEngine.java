package zipserv.throughput;

import java.util.List;
import java.util.Optional;
import zipserv.model.DeviceInfo;
import zipserv.model.Engine;
import zipserv.model.MemoryUse;
import zipserv.model.ModelConfig;
import zipserv.model.ModelConfig.Architecture;
import zipserv.model.ModelConfig.Rope;
import zipserv.model.sampling.Choice;

/** An engine that continues every text with its length, and has the faults that it is told to have. */
final class FaultyEngine implements Engine {

    private static final ModelConfig CONFIG = new ModelConfig(Architecture.LLAMA, 2, 2, 1, 1, 1, 2, 1000, 500, 1e-5f,
            new Rope(10_000, Optional.empty()), false, false, false, false, false);

    enum Fault { NONE, SEQUENCES_STAY_OPEN, MEMORY_GROWS, DEVICE_MEMORY_SHRINKS, BATCHES_MIX_UP, CHANGES_ITS_MIND }

    private final Fault fault;
    private int taken;
    private int calls;

    FaultyEngine(Fault fault) {
        this.fault = fault;
    }

    @Override
    public String name() {
        return "faulty";
    }

    @Override
    public ModelConfig config() {
        return CONFIG;
    }

    @Override
    public int maxBatch() {
        return 8;
    }

    @Override
    public int room() {
        return Math.min(CONFIG.maxPositions(), 2000 - taken);
    }

    @Override
    public MemoryUse memory() {
        return new MemoryUse(7, 2000, fault == Fault.MEMORY_GROWS ? calls / 100 : 0);
    }

    @Override
    public Optional<DeviceInfo> device() {
        long lost = fault == Fault.DEVICE_MEMORY_SHRINKS ? (long) calls << 18 : 0;
        return Optional.of(new DeviceInfo("device", "1", 1L << 40, (1L << 39) - lost));
    }

    @Override
    public Sequence newSequence(int capacity) {
        taken += capacity;
        return new Text(capacity);
    }

    @Override
    public Logits prefill(Sequence sequence, int[] tokens, LogitsAt at) {
        ((Text) sequence).length += tokens.length;
        return answer(List.of(sequence));
    }

    @Override
    public Logits prefill(Sequence sequence, int[] tokens, Choice choice) {
        return prefill(sequence, tokens, LogitsAt.LAST);
    }

    @Override
    public Logits decode(List<? extends Sequence> sequences, int[] tokens, List<Choice> choices) {
        sequences.forEach(sequence -> ((Text) sequence).length++);
        return answer(sequences);
    }

    private Logits answer(List<? extends Sequence> sequences) {
        calls++;
        int[] tokens = sequences.stream().mapToInt(Sequence::length).toArray();
        if (fault == Fault.BATCHES_MIX_UP && tokens.length > 3) {
            tokens[2] = tokens[3];
        }
        if (fault == Fault.CHANGES_ITS_MIND && calls == 20) {
            tokens[0]++;
        }
        return new Logits() {
            @Override
            public int rows() {
                return tokens.length;
            }

            @Override
            public void copyRow(int row, float[] out) {
                throw new UnsupportedOperationException();
            }

            @Override
            public int chosen(int row) {
                return tokens[row];
            }
        };
    }

    @Override
    public void close() {
    }

    private final class Text implements Sequence {

        private final int capacity;
        private int length;

        Text(int capacity) {
            this.capacity = capacity;
        }

        @Override
        public int length() {
            return length;
        }

        @Override
        public int capacity() {
            return capacity;
        }

        @Override
        public void truncate(int newLength) {
            length = newLength;
        }

        @Override
        public void close() {
            if (fault != Fault.SEQUENCES_STAY_OPEN) {
                taken -= capacity;
            }
        }
    }
}
