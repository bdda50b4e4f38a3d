package zipserv.model.sampling;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import java.math.BigDecimal;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import java.util.Random;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.IntStream;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.function.Executable;

class SamplerTest {

    private static final float INF = Float.POSITIVE_INFINITY;
    private static final float NAN = Float.NaN;

    private static final SamplingParameters PLAIN = SamplingParameters.greedy().withTemperature(1);

    private final Sampler sampler = new Sampler();

    private int greedy(float... logits) {
        return sampler.sample(logits, Choice.greedy());
    }

    @Test
    void greedyTakesTheLowestIndexAndNeverNaN() {
        assertEquals(1, greedy(-1, 3, 3, 2));
        assertEquals(0, greedy(-0f, 0f));
        assertEquals(2, greedy(NAN, -5, -4, NAN));
        assertEquals(1, greedy(NAN, -INF, NAN));
        assertEquals(2, greedy(1, NAN, INF));
        assertEquals(-1, greedy(NAN, NAN));
    }

    @Test
    void unusableLogitsGiveNoToken() {
        for (SamplingParameters parameters : List.of(PLAIN, PLAIN.withTopK(1), PLAIN.withTopP(0.5))) {
            for (float[] logits : new float[][] {{NAN, NAN}, {NAN, -INF}, {-INF, -INF}}) {
                assertEquals(-1, sampler.sample(logits, Choice.first(parameters, 1)));
            }
        }
        assertEquals("the model computed no usable logits (all are NaN or minus infinity)",
                Sampler.noChoice().getMessage());
    }

    @Test
    void aRowMayBeAPartOfAnArray() {
        float[] rows = {9, 9, 1, 5, 2, 9, 9};
        assertEquals(1, sampler.sample(rows, 2, 3, Choice.greedy()));
        assertEquals(1, sampler.sample(rows, 2, 3, Choice.first(PLAIN.withTopK(1), 3)));
    }

    @Test
    void infiniteAndNaNLogits() {
        assertEquals(Set.of(1), reachable(PLAIN, new float[] {3, INF, INF}));
        assertEquals(Set.of(0, 2), reachable(PLAIN, new float[] {1, NAN, 1, -INF}));
        assertEquals(Set.of(0, 2), reachable(PLAIN.withTopP(0.99), new float[] {1, NAN, 1, -INF}));
        assertEquals(Set.of(0, 2), reachable(PLAIN.withTopK(3), new float[] {1, NAN, 1, -INF}));
    }

    /** A row of a large vocabulary: the frequencies of all tokens together, by Pearson's chi-square. */
    @Test
    void choicesAreDistributedAsTheSoftmax() {
        Random random = new Random(3);
        float[] logits = new float[2000];
        double[] probabilities = new double[logits.length];
        double total = 0;
        for (int i = 0; i < logits.length; i++) {
            logits[i] = (float) random.nextGaussian();
            probabilities[i] = Math.exp(logits[i] / 0.8);
            total += probabilities[i];
        }
        int draws = 200_000;
        int[] counts = new int[logits.length];
        Choice choice = Choice.first(PLAIN.withTemperature(0.8), 11);
        for (int i = 0; i < draws; i++, choice = choice.next()) {
            counts[sampler.sample(logits, choice)]++;
        }
        double chiSquare = 0;
        for (int i = 0; i < logits.length; i++) {
            double expected = draws * probabilities[i] / total;
            chiSquare += (counts[i] - expected) * (counts[i] - expected) / expected;
        }
        // Mean 1999, standard deviation sqrt(2 * 1999) = 63.
        assertEquals(1999, chiSquare, 4 * 63.2);
    }

    @Test
    void frequenciesFollowTheSoftmax() {
        // Probabilities 0.6, 0.3, 0.1.
        assertFrequencies(PLAIN, logs(0.6, 0.3, 0.1), 0.6, 0.3, 0.1);
        // Temperature 0.5 squares them: 0.36, 0.09, 0.01 of 0.46.
        assertFrequencies(PLAIN.withTemperature(0.5), logs(0.6, 0.3, 0.1), 0.36 / 0.46, 0.09 / 0.46, 0.01 / 0.46);
        // Temperature 2 takes roots.
        double sum = Math.sqrt(0.6) + Math.sqrt(0.3) + Math.sqrt(0.1);
        assertFrequencies(PLAIN.withTemperature(2), logs(0.6, 0.3, 0.1),
                Math.sqrt(0.6) / sum, Math.sqrt(0.3) / sum, Math.sqrt(0.1) / sum);
        assertFrequencies(PLAIN.withTopK(2), logs(0.1, 0.6, 0.3), 0, 2. / 3, 1. / 3);
        assertFrequencies(PLAIN.withTopP(0.8), logs(0.1, 0.6, 0.3), 0, 2. / 3, 1. / 3);
    }

