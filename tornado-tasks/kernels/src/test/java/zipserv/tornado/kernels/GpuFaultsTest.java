package zipserv.tornado.kernels;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import org.junit.jupiter.api.Test;
import uk.ac.manchester.tornado.api.exceptions.TornadoOutOfMemoryException;

/** Every way in which the GPU can be missing or fail is one line with its remedy. */
class GpuFaultsTest {

    @Test
    void noDriver() {
        assertMessage("no NVIDIA driver (libcuda.so.1 not found)", "install the driver",
                new UnsatisfiedLinkError("libtornado-ptx.so: libcuda.so.1: cannot open shared object file"));
    }

    @Test
    void noGpu() {
        assertMessage("no GPU: the NVIDIA driver finds none", "nvidia-smi",
                new RuntimeException("wrapped", new ExceptionInInitializerError("PTXPlatform")));
    }

    @Test
    void outOfDeviceMemory() {
        assertMessage("out of device memory (Unable to allocate 123 bytes of memory.)", "smaller",
                new RuntimeException(
                        new TornadoOutOfMemoryException("Unable to allocate 123 bytes of memory.\u001b[33m\nmore")));
    }

    @Test
    void kernelThatDoesNotCompile() {
        assertMessage("the driver cannot compile a kernel", "update the NVIDIA driver",
                new RuntimeException("PTX JIT compilation failed!"));
        assertMessage("TornadoVM cannot compile a kernel", "zipserv doctor",
                new RuntimeException("Unable to compile gemm.zip for device PTX -- PTX"));
    }

    @Test
    void anythingElseKeepsItsFirstLine() {
        assertMessage("the GPU failed: java.lang.IllegalStateException: odd", "--verbose",
                new IllegalStateException("odd\nsecond line"));
    }

    @Test
    void anErrorThatIsKnownIsNotWrappedAgain() {
        GpuException known = new GpuException("known", null);
        assertEquals(known, GpuException.of(new RuntimeException(known)));
    }

    @Test
    void withoutAnSdkTheGpuIsRefusedAndNotReplaced() {
        assumeTrue(GpuRuntime.isEmulation());
        GpuRuntime.prepare();
        GpuException failure = assertThrows(GpuException.class, GpuRuntime::requireGpu);
        assertTrue(failure.getMessage().startsWith("no TornadoVM SDK: "), failure.getMessage());
    }

    @Test
    void onAGpuFallingBackToTheCpuMustBeOff() {
        assumeTrue(!GpuRuntime.isEmulation());
        String setting = System.clearProperty("tornado.recover.bailout");
        try {
            assertThrows(GpuException.class, GpuRuntime::prepare);
        } finally {
            System.setProperty("tornado.recover.bailout", setting);
        }
    }

    private static void assertMessage(String start, String remedy, Throwable failure) {
        String message = GpuException.of(failure).getMessage();
        assertTrue(message.startsWith(start), message);
        assertTrue(message.contains(remedy), message);
        assertFalse(message.contains("\n"), message);
    }
}
