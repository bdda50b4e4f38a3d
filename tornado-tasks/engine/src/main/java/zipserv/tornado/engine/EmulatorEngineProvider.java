package zipserv.tornado.engine;

import java.util.Optional;

import zipserv.checkpoint.Checkpoint;
import zipserv.model.Engine;
import zipserv.model.EngineOptions;
import zipserv.model.EngineProvider;
import zipserv.model.MemoryUse;
import zipserv.model.ModelConfig;
import zipserv.model.ModelException;
import zipserv.model.ModelWeights;
import zipserv.tornado.kernels.GpuRuntime;

/** The GPU engine in the emulation on the CPU: for tests, thousands of times slower, and only when asked for. */
public final class EmulatorEngineProvider implements EngineProvider {

    private static final String NAME = "emulator";

    @Override
    public String name() {
        return NAME;
    }

    @Override
    public int priority() {
        return -2;
    }

    @Override
    public Optional<String> obstacle() {
        try {
            return GpuRuntime.isEmulation()
                    ? Optional.empty()
                    : Optional.of("a TornadoVM SDK takes its place: unset TORNADOVM_HOME");
        } catch (NoClassDefFoundError e) {
            return Optional.of("the emulation is not on the class path: start with bin/zipserv");
        }
    }

    @Override
    public MemoryUse memoryNeeded(Checkpoint checkpoint, ModelConfig config, EngineOptions options) {
        return ModelMemory.of(config, ModelWeights.load(checkpoint, config), EngineLimits.of(config, options));
    }

    @Override
    public Engine open(Checkpoint checkpoint, ModelConfig config, EngineOptions options) {
        obstacle().ifPresent(reason -> {
            throw new ModelException("engine " + NAME + " cannot run: " + reason);
        });
        EngineLimits limits = EngineLimits.of(config, options);
        options.log().accept(NAME + ": kernels run on the CPU, block by block");
        return new TornadoEngine(NAME, config, ModelWeights.load(checkpoint, config), limits, options);
    }
}
