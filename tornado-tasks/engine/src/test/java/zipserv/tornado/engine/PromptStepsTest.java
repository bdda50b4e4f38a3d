package zipserv.tornado.engine;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.List;
import org.junit.jupiter.api.Test;
import zipserv.model.EngineOptions;
import zipserv.model.ModelException;

/** How prompts are cut into steps. */
class PromptStepsTest {

    private static final List<Integer> SIZES = List.of(1, 2, 4, 8, 16, 32, 64, 128, 256, 512, 1024, 2048);

    private final PromptSteps once = new PromptSteps(SIZES, 1);
    private final PromptSteps twice = new PromptSteps(SIZES, 2);

    @Test
    void fillingUpCostsRowsAndAnotherStepDecompresses() {
        assertEquals(List.of(512), once.of(512));
        assertEquals(List.of(2048), once.of(2048));
        assertEquals(List.of(512, 1), once.of(513));
        assertEquals(List.of(512, 128), once.of(600));
        assertEquals(List.of(1024), once.of(700));
        assertEquals(List.of(512, 64), twice.of(570));
        assertEquals(List.of(512, 256), twice.of(700));
        assertEquals(List.of(1024), twice.of(900));
        assertEquals(List.of(2048, 2048, 1024, 32), once.of(4096 + 1050));
        assertEquals(List.of(256), once.of(130));
    }

    @Test
    void anySizesTakeAllTokensAndOnlyTheLastStepIsFilledUp() {
        for (List<Integer> sizes : List.of(SIZES, List.of(4, 12), List.of(2), List.of(1, 40, 96), List.of(8, 500))) {
            PromptSteps steps = new PromptSteps(sizes, 2);
            for (int tokens = 1; tokens < 3000; tokens = tokens * 5 / 4 + 1) {
                int left = tokens;
                for (int step : steps.of(tokens)) {
                    assertTrue(left > 0 && sizes.contains(step), tokens + " tokens by " + sizes);
                    left -= step;
                }
                List<Integer> all = steps.of(tokens);
                assertTrue(left <= 0 && left > -all.getLast(), tokens + " tokens by " + sizes);
            }
        }
    }

    @Test
    void noOtherStepsOfPreparedSizesCostLess() {
        for (int tokens = 1; tokens <= 2500; tokens += 13) {
            long least = Long.MAX_VALUE;
            for (int first : SIZES) {
                for (int second : SIZES) {
                    if (first >= tokens) {
                        least = Math.min(least, cost(List.of(first)));
                    } else if (first + second >= tokens) {
                        least = Math.min(least, cost(List.of(first, second)));
                    }
                }
            }
            assertTrue(cost(once.of(tokens)) <= least, tokens + " tokens");
        }
    }

    private static long cost(List<Integer> steps) {
        return steps.stream().mapToLong(rows -> PromptSteps.STEP_ROWS + rows).sum();
    }

    @Test
    void aPropertyLimitsThem() {
        EngineOptions options = EngineOptions.defaults().withRoom(5000, 1);
        System.setProperty(EngineLimits.PROMPT_ROWS, "512");
        try {
            assertEquals(512, EngineLimits.of(MemoryNeededTest.LLAMA_31_8B, options).maxRows());
            System.setProperty(EngineLimits.PROMPT_ROWS, "many");
            assertEquals("-Dzipserv.prompt.rows=many: expected a power of two from 128 to 2048",
                    assertThrows(ModelException.class, () -> EngineLimits.of(MemoryNeededTest.LLAMA_31_8B, options))
                            .getMessage());
        } finally {
            System.clearProperty(EngineLimits.PROMPT_ROWS);
        }
        assertEquals(2048, EngineLimits.of(MemoryNeededTest.LLAMA_31_8B, options).maxRows());
        assertEquals(1024, EngineLimits.of(MemoryNeededTest.LLAMA_31_8B, EngineOptions.defaults().withRoom(1000, 1))
                .maxRows());
    }
}
