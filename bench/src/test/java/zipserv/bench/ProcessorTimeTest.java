package zipserv.bench;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.ByteArrayOutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.util.List;
import org.junit.jupiter.api.Test;

class ProcessorTimeTest {

    @Test
    void printsARateForEveryFormatAndOperation() {
        PrintStream before = System.out;
        ByteArrayOutputStream printed = new ByteArrayOutputStream();
        System.setOut(new PrintStream(printed, true, StandardCharsets.UTF_8));
        try {
            ProcessorTime.main(new String[] {"64x128", "2"});
        } finally {
            System.setOut(before);
        }
        List<String> lines = printed.toString(StandardCharsets.UTF_8).lines().toList();
        assertEquals(8, lines.size(), lines.toString());
        for (String line : lines.subList(1, 8)) {
            assertTrue(line.matches("(raw|tca-tbe|frag11) +(encode|decode|multiply) +\\d+ \\(\\d+ .. \\d+\\)"), line);
        }
    }
}
