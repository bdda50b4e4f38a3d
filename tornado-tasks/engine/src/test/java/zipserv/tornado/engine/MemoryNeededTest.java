package zipserv.tornado.engine;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import zipserv.model.EngineOptions;
import zipserv.model.MemoryUse;
import zipserv.model.ModelConfig;
import zipserv.model.ModelConfig.Architecture;
import zipserv.model.ModelConfig.Llama3Scaling;
import zipserv.model.ModelConfig.Rope;

/** What is computed before a model is loaded. */
class MemoryNeededTest {

    private static final ModelConfig LLAMA_31_8B = new ModelConfig(Architecture.LLAMA, 4096, 14_336, 32, 32, 8, 128,
            128_256, 131_072, 1e-5f, new Rope(500_000, Optional.of(new Llama3Scaling(8, 1, 4, 8192))), false, false,
            false, false, false);
    private static final long PARAMETERS = 8_030_261_248L;

    /** Bits per weight as measured: TCA-TBE's of the demo model, frag11's limit. */
    @ParameterizedTest
    @ValueSource(doubles = {11.33, 11.45})
    void anEightBillionModelServes32kTokensIn24Gigabytes(double bitsPerWeight) {
        MemoryUse needed = EngineLimits.of(LLAMA_31_8B, EngineOptions.defaults().withRoom(32_768, 1))
                .memory(LLAMA_31_8B, (long) (PARAMETERS * bitsPerWeight / 8));
        assertEquals(32_768L * 131_072, needed.cache());
        assertTrue(needed.total() < 24_000_000_000L, needed.text());
        MemoryUse uncompressed = EngineLimits.of(LLAMA_31_8B, EngineOptions.defaults())
                .memory(LLAMA_31_8B, 2 * PARAMETERS);
        assertTrue(needed.weights() <= 0.72 * uncompressed.weights());
    }
}
