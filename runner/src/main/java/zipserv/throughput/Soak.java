package zipserv.throughput;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.Iterator;
import java.util.List;
import java.util.Optional;
import java.util.SplittableRandom;
import java.util.function.IntConsumer;

import zipserv.model.DeviceInfo;
import zipserv.model.Engine;
import zipserv.model.Engine.Logits;
import zipserv.model.Engine.LogitsAt;
import zipserv.model.Engine.Sequence;
import zipserv.model.MemoryUse;
import zipserv.model.sampling.Sampler;

/**
 * Many greedy generations of random lengths in batches of random sizes, one engine for all. Generations begin and end
 * at any time, so a batch is never the same for long. Checked are the tokens of a sample, which must be those of the
 * same prompt alone, and ten times over the run, with all sequences closed, the memory.
 */
public final class Soak {

    private static final int CHECKS = 10;
    private static final int GENERATIONS_PER_CHECK = 10;
    /** One step in so many changes the size of the batch. */
    private static final int STEPS_PER_SIZE = 8;
    /** Drivers keep a little memory for themselves whenever they like; a leak is more, over hundreds of generations. */
    private static final long DRIVER_BYTES = 16 << 20;

    private final Engine engine;
    private final Plan plan;
    private final IntConsumer progress;
    private final SplittableRandom random;
    private final List<Generation> active = new ArrayList<>();
    private final List<Generation> sample = new ArrayList<>();
    private long tokens;
    private long steps;
    private long stepRows;
    private int largestBatch;
    private MemoryUse memory;
    private long freeMemory;

    /**
     * What to do.
     *
     * @param generations how many
     * @param sampled     how many of them are done again alone
     * @param parallel    most sequences at the same time
     * @param maxPrompt   longest prompt
     * @param maxTokens   longest continuation
     * @param seed        of lengths, prompts and batches
     */
    public record Plan(int generations, int sampled, int parallel, int maxPrompt, int maxTokens, long seed) {

        /** Room for half of what all sequences could need, so that the cache, too, is full at times. */
        public int cacheTokens() {
            return Math.max(1, Math.ceilDiv(parallel, 2)) * (maxPrompt + maxTokens);
        }
    }

    /**
     * How it went.
     *
     * @param tokens       generated
     * @param seconds      for them
     * @param meanBatch    sequences per step
     * @param largestBatch in one step
     * @param sampled      generations whose tokens were compared
     * @param memory       taken by the engine, the same at every check
     * @param device       the device at the end, if it has memory of its own
     * @param freeMemory   of the device at the first check
     */
    public record Report(long tokens, double seconds, double meanBatch, int largestBatch, int sampled, MemoryUse memory,
                         Optional<DeviceInfo> device, long freeMemory) {
    }

    private record Generation(Sequence sequence, int[] prompt, int[] tokens, int[] done) {

        void add(int token) {
            tokens[done[0]++] = token;
        }

        boolean isComplete() {
            return done[0] == tokens.length;
        }
    }

    /** @param progress told how many generations have begun; may throw to abandon the work */
    public Soak(Engine engine, Plan plan, IntConsumer progress) {
        this.engine = engine;
        this.plan = plan;
        this.progress = progress;
        this.random = new SplittableRandom(plan.seed());
    }

    /**
     * Does it all.
     *
     * @throws CheckFailedException if tokens differ or memory is lost
     */
    public Report run() {
        try {
            largestStep();
            long start = System.nanoTime();
            int checks = Math.clamp(plan.generations() / GENERATIONS_PER_CHECK, 1, CHECKS);
            for (int check = 1; check <= checks; check++) {
                generate((int) ((long) plan.generations() * (check - 1) / checks),
                        (int) ((long) plan.generations() * check / checks));
                checkMemory(check);
            }
            double seconds = (System.nanoTime() - start) / 1e9;
            sample.forEach(this::checkTokens);
            checkMemory(checks + 1);
            return new Report(tokens, seconds, (double) stepRows / Math.max(1, steps), largestBatch, sample.size(),
                    memory,
                    engine.device(), freeMemory);
        } finally {
            active.forEach(generation -> generation.sequence().close());
        }
    }

    /** Makes the engine take whatever it takes for its largest prefill and its largest step. */
    private void largestStep() {
        int room = engine.room();
        List<Sequence> sequences = new ArrayList<>();
        try {
            while (sequences.size() < plan.parallel() && engine.room() > 1) {
                int wanted = sequences.isEmpty() ? plan.maxPrompt() + 1 : 2;
                Sequence sequence = engine.newSequence(Math.min(engine.room(), wanted));
                sequences.add(sequence);
                engine.prefill(sequence, new int[sequence.capacity() - 1], LogitsAt.LAST).chosen(0);
            }
            engine.decode(sequences, new int[sequences.size()]).chosen(0);
        } finally {
            sequences.forEach(Sequence::close);
        }
        if (engine.room() != room) {
            throw new CheckFailedException("the cache has room for " + engine.room() + " tokens, but had for " + room
                    + " before the first sequences");
        }
    }

