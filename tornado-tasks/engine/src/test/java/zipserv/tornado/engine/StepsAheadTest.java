package zipserv.tornado.engine;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;
import zipserv.model.sampling.Choice;
import zipserv.model.sampling.SamplingParameters;
import zipserv.tornado.kernels.GpuException;

/** Steps run ahead change no result, whatever the host does next; with a device made of hashes. */
class StepsAheadTest {

    private static final int VOCABULARY = HashingSteps.VOCABULARY;
    private static final SamplingParameters WARM = SamplingParameters.greedy().withTemperature(1);

    /** A text as the host sees it. */
    private static final class Text {
        private final int first;
        private final int capacity;
        private final List<Integer> tokens = new ArrayList<>();
        private Choice choice = Choice.greedy();

        Text(int first, int capacity) {
            this.first = first;
            this.capacity = capacity;
        }

        int logit() {
            return tokens.stream().reduce(1, (hash, token) -> 31 * hash + token);
        }

        /** The token that follows. */
        int best() {
            return HashingSteps.chosen(logit(), choice.isGreedy() ? 0 : choice.randomState());
        }
    }

    private final StepInput input = KernelRun.input(HashingSteps.ROWS);
    private final StepChoices choices = KernelRun.choices(HashingSteps.ROWS);
    private final HashingSteps device = new HashingSteps(input, choices);
    private final StepsAhead steps = new StepsAhead(device, input, choices);
    private final MemorySegment logit = Arena.ofAuto().allocate(Integer.BYTES);

    private void prompt(Text text, int... tokens) {
        text.choice = text.choice.next();
        input.clear();
        choices.clear();
        choices.set(tokens.length - 1, text.choice);
        for (int row = 0; row < tokens.length; row++) {
            input.set(row, tokens[row], text.tokens.size(), text.first);
            text.tokens.add(tokens[row]);
        }
        steps.prompt(tokens.length);
        assertEquals(text.best(), steps.best(tokens.length - 1));
    }

    private void decode(List<Text> texts, int... tokens) {
        input.clear();
        choices.clear();
        boolean room = true;
        for (int row = 0; row < tokens.length; row++) {
            Text text = texts.get(row);
            input.set(row, tokens[row], text.tokens.size(), text.first);
            text.tokens.add(tokens[row]);
            text.choice = text.choice.next();
            choices.set(row, text.choice);
            room &= text.tokens.size() < text.capacity;
        }
        steps.decode(tokens.length, room);
        for (int row = 0; row < tokens.length; row++) {
            assertEquals(texts.get(row).best(), steps.best(row), "row " + row);
        }
    }

    private void greedy(List<Text> texts, int count) {
        for (int i = 0; i < count; i++) {
            decode(texts, texts.stream().mapToInt(Text::best).toArray());
        }
    }

    private void assertLogits(List<Text> texts) {
        for (int row = 0; row < texts.size(); row++) {
            steps.copyLogits(row, logit);
            assertEquals(texts.get(row).logit(), logit.get(ValueLayout.JAVA_INT, 0), "logits of row " + row);
            assertEquals(texts.get(row).best(), steps.best(row));
        }
    }

    private int inFlight() {
        return device.begun.size();
    }

    @Test
    void greedyStepsRunAheadAfterTwoOfThem() {
        Text text = new Text(3, 100);
        prompt(text, 1, 2, 3);
        greedy(List.of(text), 2);
        assertEquals(0, device.following);
        greedy(List.of(text), 10);
        assertEquals(10, device.following);
        assertEquals(1 + 12 + 1, device.count, "each step once, and the one in flight");
        assertEquals(1, inFlight());
        steps.close();
    }

    @Test
    void nothingRunsAheadIfTurnedOff() {
        device.canFollow = false;
        StepsAhead off = new StepsAhead(device, input, choices);
        for (int position = 0, token = 5; position < 20; position++, token = off.best(0)) {
            input.clear();
            input.set(0, token, position, 0);
            off.decode(1, true);
        }
        assertEquals(0, device.following);
    }

    @Test
    void sampledStepsRunAheadWithTheNextRandomNumbers() {
        Text sampled = new Text(0, 80);
        sampled.choice = Choice.first(WARM, 9);
        Text greedy = new Text(80, 80);
        prompt(sampled, 1, 2, 3);
        prompt(greedy, 4);
        greedy(List.of(sampled, greedy), 12);
        assertEquals(10, device.following);
        assertEquals(2 + 12 + 1, device.count, "each step once, and the one in flight");
        assertLogits(List.of(sampled, greedy));
        steps.close();
    }

    @Test
    void anotherChoiceDropsTheStep() {
        Choice choice = new Choice(WARM, 1, 0);
        // The step in flight draws number 8.
        for (Choice other : List.of(new Choice(WARM, 1, 50), new Choice(WARM, 2, 7), new Choice(WARM.withTopK(3), 1, 7),
                new Choice(WARM.withTopP(0.5), 1, 7), new Choice(WARM.withMinP(0.5), 1, 7), Choice.greedy())) {
            new StepsAheadTest().choose(choice, other);
        }
        new StepsAheadTest().choose(Choice.greedy(), choice);
    }

    private void choose(Choice before, Choice after) {
        Text text = new Text(0, 160);
        text.choice = before;
        prompt(text, 1);
        greedy(List.of(text), 6);
        assertEquals(1, inFlight());
        int expected = text.best();
        text.choice = after;
        decode(List.of(text), expected);
        assertEquals(0, inFlight());
    }

    @Test
    void anotherTokenDropsTheStep() {
        Text text = new Text(0, 100);
        prompt(text, 4);
        greedy(List.of(text), 5);
        assertEquals(1, inFlight());
        decode(List.of(text), (text.best() + 1) % VOCABULARY);
        assertEquals(0, inFlight());
        greedy(List.of(text), 20);
        assertLogits(List.of(text));
    }

