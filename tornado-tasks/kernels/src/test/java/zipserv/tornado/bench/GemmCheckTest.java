package zipserv.tornado.bench;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import zipserv.tornado.bench.GemmCase.Kernel;
import zipserv.tornado.kernels.GemmPlan;

/** What the check says of results that the emulation computed, and of the same ones damaged. */
class GemmCheckTest {

    private static final GemmPlan PLAN = new GemmPlan(1, 2, 1);

    private final GemmTasks tasks = new GemmTasks(80, 136, SyntheticWeights.COVERAGE, true, 1, false);

    @AfterEach
    void close() {
        tasks.close();
    }

    private GemmTask run(GemmCase c) {
        GemmTask task = tasks.task(c);
        EmulatedTasks.run(task);
        return task;
    }

    private String verdict(GemmTask task, GemmTask... twins) {
        GemmCheck check = new GemmCheck(tasks);
        for (GemmTask twin : twins) {
            check.addTwin(twin);
        }
        return check.verdict(task);
    }

    @ParameterizedTest
    @EnumSource(names = {"FRAG11", "TCA_TBE"})
    void aFusedProductHasTheBitsOfItsTwin(Kernel kernel) {
        GemmTask raw = run(new GemmCase(Kernel.RAW, 3, PLAN));
        GemmTask fused = run(new GemmCase(kernel, 3, new GemmPlan(4, 2, 1)));
        assertTrue(verdict(fused, raw).matches("error \\S+ identical"), verdict(fused, raw));
        assertTrue(verdict(fused).matches("error \\S+"), verdict(fused));
        fused.result().set(5, fused.result().get(5) ^ 1);
        assertTrue(verdict(fused, raw).endsWith("DIFFERS from raw"), verdict(fused, raw));
    }

    @ParameterizedTest
    @EnumSource(names = {"PREFILL", "ROW_MAJOR", "FRAG11_UNFUSED", "TCA_TBE_UNFUSED"})
    void otherProductsAreClose(Kernel kernel) {
        GemmTask product = run(new GemmCase(kernel, 3, null));
        assertTrue(verdict(product).matches("error \\S+"), verdict(product));
    }

    @Test
    void aPlanOfAnotherOrderIsNoTwin() {
        GemmTask raw = run(new GemmCase(Kernel.RAW, 3, PLAN));
        GemmTask fused = run(new GemmCase(Kernel.TCA_TBE, 3, new GemmPlan(1, 4, 1)));
        assertFalse(verdict(fused, raw).contains("raw"));
    }

    @Test
    void aWrongOrMissingElementIsFound() {
        GemmTask raw = run(new GemmCase(Kernel.RAW, 3, PLAN));
        int word = raw.result().get(0);
        raw.result().set(0, word ^ 0x4000);
        assertTrue(verdict(raw).endsWith("WRONG"), verdict(raw));
        raw.result().set(0, -1);
        assertTrue(verdict(raw).contains("NaN"), verdict(raw));
    }

    @ParameterizedTest
    @EnumSource(names = {"FRAG11_DECOMPRESS", "TCA_TBE_DECOMPRESS"})
    void decompressionIsExactOrWrong(Kernel kernel) {
        GemmTask decompress = run(new GemmCase(kernel, 0, null));
        assertEquals("exact", verdict(decompress));
        MemorySegment result = decompress.result().getSegment();
        result.set(ValueLayout.JAVA_BYTE, 77, (byte) (result.get(ValueLayout.JAVA_BYTE, 77) + 1));
        assertEquals("WRONG from byte 77 on", verdict(decompress));
    }
}
