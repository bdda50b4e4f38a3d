package zipserv.tornado.tuning;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import zipserv.codec.WeightFormat;
import zipserv.tornado.kernels.GemmPlan;

class PlanFileTest {

    private static final TuningTarget H200 = new TuningTarget("NVIDIA H200", "580.159.04", "01234567");

    private static final String PLANS = "{\"version\": 1, \"targets\": [{\"gpu\": \"a\", \"driver\": \"b\", "
            + "\"kernels\": \"c\", \"plans\": [";
    private static final String END = "]}]}";

    @TempDir
    Path folder;
    private final List<String> warnings = new ArrayList<>();
    private PlanFile file;

    @BeforeEach
    void name() {
        file = new PlanFile(folder.resolve("cache").resolve("plans.json"), warnings::add);
    }

    private static PlanBook book(String plan) {
        PlanBook book = new PlanBook();
        book.put(new PlanBook.Entry(WeightFormat.FRAG11, 4096, 14336, 8, GemmPlan.parse(plan), 12.5));
        return book;
    }

    @Test
    void whatIsSavedIsLoaded() throws IOException {
        file.save(H200, book("1x4/2*2"));
        assertEquals(book("1x4/2*2").entries(), file.load(H200).entries());
        assertTrue(file.load(new TuningTarget("NVIDIA L40S", H200.driver(), H200.kernels())).entries().isEmpty());
        try (var files = Files.list(file.path().getParent())) {
            assertEquals(List.of(file.path()), files.toList());
        }
        assertEquals(List.of(), warnings);
    }

    @Test
    void noFileIsNoReasonToWarn() {
        assertTrue(file.load(H200).entries().isEmpty());
        assertEquals(List.of(), warnings);
    }

    @Test
    void otherGpusStayAndOlderKernelsGo() throws IOException {
        TuningTarget other = new TuningTarget("NVIDIA L40S", "1", "01234567");
        TuningTarget newer = new TuningTarget(H200.gpu(), H200.driver(), "89abcdef");
        file.save(H200, book("1x8/1"));
        file.save(other, book("2x4/1"));
        file.save(newer, book("4x2/1"));
        assertEquals(Set.of(other, newer), file.loadAll().keySet());
        assertEquals(book("2x4/1").entries(), file.load(other).entries());
    }

    @ParameterizedTest
    @ValueSource(strings = {"", "{", "[]", "{\"version\": 2, \"targets\": []}", "\u0000\u0001\u0002",
            "{\"version\": 1, \"targets\": [3]}",
            PLANS + "{}" + END,
            PLANS + "{\"format\": \"raw\", \"rows\": -1, \"columns\": 1, \"batch\": 1, \"plan\": \"1x8/1\"}" + END,
            PLANS + "{\"format\": \"raw\", \"rows\": 1, \"columns\": 1, \"batch\": 1, \"plan\": \"9x9/9\"}" + END,
            PLANS + "{\"format\": \"x\", \"rows\": 1, \"columns\": 1, \"batch\": 1, \"plan\": \"1x8/1\"}" + END})
    void aDamagedFileIsIgnoredInOneLineAndReplaced(String text) throws IOException {
        file.save(H200, book("1x8/1"));
        Files.writeString(file.path(), text);
        assertTrue(file.load(H200).entries().isEmpty());
        assertEquals(1, warnings.size(), warnings.toString());
        assertTrue(warnings.getFirst().startsWith(file.path() + ": cannot be used as a cache of tuned plans"),
                warnings.getFirst());
        assertEquals(1, warnings.getFirst().lines().count());
        file.save(H200, book("2x4/1"));
        assertEquals(book("2x4/1").entries(), file.load(H200).entries());
    }

    @Test
    void aFolderInItsPlaceIsReportedAndLeftAlone() throws IOException {
        Files.createDirectories(file.path().resolve("inside"));
        assertTrue(file.load(H200).entries().isEmpty());
        assertEquals(1, warnings.size());
        assertThrows(IOException.class, () -> file.save(H200, book("1x8/1")));
        assertTrue(Files.isDirectory(file.path().resolve("inside")));
        try (var files = Files.list(file.path().getParent())) {
            assertEquals(1, files.count());
        }
    }
}
