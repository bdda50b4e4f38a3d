package zipserv.tornado.engine;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import uk.ac.manchester.tornado.api.types.arrays.IntArray;
import zipserv.model.sampling.Choice;
import zipserv.model.sampling.Sampler;
import zipserv.model.sampling.SamplingParameters;
import zipserv.model.sampling.SplitMix64;
import zipserv.tornado.cuda.LaunchRunner;
import zipserv.tornado.kernels.HostArrays;
import zipserv.tornado.kernels.Launch;

/** Tokens chosen on the device are those that the host's sampler chooses from the same logits. */
class SamplingTest {

    private static final SamplingParameters WARM = SamplingParameters.greedy().withTemperature(1);

    private final Random random = new Random(77);
    private final Sampler host = new Sampler();

    /** What argmax and sampling make of rows of logits, given in one part or as the sum of two. */
    private static int[] device(ActivationFormat format, float[][] parts, int columns, List<Choice> choices) {
        int rows = choices.size();
        float[] all = new float[parts.length * rows * columns];
        for (int part = 0; part < parts.length; part++) {
            System.arraycopy(parts[part], 0, all, part * rows * columns, rows * columns);
        }
        IntArray logits = KernelRun.bits(all);
        IntArray best = HostArrays.ints(rows);
        StepChoices words = KernelRun.choices(rows);
        for (int row = 0; row < rows; row++) {
            words.set(row, choices.get(row));
        }
        List<Launch> launches = new ArrayList<>();
        EngineTasks tasks = new EngineTasks(launches::add,
                new EngineLimits(1, ActivationFormat.BF16, format, List.of(1)));
        tasks.argmax("argmax", logits, HostArrays.ints(rows * Argmax.FOUND_WORDS), HostArrays.ints(rows), best, columns,
                rows);
        tasks.sample("sample", logits, words, best, columns, rows);
        LaunchRunner.run(launches);
        return best.toHeapArray();
    }

    private void check(float[] logits, int columns, List<Choice> choices) {
        int[] found = device(ActivationFormat.BF16, new float[][] {logits}, columns, choices);
        for (int row = 0; row < choices.size(); row++) {
            int at = row;
            assertEquals(host.sample(logits, row * columns, columns, choices.get(row)), found[row],
                    () -> "row " + at + " of " + columns + ", " + choices.get(at));
        }
    }

    private SamplingParameters anyParameters(int columns) {
        double temperature = switch (random.nextInt(6)) {
            case 0 -> 1;
            case 1 -> new double[] {1e-300, 1e-3, 100, 1e6}[random.nextInt(4)];
            default -> 0.2 + 2 * random.nextDouble();
        };
        int k = random.nextInt(3) > 0 ? 0 : 1 + random.nextInt(random.nextBoolean() ? 20 : columns + 2);
        double p = random.nextInt(3) > 0 ? 1 : new double[] {0, 0.3, 0.9, 0.95, 0.999999, random.nextDouble()}[
                random.nextInt(6)];
        double least = random.nextInt(4) > 0 ? 0 : new double[] {1e-12, 0.05, 0.5, 1}[random.nextInt(4)];
        return new SamplingParameters(random.nextInt(12) == 0 ? 0 : temperature, k, p, least, 1);
    }

    private float anyLogit(int kind) {
        return switch (kind) {
            // Coarse values make ties.
            case 0 -> random.nextInt(12) / 8f - 1;
            case 1 -> random.nextInt(4) > 0 ? (float) random.nextGaussian() : new float[] {Float.NaN,
                Float.NEGATIVE_INFINITY, -Float.NaN, 0f, -0f, Float.MIN_VALUE, -Float.MAX_VALUE}[random.nextInt(7)];
            case 2 -> Float.intBitsToFloat(random.nextInt());
            case 3 -> 1e-41f * random.nextInt(100);
            case 4 -> 7.5f;
            default -> (float) random.nextGaussian() * 3;
        };
    }

    @ParameterizedTest
    @ValueSource(ints = {1, 2, 33, 301, 1500})
    void anyLogitsAndParameters(int columns) {
        int rows = columns > 1000 ? 60 : 100;
        float[] logits = new float[rows * columns];
        List<Choice> choices = new ArrayList<>();
        for (int row = 0; row < rows; row++) {
            int kind = random.nextInt(9);
            for (int i = 0; i < columns; i++) {
                logits[row * columns + i] = anyLogit(kind);
            }
            choices.add(new Choice(random.nextInt(12) == 0 ? SamplingParameters.greedy() : anyParameters(columns),
                    random.nextLong(), random.nextInt(1000)));
        }
        check(logits, columns, choices);
    }

    /** Every thread of the largest block has work, and every bit of the logits counts. */
    @Test
    void aLargeVocabulary() {
        int columns = 40_007;
        List<Choice> choices = Stream.of(WARM, WARM.withTopK(50).withTemperature(0.6), WARM.withTopP(0.95),
                new SamplingParameters(0.7, 40, 0.9, 0.01, 1), SamplingParameters.greedy()).map(
                        parameters -> Choice.first(parameters, random.nextLong())).toList();
        float[] logits = new float[choices.size() * columns];
        for (int i = 0; i < logits.length; i++) {
            logits[i] = (float) random.nextGaussian() * 2 + 1;
        }
        check(logits, columns, choices);
    }

