package zipserv.model;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.ServiceLoader;
import java.util.stream.Collectors;

import zipserv.checkpoint.Checkpoint;

/** Chooses an engine by name. One that is asked for either runs or fails; only {@code auto} looks for another. */
public final class Engines {

    /** Let the machine decide. */
    public static final String AUTO = "auto";

    private final List<EngineProvider> providers;

    Engines(List<EngineProvider> providers) {
        this.providers = providers.stream()
                .sorted(Comparator.comparingInt(EngineProvider::priority).reversed())
                .toList();
    }

    /** All engines on the class path. */
    public static Engines installed() {
        return new Engines(ServiceLoader.load(EngineProvider.class).stream().map(ServiceLoader.Provider::get).toList());
    }

    /** The engine of a name, whether it can run here or not. */
    public Optional<EngineProvider> find(String name) {
        return providers.stream().filter(provider -> provider.name().equals(name)).findFirst();
    }

    /** The names to choose from, preferred ones first, without {@link #AUTO}. */
    public List<String> names() {
        return providers.stream().map(EngineProvider::name).toList();
    }

    /**
     * An engine that runs here and has the memory for a model.
     *
     * @param provider opens it
     * @param reason   one line: which it is, and why not the others
     */
    public record Choice(EngineProvider provider, String reason) {
    }

    /**
     * Takes the engine of a name, or with {@code auto} the best that runs on this machine and has the memory.
     *
     * @throws ModelException if there is no such engine, if it cannot run here or not this model, or if its device has
     *                        too little memory
     */
    public Choice choose(String name, Checkpoint checkpoint, ModelConfig config, EngineOptions options) {
        if (name.equals(AUTO)) {
            return best(checkpoint, config, options);
        }
        EngineProvider provider = find(name).orElseThrow(() -> new ModelException("engine " + name
                + " is not known, expected " + AUTO
                + names().stream().map(n -> ", " + n).collect(Collectors.joining())));
        provider.obstacle().or(() -> shortage(provider, checkpoint, config, options)).ifPresent(reason -> {
            throw new ModelException("engine " + name + " cannot run: " + reason);
        });
        return new Choice(provider, "device " + name + ": asked for by name");
    }

    /**
     * Loads a model with the engine of a name, or with {@code auto} the best, and logs why.
     *
     * @param checkpoint must stay open as long as the engine
     * @throws ModelException as {@link #choose} does
     */
    public Engine open(String name, Checkpoint checkpoint, ModelConfig config, EngineOptions options) {
        Choice choice = choose(name, checkpoint, config, options);
        options.log().accept(choice.reason());
        return choice.provider().open(checkpoint, config, options);
    }

    private Choice best(Checkpoint checkpoint, ModelConfig config, EngineOptions options) {
        List<String> refused = new ArrayList<>();
        for (EngineProvider provider : providers) {
            if (provider.priority() < 0) {
                continue;
            }
            Optional<String> reason = provider.obstacle()
                    .or(() -> shortage(provider, checkpoint, config, options));
            if (reason.isEmpty()) {
                return new Choice(provider, "device " + provider.name()
                        + provider.device().map(device -> ", " + device.name()).orElse("") + others(provider, refused));
            }
            refused.add("not " + provider.name() + ": " + reason.get());
        }
        throw new ModelException("no engine runs on this machine" + (refused.isEmpty() ? "" : ": ")
                + String.join("; ", refused));
    }

    /** Why it was none of the others. */
    private String others(EngineProvider chosen, List<String> refused) {
        if (!refused.isEmpty()) {
            return " (" + String.join("; ", refused) + ")";
        }
        String slower = providers.stream().filter(p -> p.priority() >= 0 && p != chosen).map(EngineProvider::name)
                .collect(Collectors.joining(", "));
        String byName = providers.stream().filter(p -> p.priority() < 0).map(EngineProvider::name)
                .collect(Collectors.joining(", "));
        return !slower.isEmpty() ? " (not " + slower + ": slower)"
                : byName.isEmpty() ? "" : " (not " + byName + ": only when asked for by name)";
    }

    /** What the device lacks, with the remedy; empty if the model fits. */
    private static Optional<String> shortage(EngineProvider provider, Checkpoint checkpoint, ModelConfig config,
            EngineOptions options) {
        return provider.device().flatMap(device -> {
            MemoryUse needed = provider.memoryNeeded(checkpoint, config, options);
            return needed.total() <= device.freeMemory() ? Optional.empty() : Optional.of("the model needs "
                    + needed.text() + ", but " + device.name() + " has " + MemoryUse.gigabytes(device.freeMemory())
                    + " free of " + MemoryUse.gigabytes(device.totalMemory())
                    + ": take a shorter context (--context, -n) or fewer "
                    + "sequences at a time (--parallel, -b), close other programs on the GPU, or run on the CPU");
        });
    }
}
