package zipserv.cli;

import zipserv.checkpoint.Checkpoint;
import zipserv.model.Engine;
import zipserv.model.ModelConfig;

/**
 * A model ready to run: its checkpoint, open as long as the session, and an engine with its weights.
 *
 * @param checkpoint the folder's tensors
 * @param config     the architecture
 * @param engine     runs it
 */
record ModelSession(Checkpoint checkpoint, ModelConfig config, Engine engine) implements AutoCloseable {

    @Override
    public void close() {
        try {
            engine.close();
        } finally {
            checkpoint.close();
        }
    }
}
