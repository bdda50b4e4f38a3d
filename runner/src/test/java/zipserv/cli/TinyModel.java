package zipserv.cli;

import java.nio.file.Path;

/** A model of random weights that is small enough for the emulation. */
final class TinyModel {

    private TinyModel() {
    }

    /** Writes one, uncompressed, with the demo model's tokenizer and a context of 128 tokens. */
    static Path write(Path target, int seed) {
        run("synth", target, "--hidden", 64, "--intermediate", 128, "--layers", 2, "--heads", 4, "--kv-heads", 2,
                "--head-dim", 16, "--vocabulary", 4096, "--positions", 128, "--seed", seed, "--tokenizer",
                DemoModel.COMPRESSED);
        return target;
    }

    /** Compresses one, its smallest matrices too. */
    static Path compress(Path model, Path target) {
        return compress(model, target, "tca-tbe");
    }

    /** The same in a format. */
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
