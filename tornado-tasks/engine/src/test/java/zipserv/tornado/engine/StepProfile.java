package zipserv.tornado.engine;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Random;
import java.util.SplittableRandom;
import java.util.stream.IntStream;
import zipserv.checkpoint.ProgressListener;
import zipserv.codec.Bf16Matrix;
import zipserv.codec.Codecs;
import zipserv.codec.CompressedMatrix;
import zipserv.codec.WeightFormat;
import zipserv.model.Engine;
import zipserv.model.Engine.Logits;
import zipserv.model.Engine.LogitsAt;
import zipserv.model.Engine.Sequence;
import zipserv.model.EngineOptions;
import zipserv.model.Linear;
import zipserv.model.ModelConfig;
import zipserv.model.ModelConfig.Architecture;
import zipserv.model.ModelConfig.Llama3Scaling;
import zipserv.model.ModelConfig.Rope;
import zipserv.model.ModelWeights;
import zipserv.model.sampling.Choice;
import zipserv.model.sampling.SamplingParameters;
import zipserv.tornado.cuda.LaunchRunner;

/**
 * Not a test: where a token's time goes on a GPU, for the widths of Llama-3.1-8B and Gaussian weights. All layers have the
 * same weights, each in its own device memory. Prints, per format and batch, microseconds of each kind of launch, of a
 * whole step on the device, and of a step as a caller sees it; and compares logits bit by bit.
 */
public final class StepProfile {

    private static final int WIDTH = 4096;

    private static final List<String> CHOOSING = List.of("argmax", "sample");
    private static final List<SamplingParameters> SAMPLING = List.of(new SamplingParameters(1, 0, 1, 0, 1),
            new SamplingParameters(0.7, 50, 1, 0, 1), new SamplingParameters(0.7, 0, 0.9, 0, 1),
            new SamplingParameters(0.7, 50, 0.9, 0.05, 1));

    private StepProfile() {
    }

    /** Arguments: layers, formats, batches, context, activations, cache, prompts; lists with commas. */
    public static void main(String[] arguments) {
        int layers = Integer.parseInt(arguments[0]);
        List<Integer> batches = ints(arguments[2]);
        int context = Integer.parseInt(arguments[3]);
        ActivationFormat activations = ActivationFormat.valueOf(arguments[4]);
        ActivationFormat cache = ActivationFormat.valueOf(arguments[5]);
        ModelConfig config = new ModelConfig(Architecture.LLAMA, WIDTH, 14_336, layers, 32, 8, 128, 128_256, 131_072,
                1e-5f, new Rope(500_000, Optional.of(new Llama3Scaling(8, 1, 4, 8192))), true, false, false, false,
                false);
        Map<String, int[]> seen = new HashMap<>();
        try (Arena arena = Arena.ofShared()) {
            List<Bf16Matrix> raw = List.of(matrix(4096, WIDTH, 1, arena), matrix(1024, WIDTH, 2, arena),
                    matrix(1024, WIDTH, 3, arena), matrix(WIDTH, 4096, 4, arena), matrix(14_336, WIDTH, 5, arena),
                    matrix(14_336, WIDTH, 6, arena), matrix(WIDTH, 14_336, 7, arena),
                    matrix(128_256, WIDTH, 8, arena));
            for (String name : arguments[1].split(",")) {
                WeightFormat format = WeightFormat.valueOf(name);
                long start = System.nanoTime();
                List<CompressedMatrix> m = raw.stream().map(matrix -> Codecs.of(format).encode(matrix, arena,
                        Runtime.getRuntime().availableProcessors())).toList();
                System.out.printf("== %s: encoded in %.1f s, %.3f bits per weight%n", name,
                        (System.nanoTime() - start) / 1e9, m.get(4).bitsPerWeight());
                start = System.nanoTime();
                float[] ones = new float[WIDTH];
                Arrays.fill(ones, 1f);
                ModelWeights.Layer layer = new ModelWeights.Layer(ones, new Linear(m.get(0)), new Linear(m.get(1)),
                        new Linear(m.get(2)), null, null, new Linear(m.get(3)), ones, new Linear(m.get(4)),
                        new Linear(m.get(5)), new Linear(m.get(6)));
                ModelWeights weights = new ModelWeights(m.get(7), java.util.Collections.nCopies(layers, layer), ones,
                        new Linear(m.get(7)));
                EngineLimits limits = new EngineLimits((context + 400) * batches.stream().max(Integer::compare).get()
                        + 5000, cache, activations, IntStream.iterate(1, rows -> rows <= EngineLimits.MAX_PROMPT_ROWS,
                        rows -> 2 * rows).boxed().toList()).withWarpgroups(LaunchRunner.runsHopperKernels());
                try (TornadoEngine engine = new TornadoEngine("gpu", config, weights, limits,
                        new EngineOptions(1, 0, 0, System.out::println, ProgressListener.NONE))) {
                    System.out.printf("loaded in %.1f s: %s%n", (System.nanoTime() - start) / 1e9,
                            engine.memory().text());
                    for (int batch : batches) {
                        decode(engine, batch, context, name, seen);
                    }
                    for (int prompt : ints(arguments[6])) {
                        prefill(engine, prompt, name, seen);
                    }
                }
            }
        }
    }

