package zipserv.cli;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/** A model of random weights that is small enough for the emulation. */
final class TinyModel {

    private TinyModel() {
    }

    /** Writes one, uncompressed, with the demo model's tokenizer. */
    static Path write(Path target, int seed, int positions) {
        write(target, seed, positions, 4096, "--tokenizer", DemoModel.COMPRESSED);
        return target;
    }

    /** Writes one for tokens only, with a context of 128. */
    static Path writeWithoutTokenizer(Path target, int seed) {
        write(target, seed, 128, 256);
        return target;
    }

    private static void write(Path target, int seed, int positions, int vocabulary, Object... more) {
        List<Object> arguments = new ArrayList<>(List.of("synth", target, "--hidden", 64, "--intermediate", 128,
                "--layers", 2, "--heads", 4, "--kv-heads", 2, "--head-dim", 16, "--vocabulary", vocabulary,
                "--positions", positions, "--seed", seed));
        arguments.addAll(List.of(more));
        run(arguments.toArray());
    }

    /** Compresses one, its smallest matrices too. */
    static Path compress(Path model, Path target, String format) {
        run("compress", model, target, "--min-elements", 1, "--format", format);
        return target;
    }

    private static void run(Object... arguments) {
        Cli.Result result = Cli.run(arguments);
        if (result.status() != ExitCode.OK) {
            throw new AssertionError(result.err());
        }
    }
}