    @Test
    void topKKeepsTokensEqualToTheLast() {
        float[] logits = {1, 5, 3, 3, 3, 0};
        assertEquals(Set.of(1), reachable(PLAIN.withTopK(1), logits));
        assertEquals(Set.of(1, 2, 3, 4), reachable(PLAIN.withTopK(2), logits));
        assertEquals(Set.of(1, 2, 3, 4), reachable(PLAIN.withTopK(4), logits));
        assertEquals(Set.of(0, 1, 2, 3, 4), reachable(PLAIN.withTopK(5), logits));
        assertEquals(Set.of(0, 1, 2, 3, 4, 5), reachable(PLAIN.withTopK(0), logits));
        assertEquals(Set.of(0, 1, 2, 3, 4, 5), reachable(PLAIN.withTopK(100), logits));
        assertEquals(Set.of(0, 2), reachable(PLAIN.withTopK(1), new float[] {-0f, -1, 0f}));
        assertEquals(Set.of(0, 2), reachable(PLAIN.withTopP(0.1), new float[] {-0f, -1, 0f}));
    }

    @Test
    void topPKeepsTheSmallestSetThatReachesIt() {
        float[] logits = logs(0.05, 0.5, 0.15, 0.3);
        assertEquals(Set.of(1), reachable(PLAIN.withTopP(0), logits));
        assertEquals(Set.of(1), reachable(PLAIN.withTopP(0.4), logits));
        assertEquals(Set.of(1, 3), reachable(PLAIN.withTopP(0.6), logits));
        assertEquals(Set.of(1, 2, 3), reachable(PLAIN.withTopP(0.9), logits));
        assertEquals(Set.of(0, 1, 2, 3), reachable(PLAIN.withTopP(0.96), logits));
        assertEquals(Set.of(0, 1, 2, 3), reachable(PLAIN.withTopP(1), logits));
        // Weights of 1/2, 1/4 and twice 1/8: what reaches it exactly is enough.
        SamplingParameters base2 = PLAIN.withTemperature(1 / Math.log(2));
        assertEquals(Set.of(2), reachable(base2.withTopP(0.5), new float[] {-2, -1, 0, -2}));
        assertEquals(Set.of(1, 2), reachable(base2.withTopP(0.75), new float[] {-2, -1, 0, -2}));
        // Equals are kept all.
        assertEquals(Set.of(0, 1, 2, 3), reachable(PLAIN.withTopP(0.45), new float[] {-1, -1, -1, -1}));
        assertEquals(Set.of(0, 1, 3), reachable(PLAIN.withTopP(0.8), new float[] {0, 2, -1, 0}));
    }

    @Test
    void minPIsRelativeToTheMostProbable() {
        float[] logits = logs(0.05, 0.5, 0.15, 0.3);
        assertEquals(Set.of(1), reachable(PLAIN.withMinP(1), logits));
        assertEquals(Set.of(1, 3), reachable(PLAIN.withMinP(0.5), logits));
        assertEquals(Set.of(1, 2, 3), reachable(PLAIN.withMinP(0.2), logits));
        // After the temperature: squared, 0.15 is only 0.09 of the most probable one.
        assertEquals(Set.of(1, 3), reachable(PLAIN.withMinP(0.2).withTemperature(0.5), logits));
    }

    @Test
    void topPCountsOnlyWhatTopKLeft() {
        // After top-k 2 the probabilities are 0.625 and 0.375, so 0.6 is reached by the first alone.
        float[] logits = logs(0.05, 0.5, 0.15, 0.3);
        assertEquals(Set.of(1), reachable(PLAIN.withTopK(2).withTopP(0.6), logits));
        assertEquals(Set.of(1, 3), reachable(PLAIN.withTopP(0.6), logits));
    }

    @Test
    void aSeedMeansTheSameEverywhere() {
        // Reference values of SplitMix64 for seed 1234567.
        assertEquals(6457827717110365317L, new Choice(PLAIN, 1234567, 0).random());
        assertEquals(3203168211198807973L, new Choice(PLAIN, 1234567, 1).random());
        assertEquals(3203168211198807973L, Choice.first(PLAIN, 1234567).next().random());

        float[] logits = logs(0.2, 0.3, 0.1, 0.4);
        assertEquals("[3, 0, 1, 1, 0, 3, 1, 3, 1, 3, 1, 1]", IntStream.range(0, 12)
                .map(i -> sampler.sample(logits, new Choice(PLAIN, 42, i))).boxed().toList().toString());
    }

    @Test
    void choicesKnowNoText() {
        assertThrows(IllegalArgumentException.class, () -> new Choice(PLAIN.withRepetitionPenalty(2), 1, 1));
        assertEquals(new Choice(PLAIN, 1, 0), Choice.first(PLAIN.withRepetitionPenalty(2), 1));
        assertEquals(Choice.greedy(), Choice.first(PLAIN.withTemperature(0), 1).next());
    }

    /** It draws the first token that weighs something. */
    @Test
    void theLeastRandomNumber() {
        Choice least = new Choice(PLAIN, -SplitMix64.GAMMA, 0);
        assertEquals(0, least.random());
        assertEquals(2, sampler.sample(new float[] {-200, -INF, 3, 5}, least));
    }

    @Test
    void neighbouringSeedsDiffer() {
        Set<Integer> first = new TreeSet<>();
        for (int seed = 0; seed < 100; seed++) {
            first.add(sampler.sample(new float[16], Choice.first(PLAIN, seed)));
        }
        assertEquals(16, first.size());
    }

