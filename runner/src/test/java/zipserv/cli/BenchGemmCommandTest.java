package zipserv.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** What needs no GPU. */
class BenchGemmCommandTest {

    @TempDir
    Path folder;

    @Test
    void tunedPlansArePrinted() throws IOException {
        Path file = folder.resolve("plans.json");
        Files.writeString(file, """
                {"version": 1, "targets": [{"gpu": "NVIDIA H200", "driver": "580.1", "kernels": "00000000", "plans": [
                {"format": "frag11", "rows": 4096, "columns": 14336, "batch": 8, "plan": "1x4/2*2", "micros": 12.5}]}]}
                """);
        Cli.Result result = Cli.run("bench", "gemm", "--plans", "--plan-file", file.toString());
        assertEquals(ExitCode.OK, result.status(), result.err());
        assertEquals("""
                NVIDIA H200, driver 580.1, kernels 00000000 (not these)
                  frag11   4096x14336  N   8  1x4/2*2        12.50 us
                """, result.out());
    }

    @Test
    void aDamagedFileOfPlansIsOneWarning() throws IOException {
        Path file = folder.resolve("plans.json");
        Files.writeString(file, "{");
        Cli.Result result = Cli.run("bench", "gemm", "--plans", "--plan-file", file.toString());
        assertEquals(ExitCode.OK, result.status(), result.err());
        assertTrue(result.err().startsWith("zipserv: warning: " + file), result.err());
        assertEquals(1, result.err().lines().count());
        assertEquals("no tuned plans in " + file + "\n", result.out());
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', value = {
        "--shape 4096             | --shape is '4096': expected two numbers",
        "--shape llama-3b         | --shape is 'llama-3b': expected two numbers",
        "--shape 16x12            | --shape is '16x12': expected at least one row, columns in multiples of 8",
        "--n 0                    | --n is [0], expected numbers from 1",
        "--format frag12          | --format is 'frag12': expected decompress, unfused or one of frag11, tca-tbe, raw",
        "--plan 1x8               | --plan is '1x8': '1x8' is no plan",
        "--plan 3x1/1             | --plan is '3x1/1': plan of 3 strips",
        "--coverage 50            | --coverage is 50.0, expected more than 50 and at most 100",
        "--output fp16            | --output is 'fp16', expected bf16 or fp32"})
    void wrongValuesAreNamed(String options, String message) {
        String[] words = ("bench gemm " + options).split(" ");
        Cli.Result result = Cli.run(words);
        assertEquals(ExitCode.USAGE, result.status(), result.err());
        assertTrue(result.err().contains(message), result.err());
    }
}
