package zipserv.cli;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import javax.imageio.ImageIO;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.knowm.xchart.XYChart;
import org.knowm.xchart.XYSeries;

class BenchRooflineCommandTest {

    @TempDir
    Path folder;
    private Path results;

    @BeforeEach
    void writeResults() throws IOException {
        results = folder.resolve("gemm.json");
        Files.writeString(results, """
                {"device": "NVIDIA H200", "copy_gb_per_s": 4200.0, "results": [
                {"kernel": "frag11", "m": 4096, "k": 4096, "n": 8, "median_us": 11.1, "bytes": 24000000},
                {"kernel": "frag11-decompress", "m": 4096, "k": 4096, "n": 0, "median_us": 14.5, "bytes": 57500000},
                {"kernel": "cublas", "m": 4096, "k": 4096, "n": 8, "median_us": 12.4, "bytes": 33700000}]}
                """);
    }

    @Test
    void drawsSvgAndPng() throws IOException {
        Path svg = folder.resolve("roofline.svg");
        Cli.Result result = Cli.run("bench", "roofline", results.toString(), "-o", svg.toString());
        assertEquals(ExitCode.OK, result.status(), result.err());
        assertEquals("2 products drawn to " + svg + "\n", result.err());
        assertTrue(Files.readString(svg).contains("<ellipse"), "frag11's dots");
        Path png = folder.resolve("roofline.png");
        assertEquals(ExitCode.OK, Cli.run("bench", "roofline", results.toString(), "-o", png.toString()).status());
        assertEquals(Roofline.WIDTH, ImageIO.read(png.toFile()).getWidth());
    }

    @Test
    void productsLieUnderTheLimits() {
        XYChart chart = new Roofline("NVIDIA H200", 4200, List.of(new Roofline.Point("frag11", 11, 24),
                new Roofline.Point("cublas", 8, 21), new Roofline.Point("cublas", 1, 3))).chart();
        assertEquals(List.of("datasheet: 4.80 TB/s, 989 TFLOP/s dense BF16", "a copy, as measured: 4.20 TB/s",
                "frag11, fused", "cuBLASLt"), names(chart));
        assertArrayEquals(new double[] {21, 3}, chart.getSeries("cuBLASLt").getYData());
        // The datasheet's roof bends where both limits are equal.
        XYSeries roof = chart.getSeriesCollection().iterator().next();
        assertEquals(989.4 / 4.8, roof.getXData()[1], 1e-9);
        assertEquals(0.5 * 4.8, roof.getYData()[0], 1e-9);
        assertEquals(List.of("frag11, fused"),
                names(new Roofline("Some GPU", 0, List.of(new Roofline.Point("frag11", 11, 24))).chart()));
    }

    private static List<String> names(XYChart chart) {
        return chart.getSeriesCollection().stream().map(XYSeries::getName).toList();
    }

    @Test
    void refusesOtherFilesInOneLine() throws IOException {
        Path other = folder.resolve("other.json");
        for (String text : new String[] {"{", "{}", "[1]", "{\"device\": \"x\", \"results\": []}"}) {
            Files.writeString(other, text);
            Cli.Result result = Cli.run("bench", "roofline", other.toString(), "-o",
                    folder.resolve("a.svg").toString());
            assertEquals(ExitCode.FAILED, result.status(), text);
            assertTrue(result.err().startsWith("zipserv: error: " + other + ": no"), result.err());
            assertEquals(1, result.err().lines().count());
        }
        assertFalse(Files.exists(folder.resolve("a.svg")));
        Cli.Result result = Cli.run("bench", "roofline", results.toString(), "-o", folder.resolve("a.pdf").toString());
        assertEquals(ExitCode.USAGE, result.status());
    }

    @Test
    void refusesResultsOfTwoGpus() throws IOException {
        Path other = folder.resolve("other.json");
        Files.writeString(other, Files.readString(results).replace("H200", "L40S"));
        Cli.Result result = Cli.run("bench", "roofline", results.toString(), other.toString(), "-o",
                folder.resolve("a.svg").toString());
        assertEquals(ExitCode.FAILED, result.status());
        assertTrue(result.err().contains("measured on NVIDIA L40S, expected NVIDIA H200"), result.err());
    }
}
