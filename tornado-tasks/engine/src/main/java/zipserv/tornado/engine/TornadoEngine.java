package zipserv.tornado.engine;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.function.LongConsumer;

import zipserv.model.DeviceInfo;
import zipserv.model.Engine;
import zipserv.model.EngineOptions;
import zipserv.model.MemoryUse;
import zipserv.model.ModelConfig;
import zipserv.model.ModelException;
import zipserv.model.ModelWeights;
import zipserv.model.sampling.Choice;
import zipserv.tornado.cuda.Cuda;
import zipserv.tornado.kernels.GpuException;
import zipserv.tornado.kernels.GpuRuntime;
import zipserv.tornado.ptx.plugin.GpuDriver;

/**
 * The model on a GPU through TornadoVM, or in the emulation: weights stay in their storage format in device memory,
 * and so do cache and activations. Per step a few words a row go there and one token comes back; logits only if
 * somebody asks.
 *
 * <p>Projections multiply BF16 on Tensor Cores and add in fp32, with activations as sums of two BF16 or rounded to one
 * ({@link ActivationFormat}); the residual stream, norms, queries and softmax are fp32, keys and values BF16. A row's
 * bits depend on its tokens, the weights and the sizes of the steps only: not on the weights' format or other sequences
 * in the batch. Tokens are chosen on the device.
 */
public final class TornadoEngine implements Engine {

    /** System property: true to run steps as TornadoVM's task graphs, slower and with a copy of everything on the host. */
    static final String TASK_GRAPHS = "zipserv.taskgraphs";

    private final String name;
    private final ModelConfig config;
    private final EngineLimits limits;
    private final CacheSpace space;
    private final MemoryUse memory;
    private final Steps steps;
    private final StepInput input;
    private final StepChoices choices;
    private final StepsAhead ahead;
    /** Room for a row of logits on its way. */
    private final MemorySegment scratch;
    private Runnable expireLogits = () -> { };

    /**
     * Brings the weights to the device and runs an empty step, so that everything that can fail fails here.
     *
     * @param name    "gpu" or "emulator"
     * @param weights may be closed afterwards
     * @throws ModelException if the kernels cannot run this model
     */
    public TornadoEngine(String name, ModelConfig config, ModelWeights weights, EngineLimits limits) {
        this(name, config, weights, limits, EngineOptions.defaults());
    }

    /** The same, with somebody who hears of its progress. */
    TornadoEngine(String name, ModelConfig config, ModelWeights weights, EngineLimits limits, EngineOptions options) {
        check(config, weights);
        this.name = name;
        this.config = config;
        this.limits = limits;
        this.space = new CacheSpace(limits.cacheTokens());
        this.memory = ModelMemory.of(config, weights, limits);
        this.steps = steps(weights.bytes(), options);
        try {
            DeviceWeights deviceWeights = DeviceWeights.of(config, weights, limits.positions(config), steps.arrays());
            DeviceState state = new DeviceState(config, limits, deviceWeights, steps.arrays());
            this.input = steps.input(limits.maxRows());
            this.choices = steps.choices(limits.maxBatch());
            steps.load(new Forward(config, limits, deviceWeights, state, input, choices));
            this.ahead = new StepsAhead(steps, input, choices);
            this.scratch = Arena.ofAuto().allocate((long) config.vocabularySize() * Float.BYTES, Float.BYTES);
            ahead.prompt(1);
            ahead.decode(1, false);
        } catch (RuntimeException | LinkageError e) {
            steps.close();
            throw e;
        }
    }

    private static Steps steps(long weightBytes, EngineOptions options) {
        if (GpuRuntime.isEmulation() || Boolean.getBoolean(TASK_GRAPHS)) {
            return new TaskGraphSteps();
        }
        GpuRuntime.prepare();
        Cuda cuda = Cuda.open().orElseThrow(() -> new GpuException(GpuDriver.NO_DRIVER, null));
        LongConsumer progress = new LongConsumer() {
            private long done;

            @Override
            public void accept(long bytes) {
                done = Math.min(weightBytes, done + bytes);
                options.progress().progress(done, weightBytes, "weights");
            }
        };
        return new ReplayedSteps(cuda, progress, options.log());
    }

    private static void check(ModelConfig config, ModelWeights weights) {
        if (config.headDim() % 4 != 0 || config.headDim() > Attention.MAX_WIDTH) {
            throw new ModelException("heads of " + config.headDim()
                    + " elements: this engine needs a multiple of 4, at most "
                    + Attention.MAX_WIDTH + "; run the model on the CPU");
        }
        if (config.hiddenSize() % 4 != 0 || config.hiddenSize() > Normalization.MAX_COLUMNS) {
            throw new ModelException("hidden size of " + config.hiddenSize()
                    + ": this engine needs a multiple of 4, at most " + Normalization.MAX_COLUMNS
                    + "; run the model on the CPU");
        }
        if (weights.head().bias() != null) {
            throw new ModelException("the output matrix has a bias, which this engine cannot add; run the model on"
                    + " the CPU");
        }
    }