    private static void decode(TornadoEngine engine, int batch, int context, String format, Map<String, int[]> seen) {
        List<Sequence> sequences = new ArrayList<>();
        int[] tokens = new int[batch];
        for (int i = 0; i < batch; i++) {
            sequences.add(engine.newSequence(context + 390));
            tokens[i] = engine.prefill(sequences.get(i), random(context, i), LogitsAt.LAST).chosen(0);
        }
        Logits logits = null;
        for (int step = 0; step < 5; step++) {
            logits = engine.decode(sequences, tokens);
            for (int i = 0; i < batch; i++) {
                tokens[i] = logits.chosen(i);
            }
        }
        check("decode " + batch, logits, batch - 1, engine, format, seen);
        int steps = 200;
        long start = System.nanoTime();
        for (int step = 0; step < steps; step++) {
            logits = engine.decode(sequences, tokens);
            for (int i = 0; i < batch; i++) {
                tokens[i] = logits.chosen(i);
            }
        }
        double micros = (System.nanoTime() - start) / 1e3 / steps;
        System.out.printf("-- %s decode batch %d at %d tokens: %.1f us a step, %.1f tokens/s%n", format, batch, context,
                micros, 1e6 * batch / micros);
        kinds(engine, batch, true);
        if (engine.steps() instanceof ReplayedSteps steps1) {
            for (SamplingParameters sampling : SAMPLING) {
                sample(engine, steps1, new Forward.Shape(rows(batch), true, true), sequences, tokens, sampling);
            }
        }
        sequences.forEach(Sequence::close);
    }

    /** Rows of the step for so many. */
    private static int rows(int least) {
        int rows = 1;
        while (rows < Math.min(least, EngineLimits.MAX_PROMPT_ROWS)) {
            rows *= 2;
        }
        return rows;
    }

    /** What each kind of launch takes in a step, and the whole step. */
    private static void kinds(TornadoEngine engine, int least, boolean decoding) {
        if (engine.steps() instanceof ReplayedSteps steps) {
            Forward.Shape shape = new Forward.Shape(rows(least), decoding, false);
            double best = Double.MAX_VALUE;
            for (int i = 0; i < 10; i++) {
                best = Math.min(best, steps.time(shape));
            }
            System.out.printf("   device, whole graph of %s %.1f us%n", shape, best);
            double[] sum = new double[1];
            steps.profile(shape, name -> name.replaceFirst("^l\\d+_", "")).forEach((kind, time) -> {
                System.out.printf("   %-12s %4.0f launches %9.1f us, %7.2f each%n", kind, time[1], time[0],
                        time[0] / time[1]);
                sum[0] += time[0];
            });
            System.out.printf("   sum %.1f us%n", sum[0]);
        }
    }

