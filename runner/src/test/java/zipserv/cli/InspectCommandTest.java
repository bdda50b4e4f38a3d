package zipserv.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.awt.GraphicsEnvironment;
import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.IntStream;

import javax.imageio.ImageIO;
import javax.xml.parsers.DocumentBuilderFactory;

import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import zipserv.checkpoint.Checkpoint;
import zipserv.codec.ExponentHistogram;

class InspectCommandTest {

    private static final JsonMapper JSON = JsonMapper.builder()
            .enable(DeserializationFeature.FAIL_ON_TRAILING_TOKENS).build();

    @TempDir
    private Path folder;

    @Test
    void theTableHasALinePerTensorAndTotals() {
        Cli.Result result = Cli.run("inspect", DemoModel.COMPRESSED);
        assertEquals(ExitCode.OK, result.status());
        assertEquals("", result.err());
        List<String> lines = result.out().lines().toList();
        assertEquals(1 + 56 + 1 + 4, lines.size());
        assertEquals(List.of("tensor", "shape", "type", "format", "window", "coverage", "bits/weight", "exp.",
                "entropy",
                "Shannon", "bound"), List.of(lines.getFirst().split("\\s+")));
        assertEquals(List.of("model.embed_tokens.weight", "4096", "x", "256", "BF16", "tca-tbe", "118..124", "97.65",
                "%",
                "11.313", "2.563", "10.563"), List.of(lines.get(1).split("\\s+")));
        assertTrue(lines.get(60).startsWith("BF16 matrices:  43, 11.323 bits per weight; coverage 97.66 %, exponent "
                + "entropy 2.563 bits, Shannon bound 10.563 bits per weight"), lines.get(60));
        assertTrue(lines.getLast().matches("GPU memory:     [0-9.]+ MB \\(weights 7\\.\\d\\d MB, cache [0-9.]+ .B, "
                + "work [0-9.]+ .B\\) for a context of 512 tokens"), lines.getLast());
    }

    /** Expected figures are from an independent count over the original weights. */
    @Test
    void jsonHoldsTheSameForCompressedAndOriginal() throws IOException {
        JsonNode compressed = json(DemoModel.COMPRESSED);
        JsonNode original = json(DemoModel.restore(folder.resolve("original")));
        for (JsonNode report : List.of(compressed, original)) {
            assertEquals(43, report.at("/matrices/tensors").intValue());
            assertEquals(5_472_256, report.at("/matrices/weights").intValue());
            assertEquals(2.5633, report.at("/matrices/exponent_entropy").doubleValue(), 5e-5);
            assertEquals(10.5633, report.at("/matrices/shannon_bound").doubleValue(), 5e-5);
            JsonNode embedding = report.at("/tensors/0");
            assertEquals("[118,124]", embedding.get("window").toString());
            assertEquals(0.976462, embedding.get("coverage").doubleValue(), 5e-7);
            assertEquals("[4096,256]", embedding.get("shape").toString());
        }
        assertTrue(compressed.get("compressed").booleanValue());
        assertEquals(512, compressed.at("/gpu_memory/context").intValue());
        // Norms are floats on the GPU, and positions have a table.
        assertEquals(10_951_168, original.at("/gpu_memory/weight_bytes").longValue(), 0.02 * 10_951_168);
        assertEquals(original.at("/gpu_memory/cache_bytes"), compressed.at("/gpu_memory/cache_bytes"));
        assertFalse(original.get("compressed").booleanValue());
        assertEquals(original.at("/matrices/exponents"), compressed.at("/matrices/exponents"));
        assertEquals(16, original.at("/total/bits_per_weight").doubleValue());
        assertEquals(compressed.at("/total/stored_bytes").doubleValue() * 8 / 5_475_584,
                compressed.at("/total/bits_per_weight").doubleValue(), 1e-9);
    }

    /** Every 16 rows have a window of their own, and what fills the words of escapes is none of them. */
    @Test
    void coverageOfTheDefaultFormatIsExact() throws IOException {
        Path original = DemoModel.restore(folder.resolve("original"));
        Path packed = folder.resolve("packed");
        assertEquals(ExitCode.OK, Cli.run("compress", original, packed).status());
        JsonNode embedding = json(packed).at("/tensors/0");
        assertEquals("frag11", embedding.get("format").textValue());
        long covered = 0;
        try (Checkpoint checkpoint = Checkpoint.open(original)) {
            MemorySegment weights = checkpoint.matrix("model.embed_tokens.weight").parts().getFirst().data();
            for (long from = 0; from < weights.byteSize(); from += 16 * 2 * 256) {
                ExponentHistogram exponents = ExponentHistogram.of(weights.asSlice(from, 16 * 2 * 256), 1);
                covered += IntStream.rangeClosed(0, 248).mapToLong(base ->
                        IntStream.range(base, base + 8).mapToLong(exponents::count).sum()).max().orElseThrow();
            }
        }
        assertEquals((double) covered / (4096 * 256), embedding.get("coverage").doubleValue(), 1e-9);
    }

    private JsonNode json(Path model) throws IOException {
        Cli.Result result = Cli.run("inspect", model, "--json");
        assertEquals(ExitCode.OK, result.status(), result.err());
        return JSON.readTree(result.out());
    }

    @Test
    void plots() throws Exception {
        Assumptions.assumeTrue(hasFonts(), "Java finds no fonts on this machine");
        Path png = folder.resolve("plot.png");
        assertEquals(ExitCode.OK, Cli.run("inspect", DemoModel.COMPRESSED, "--plot", png).status());
        assertEquals(1100, ImageIO.read(png.toFile()).getWidth());
        Path svg = folder.resolve("plot.svg");
        assertEquals(ExitCode.OK, Cli.run("inspect", DemoModel.COMPRESSED, "--plot", svg).status());
        DocumentBuilderFactory factory = DocumentBuilderFactory.newInstance();
        factory.setFeature("http://apache.org/xml/features/nonvalidating/load-external-dtd", false);
        assertEquals("svg", factory.newDocumentBuilder().parse(svg.toFile()).getDocumentElement().getTagName());
        try (var files = Files.list(folder)) {
            assertEquals(List.of(png, svg), files.sorted().toList());
        }
    }

    private static boolean hasFonts() {
        try {
            return GraphicsEnvironment.getLocalGraphicsEnvironment().getAvailableFontFamilyNames().length > 0;
        } catch (Error noFonts) {
            return false;
        }
    }

    @Test
    void otherPicturesAreRefused() {
        Cli.Result result = Cli.run("inspect", DemoModel.COMPRESSED, "--plot", "plot.bmp");
        assertEquals(ExitCode.USAGE, result.status());
        assertEquals("zipserv: error: --plot is plot.bmp, expected a name that ends in .png or .svg"
                + " (see 'zipserv inspect --help')\n", result.err());
    }
}