    @Test
    void otherTextsAndOrdersDropTheStep() {
        Text a = new Text(0, 50);
        Text b = new Text(50, 50);
        prompt(a, 1, 2);
        prompt(b, 3, 4);
        greedy(List.of(a, b), 6);
        assertEquals(1, inFlight());
        greedy(List.of(b, a), 1);
        assertEquals(0, inFlight());
        greedy(List.of(b, a), 8);
        assertEquals(1, inFlight());
        greedy(List.of(b), 1);
        assertEquals(0, inFlight());
        greedy(List.of(b), 12);
        greedy(List.of(a, b), 1);
    }

    @Test
    void theSameTokenAndPositionOfAnotherTextDropTheStep() {
        Text a = new Text(0, 50);
        Text b = new Text(50, 50);
        prompt(b, 1, 2, 3, 4, 5, 6, 7);
        prompt(a, 1);
        greedy(List.of(a), 6);
        assertEquals(1, inFlight());
        decode(List.of(b), a.best());
        assertEquals(0, inFlight());
        greedy(List.of(a), 1);
    }

    @Test
    void aPromptInBetweenDropsTheStep() {
        Text a = new Text(0, 50);
        prompt(a, 1, 2);
        greedy(List.of(a), 6);
        assertEquals(1, inFlight());
        Text b = new Text(50, 50);
        prompt(b, 9, 8, 7);
        assertEquals(0, inFlight());
        greedy(List.of(a), 1);
        greedy(List.of(a, b), 9);
    }

    @Test
    void slotsOfAClosedTextAreReadAsTheNextOneWroteThem() {
        Text a = new Text(0, 50);
        prompt(a, 1, 2);
        greedy(List.of(a), 6);
        assertEquals(1, inFlight());
        Text b = new Text(0, 50);
        greedy(List.of(b), 1);
        assertEquals(0, inFlight());
        greedy(List.of(b), 20);
        assertLogits(List.of(b));
    }

    @Test
    void noStepGoesBeyondTheEnd() {
        Text a = new Text(0, 12);
        Text other = new Text(12, 20);
        prompt(other, 5);
        prompt(a, 1, 2);
        greedy(List.of(a), 10);
        assertEquals(12, a.tokens.size());
        assertEquals(0, inFlight());
        assertEquals(5, device.cache[12], "the next text's first slot");
        greedy(List.of(other), 1);
    }

    @Test
    void logitsAreRightWhenTheNextStepHasOverwrittenThem() {
        Text a = new Text(0, 100);
        Text b = new Text(100, 60);
        prompt(a, 1);
        prompt(b, 2);
        greedy(List.of(a, b), 5);
        assertEquals(1, inFlight());
        assertLogits(List.of(a, b));
        assertEquals(0, inFlight());
        int following = device.following;
        for (int i = 0; i < 10; i++) {
            greedy(List.of(a, b), 1);
            assertLogits(List.of(a, b));
        }
        assertEquals(following, device.following, "who reads logits is not run ahead of");
    }

    /** A host that changes its mind every fourth step pays for few steps in vain. */
    @Test
    void whoOftenGoesAnotherWayIsTrustedLater() {
        for (int text = 0; text < 30; text++) {
            Text own = new Text(0, 100);
            prompt(own, text);
            greedy(List.of(own), 6);
        }
        assertTrue(device.count <= 30 * 7 + 2, device.count + " steps");
    }

    @Test
    void aFailureLeavesNoResultOfAnotherStep() {
        Text a = new Text(0, 100);
        prompt(a, 1);
        greedy(List.of(a), 5);
        assertEquals(1, inFlight());
        device.failAt = device.count;
        input.clear();
        input.set(0, a.best(), a.tokens.size(), 0);
        assertThrows(GpuException.class, () -> steps.decode(1, true));
        greedy(List.of(a), 8);
        assertLogits(List.of(a));
        steps.close();
    }

    /** Every result is compared with that of the text alone; steps behind which others lie in flight included. */
    @Test
    void anyOrderOfCallsGivesTheSameResults() {
        int following = 0;
        for (int seed = 0; seed < 300; seed++) {
            StepsAheadTest run = new StepsAheadTest();
            run.walk(new Random(seed));
            following += run.device.following;
        }
        assertTrue(following > 1000, following + " steps ahead");
    }

    private void walk(Random random) {
        Text[] texts = new Text[4];
        for (int call = 0; call < 60; call++) {
            int at = random.nextInt(texts.length);
            switch (random.nextInt(6)) {
                case 0 -> {
                    texts[at] = new Text(40 * at, 40);
                    texts[at].choice = Choice.first(random.nextBoolean() ? WARM : SamplingParameters.greedy(), at);
                    prompt(texts[at], random.ints(1 + random.nextInt(2), 0, VOCABULARY).toArray());
                }
                case 1 -> texts[at] = null;
                case 2 -> {
                    if (texts[at] != null) {
                        int length = 1 + random.nextInt(texts[at].tokens.size());
                        texts[at].tokens.subList(length, texts[at].tokens.size()).clear();
                    }
                }
                default -> {
                    List<Text> batch = new ArrayList<>(Arrays.stream(texts)
                            .filter(text -> text != null && text.tokens.size() < text.capacity).toList());
                    if (batch.isEmpty()) {
                        continue;
                    }
                    int count = Math.min(random.nextInt(12), batch.stream().mapToInt(
                            text -> text.capacity - text.tokens.size()).min().getAsInt());
                    greedy(batch, count);
                    if (count > 0 && random.nextInt(3) == 0) {
                        assertLogits(batch);
                    }
                }
            }
        }
        steps.close();
    }
}
