package zipserv.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.file.Path;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** {@code bench soak}: a short run on the CPU, a very short one in the emulation. */
class BenchSoakCommandTest {

    @TempDir
    private static Path shared;
    private static Path model;

    @BeforeAll
    static void write() {
        model = TinyModel.compress(TinyModel.writeWithoutTokenizer(shared.resolve("tiny"), 1),
                shared.resolve("tiny.zip11"), "frag11");
    }

    private static void assertClean(Cli.Result result, int generations, int largest, int sampled) {
        assertEquals(ExitCode.OK, result.status(), result.err());
        assertTrue(result.out().matches("generations: +" + generations + ", \\d+ tokens in .*, [0-9.]+ tokens/s\n"
                + "batches: +1 to [2-" + largest + "] sequences, [0-9.]+ on average\n"
                + "tokens: +" + sampled + " texts are the same alone as in their batches\n"
                + "memory: +[0-9.]+ [kM]B \\(weights [0-9.]+ kB, cache .*B, work [0-9.]+ [kM]B\\), constant\n"),
                result.out());
    }

    @Test
    void theCpuEngineStaysTheSame() {
        assertClean(Cli.run("bench", "soak", model, "--device", "cpu", "--generations", 300, "--sample", 40,
                "--parallel",
                9, "--max-prompt", 40, "--max-tokens", 20), 300, 9, 40);
    }

    @Test
    void theGpuEngineStaysTheSameInTheEmulation() {
        assertClean(Cli.run("bench", "soak", model, "--device", "emulator", "--generations", 10, "--sample", 3,
                "--parallel", 4, "--max-prompt", 6, "--max-tokens", 4), 10, 4, 3);
    }

    @Test
    void optionsAreChecked() {
        assertEquals("zipserv: error: --max-prompt and --max-tokens are 100 and 64, expected at most the model's "
                + "context of 128 together (see 'zipserv bench soak --help')\n",
                Cli.run("bench", "soak", model, "--max-prompt", 100).err());
        assertEquals("zipserv: error: --sample is 5, expected 0 to 4 (see 'zipserv bench soak --help')\n",
                Cli.run("bench", "soak", model, "--generations", 4, "--sample", 5, "--max-prompt", 9).err());
        Cli.Result large = Cli.run("bench", "soak", model, "--max-prompt", 9, "--parallel", 600, "--device", "cpu");
        assertEquals(new Cli.Result(ExitCode.FAILED, "",
                "zipserv: error: --parallel 600: the cpu engine decodes at most 512 "
                + "sequences at a time\n"), large);
    }
}
