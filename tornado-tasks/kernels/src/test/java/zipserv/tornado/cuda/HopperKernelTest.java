package zipserv.tornado.cuda;

import static org.junit.jupiter.api.Assertions.assertDoesNotThrow;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import org.junit.jupiter.api.Test;
import zipserv.tornado.kernels.GpuException;

/** What becomes of the comments in PTX. */
class HopperKernelTest {

    private static final String BEFORE = """
            .version 7.6\s
            .target sm_86\s
            .address_size 64\s

            .visible .entry k(.param .u64 a) {
            BLOCK_0:
            \t.shared .align 1024 .b8 shared_rsi0[1024]; // sm_90a: 90112 bytes at launch
            \tmov.u32\trsi0, shared_rsi0;
            \tld.global.nc.v2.u32\t{a, b}, [x+16];
            \t// sm_90a: fence.proxy.async.shared::cta;
            \tret;
            }
            """;

    private static final String AFTER = """
            .version 8.0\s
            .target sm_90a\s
            .address_size 64\s

            .extern .shared .align 1024 .b8 shared_rsi0[];

            .visible .entry k(.param .u64 a) {
            BLOCK_0:
            \t
            \tmov.u32\trsi0, shared_rsi0;
            \tld.global.nc.v2.u32\t{a, b}, [x+16];
            \tfence.proxy.async.shared::cta;
            \tret;
            }
            """;

    @Test
    void commentsBecomeInstructionsAndTheLargeBufferIsAskedForAtTheLaunch() {
        assertTrue(HopperKernel.isNeeded(BEFORE));
        assertEquals(new HopperKernel(AFTER, 90112), HopperKernel.of(BEFORE));
        assertFalse(HopperKernel.isNeeded(AFTER));
    }

    @Test
    void aKernelMayOverlapTooAndNeedNoLargeBuffer() {
        String overlapping = OverlappingKernel.of(BEFORE);
        assertTrue(overlapping.contains(".target sm_90 \n"));
        HopperKernel kernel = HopperKernel.of(overlapping.replaceFirst("\t.shared .*\n", ""));
        assertEquals(0, kernel.sharedBytes());
        assertEquals(AFTER.replace(".extern .shared .align 1024 .b8 shared_rsi0[];\n\n", "").replace("global.nc", "global")
                .replace("BLOCK_0:\n\t\n", "BLOCK_0:\n\tgriddepcontrol.wait;\n\tgriddepcontrol.launch_dependents;\n"),
                kernel.ptx());
    }

    @Test
    void otherTextIsRefused() {
        String two = BEFORE.replaceFirst("(\t.shared .*\n)", "$1$1");
        assertThrows(IllegalArgumentException.class, () -> HopperKernel.of(two.replaceFirst("rsi0\\[", "rsi1[")));
        assertThrows(IllegalArgumentException.class, () -> HopperKernel.of(BEFORE.replace(".visible", "")));
        assertThrows(IllegalArgumentException.class, () -> HopperKernel.of(BEFORE.replace(".target", "")));
    }

    @Test
    void otherGpusAreToldWhatIsNeeded() {
        assertDoesNotThrow(() -> KernelLoader.checkCapability(90, "NVIDIA H200"));
        for (int capability : new int[] {86, 100}) {
            GpuException refused = assertThrows(GpuException.class,
                    () -> KernelLoader.checkCapability(capability, "NVIDIA X"));
            assertEquals("a kernel needs compute capability 9.0, but the NVIDIA X has " + capability / 10 + "."
                    + capability % 10 + ": use an H100, H200 or GH200, or a plan without this kernel",
                    refused.getMessage());
        }
    }
}
