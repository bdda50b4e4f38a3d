package zipserv.model.cpu;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;

import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

import zipserv.checkpoint.Checkpoint;
import zipserv.checkpoint.CheckpointCompressor;
import zipserv.checkpoint.CheckpointRestorer;
import zipserv.checkpoint.CompressionOptions;
import zipserv.checkpoint.ProgressListener;
import zipserv.codec.WeightFormat;
import zipserv.model.Engine;
import zipserv.model.Engine.Logits;
import zipserv.model.Engine.LogitsAt;
import zipserv.model.Engine.Sequence;
import zipserv.model.EngineOptions;
import zipserv.model.Engines;
import zipserv.model.ModelConfig;
import zipserv.model.Tokenizer;
import zipserv.model.text.HfTokenizer;

/** Real and random models of all families, from compressed weights, against a reference implementation in float. */
class GoldenTest {

    /** What float arithmetic in another order may change; the reference's authors suggest it. */
    private static final double LOGIT_TOLERANCE = 5e-4;
    private static final double WINDOW_NLL_TOLERANCE = 0.01;
    private static final double PERPLEXITY_TOLERANCE = 1e-5;
    private static final int WINDOW = 512;

    /** SHA-256 of the uncompressed weight files. */
    private static final Map<String, String> ORIGINALS = Map.of(
            "tiny-llama-6m", "fe78711c3ebd9f228131617108fe186057d12ed4323b7440666f8929e4b2592d",
            "rand-llama31", "caef4f734fa5496a37d41833e9688a76cc6855e5655fe6c8110aabe749d56f24",
            "rand-qwen2", "bca8b95a1987b8c5ebc7527b0d2787f654fc8b5c28bb8732b5e233b0f75fa82c",
            "rand-qwen3", "5ec86bc5e779042078965851583736e2a12124bb0602ecda7315a96141268833",
            "rand-mistral", "e09355133841263fd0ecad8d2c8a87f7a9264f270c745dfa44e2d8d5f7f6ecc0");

    @TempDir
    private Path temporary;

    static List<String> models() {
        return GoldenModels.names();
    }

    private static Engine engine(Checkpoint checkpoint, int threads) {
        return Engines.installed().open("cpu", checkpoint, ModelConfig.load(checkpoint.directory()),
                EngineOptions.defaults().withThreads(threads));
    }

    @ParameterizedTest
    @MethodSource("models")
    void greedyTokensAndLogits(String model) {
        GoldenModels.Golden golden = GoldenModels.golden(model);
        try (Checkpoint checkpoint = Checkpoint.open(GoldenModels.directory(model));
             Engine engine = engine(checkpoint, 2)) {
            assertTrue(checkpoint.isCompressed());
            float[] row = new float[engine.config().vocabularySize()];
            double worst = 0;
            for (GoldenModels.Case c : golden.cases()) {
                try (Sequence sequence = engine.newSequence(c.prompt().length + c.generated().length)) {
                    Logits logits = engine.prefill(sequence, c.prompt(), LogitsAt.LAST);
                    logits.copyRow(0, row);
                    worst = Math.max(worst, distance(c.lastLogits(), 0, row));
                    assertArrayEquals(c.generated(), greedy(engine, sequence, logits, c.generated().length), c.name());
                }
            }
            try (Sequence sequence = engine.newSequence(golden.shortPrompt().length)) {
                Logits logits = engine.prefill(sequence, golden.shortPrompt(), LogitsAt.ALL);
                assertEquals(golden.shortPrompt().length, logits.rows());
                for (int i = 0; i < logits.rows(); i++) {
                    logits.copyRow(i, row);
                    worst = Math.max(worst, distance(golden.shortLogits(), i * row.length, row));
                }
            }
            System.out.printf("%s: logits differ from the reference by at most %.2g%n", model, worst);
            assertTrue(worst <= LOGIT_TOLERANCE, "logits differ by " + worst);
        }
    }

    private static int[] greedy(Engine engine, Sequence sequence, Logits first, int count) {
        int[] tokens = new int[count];
        tokens[0] = first.chosen(0);
        for (int i = 1; i < count; i++) {
            tokens[i] = engine.decode(List.of(sequence), new int[] {tokens[i - 1]}).chosen(0);
        }
        return tokens;
    }

    private static double distance(float[] expected, int offset, float[] actual) {
        double largest = 0;
        for (int i = 0; i < actual.length; i++) {
            largest = Math.max(largest, Math.abs(expected[offset + i] - actual[i]));
        }
        return largest;
    }

