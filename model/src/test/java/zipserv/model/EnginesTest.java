package zipserv.model;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.lang.reflect.Proxy;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

import org.junit.jupiter.api.Test;

import zipserv.checkpoint.Checkpoint;

class EnginesTest {

    private record Provider(String name, int priority, Optional<String> obstacle, Optional<DeviceInfo> device,
            Engine engine) implements EngineProvider {

        Provider(String name, int priority, String obstacle) {
            this(name, priority, Optional.ofNullable(obstacle), Optional.empty(), (Engine) Proxy.newProxyInstance(
                    Engine.class.getClassLoader(), new Class<?>[] {Engine.class}, (_, _, _) -> null));
        }

        Provider on(DeviceInfo device) {
            return new Provider(name, priority, obstacle, Optional.of(device), engine);
        }

        @Override
        public MemoryUse memoryNeeded(Checkpoint checkpoint, ModelConfig config, EngineOptions options) {
            return new MemoryUse(11_500_000_000L, options.cacheTokens() * 131_072L, 500_000_000);
        }

        @Override
        public Engine open(Checkpoint checkpoint, ModelConfig config, EngineOptions options) {
            return engine;
        }
    }

    private final List<String> log = new ArrayList<>();
    private final EngineOptions options = EngineOptions.defaults().withThreads(1).withLog(log::add);

    @Test
    void theCpuEngineIsInstalled() {
        assertTrue(Engines.installed().names().contains("cpu"));
    }

    @Test
    void theOneAskedForIsTakenOrFails() {
        Provider cpu = new Provider("cpu", 0, null);
        Provider gpu = new Provider("gpu", 10, "no NVIDIA driver; install one");
        Engines engines = new Engines(List.of(cpu, gpu));
        assertSame(cpu.engine(), engines.open("cpu", null, null, options));
        assertEquals("engine gpu cannot run: no NVIDIA driver; install one", message(engines, "gpu"));
        assertEquals("engine tpu is not known, expected auto, gpu, cpu", message(engines, "tpu"));
        assertEquals(List.of("device cpu: asked for by name"), log);
    }

    @Test
    void autoTakesTheBestThatRunsAndSaysWhy() {
        Provider cpu = new Provider("cpu", 0, null);
        Provider gpu = new Provider("gpu", 10, null).on(new DeviceInfo("NVIDIA H200", "580", 1L << 37, 1L << 37));
        Provider broken = new Provider("gpu", 10, "no NVIDIA driver");
        Provider emulator = new Provider("emulator", -1, null);
        assertSame(gpu.engine(), new Engines(List.of(cpu, gpu, emulator)).open("auto", null, null, options));
        assertEquals(List.of("device gpu, NVIDIA H200 (not cpu: slower)"), log);
        log.clear();
        assertSame(cpu.engine(), new Engines(List.of(emulator, broken, cpu)).open("auto", null, null, options));
        assertEquals(List.of("device cpu (not gpu: no NVIDIA driver)"), log);
        log.clear();
        assertSame(cpu.engine(), new Engines(List.of(emulator, cpu)).open("auto", null, null, options));
        assertEquals(List.of("device cpu (not emulator: only when asked for by name)"), log);
        assertEquals("no engine runs on this machine", message(new Engines(List.of(emulator)), "auto"));
        assertEquals("no engine runs on this machine: not gpu: no NVIDIA driver",
                message(new Engines(List.of(broken)), "auto"));
    }

    @Test
    void aModelThatDoesNotFitIsRefusedBeforeItIsLoaded() {
        Provider cpu = new Provider("cpu", 0, null);
        Provider small = new Provider("gpu", 10, null)
                .on(new DeviceInfo("NVIDIA L4", "580", 24_000_000_000L, 15_000_000_000L));
        Engines engines = new Engines(List.of(cpu, small));
        EngineOptions longContext = options.withRoom(32_768, 1);
        String shortage = "the model needs 16.29 GB (weights 11.50, cache 4.29, work 0.50), but NVIDIA L4 has 15.00 GB "
                + "free of 24.00 GB: take a shorter context (--context, -n) or fewer sequences at a time (--parallel, "
                + "-b), close other programs on the GPU, or run on the CPU";
        assertEquals("engine gpu cannot run: " + shortage, assertThrows(ModelException.class,
                () -> engines.open("gpu", null, null, longContext)).getMessage());
        assertSame(cpu.engine(), engines.open("auto", null, null, longContext));
        assertEquals(List.of("device cpu (not gpu: " + shortage + ")"), log);
        assertSame(small.engine(), engines.open("gpu", null, null, options.withRoom(16_384, 1)));
    }

    private String message(Engines engines, String name) {
        return assertThrows(ModelException.class, () -> engines.open(name, null, null, options)).getMessage();
    }
}
