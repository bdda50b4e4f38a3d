package zipserv.model;

import java.util.Optional;

import zipserv.checkpoint.Checkpoint;

/** An engine that can be asked for by name; found through {@link java.util.ServiceLoader}. */
public interface EngineProvider {

    /** The name to ask for: "cpu", "gpu", "emulator". */
    String name();

    /** {@code auto} takes the usable engine of the highest priority; one below 0 is only taken when asked for. */
    int priority();

    /** Why this engine cannot run on this machine, as one line with the remedy; empty if it can. */
    Optional<String> obstacle();

    /** The device, if this engine can run and its device has memory of its own, which a model may exceed. */
    default Optional<DeviceInfo> device() {
        return Optional.empty();
    }

    /**
     * Computes what {@link #open} would take of the device's memory, without loading anything.
     *
     * @throws ModelException if this engine cannot run this model with these options
     */
    MemoryUse memoryNeeded(Checkpoint checkpoint, ModelConfig config, EngineOptions options);

    /**
     * Loads a model.
     *
     * @param checkpoint must stay open as long as the engine
     * @throws ModelException if this engine cannot run this model, or not on this machine
     */
    Engine open(Checkpoint checkpoint, ModelConfig config, EngineOptions options);
}