    /** What runs the steps, for measurements. */
    Steps steps() {
        return steps;
    }

    @Override
    public String name() {
        return name;
    }

    @Override
    public ModelConfig config() {
        return config;
    }

    @Override
    public int maxBatch() {
        return limits.maxBatch();
    }

    @Override
    public int room() {
        return Math.min(config.maxPositions(), space.largest());
    }

    @Override
    public MemoryUse memory() {
        return memory;
    }

    @Override
    public Optional<DeviceInfo> device() {
        return GpuRuntime.isEmulation() ? Optional.empty() : GpuDevice.query();
    }

    @Override
    public Sequence newSequence(int capacity) {
        if (capacity < 1 || capacity > config.maxPositions()) {
            throw new IllegalArgumentException("capacity of " + capacity + " tokens, expected 1 to "
                    + config.maxPositions());
        }
        return new TornadoSequence(this, space, capacity);
    }

    @Override
    public Logits prefill(Sequence sequence, int[] tokens, LogitsAt at) {
        return prefill(sequence, tokens, at, Choice.greedy());
    }

    @Override
    public Logits prefill(Sequence sequence, int[] tokens, Choice choice) {
        return prefill(sequence, tokens, LogitsAt.LAST, choice);
    }

    private Logits prefill(Sequence sequence, int[] tokens, LogitsAt at, Choice choice) {
        if (tokens.length == 0) {
            throw new IllegalArgumentException("no tokens to append");
        }
        config.checkTokens(tokens);
        TornadoSequence own = own(sequence);
        own.checkRoom(tokens.length);
        expireLogits.run();
        List<Integer> promptSteps = limits.promptSteps(tokens.length,
                at == LogitsAt.ALL ? limits.maxBatch() : limits.maxRows());
        boolean collecting = at == LogitsAt.ALL && promptSteps.size() > 1;
        CollectedLogits collected = collecting ? new CollectedLogits(tokens.length, config.vocabularySize()) : null;
        expireLogits = collecting ? collected::close : () -> { };
        choices.clear();
        int from = 0;
        int count = 0;
        boolean onlyLast = false;
        for (int step : promptSteps) {
            from += count;
            count = Math.min(step, tokens.length - from);
            onlyLast = limits.onlyLast(step);
            // Where only the step's last row gets logits, the last token has to be there.
            int first = onlyLast ? step - count : 0;
            input.clear();
            for (int row = 0; row < count; row++) {
                input.set(first + row, tokens[from + row], own.length() + from + row, own.firstSlot());
            }
            if (from + count == tokens.length) {
                choices.set(onlyLast ? 0 : count - 1, choice);
            }
            ahead.prompt(count);
            if (collecting) {
                collected.collect(ahead, from, count);
            }
        }
        own.advance(tokens.length);
        if (collecting) {
            return collected;
        }
        return at == LogitsAt.ALL ? logits(0, count) : logits(onlyLast ? 0 : count - 1, 1);
    }

    @Override
    public Logits decode(List<? extends Sequence> sequences, int[] tokens, List<Choice> rowChoices) {
        Choice.checkCount(rowChoices, tokens.length);
        if (sequences.size() != tokens.length || tokens.length == 0 || tokens.length > limits.maxBatch()) {
            throw new IllegalArgumentException("batch of " + sequences.size() + " sequences and " + tokens.length
                    + " tokens, expected as many of both, 1 to " + limits.maxBatch());
        }
        config.checkTokens(tokens);
        List<TornadoSequence> own = sequences.stream().map(this::own).toList();
        if (new HashSet<>(own).size() != own.size()) {
            throw new IllegalArgumentException("a sequence occurs twice in the batch");
        }
        own.forEach(sequence -> sequence.checkRoom(1));
        expireLogits.run();
        input.clear();
        choices.clear();
        for (int row = 0; row < tokens.length; row++) {
            input.set(row, tokens[row], own.get(row).length(), own.get(row).firstSlot());
            choices.set(row, rowChoices.get(row));
        }
        ahead.decode(tokens.length, own.stream().allMatch(sequence -> sequence.capacity() - sequence.length() > 1));
        own.forEach(sequence -> sequence.advance(1));
        return logits(0, tokens.length);
    }

    private Logits logits(int firstRow, int rows) {
        StepLogits logits = new StepLogits(ahead, scratch, config.vocabularySize(), firstRow, rows);
        expireLogits = logits::expire;
        return logits;
    }

    private TornadoSequence own(Sequence sequence) {
        if (sequence instanceof TornadoSequence own && own.owner == this) {
            return own;
        }
        throw new IllegalArgumentException("the sequence belongs to another engine");
    }

    /** Frees the device's memory. */
    @Override
    public void close() {
        expireLogits.run();
        expireLogits = () -> { };
        ahead.close();
    }
}
