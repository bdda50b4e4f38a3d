package zipserv.tornado.engine;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import zipserv.checkpoint.Checkpoint;
import zipserv.model.Engine;
import zipserv.model.Engine.Logits;
import zipserv.model.Engine.LogitsAt;
import zipserv.model.Engine.Sequence;
import zipserv.model.EngineOptions;
import zipserv.model.Engines;
import zipserv.model.ModelConfig;
import zipserv.model.ModelWeights;
import zipserv.tornado.cuda.LaunchRunner;

/** Models of all families from compressed checkpoints: the tokens that a reference implementation in fp32 chooses. */
class GoldenTest {

    private static final Path RESOURCES = Path.of("..", "..", "model", "src", "test", "resources");
    private static final int STEPS = 3;
    /** What rounding keys and values to BF16 may change: 0.0155 to 0.0224 was seen. */
    private static final float BF16_CACHE = 3e-2f;
    /** With keys and values of 16 bits of precision: 0.00012 was seen. */
    private static final float BF16X2_CACHE = 5e-4f;

    @ParameterizedTest
    @ValueSource(strings = {"rand-llama31", "rand-qwen2", "rand-qwen3", "rand-mistral"})
    void withACacheOfPlainBf16(String model) throws IOException {
        check(model, ActivationFormat.BF16, false, BF16_CACHE);
    }

    @ParameterizedTest
    @ValueSource(strings = {"rand-llama31", "rand-qwen2", "rand-qwen3", "rand-mistral"})
    void asItComes(String model) throws IOException {
        check(model, ActivationFormat.BF16X2, LaunchRunner.runsHopperKernels(), BF16X2_CACHE);
    }

    private static void check(String model, ActivationFormat cache, boolean warpgroups, float tolerance)
            throws IOException {
        JsonNode golden = new ObjectMapper()
                .readTree(Files.readString(RESOURCES.resolve("golden").resolve(model).resolve("golden.json")));
        JsonNode prose = golden.get("cases").get(0);
        int[] prompt = ints(prose.get("input_ids"));
        int[] generated = ints(prose.get("generated_ids"));
        try (Checkpoint checkpoint = Checkpoint.open(RESOURCES.resolve("models").resolve(model))) {
            ModelConfig config = ModelConfig.load(checkpoint.directory());
            try (Engine cpu = Engines.installed().open("cpu", checkpoint, config, EngineOptions.defaults());
                    Engine engine = new TornadoEngine("emulator", config, ModelWeights.load(checkpoint, config),
                            new EngineLimits(100, cache, ActivationFormat.BF16X2, List.of(4, 12), warpgroups));
                    Sequence expected = cpu.newSequence(64);
                    Sequence sequence = engine.newSequence(64)) {
                Logits wanted = cpu.prefill(expected, prompt, LogitsAt.LAST);
                Logits found = engine.prefill(sequence, prompt, LogitsAt.LAST);
                double worst = 0;
                for (int step = 0; step < STEPS; step++) {
                    worst = Math.max(worst, difference(wanted, found, config.vocabularySize()));
                    assertEquals(generated[step], found.chosen(0), "step " + step);
                    int[] next = {generated[step]};
                    wanted = cpu.decode(List.of(expected), next);
                    found = engine.decode(List.of(sequence), next);
                }
                assertTrue(worst <= tolerance, "logits differ by " + worst);
            }
        }
    }

    private static double difference(Logits expected, Logits found, int vocabulary) {
        float[] expectedRow = new float[vocabulary];
        float[] row = new float[vocabulary];
        expected.copyRow(0, expectedRow);
        found.copyRow(0, row);
        double worst = 0;
        for (int i = 0; i < vocabulary; i++) {
            worst = Math.max(worst, Math.abs(expectedRow[i] - row[i]));
        }
        return worst;
    }

    private static int[] ints(JsonNode array) {
        int[] values = new int[array.size()];
        for (int i = 0; i < values.length; i++) {
            values[i] = array.get(i).asInt();
        }
        return values;
    }
}
