package zipserv.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.file.Path;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The end of the context, and of the memory; the device that auto takes. */
class CleanEndsTest {

    private static final String DEVICE_MEMORY = "tornado.device.memory";

    @TempDir
    private Path folder;

    @AfterEach
    void giveMemoryBack() {
        System.clearProperty(DEVICE_MEMORY);
    }

    @Test
    void theEndOfTheContextIsSaid() {
        Path model = TinyModel.write(folder.resolve("tiny"), 1, 12);
        for (String device : new String[] {"cpu", "emulator"}) {
            Cli.Result result = Cli.run("run", model, "-p", "In the beginning", "-n", 100, "--temperature", 0,
                    "--device", device, "--ignore-eos", "--stats");
            assertEquals(ExitCode.OK, result.status(), result.err());
            assertTrue(result.err().matches("prompt: \\d+ tokens .*; end: context is full; greedy\n"
                    + "zipserv: ended where the model's context of 12 tokens is full\n"), result.err());
        }
    }

    @Test
    void aConversationEndsWhereItsContextIsFull() {
        Cli.Result result = Cli.runWithInput("What does \"tree\" mean?\n", "chat", DemoModel.COMPRESSED,
                "--temperature", 0,
                "--device", "cpu", "--context", 30, "-n", 50, "--ignore-eos");
        assertEquals(ExitCode.OK, result.status(), result.err());
        assertEquals("zipserv: the context is full; /clear forgets the conversation\n", result.err());
        Cli.Result next = Cli.runWithInput("What does \"tree\" mean?\nAnd \"river\"?\n", "chat", DemoModel.COMPRESSED,
                "--temperature", 0, "--device", "cpu", "--context", 30, "-n", 50, "--ignore-eos");
        assertEquals(ExitCode.FAILED, next.status());
        assertTrue(next.err().matches("zipserv: the context is full; /clear forgets the conversation\n"
                + "zipserv: error: the conversation has \\d+ tokens, but the context has room for 30\n"), next.err());
    }

    @Test
    void tooLittleDeviceMemoryIsOneLine() {
        Path model = TinyModel.write(folder.resolve("tiny"), 1, 12);
        System.setProperty(DEVICE_MEMORY, "300KB");
        Cli.Result result = Cli.run("run", model, "-p", "a", "-n", 2, "--device", "emulator");
        assertEquals(ExitCode.FAILED, result.status(), result.err());
        assertTrue(result.err().matches("zipserv: error: out of device memory \\(Unable to allocate \\d+ bytes of "
                + "device memory: \\d+ of 307200 bytes are in use.*\\): close other programs on the GPU \\(nvidia-smi "
                + "lists them\\), or take a smaller model or batch\n"), result.err());
        System.clearProperty(DEVICE_MEMORY);
        assertEquals(ExitCode.OK, Cli.run("run", model, "-p", "a", "-n", 2, "--device", "emulator").status());
    }

    @Test
    void autoSaysWhatItTookAndWhyNotTheOther() {
        Cli.Result result = Cli.run("run", DemoModel.COMPRESSED, "-p", "In the beginning", "-n", 2, "--temperature", 0);
        assertEquals(ExitCode.OK, result.status(), result.err());
        assertEquals(" of the", result.out());
        assertEquals(1, result.err().lines().count(), result.err());
        assertTrue(result.err().matches("device cpu \\(not gpu.*: .*\\)\n"), result.err());
    }
}
