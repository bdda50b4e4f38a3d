package zipserv.cli;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.function.Consumer;

import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import zipserv.model.Engine;
import zipserv.model.Engine.LogitsAt;
import zipserv.model.ModelConfig;
import zipserv.model.Tokenizer;
import zipserv.model.text.HfTokenizer;

/** Compares the logits of two checkpoints of one model, such as the compressed and the original one. */
@Command(
        name = "compare-logits",
        description = {
                "Compare the logits of two checkpoints of one model, bit by bit.",
                "Both run on the same text; compared are the logits at every position of the prompt and at every step "
                        + "of a greedy continuation. Exit status 3 if one bit differs."},
        footer = "  zipserv compare-logits Llama-3.2-1B Llama-3.2-1B.zip11 --prompt \"Once upon a time\" -n 32")
final class CompareLogitsCommand implements Callable<Integer> {

    private final Terminal terminal;

    @Parameters(index = "0", paramLabel = "MODEL", description = "Folder of a checkpoint, compressed or not.")
    private Path first;

    @Parameters(index = "1", paramLabel = "OTHER", description = "Folder of a second one.")
    private Path second;

    @Option(names = {"-p", "--prompt"}, paramLabel = "TEXT", defaultValue = "In the beginning God created the heaven",
            description = "Text to run both on.")
    private String prompt;

    @Option(names = {"-n", "--tokens"}, paramLabel = "N", defaultValue = "32",
            description = "Steps of the continuation (default: ${DEFAULT-VALUE}).")
    private int steps;

    @Mixin
    private EngineMixin engines;

    CompareLogitsCommand(Terminal terminal) {
        this.terminal = terminal;
    }

    /** The logits of one model: how many, and the SHA-256 of their bits (floats, little-endian). */
    private record Digest(long count, String sha256) {
    }

    @Override
    public Integer call() {
        Digest one = digest(first);
        Digest other = digest(second);
        print(first, one);
        print(second, other);
        boolean equal = one.equals(other);
        terminal.out().println(equal ? "identical in every bit" : "DIFFERENT");
        return equal ? ExitCode.OK : ExitCode.MISMATCH;
    }

    private void print(Path model, Digest digest) {
        terminal.out().println("%s  %s (%d logits)".formatted(digest.sha256(), model, digest.count()));
    }

    private Digest digest(Path model) {
        try (Tokenizer tokenizer = HfTokenizer.open(model)) {
            return digest(model, tokenizer.encode(prompt, true));
        }
    }

    private Digest digest(Path model, int[] tokens) {
        EngineMixin.Room room = EngineMixin.Room.of((long) tokens.length + steps, ModelConfig.load(model));
        try (ModelSession session = engines.open(model, room)) {
            MessageDigest digest = MessageDigest.getInstance("SHA-256");
            int vocabulary = session.config().vocabularySize();
            ByteBuffer bytes = ByteBuffer.allocate(Float.BYTES * vocabulary).order(ByteOrder.LITTLE_ENDIAN);
            float[] row = new float[vocabulary];
            long[] rows = {0};
            run(session.engine(), tokens, logits -> {
                for (int i = 0; i < logits.rows(); i++) {
                    logits.copyRow(i, row);
                    for (int j = 0; j < vocabulary; j++) {
                        bytes.putInt(Float.BYTES * j, Float.floatToRawIntBits(row[j]));
                    }
                    digest.update(bytes.rewind());
                    rows[0]++;
                }
            });
            return new Digest(rows[0] * vocabulary, HexFormat.of().formatHex(digest.digest()));
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException(e);
        }
    }

    private void run(Engine engine, int[] tokens, Consumer<Engine.Logits> take) {
        int capacity = Math.min(tokens.length + steps, engine.config().maxPositions());
        try (Engine.Sequence sequence = engine.newSequence(capacity)) {
            Engine.Logits logits = engine.prefill(sequence, tokens, LogitsAt.ALL);
            take.accept(logits);
            int next = logits.chosen(logits.rows() - 1);
            while (sequence.length() < capacity) {
                logits = engine.decode(List.of(sequence), new int[] {next});
                take.accept(logits);
                next = logits.chosen(0);
            }
        }
    }
}
