package zipserv.tornado.engine;

import java.util.Optional;

import zipserv.checkpoint.Checkpoint;
import zipserv.model.DeviceInfo;
import zipserv.model.Engine;
import zipserv.model.EngineOptions;
import zipserv.model.EngineProvider;
import zipserv.model.MemoryUse;
import zipserv.model.ModelConfig;
import zipserv.model.ModelException;
import zipserv.model.ModelWeights;
import zipserv.tornado.cuda.LaunchRunner;
import zipserv.tornado.kernels.GpuException;
import zipserv.tornado.kernels.GpuRuntime;

/** The engine on an NVIDIA GPU through a TornadoVM SDK. It never runs anything on the CPU instead. */
public final class GpuEngineProvider implements EngineProvider {

    /** Whether {@code --device auto} takes the GPU where it can. */
    static final boolean TAKEN_BY_AUTO = true;

    private static final String NAME = "gpu";
    /** An allowance for what the driver and TornadoVM take besides: contexts, code, stacks. */
    private static final long CONTEXT_BYTES = 512L << 20;
    /** A graph holds a whole model; TornadoVM makes room for 4 KB of its own bytecode unless told otherwise. */
    private static final String BYTECODE_SIZE = "tornado.tvm.maxbytecodesize";

    @Override
    public String name() {
        return NAME;
    }

    /** Above the CPU's, or below 0 as long as it has to be asked for by name. */
    @Override
    public int priority() {
        return TAKEN_BY_AUTO ? 1 : -1;
    }

    @Override
    public Optional<DeviceInfo> device() {
        return obstacle().isPresent() ? Optional.empty() : GpuDevice.query();
    }

    @Override
    public Optional<String> obstacle() {
        if (System.getProperty(BYTECODE_SIZE) == null) {
            System.setProperty(BYTECODE_SIZE, String.valueOf(1 << 20));
        }
        try {
            GpuRuntime.requireGpu();
            return Optional.empty();
        } catch (GpuException e) {
            return Optional.of(e.getMessage());
        } catch (NoClassDefFoundError e) {
            return Optional.of("no TornadoVM: start with bin/zipserv, which finds its SDK in TORNADOVM_HOME");
        }
    }

    @Override
    public MemoryUse memoryNeeded(Checkpoint checkpoint, ModelConfig config, EngineOptions options) {
        MemoryUse arrays = ModelMemory.of(config, ModelWeights.load(checkpoint, config),
                limits(config, options));
        return new MemoryUse(arrays.weights(), arrays.cache(), arrays.work() + CONTEXT_BYTES);
    }

    private static EngineLimits limits(ModelConfig config, EngineOptions options) {
        return EngineLimits.of(config, options).withWarpgroups(!Boolean.getBoolean(TornadoEngine.TASK_GRAPHS)
                && LaunchRunner.runsHopperKernels());
    }

    @Override
    public Engine open(Checkpoint checkpoint, ModelConfig config, EngineOptions options) {
        obstacle().ifPresent(reason -> {
            throw new ModelException("engine " + NAME + " cannot run: " + reason);
        });
        try {
            EngineLimits limits = limits(config, options);
            options.log().accept(NAME + ": batches of up to " + limits.maxRows() + ", a cache of "
                    + limits.cacheTokens() + " tokens; activations " + limits.activations().id() + ", keys and values "
                    + limits.cache().id());
            return new TornadoEngine(NAME, config, ModelWeights.load(checkpoint, config), limits, options);
        } catch (ModelException e) {
            throw e;
        } catch (RuntimeException | LinkageError e) {
            throw new ModelException("engine " + NAME + " cannot run: " + GpuException.of(e).getMessage(), e);
        }
    }
}
