package zipserv.tornado.cuda;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import org.junit.jupiter.api.Test;

/** Where the wait is put, and which loads lose the read-only path. */
class OverlappingKernelTest {

    private static final String BEFORE = """
            .version 7.6\s
            .target sm_86\s
            BLOCK_0:
            \tld.global.nc.v4.u32\t{a, b, c, d}, [x+16];
            \tld.global.nc.L1::no_allocate.L2::256B.v4.u32\t{e, f, g, h}, [w+16];
            """;

    @Test
    void theWaitIsAtTheBeginningUnlessTheKernelSaysWhere() {
        String after = """
                .version 8.0\s
                .target sm_90\s
                BLOCK_0:
                @@\tld.global.v4.u32\t{a, b, c, d}, [x+16];
                \tld.global.nc.L1::no_allocate.L2::256B.v4.u32\t{e, f, g, h}, [w+16];
                """;
        String wait = "griddepcontrol.wait;\n\tgriddepcontrol.launch_dependents;";
        assertEquals(after.replace("@@", "\t" + wait + "\n"), OverlappingKernel.of(BEFORE));
        assertEquals(after.replace("@@", "") + "\t" + wait + "\n",
                OverlappingKernel.of(BEFORE + "\t// awaitPredecessor\n"));
    }

    @Test
    void otherTextIsRefused() {
        assertThrows(IllegalArgumentException.class, () -> OverlappingKernel.of(BEFORE.replace("sm_86", "sm_75")));
        assertThrows(IllegalArgumentException.class, () -> OverlappingKernel.of(BEFORE.replace("BLOCK_0", "B")));
    }
}