    @ParameterizedTest
    @MethodSource("models")
    void perplexity(String model) throws IOException {
        GoldenModels.Golden golden = GoldenModels.golden(model);
        try (Checkpoint checkpoint = Checkpoint.open(GoldenModels.directory(model));
             Tokenizer tokenizer = HfTokenizer.open(checkpoint.directory());
             Engine engine = engine(checkpoint, 2)) {
            int[] tokens = tokenizer.encode(GoldenModels.heldOutText(), false);
            assertEquals(20229, tokens.length);
            double sum = 0;
            int scored = 0;
            for (int window = 0; window < golden.windowNll().length; window++) {
                int from = window * WINDOW;
                int[] part = Arrays.copyOfRange(tokens, from, Math.min(from + WINDOW, tokens.length));
                double nll = negativeLogLikelihood(engine, part);
                assertEquals(golden.windowNll()[window], nll, WINDOW_NLL_TOLERANCE, "window " + window);
                sum += nll;
                scored += part.length - 1;
            }
            double perplexity = Math.exp(sum / scored);
            System.out.printf("%s: perplexity %.4f, reference %.4f%n", model, perplexity, golden.perplexity());
            assertEquals(1, perplexity / golden.perplexity(), PERPLEXITY_TOLERANCE);
        }
    }

    /** Of all tokens but the first. */
    private static double negativeLogLikelihood(Engine engine, int[] tokens) {
        float[] logits = new float[engine.config().vocabularySize()];
        double nll = 0;
        try (Sequence sequence = engine.newSequence(tokens.length)) {
            Logits rows = engine.prefill(sequence, tokens, LogitsAt.ALL);
            for (int i = 0; i + 1 < tokens.length; i++) {
                rows.copyRow(i, logits);
                double sum = 0;
                for (float logit : logits) {
                    sum += Math.exp(logit - logits[tokens[i + 1]]);
                }
                nll += Math.log(sum);
            }
        }
        return nll;
    }

    @ParameterizedTest
    @MethodSource("models")
    void compressedAndUncompressedWeightsGiveTheSameBits(String model) throws IOException {
        Path restored = temporary.resolve(model);
        new CheckpointRestorer(2, ProgressListener.NONE).restore(GoldenModels.directory(model), restored);
        assertEquals(ORIGINALS.get(model), sha256(restored.resolve("model.safetensors")));
        Path frag11 = temporary.resolve(model + ".frag11");
        new CheckpointCompressor(CompressionOptions.DEFAULT.withFormat(WeightFormat.FRAG11), ProgressListener.NONE)
                .compress(restored, frag11);
        GoldenModels.Golden golden = GoldenModels.golden(model);
        try (Checkpoint compressed = Checkpoint.open(GoldenModels.directory(model));
             Checkpoint fragments = Checkpoint.open(frag11);
             Checkpoint plain = Checkpoint.open(restored)) {
            assertEquals(WeightFormat.TCA_TBE, compressed.matrix("model.embed_tokens.weight").format());
            assertEquals(WeightFormat.FRAG11, fragments.matrix("model.embed_tokens.weight").format());
            assertFalse(plain.isCompressed());
            int[][] expected = logitBits(plain, 1, golden);
            for (int threads : new int[] {1, 2, 4}) {
                assertArrayEquals(expected, logitBits(compressed, threads, golden), threads + " threads");
                assertArrayEquals(expected, logitBits(fragments, threads, golden), threads + " threads, frag11");
                assertArrayEquals(expected, logitBits(plain, threads, golden), threads + " threads, uncompressed");
            }
        }
    }

    /** Logits of a long prefill, of decode steps behind it, and of steps of a batch. */
    private static int[][] logitBits(Checkpoint checkpoint, int threads, GoldenModels.Golden golden) {
        List<int[]> bits = new ArrayList<>();
        int[] prompt = golden.find("long").prompt();
        int[] generated = golden.find("long").generated();
        try (Engine engine = engine(checkpoint, threads);
             Sequence sequence = engine.newSequence(512);
             Sequence other = engine.newSequence(512);
             Sequence third = engine.newSequence(512)) {
            collect(engine, engine.prefill(sequence, prompt, LogitsAt.ALL), bits);
            for (int i = 0; i < 4; i++) {
                collect(engine, engine.decode(List.of(sequence), new int[] {generated[i]}), bits);
            }
            collect(engine, engine.prefill(other, golden.shortPrompt(), LogitsAt.LAST), bits);
            for (int i = 4; i < 8; i++) {
                collect(engine, engine.decode(List.of(other, third, sequence),
                        new int[] {generated[i], generated[i], generated[i]}), bits);
            }
        }
        return bits.toArray(int[][]::new);
    }

    private static void collect(Engine engine, Logits logits, List<int[]> bits) {
        float[] row = new float[engine.config().vocabularySize()];
        for (int i = 0; i < logits.rows(); i++) {
            logits.copyRow(i, row);
            int[] rowBits = new int[row.length];
            for (int j = 0; j < row.length; j++) {
                rowBits[j] = Float.floatToRawIntBits(row[j]);
            }
            bits.add(rowBits);
        }
    }

    private static String sha256(Path file) throws IOException {
        try {
            return HexFormat.of().formatHex(MessageDigest.getInstance("SHA-256").digest(Files.readAllBytes(file)));
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException(e);
        }
    }
}
