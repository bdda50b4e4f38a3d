package zipserv.tornado.engine;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;
import zipserv.codec.WeightFormat;
import zipserv.model.Engine;
import zipserv.model.Engine.Logits;
import zipserv.model.Engine.LogitsAt;
import zipserv.model.Engine.Sequence;
import zipserv.model.ModelConfig;
import zipserv.model.sampling.Choice;
import zipserv.model.sampling.Sampler;
import zipserv.model.sampling.SamplingParameters;

/** Texts whose tokens the engine samples on the device are those that a host samples from the engine's logits. */
class SampledTextsTest {

    private static final ModelConfig CONFIG = RandomModel.LLAMA;
    private static final int STEPS = 5;

    /** An engine with steps of certain sizes. */
    private static TornadoEngine engine(Integer... rows) {
        return new TornadoEngine("emulator", CONFIG, RandomModel.weights(CONFIG, WeightFormat.FRAG11),
                new EngineLimits(120, ActivationFormat.BF16, ActivationFormat.BF16X2, List.of(rows)));
    }

    private static List<Choice> choices(long seed) {
        return List.of(Choice.first(new SamplingParameters(0.8, 100, 0.95, 0.01, 1), seed), Choice.greedy());
    }

    private static int[] prompt(int length, int seed) {
        return new Random(seed).ints(length, 0, CONFIG.vocabularySize()).toArray();
    }

    /**
     * Tokens of two texts, one of them greedy.
     *
     * @param looking whether the host reads all logits and chooses itself, for which nothing is run ahead
     */
    private static List<List<Integer>> texts(Engine engine, List<Choice> first, boolean looking) {
        List<Sequence> batch = new ArrayList<>();
        List<List<Integer>> texts = new ArrayList<>();
        List<Choice> choices = new ArrayList<>(first);
        int[] tokens = new int[first.size()];
        for (int i = 0; i < tokens.length; i++) {
            batch.add(engine.newSequence(20));
            Logits logits = engine.prefill(batch.get(i), prompt(2 + i, i), choices.get(i));
            tokens[i] = token(logits, 0, choices.get(i), looking);
            texts.add(new ArrayList<>(List.of(tokens[i])));
        }
        for (int step = 0; step < STEPS; step++) {
            choices.replaceAll(Choice::next);
            Logits logits = engine.decode(batch, tokens, choices);
            tokens = new int[tokens.length];
            for (int i = 0; i < tokens.length; i++) {
                tokens[i] = token(logits, i, choices.get(i), looking);
                texts.get(i).add(tokens[i]);
            }
        }
        batch.forEach(Sequence::close);
        return texts;
    }

    private static int token(Logits logits, int row, Choice choice, boolean looking) {
        int chosen = logits.chosen(row);
        if (looking) {
            float[] values = new float[CONFIG.vocabularySize()];
            logits.copyRow(row, values);
            assertEquals(new Sampler().sample(values, choice), chosen);
            assertEquals(chosen, logits.chosen(row), "still the same");
        }
        return chosen;
    }

    @Test
    void areThoseThatTheHostSamples() {
        try (Engine engine = engine(2)) {
            List<List<Integer>> looked = texts(engine, choices(5), true);
            assertEquals(looked, texts(engine, choices(5), false));
        }
    }

    /** Each call's choices count, whatever those of the step before were. */
    @Test
    void choicesMayChangeFromStepToStep() {
        SamplingParameters warm = new SamplingParameters(1.5, 0, 1, 0, 1);
        Sampler host = new Sampler();
        float[] row = new float[CONFIG.vocabularySize()];
        try (Engine engine = engine(1); Sequence sequence = engine.newSequence(60)) {
            int token = engine.prefill(sequence, prompt(4, 1), LogitsAt.LAST).chosen(0);
            List<Integer> found = new ArrayList<>();
            List<Integer> expected = new ArrayList<>();
            for (int step = 0; step < 9; step++) {
                Choice choice = switch (step / 3) {
                    case 0 -> new Choice(warm, 3, step);
                    case 1 -> Choice.greedy();
                    default -> new Choice(warm.withTopP(0.5), 3, step);
                };
                Logits logits = engine.decode(List.of(sequence), new int[] {token}, List.of(choice));
                token = logits.chosen(0);
                found.add(token);
                // Looked at now and then only, so that steps run ahead in between.
                if (step % 3 == 2) {
                    logits.copyRow(0, row);
                    expected.add(host.sample(row, choice));
                }
            }
            assertEquals(expected, List.of(found.get(2), found.get(5), found.get(8)),
                    Arrays.toString(found.toArray()));
        }
    }

    /** Steps that are larger than any batch have one row of logits, and so one choice. */
    @Test
    void theTokenBehindALongPrompt() {
        try (Engine engine = engine(1, 96); Sequence sequence = engine.newSequence(60)) {
            Choice choice = choices(4).getFirst();
            token(engine.prefill(sequence, prompt(50, 3), choice), 0, choice, true);
        }
    }
}
