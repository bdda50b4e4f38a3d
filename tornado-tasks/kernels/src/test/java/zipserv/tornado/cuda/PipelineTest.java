package zipserv.tornado.cuda;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import uk.ac.manchester.tornado.api.KernelContext;
import uk.ac.manchester.tornado.api.types.arrays.IntArray;
import zipserv.tornado.kernels.HostArrays;
import zipserv.tornado.kernels.Launch;
import zipserv.tornado.kernels.Launches;

/** Bulk copies, mbarriers and warpgroup multiplications together, against mma. */
class PipelineTest {

    private static final int BLOCKS = 3;

    @BeforeAll
    static void onlyWhereThereAreWarpgroups() {
        assumeTrue(LaunchRunner.runsHopperKernels(), "needs a GPU of compute capability 9.0");
    }

    /** From fewer steps than stages to a parity that flips four times and more. */
    @ParameterizedTest
    @ValueSource(ints = {0, 1, 2, 3, 4, 14})
    void producerAndConsumers(int steps) {
        IntArray in = words(BLOCKS * Math.max(steps, 1) * PipelineKernels.STEP_WORDS, steps);
        IntArray found = HostArrays.ints(BLOCKS * 4096);
        IntArray expected = HostArrays.ints(BLOCKS * 4096);
        Launch.Grid grid = Launch.Grid.of(BLOCKS, PipelineKernels.THREADS);
        List<Launch> launches = new ArrayList<>();
        Launches all = launches::add;
        all.add("wgmma", grid, PipelineKernels::wgmma, new KernelContext(), in, count(steps), found);
        all.add("mma", grid, PipelineKernels::mma, new KernelContext(), in, count(steps), expected);
        LaunchRunner.run(launches);
        assertArrayEquals(expected.toHeapArray(), found.toHeapArray());
        assertTrue(steps == 0 || Arrays.stream(found.toHeapArray()).filter(word -> word != 0).count() > 4096);
    }

    @Test
    void accumulatorsThatAreStillNeeded() {
        for (int steps = 0; steps < 5; steps++) {
            IntArray in = words(2048 + 64, steps);
            IntArray found = HostArrays.ints(5 * 512);
            IntArray expected = HostArrays.ints(5 * 512);
            List<Launch> launches = new ArrayList<>();
            Launches all = launches::add;
            Launch.Grid grid = Launch.Grid.of(1, 128);
            all.add("wgmma", grid, PipelineKernels::wgmmaWithCopies, new KernelContext(), in, count(steps), found);
            all.add("mma", grid, PipelineKernels::mmaWithCopies, new KernelContext(), in, count(steps), expected);
            LaunchRunner.run(launches);
            assertArrayEquals(expected.toHeapArray(), found.toHeapArray(), steps + " steps");
            // From the second step on x, y and last are three different ones.
            assertEquals(steps < 2 ? steps : 3, Arrays.stream(new int[] {found.get(0), found.get(512), found.get(1024)})
                    .filter(word -> word != 0).distinct().count());
        }
    }

    private static IntArray count(int steps) {
        IntArray count = HostArrays.ints(1);
        count.set(0, steps);
        return count;
    }

    private static IntArray words(int count, int seed) {
        Random random = new Random(seed);
        IntArray words = HostArrays.ints(count);
        for (int i = 0; i < count; i++) {
            words.set(i, Float.floatToRawIntBits((float) random.nextGaussian()) >>> 16
                    | Float.floatToRawIntBits((float) random.nextGaussian()) & 0xFFFF_0000);
        }
        return words;
    }
}
