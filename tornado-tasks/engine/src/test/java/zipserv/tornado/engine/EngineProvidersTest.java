package zipserv.tornado.engine;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.List;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import zipserv.model.Engines;
import zipserv.model.ModelException;
import zipserv.tornado.kernels.GpuRuntime;

/** What can be chosen on a machine without a GPU. */
@Tag("emulation")
class EngineProvidersTest {

    @Test
    void enginesAreFoundAndTheEmulatorIsNeverTakenByItself() {
        assertEquals(GpuEngineProvider.TAKEN_BY_AUTO ? List.of("gpu", "cpu", "emulator")
                : List.of("cpu", "gpu", "emulator"), Engines.installed().names());
        assertTrue(GpuRuntime.isEmulation());
        assertTrue(new EmulatorEngineProvider().obstacle().isEmpty());
        assertEquals(GpuEngineProvider.TAKEN_BY_AUTO, new GpuEngineProvider().priority() > 0);
        assertTrue(new EmulatorEngineProvider().priority() < 0);
    }

    @Test
    void withoutSdkTheGpuEngineSaysWhatToDo() {
        String obstacle = new GpuEngineProvider().obstacle().orElseThrow();
        assertTrue(obstacle.startsWith("no TornadoVM SDK: run ./setup.sh build"), obstacle);
        assertEquals(1, obstacle.lines().count());
        String message = assertThrows(ModelException.class,
                () -> new GpuEngineProvider().open(null, RandomModel.LLAMA, null)).getMessage();
        assertEquals("engine gpu cannot run: " + obstacle, message);
    }

    @Test
    void aSillyCacheSizeIsRefused() {
        System.setProperty(EngineLimits.CACHE_TOKENS, "many");
        try {
            assertEquals("-Dzipserv.cache.tokens=many: expected a number of tokens, at least 1",
                    assertThrows(ModelException.class, () -> EngineLimits.defaults(RandomModel.LLAMA)).getMessage());
        } finally {
            System.clearProperty(EngineLimits.CACHE_TOKENS);
        }
        assertEquals(4800, EngineLimits.defaults(RandomModel.LLAMA).cacheTokens());
        assertThrows(IllegalArgumentException.class, () -> new EngineLimits(10, ActivationFormat.BF16,
                ActivationFormat.BF16, List.of(0, 8)));
        assertThrows(IllegalArgumentException.class, () -> new EngineLimits(10, ActivationFormat.BF16,
                ActivationFormat.BF16, List.of(16, 8)));
        assertThrows(IllegalArgumentException.class, () -> new EngineLimits(10, ActivationFormat.BF16,
                ActivationFormat.BF16X2, List.of(68)));
        assertThrows(IllegalArgumentException.class, () -> new EngineLimits(10, ActivationFormat.BF16,
                ActivationFormat.BF16, List.of(8, 2049)));
        EngineLimits limits = EngineLimits.defaults(RandomModel.LLAMA);
        assertEquals(512, limits.maxRows());
        assertEquals(64, limits.maxBatch());
    }
}
