package zipserv.throughput;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.List;
import org.junit.jupiter.api.Test;
import zipserv.model.sampling.SamplingParameters;
import zipserv.throughput.FaultyEngine.Fault;

/** Faults of an engine are found. */
class ChecksTest {

    private static final SamplingParameters GREEDY = SamplingParameters.greedy();

    private static Soak soak(Fault fault) {
        return new Soak(new FaultyEngine(fault), new Soak.Plan(200, 60, 8, 20, 10, 1), begun -> { });
    }

    private static String soakFailure(Fault fault) {
        return assertThrows(CheckFailedException.class, soak(fault)::run).getMessage();
    }

    @Test
    void soakFindsFaults() {
        Soak.Report report = soak(Fault.NONE).run();
        assertEquals(60, report.sampled());
        assertTrue(report.largestBatch() >= 6, report.toString());
        assertTrue(report.meanBatch() > 1.5 && report.tokens() > 200, report.toString());
        assertTrue(soakFailure(Fault.SEQUENCES_STAY_OPEN).matches("the cache has room for \\d+ tokens, but had for 500 "
                + "before the first sequences|no sequence is open, but .*"), soakFailure(Fault.SEQUENCES_STAY_OPEN));
        assertTrue(soakFailure(Fault.MEMORY_GROWS).startsWith("the engine's memory was "));
        assertTrue(soakFailure(Fault.DEVICE_MEMORY_SHRINKS).matches("the device had \\d+ bytes free at first and has "
                + "\\d+ at check \\d+, all sequences closed both times"));
        assertTrue(soakFailure(Fault.BATCHES_MIX_UP).matches("a prompt of \\d+ tokens gave another token \\d in a "
                + "batch than alone: \\d+ and \\d+"));
    }

    @Test
    void benchmarkFindsRepetitionsThatDiffer() {
        ModelTest test = ModelTest.generation(6, 2);
        TestResult result = new ModelBenchmark(new FaultyEngine(Fault.NONE), GREEDY, 3, (_, _) -> { }).run(test);
        assertEquals(3, result.tokensPerSecond().size());
        assertEquals(List.of(2, 3, 4, 5, 6, 7), result.answers().get(1));
        assertEquals("tg6, batch 2: repetitions 1 and 2 gave different tokens: sequence 0, token 1: 3 and 4",
                assertThrows(CheckFailedException.class,
                () -> new ModelBenchmark(new FaultyEngine(Fault.CHANGES_ITS_MIND), GREEDY, 3,
                        (_, _) -> { }).run(test)).getMessage());
    }

    @Test
    void meanAndDeviation() {
        TestResult result = new TestResult(ModelTest.prompt(5), List.of(1.0, 2.0, 6.0), List.of());
        assertEquals(3, result.mean(), 1e-12);
        assertEquals(Math.sqrt(7), result.deviation(), 1e-12);
        assertEquals(0, new TestResult(ModelTest.prompt(5), List.of(1.0), List.of()).deviation());
    }
}
