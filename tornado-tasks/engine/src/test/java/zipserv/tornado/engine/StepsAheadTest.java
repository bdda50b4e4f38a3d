package zipserv.tornado.engine;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Deque;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;
import zipserv.tornado.kernels.DeviceArrays;
import zipserv.tornado.kernels.GpuException;

/** Steps run ahead change no result, whatever the host does next; with a device made of hashes. */
class StepsAheadTest {

    private static final int ROWS = 8;
    private static final int SLOTS = 160;
    private static final int VOCABULARY = 97;

    /**
     * A device that does what it is told in order, at once: a row's logits follow from all tokens in its cache slots. As
     * on a GPU, a step has only one place for input and logits, and two for results.
     */
    private static final class Device implements Steps {
        private final StepInput input;
        private final int[] words = new int[StepInput.STRIDE * ROWS];
        private final int[] cache = new int[SLOTS];
        private final int[] logits = new int[ROWS];
        private final int[][] best = new int[2][ROWS];
        private final Deque<Integer> begun = new ArrayDeque<>();
        private int count;
        private int last;
        private int following;
        private int failAt = -1;
        private boolean canFollow = true;

        Device(StepInput input) {
            this.input = input;
            Arrays.fill(cache, -7);
        }

        @Override
        public void enqueue(int rows, boolean decoding) {
            System.arraycopy(input.copy(rows), 0, words, 0, rows * StepInput.STRIDE);
            step(rows);
        }

        @Override
        public boolean canFollow() {
            return canFollow;
        }

        @Override
        public void enqueueNext(int rows) {
            following++;
            for (int row = 0; row < rows; row++) {
                words[StepInput.token(row)] = best[count + 1 & 1][row];
                words[StepInput.position(row)]++;
            }
            step(rows);
        }

        private void step(int rows) {
            if (count == failAt) {
                failAt = -1;
                throw new GpuException("broken", null);
            }
            assertTrue(begun.size() < 2, "too many steps in flight");
            for (int row = 0; row < rows; row++) {
                cache[words[StepInput.firstSlot(row)] + words[StepInput.position(row)]] = words[StepInput.token(row)];
            }
            for (int row = 0; row < rows; row++) {
                int hash = 1;
                for (int position = 0; position <= words[StepInput.position(row)]; position++) {
                    hash = 31 * hash + cache[words[StepInput.firstSlot(row)] + position];
                }
                logits[row] = hash;
                best[count & 1][row] = Math.floorMod(hash, VOCABULARY);
            }
            begun.add(count++ & 1);
        }

        @Override
        public void await() {
            last = begun.remove();
        }

        @Override
        public int best(int row) {
            return best[last][row];
        }

        @Override
        public void copyLogits(int row, MemorySegment to) {
            to.set(ValueLayout.JAVA_INT, 0, logits[row]);
        }

        @Override
        public DeviceArrays arrays() {
            throw new UnsupportedOperationException();
        }

        @Override
        public StepInput input(int rows) {
            throw new UnsupportedOperationException();
        }

        @Override
        public void load(Forward model) {
            throw new UnsupportedOperationException();
        }

        @Override
        public void close() {
            assertTrue(begun.isEmpty(), "closed with a step in flight");
        }
    }

    /** A text as the host sees it. */
    private static final class Text {
        private final int first;
        private final int capacity;
        private final List<Integer> tokens = new ArrayList<>();

        Text(int first, int capacity) {
            this.first = first;
            this.capacity = capacity;
        }

        int logit() {
            return tokens.stream().reduce(1, (hash, token) -> 31 * hash + token);
        }

        int best() {
            return Math.floorMod(logit(), VOCABULARY);
        }
    }

    private final StepInput input = KernelRun.input(ROWS);
    private final Device device = new Device(input);
    private final StepsAhead steps = new StepsAhead(device, input);
    private final MemorySegment logit = Arena.ofAuto().allocate(Integer.BYTES);

    private void prompt(Text text, int... tokens) {
        input.clear();
        for (int row = 0; row < tokens.length; row++) {
            input.set(row, tokens[row], text.tokens.size(), text.first);
            text.tokens.add(tokens[row]);
        }
        steps.prompt(tokens.length);
        assertEquals(text.best(), steps.best(tokens.length - 1));
    }

    private void decode(List<Text> texts, int... tokens) {
        input.clear();
        boolean room = true;
        for (int row = 0; row < tokens.length; row++) {
            Text text = texts.get(row);
            input.set(row, tokens[row], text.tokens.size(), text.first);
            text.tokens.add(tokens[row]);
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
        StepsAhead off = new StepsAhead(device, input);
        for (int position = 0, token = 5; position < 20; position++, token = off.best(0)) {
            input.clear();
            input.set(0, token, position, 0);
            off.decode(1, true);
        }
        assertEquals(0, device.following);
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