    /** Against a straightforward implementation that sorts everything, token by token. */
    @Test
    void choicesAgreeWithSorting() {
        Random random = new Random(5);
        for (int round = 0; round < 3000; round++) {
            int n = 1 + random.nextInt(round % 10 == 0 ? 3000 : 60);
            float[] logits = new float[n];
            for (int i = 0; i < n; i++) {
                // Coarse values make ties.
                logits[i] = switch (random.nextInt(20)) {
                    case 0 -> NAN;
                    case 1 -> -INF;
                    case 2 -> (float) random.nextGaussian();
                    default -> random.nextInt(12) / 8f - 1;
                };
            }
            SamplingParameters parameters = new SamplingParameters(0.1 + 2 * random.nextDouble(), random.nextInt(n + 3),
                    random.nextInt(4) == 0 ? 1 : random.nextDouble(),
                    random.nextInt(3) == 0 ? 0 : random.nextDouble() / 4, 1);
            Choice choice = Choice.first(parameters, round);
            assertEquals(sorted(choice, logits), sampler.sample(logits, choice),
                    () -> parameters + " " + Arrays.toString(logits));
        }
    }

    @Test
    void parametersAreChecked() {
        assertEquals("temperature is -1.0, expected 0 or more", refusal(() -> PLAIN.withTemperature(-1)));
        assertEquals("temperature is NaN, expected 0 or more", refusal(() -> PLAIN.withTemperature(Double.NaN)));
        assertEquals("top-k is -1.0, expected 0 or more", refusal(() -> PLAIN.withTopK(-1)));
        assertEquals("top-p is 1.5, expected 0 to 1", refusal(() -> PLAIN.withTopP(1.5)));
        assertEquals("min-p is -0.1, expected 0 to 1", refusal(() -> PLAIN.withMinP(-0.1)));
        assertEquals("repetition penalty is 0.0, expected above 0", refusal(() -> PLAIN.withRepetitionPenalty(0)));
    }

    private static String refusal(Executable call) {
        return assertThrows(IllegalArgumentException.class, call).getMessage();
    }

    private static int sorted(Choice choice, float[] logits) {
        SamplingParameters parameters = choice.parameters();
        List<Integer> kept = IntStream.range(0, logits.length).boxed().filter(i -> logits[i] > -INF)
                .sorted(Comparator.<Integer>comparingDouble(i -> -logits[i])).toList();
        if (kept.isEmpty()) {
            return -1;
        }
        float largest = logits[kept.getFirst()];
        long[] weights = new long[logits.length];
        for (int i : kept) {
            weights[i] = Weights.weigh(((double) logits[i] - largest) * choice.scale());
        }
        if (parameters.topK() > 0 && parameters.topK() < kept.size()) {
            kept = downTo(logits[kept.get(parameters.topK() - 1)], kept, logits);
        }
        if (parameters.topP() < 1) {
            BigDecimal all = BigDecimal.valueOf(kept.stream().mapToLong(i -> weights[i]).sum());
            long wanted = all.multiply(new BigDecimal(parameters.topP())).longValue();
            long sum = 0;
            for (int i : kept) {
                sum += weights[i];
                if (sum >= wanted) {
                    kept = downTo(logits[i], kept, logits);
                    break;
                }
            }
        }
        double least = parameters.minP() * Weights.ONE;
        List<Integer> drawn = kept.stream().filter(i -> weights[i] >= least).sorted().toList();
        long left = Math.unsignedMultiplyHigh(choice.random(), drawn.stream().mapToLong(i -> weights[i]).sum());
        for (int i : drawn) {
            left -= weights[i];
            if (left < 0) {
                return i;
            }
        }
        return -1;
    }

    private static List<Integer> downTo(float least, List<Integer> tokens, float[] logits) {
        return tokens.stream().filter(i -> logits[i] >= least).toList();
    }

    /** All tokens that 4000 draws give; a token with probability 0.005 is missed once in 500 million times. */
    private Set<Integer> reachable(SamplingParameters parameters, float[] logits) {
        Set<Integer> drawn = new TreeSet<>();
        for (int i = 0; i < 4000; i++) {
            drawn.add(sampler.sample(logits, new Choice(parameters, 99, i)));
        }
        return drawn;
    }

    private void assertFrequencies(SamplingParameters parameters, float[] logits, double... expected) {
        int n = 200_000;
        int[] counts = new int[expected.length];
        for (int i = 0; i < n; i++) {
            counts[sampler.sample(logits, new Choice(parameters, 7, i))]++;
        }
        for (int i = 0; i < expected.length; i++) {
            // Five standard deviations.
            double tolerance = 5 * Math.sqrt(expected[i] * (1 - expected[i]) / n);
            assertEquals(expected[i], (double) counts[i] / n, tolerance, "token " + i);
        }
    }

    private static float[] logs(double... probabilities) {
        float[] logits = new float[probabilities.length];
        for (int i = 0; i < logits.length; i++) {
            logits[i] = (float) Math.log(probabilities[i]) + 3;
        }
        return logits;
    }
}
