package zipserv.model.cpu;

import java.util.Optional;

import zipserv.checkpoint.Checkpoint;
import zipserv.model.Engine;
import zipserv.model.EngineOptions;
import zipserv.model.EngineProvider;
import zipserv.model.MemoryUse;
import zipserv.model.ModelConfig;
import zipserv.model.ModelWeights;

/** The engine that runs everywhere. */
public final class CpuEngineProvider implements EngineProvider {

    @Override
    public String name() {
        return CpuEngine.NAME;
    }

    @Override
    public int priority() {
        return 0;
    }

    @Override
    public Optional<String> obstacle() {
        return ModuleLayer.boot().findModule("jdk.incubator.vector").isPresent()
                ? Optional.empty()
                : Optional.of("the JVM was started without --add-modules jdk.incubator.vector");
    }

    /** Weights are mapped, not loaded, and the cache grows with the tokens: this is what a full cache comes to. */
    @Override
    public MemoryUse memoryNeeded(Checkpoint checkpoint, ModelConfig config, EngineOptions options) {
        return new MemoryUse(MemoryUse.storedWeights(checkpoint), options.cacheTokens()
                * KvCache.bytesPerToken(config.layers(), config.kvHeads(), config.headDim()), 0);
    }

    @Override
    public Engine open(Checkpoint checkpoint, ModelConfig config, EngineOptions options) {
        options.log().accept("cpu: " + options.threads() + " threads, vectors of " + 32 * Lanes.L + " bits");
        return new CpuEngine(config, ModelWeights.load(checkpoint, config), options.threads());
    }
}