    /** Steps that sample, and what choosing takes of them. */
    private static void sample(TornadoEngine engine, ReplayedSteps steps, Forward.Shape shape,
            List<Sequence> sequences, int[] tokens, SamplingParameters sampling) {
        List<Choice> choices = new ArrayList<>(IntStream.range(0, tokens.length).mapToObj(i ->
                Choice.first(sampling, i)).toList());
        long start = 0;
        for (int step = -10; step < 30; step++) {
            start = step == 0 ? System.nanoTime() : start;
            Logits logits = engine.decode(sequences, tokens, choices);
            for (int i = 0; i < tokens.length; i++) {
                tokens[i] = logits.chosen(i);
            }
            choices.replaceAll(Choice::next);
        }
        double micros = (System.nanoTime() - start) / 1e3 / 30;
        double[] choosing = steps.profile(shape, name -> CHOOSING.contains(name) ? "choosing" : "other")
                .get("choosing");
        System.out.printf("   sampled, temperature %s, top-k %d, top-p %s, min-p %s: %.1f us a step, argmax and sample"
                + " %.1f us%n", sampling.temperature(), sampling.topK(), sampling.topP(), sampling.minP(), micros,
                choosing[0]);
    }

    private static void prefill(TornadoEngine engine, int length, String format, Map<String, int[]> seen) {
        double best = Double.MAX_VALUE;
        for (int i = 0; i < 3; i++) {
            try (Sequence sequence = engine.newSequence(length)) {
                long start = System.nanoTime();
                Logits logits = engine.prefill(sequence, random(length, 77), LogitsAt.LAST);
                logits.chosen(0);
                best = Math.min(best, (System.nanoTime() - start) / 1e3);
                check("prefill " + length, logits, 0, engine, format, seen);
            }
        }
        System.out.printf("-- %s prefill %d: %.0f us, %.0f tokens/s%n", format, length, best, 1e6 * length / best);
        kinds(engine, length, false);
    }

    private static void check(String what, Logits logits, int row, Engine engine, String format,
            Map<String, int[]> seen) {
        float[] values = new float[engine.config().vocabularySize()];
        logits.copyRow(row, values);
        int[] bits = new int[values.length];
        for (int i = 0; i < bits.length; i++) {
            bits[i] = Float.floatToRawIntBits(values[i]);
        }
        int[] known = seen.putIfAbsent(what, bits);
        System.out.printf("   %s: argmax %d, logit %.5f, %s%n", what, logits.chosen(row),
                values[Math.max(0, logits.chosen(row))],
                known == null ? "first" : Arrays.equals(known, bits) ? "same bits" : "DIFFERENT BITS");
    }

    private static int[] random(int length, int seed) {
        return new Random(seed).ints(length, 0, 128_256).toArray();
    }

    private static List<Integer> ints(String list) {
        return list.isBlank() ? List.of() : Arrays.stream(list.split(",")).map(Integer::valueOf).toList();
    }

    private static Bf16Matrix matrix(int rows, int columns, int seed, Arena arena) {
        MemorySegment data = arena.allocate(2L * rows * columns, 64);
        short[] gaussian = new short[1 << 16];
        Random random = new Random(seed);
        for (int i = 0; i < gaussian.length; i++) {
            gaussian[i] = (short) (Float.floatToRawIntBits((float) random.nextGaussian() * 0.02f) >>> 16);
        }
        IntStream.range(0, rows).parallel().forEach(row -> {
            SplittableRandom own = new SplittableRandom(31L * seed + row);
            for (int column = 0; column < columns; column += 4) {
                long bits = own.nextLong();
                for (int i = 0; i < 4; i++) {
                    data.set(Bf16Matrix.ELEMENT, 2L * ((long) row * columns + column + i),
                            gaussian[(int) (bits >>> 16 * i) & 0xFFFF]);
                }
            }
        });
        return new Bf16Matrix(data, rows, columns);
    }
}
