package zipserv.model.generation;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.stream.IntStream;

import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

import zipserv.model.ModelException;
import zipserv.model.Tokenizer;
import zipserv.model.generation.BatchGenerator.Request;
import zipserv.model.generation.GenerationResult.StopReason;
import zipserv.model.sampling.SamplingParameters;
import zipserv.model.text.HfTokenizer;
import zipserv.model.text.TextResources;

class BatchGeneratorTest {

    private static Tokenizer tokenizer;

    private final Map<Integer, GenerationResult> results = new TreeMap<>();
    private final List<Integer> order = new ArrayList<>();

    @BeforeAll
    static void open() {
        tokenizer = HfTokenizer.open(TextResources.directory());
    }

    @AfterAll
    static void close() {
        tokenizer.close();
    }

    /** The next token depends on all tokens so far. */
    private static FakeEngine hashing(int maxPositions) {
        return new FakeEngine(4096, maxPositions, tokens -> {
            float[] logits = new float[4096];
            for (int i = 0; i < 8; i++) {
                logits[Math.floorMod(tokens.hashCode() * 31 + i * 1013, 4000)] = i;
            }
            return logits;
        });
    }

    private static Request request(int seed, int promptTokens, int maxTokens, double temperature) {
        return new Request(IntStream.range(0, promptTokens).map(i -> 7 * seed + i).toArray(), new GenerationOptions(
                maxTokens, SamplingParameters.greedy().withTemperature(temperature), seed, Set.of(11), List.of()));
    }

    private void listen(int index, GenerationResult result) {
        assertEquals(null, results.put(index, result));
        order.add(index);
    }

    @Test
    void eachTextIsWhatItIsAlone() {
        List<Request> requests = new ArrayList<>();
        for (int i = 0; i < 20; i++) {
            requests.add(request(i, 1 + i % 5, 1 + i * 7 % 13, i % 3));
        }
        FakeEngine engine = hashing(100);
        engine.maxBatch = 4;
        new BatchGenerator(engine, tokenizer).generate(requests, this::listen);
        assertEquals(0, engine.openSequences);
        assertEquals(20, results.size());
        for (int i = 0; i < 20; i++) {
            GenerationResult alone = new Generator(hashing(100), tokenizer)
                    .generate(requests.get(i).prompt(), requests.get(i).options(), piece -> { });
            assertEquals(alone.tokens(), results.get(i).tokens());
            assertEquals(alone.text(), results.get(i).text());
            assertEquals(alone.stopReason(), results.get(i).stopReason());
        }
    }

    @Test
    void aTextThatEndsMakesRoomForTheNext() {
        FakeEngine engine = hashing(100);
        engine.maxBatch = 2;
        // Lengths 5, 2, 4: the third begins when the second has ended, beside the first.
        List<Request> requests = List.of(request(1, 3, 5, 0), request(2, 3, 2, 0), request(3, 3, 4, 0));
        new BatchGenerator(engine, tokenizer).generate(requests, this::listen);
        assertEquals(List.of(1, 0, 2), order);
        assertEquals(List.of(3, 3, 2, 3, 2, 2, 2), engine.calls.stream().map(List::size).toList());
    }

    @Test
    void theCacheLimitsTheBatchToo() {
        FakeEngine engine = hashing(100);
        engine.maxBatch = 8;
        engine.cacheTokens = 20;
        // Eight tokens each: two at a time.
        List<Request> requests = IntStream.range(0, 6).mapToObj(i -> request(i, 3, 5, 0)).toList();
        new BatchGenerator(engine, tokenizer).generate(requests, this::listen);
        assertEquals(6, results.size());
        assertEquals(2, engine.calls.stream().filter(call -> call.size() != 3)
                .mapToInt(List::size).max().orElseThrow());
        results.clear();
        assertEquals("text 2 needs a context of 25 tokens, but the key/value cache has room for 20",
                assertThrows(ModelException.class, () -> new BatchGenerator(engine, tokenizer)
                        .generate(List.of(request(1, 3, 5, 0), request(2, 20, 5, 0)), this::listen)).getMessage());
        assertEquals(0, engine.openSequences);
    }

    @Test
    void contextAndPromptAreChecked() {
        FakeEngine engine = hashing(10);
        engine.maxBatch = 2;
        BatchGenerator generator = new BatchGenerator(engine, tokenizer);
        assertEquals("the prompt has 11 tokens, but the context has room for 10", assertThrows(ModelException.class,
                () -> generator.generate(List.of(request(1, 2, 3, 0), request(1, 11, 3, 0)),
                this::listen)).getMessage());
        assertTrue(results.isEmpty() && engine.calls.isEmpty());
        generator.generate(List.of(request(1, 8, 30, 0)), this::listen);
        assertEquals(StopReason.CONTEXT_FULL, results.get(0).stopReason());
        assertEquals(3, results.get(0).tokens().size());
    }

    @Test
    void stoppedItEndsWhatIsInWork() {
        FakeEngine engine = hashing(100);
        engine.maxBatch = 2;
        BatchGenerator generator = new BatchGenerator(engine, tokenizer);
        generator.generate(List.of(request(1, 3, 2, 0), request(2, 3, 50, 0), request(3, 3, 50, 0)), (index,
                result) -> {
            listen(index, result);
            generator.stop();
        });
        assertEquals(List.of(0, 1), order);
        assertEquals(StopReason.INTERRUPTED, results.get(1).stopReason());
        assertEquals(0, engine.openSequences);
    }
}
