package zipserv.throughput;

import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;
import java.util.function.BiConsumer;

import zipserv.model.Engine;
import zipserv.model.Engine.Logits;
import zipserv.model.Engine.Sequence;
import zipserv.model.sampling.Choice;
import zipserv.model.sampling.Sampler;
import zipserv.model.sampling.SamplingParameters;

/**
 * Runs tests on an engine as llama-bench does: random prompts, chosen tokens fed back, a repetition unmeasured first.
 * Every repetition has the same prompts and seeds, and so must give the same tokens.
 *
 * <p>A time begins when the engine is called and ends when the host has the last token.
 */
public final class ModelBenchmark {

    /** Decode steps before the first repetition: enough to compile and capture whatever an engine compiles. */
    private static final int WARMUP_STEPS = 16;

    private static final long JVM_WARMUP_NANOS = 1_000_000_000;

    private final Engine engine;
    private final SamplingParameters sampling;
    private final int repetitions;
    private final BiConsumer<ModelTest, Integer> progress;

    /**
     * @param sampling    how tokens are chosen
     * @param repetitions measured runs of each test, 1 or more
     * @param progress    told the test and how many repetitions are done; may throw to abandon the work
     */
    public ModelBenchmark(Engine engine, SamplingParameters sampling, int repetitions,
            BiConsumer<ModelTest, Integer> progress) {
        this.engine = engine;
        this.sampling = sampling;
        this.repetitions = repetitions;
        this.progress = progress;
    }

    /**
     * Runs a test.
     *
     * @throws CheckFailedException if repetitions give different tokens
     */
    public TestResult run(ModelTest test) {
        progress.accept(test, 0);
        warmUp(test);
        List<Double> rates = new ArrayList<>();
        List<List<Integer>> answers = null;
        for (int repetition = 1; repetition <= repetitions; repetition++) {
            Run run = once(test, test.tokens());
            if (answers == null) {
                answers = run.answers();
            }
            String difference = TestResult.difference(answers, run.answers());
            if (!difference.isEmpty()) {
                throw new CheckFailedException(test.name() + ", batch " + test.batch() + ": repetitions 1 and "
                        + repetition + " gave different tokens: " + difference);
            }
            rates.add((double) test.batch() * test.tokens() / run.seconds());
            progress.accept(test, repetition);
        }
        return new TestResult(test, rates, answers);
    }

    /** Once on a device; where the JVM compiles the engine while it runs, for long enough that it has. */
    private void warmUp(ModelTest test) {
        long end = System.nanoTime() + (engine.device().isPresent() ? 0 : JVM_WARMUP_NANOS);
        do {
            once(test, test.kind() == ModelTest.Kind.PP ? test.tokens() : Math.min(test.tokens(), WARMUP_STEPS));
        } while (System.nanoTime() < end);
    }

    private record Run(double seconds, List<List<Integer>> answers) {
    }

    private Run once(ModelTest test, int tokens) {
        return switch (test.kind()) {
            case PP -> prompt(tokens);
            case TG -> generation(tokens, test.batch());
        };
    }

    private Run prompt(int tokens) {
        try (Sequence sequence = engine.newSequence(tokens)) {
            int[] prompt = random(0, tokens);
            long start = System.nanoTime();
            int next = chosen(engine.prefill(sequence, prompt, Choice.first(sampling, 0)), 0);
            return new Run((System.nanoTime() - start) / 1e9, List.of(List.of(next)));
        }
    }

    private Run generation(int steps, int batch) {
        List<Sequence> sequences = new ArrayList<>();
        try {
            int[] tokens = new int[batch];
            List<Choice> choices = new ArrayList<>();
            for (int i = 0; i < batch; i++) {
                Sequence sequence = engine.newSequence(ModelTest.DEPTH + steps);
                sequences.add(sequence);
                choices.add(Choice.first(sampling, i));
                tokens[i] = chosen(engine.prefill(sequence, random(i, ModelTest.DEPTH), choices.get(i)), 0);
            }
            int[][] chosen = new int[steps][];
            long start = System.nanoTime();
            for (int step = 0; step < steps; step++) {
                choices.replaceAll(Choice::next);
                Logits logits = engine.decode(sequences, tokens, choices);
                tokens = new int[batch];
                for (int i = 0; i < batch; i++) {
                    tokens[i] = chosen(logits, i);
                }
                chosen[step] = tokens;
            }
            double seconds = (System.nanoTime() - start) / 1e9;
            return new Run(seconds, transposed(chosen, batch));
        } finally {
            sequences.forEach(Sequence::close);
        }
    }

    private static int chosen(Logits logits, int row) {
        int token = logits.chosen(row);
        if (token < 0) {
            throw Sampler.noChoice();
        }
        return token;
    }

    private static List<List<Integer>> transposed(int[][] chosen, int batch) {
        List<List<Integer>> answers = new ArrayList<>();
        for (int i = 0; i < batch; i++) {
            List<Integer> answer = new ArrayList<>();
            for (int[] step : chosen) {
                answer.add(step[i]);
            }
            answers.add(answer);
        }
        return answers;
    }

    /** The prompt of a sequence, the same in every run. */
    private int[] random(int seed, int tokens) {
        return new SplittableRandom(seed).ints(tokens, 0, engine.config().vocabularySize()).toArray();
    }
}
