package zipserv.tornado.kernels;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import org.junit.jupiter.api.Test;

class KernelVersionTest {

    @Test
    void aVersionIsThatOfTheClassesReached() {
        assertTrue(KernelVersion.CURRENT.matches("[0-9a-f]{8}"), KernelVersion.CURRENT);
        assertEquals(KernelVersion.of(RawGemm.class), KernelVersion.of(RawGemm.class));
        assertNotEquals(KernelVersion.of(RawGemm.class), KernelVersion.of(ZipGemm.class));
        // Reached from the first anyway.
        assertEquals(KernelVersion.of(RawGemm.class), KernelVersion.of(RawGemm.class, GemmTile.class));
    }
}
