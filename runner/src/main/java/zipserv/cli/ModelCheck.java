package zipserv.cli;

import java.nio.file.Path;
import java.util.Optional;
import zipserv.checkpoint.Checkpoint;
import zipserv.cli.MachineCheck.Finding;
import zipserv.model.DeviceInfo;
import zipserv.model.EngineProvider;

/** Whether a model fits the memory of this machine's GPU. */
final class ModelCheck {

    private static final String SUBJECT = "Model";

    private ModelCheck() {
    }

    /** @throws zipserv.model.ModelException if no engine can run the model */
    static Finding of(Path model) {
        try (Checkpoint checkpoint = Checkpoint.open(model)) {
            GpuMemory memory = GpuMemory.of(checkpoint)
                    .orElseThrow(() -> new CommandException(model + ": no config.json, expected a model"));
            return compare(memory, GpuMemory.provider().flatMap(EngineProvider::device));
        }
    }

    /** What a device means for a model. */
    static Finding compare(GpuMemory memory, Optional<DeviceInfo> device) {
        String needs = "needs " + memory.text() + " on a GPU";
        if (device.isEmpty()) {
            return Finding.missing(SUBJECT, needs + "; there is none that can be used", "");
        }
        String free = needs + "; " + device.get().name() + " has " + Quantities.bytes(device.get().freeMemory())
                + " free";
        return memory.needed().total() <= device.get().freeMemory() ? Finding.ok(SUBJECT, free)
                : Finding.missing(SUBJECT, free, "take a shorter --context, close other programs on the GPU "
                        + "(nvidia-smi lists them), or run on the CPU");
    }
}
