package zipserv.tornado.bench;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.List;
import java.util.Map;
import java.util.OptionalDouble;
import org.junit.jupiter.api.Test;
import zipserv.tornado.bench.GemmCase.Kernel;

class GemmReportTest {

    private static GemmResult result(Kernel kernel, int m, int n, double micros) {
        return new GemmResult(kernel.id(), m, 64, n, "-", new Timing(micros, micros, micros), 3_000_000, 16, 0, 0, "");
    }

    private static GemmReport report(GemmResult... results) {
        return new GemmReport("GPU", "1", 0.975, "bf16", 4000, List.of(results), Map.of());
    }

    @Test
    void aRatioIsTheOthersTimeOverThisOne() {
        GemmReport report = report(result(Kernel.TCA_TBE, 16, 8, 20), result(Kernel.CUBLAS, 16, 8, 30),
                result(Kernel.CUBLAS, 32, 8, 5),
                result(Kernel.CUBLAS, 16, 1, 5));
        assertEquals(OptionalDouble.of(1.5), report.speedAgainst(Kernel.CUBLAS, report.results().getFirst()));
        assertTrue(report.speedAgainst(Kernel.RAW, report.results().getFirst()).isEmpty());
        assertTrue(report.speedAgainst(Kernel.CUBLAS, report.results().get(1)).isEmpty());
    }

    @Test
    void ofSeveralPlansTheFastestCounts() {
        GemmReport report = report(result(Kernel.FRAG11, 16, 8, 20), result(Kernel.FRAG11, 16, 8, 10),
                result(Kernel.FRAG11, 32, 8, 10),
                result(Kernel.FRAG11, 32, 64, 10), result(Kernel.CUBLAS, 16, 8, 40), result(Kernel.CUBLAS, 32, 8, 10),
                result(Kernel.CUBLAS, 32, 64, 1));
        GemmReport.Summary summary = report.summary(Kernel.FRAG11, Kernel.CUBLAS, n -> n <= 32).orElseThrow();
        assertEquals(2, summary.cells());
        assertEquals(2, summary.geometricMean(), 1e-12);
        assertEquals(1, summary.smallest(), 1e-12);
        assertTrue(report.summary(Kernel.TCA_TBE, Kernel.CUBLAS, n -> true).isEmpty());
    }

    @Test
    void decompressionIsComparedWithACopy() {
        GemmReport report = report(result(Kernel.TCA_TBE_DECOMPRESS, 16, 0, 1));
        assertEquals(0.75, report.partOfCopy(report.results().getFirst()).orElseThrow(), 1e-12);
    }

    @Test
    void oneWrongResultMakesAReportWrong() {
        GemmResult good = result(Kernel.RAW, 16, 8, 1);
        for (String check : new String[] {"error 1e-7 DIFFERS from raw", "error NaN WRONG", "WRONG from byte 0 on"}) {
            GemmResult bad = new GemmResult("raw", 16, 64, 8, "-", good.micros(), 1, 16, 0, 0, check);
            assertFalse(report(good, bad).isCorrect(), check);
        }
        assertTrue(report(good).isCorrect());
    }
}