    @Test
    void nothingToChooseAndInfinity() {
        int columns = 300;
        float[] logits = new float[4 * columns];
        Arrays.fill(logits, 0, columns, Float.NaN);
        Arrays.fill(logits, columns, 2 * columns, Float.NEGATIVE_INFINITY);
        logits[columns + 7] = Float.NaN;
        logits[2 * columns + 40] = Float.POSITIVE_INFINITY;
        logits[2 * columns + 50] = Float.POSITIVE_INFINITY;
        Arrays.fill(logits, 3 * columns, 4 * columns, Float.NEGATIVE_INFINITY);
        logits[3 * columns + 299] = -Float.MAX_VALUE;
        List<Choice> choices = IntStream.range(0, 4).mapToObj(row -> new Choice(WARM.withTopK(3).withTopP(0.4), row, 5))
                .toList();
        assertArrayEquals(new int[] {-1, -1, 40, 299},
                device(ActivationFormat.BF16, new float[][] {logits}, columns, choices));
        check(logits, columns, choices);
    }

    /** A random number of 0 draws the first token that weighs something. */
    @Test
    void theLeastRandomNumber() {
        int columns = 300;
        float[] logits = new float[2 * columns];
        Arrays.fill(logits, -200f);
        logits[190] = 3;
        logits[200] = 5;
        logits[columns + 7] = 2;
        Choice least = new Choice(WARM, -SplitMix64.GAMMA, 0);
        assertArrayEquals(new int[] {190, 7},
                device(ActivationFormat.BF16, new float[][] {logits}, columns, List.of(least, least)));
        check(logits, columns, List.of(least, least));
    }

    /** Weights of 1/2, 1/4 and twice 1/8: what reaches top-p exactly is enough. */
    @Test
    void sumsThatReachTopPExactly() {
        int columns = 4;
        int rows = 60;
        double perUnit = 1 / Math.log(2);
        float[] logits = new float[rows * columns];
        List<Choice> choices = new ArrayList<>();
        for (int row = 0; row < rows; row++) {
            System.arraycopy(new float[] {-2, -1, 0, -2}, 0, logits, row * columns, columns);
            choices.add(new Choice(WARM.withTemperature(perUnit).withTopP(row % 2 == 0 ? 0.5 : 0.75), row, 0));
        }
        int[] found = device(ActivationFormat.BF16, new float[][] {logits}, columns, choices);
        for (int row = 0; row < rows; row++) {
            assertTrue(found[row] == 2 || row % 2 == 1 && found[row] == 1, "row " + row + ": " + found[row]);
        }
        assertTrue(Arrays.stream(found).anyMatch(token -> token == 1));
        check(logits, columns, choices);
    }

    /** Equal logits are kept or dropped together; all fall into one bin. */
    @Test
    void ties() {
        int columns = 777;
        SamplingParameters[] parameters = {WARM, WARM.withTopK(1), WARM.withTopP(0.01), WARM.withMinP(1),
            WARM.withTopK(5).withTopP(0.5)};
        List<Choice> choices = IntStream.range(0, 40).mapToObj(row ->
                new Choice(parameters[row % parameters.length], random.nextLong(), row)).toList();
        float[] logits = new float[choices.size() * columns];
        Arrays.fill(logits, -2.25f);
        int[] found = device(ActivationFormat.BF16, new float[][] {logits}, columns, choices);
        assertTrue(Arrays.stream(found).distinct().count() > 30, Arrays.toString(found));
        check(logits, columns, choices);
    }

    @Test
    void logitsOfTwoParts() {
        int columns = 333;
        int rows = 12;
        float[][] parts = new float[2][rows * columns];
        float[] sums = new float[rows * columns];
        for (int i = 0; i < sums.length; i++) {
            parts[0][i] = (float) random.nextGaussian();
            parts[1][i] = (float) random.nextGaussian() / 300;
            sums[i] = parts[0][i] + parts[1][i];
        }
        List<Choice> choices = IntStream.range(0, rows).mapToObj(row ->
                new Choice(anyParameters(columns), 3, row)).toList();
        int[] found = device(ActivationFormat.BF16X2, parts, columns, choices);
        for (int row = 0; row < rows; row++) {
            assertEquals(host.sample(sums, row * columns, columns, choices.get(row)), found[row]);
        }
    }

    @Test
    void theNextStepDrawsTheNextRandomNumbers() {
        StepInput input = KernelRun.input(3);
        StepChoices choices = KernelRun.choices(3);
        StepChoices next = KernelRun.choices(3);
        Choice choice = Choice.first(new SamplingParameters(0.7, 3, 0.9, 0.1, 1), -5);
        for (int row = 0; row < 2; row++) {
            input.set(row, 10 + row, 5, 100 * row);
            choices.set(row, choice);
            next.set(row, choice.next());
        }
        IntArray best = HostArrays.ints(3);
        best.set(0, 7);
        best.set(1, 8);
        int[] before = choices.copy(3);
        KernelRun.run(ActivationFormat.BF16, new Object[] {input.words(), choices.words(), best},
                new Object[] {input.words(), choices.words()},
                (tasks, graph) -> tasks.advanceSampling("next", input, choices, best, 3));
        assertArrayEquals(new int[] {7, 6, 0, 8, 6, 100, -1, 0, 0}, input.copy(3));
        assertArrayEquals(next.copy(2), choices.copy(2));
        assertTrue(StepChoices.follow(before, next.copy(3)));
        assertFalse(StepChoices.follow(before, before));
        assertFalse(StepChoices.follow(before, next.copy(2)));
    }

    @Test
    void blocksGrowWithTheVocabulary() {
        assertEquals(64, Sampling.threads(1));
        assertEquals(64, Sampling.threads(1024));
        assertEquals(128, Sampling.threads(1025));
        assertEquals(1024, Sampling.threads(128_256));
    }
}
