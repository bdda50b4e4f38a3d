package zipserv.cli;

import java.nio.file.Files;
import java.util.Optional;
import zipserv.checkpoint.Checkpoint;
import zipserv.model.EngineOptions;
import zipserv.model.EngineProvider;
import zipserv.model.Engines;
import zipserv.model.MemoryUse;
import zipserv.model.ModelConfig;

/**
 * The memory that a model needs on a GPU, whether there is one or not.
 *
 * @param context tokens of the one sequence that it is computed for
 * @param needed  what the engine would take
 */
record GpuMemory(int context, MemoryUse needed) {

    private static final String ENGINE = "gpu";
    /** A long context, but one that is used. */
    private static final int LONG_CONTEXT = 32_768;

    /** For a context of 32,768 tokens, or the model's longest; empty for a folder without config.json. */
    static Optional<GpuMemory> of(Checkpoint checkpoint) {
        if (!Files.exists(checkpoint.directory().resolve("config.json"))) {
            return Optional.empty();
        }
        ModelConfig config = ModelConfig.load(checkpoint.directory());
        return of(checkpoint, config, Math.min(config.maxPositions(), LONG_CONTEXT));
    }

    private static Optional<GpuMemory> of(Checkpoint checkpoint, ModelConfig config, int context) {
        return provider().map(gpu -> new GpuMemory(context, gpu.memoryNeeded(checkpoint, config,
                EngineOptions.defaults().withRoom(context, 1))));
    }

    /** The engine that runs on GPUs. */
    static Optional<EngineProvider> provider() {
        return Engines.installed().find(ENGINE);
    }

    /** "16.28 GB (weights ..., cache ..., work ...) for a context of 32768 tokens". */
    String text() {
        return Quantities.memory(needed) + " for a context of " + context + " tokens";
    }
}