    private void generate(int from, int to) {
        int next = from;
        int wanted = size();
        int[] prompt = prompt();
        while (next < to || !active.isEmpty()) {
            progress.accept(next);
            if (random.nextInt(STEPS_PER_SIZE) == 0) {
                wanted = size();
            }
            int length = 1 + random.nextInt(plan.maxTokens());
            while (next < to && active.size() < wanted && prompt.length + length <= engine.room()) {
                begin(next, prompt, length);
                next++;
                prompt = prompt();
                length = 1 + random.nextInt(plan.maxTokens());
            }
            if (active.isEmpty() && next < to && prompt.length + length > engine.room()) {
                throw new CheckFailedException("no sequence is open, but the cache has no room for "
                        + (prompt.length + length) + " tokens any more");
            }
            if (!active.isEmpty()) {
                step();
            }
        }
    }

    /** Small batches are as frequent as large ones. */
    private int size() {
        return (int) Math.exp(random.nextDouble() * Math.log(plan.parallel() + 1.0));
    }

    private int[] prompt() {
        return random.ints(1 + random.nextInt(plan.maxPrompt()), 0, engine.config().vocabularySize()).toArray();
    }

    private void begin(int index, int[] prompt, int length) {
        Generation generation = new Generation(engine.newSequence(prompt.length + length), prompt, new int[length],
                new int[1]);
        active.add(generation);
        if ((long) index * plan.sampled() / plan.generations()
                != (long) (index + 1) * plan.sampled() / plan.generations()) {
            sample.add(generation);
        }
        // Every other prompt in two parts, as a conversation is.
        int cut = index % 2 == 0 ? 0 : prompt.length / 2;
        if (cut > 0) {
            engine.prefill(generation.sequence(), Arrays.copyOf(prompt, cut), LogitsAt.LAST);
        }
        take(generation, engine.prefill(generation.sequence(), Arrays.copyOfRange(prompt, cut, prompt.length),
                LogitsAt.LAST),
                0);
        if (generation.isComplete()) {
            active.removeLast().sequence().close();
        }
    }

    private void step() {
        Logits logits = engine.decode(active.stream().map(Generation::sequence).toList(),
                active.stream().mapToInt(generation -> generation.tokens()[generation.done()[0] - 1]).toArray());
        steps++;
        stepRows += active.size();
        largestBatch = Math.max(largestBatch, active.size());
        int row = 0;
        for (Iterator<Generation> all = active.iterator(); all.hasNext(); row++) {
            Generation generation = all.next();
            take(generation, logits, row);
            if (generation.isComplete()) {
                all.remove();
                generation.sequence().close();
            }
        }
    }

    private void take(Generation generation, Logits logits, int row) {
        int token = logits.chosen(row);
        if (token < 0) {
            throw Sampler.noChoice();
        }
        generation.add(token);
        tokens++;
    }

    private void checkTokens(Generation expected) {
        progress.accept(plan.generations());
        int[] found = new int[expected.tokens().length];
        try (Sequence sequence = engine.newSequence(expected.prompt().length + found.length)) {
            found[0] = engine.prefill(sequence, expected.prompt(), LogitsAt.LAST).chosen(0);
            for (int i = 1; i < found.length; i++) {
                found[i] = engine.decode(List.of(sequence), new int[] {found[i - 1]}).chosen(0);
            }
        }
        int at = Arrays.mismatch(expected.tokens(), found);
        if (at >= 0) {
            throw new CheckFailedException("a prompt of " + expected.prompt().length + " tokens gave another token "
                    + at
                    + " in a batch than alone: " + expected.tokens()[at] + " and " + found[at]);
        }
    }

    private void checkMemory(int check) {
        MemoryUse now = engine.memory();
        long free = engine.device().map(DeviceInfo::freeMemory).orElse(0L);
        if (memory == null) {
            memory = now;
            freeMemory = free;
        }
        if (!now.equals(memory)) {
            throw new CheckFailedException("the engine's memory was " + memory.text() + " at first and is " + now.text()
                    + " at check " + check + ", all sequences closed both times");
        }
        if (free < freeMemory - DRIVER_BYTES) {
            throw new CheckFailedException("the device had " + freeMemory + " bytes free at first and has " + free
                    + " at check " + check + ", all sequences closed both times");
        }
    }
}
