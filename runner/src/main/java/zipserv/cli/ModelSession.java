package zipserv.cli;

import java.nio.file.Path;
import java.util.function.Consumer;

import zipserv.checkpoint.Checkpoint;
import zipserv.model.Engine;
import zipserv.model.EngineOptions;
import zipserv.model.Engines;
import zipserv.model.ModelConfig;

/**
 * A model ready to run: its checkpoint, open as long as the session, and an engine with its weights.
 *
 * @param checkpoint the folder's tensors
 * @param config     the architecture
 * @param engine     runs it
 */
record ModelSession(Checkpoint checkpoint, ModelConfig config, Engine engine) implements AutoCloseable {

    /**
     * Opens a model's folder, compressed or not.
     *
     * @param device name of the engine, or "auto"
     * @param log    hears what was chosen
     */
    static ModelSession open(Path model, String device, int threads, Consumer<String> log) {
        Checkpoint checkpoint = Checkpoint.open(model);
        try {
            ModelConfig config = ModelConfig.load(model);
            Engine engine = Engines.installed().open(device, checkpoint, config, EngineOptions.defaults().withThreads(threads).withLog(log));
            return new ModelSession(checkpoint, config, engine);
        } catch (RuntimeException | Error e) {
            checkpoint.close();
            throw e;
        }
    }

    @Override
    public void close() {
        try {
            engine.close();
        } finally {
            checkpoint.close();
        }
    }
}
