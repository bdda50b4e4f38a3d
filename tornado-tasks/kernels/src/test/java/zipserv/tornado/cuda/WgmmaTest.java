package zipserv.tornado.cuda;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;
import uk.ac.manchester.tornado.api.KernelContext;
import uk.ac.manchester.tornado.api.common.TornadoFunctions.Task4;
import uk.ac.manchester.tornado.api.common.TornadoFunctions.Task7;
import uk.ac.manchester.tornado.api.types.arrays.IntArray;
import zipserv.tornado.kernels.HostArrays;
import zipserv.tornado.kernels.Launch;
import zipserv.tornado.kernels.Launches;

/** The multiplications of warpgroups give the bits of mma, whatever the width and wherever the operands lie. */
class WgmmaTest {

    private static final int STEPS = 3;
    private static final Launch.Grid GRID = Launch.Grid.of(1, WgmmaKernels.THREADS);

    private interface FromRegisters extends Task7<KernelContext, IntArray, IntArray, Integer, Integer, Integer,
            Integer> {
    }

    private interface FromShared extends Task4<KernelContext, IntArray, IntArray, Integer> {
    }

    @BeforeAll
    static void onlyWhereThereAreWarpgroups() {
        assumeTrue(LaunchRunner.runsHopperKernels(), "needs a GPU of compute capability 9.0");
    }

    static Stream<Arguments> widths() {
        return Stream.of(width(8, WgmmaKernels::n8, 128, 256), width(16, WgmmaKernels::n16, 128, 256),
                width(16, WgmmaKernels::n16, 144, 304), width(32, WgmmaKernels::n32, 512, 128),
                width(64, WgmmaKernels::n64, 128, 256), width(64, WgmmaKernels::n64, 1024, 128),
                width(128, WgmmaKernels::n128, 2048, 128), width(256, WgmmaKernels::n256, 128, 256));
    }

    private static Arguments width(int columns, FromRegisters kernel, int leading, int stride) {
        return Arguments.of(columns, kernel, leading, stride);
    }

    @ParameterizedTest
    @MethodSource("widths")
    void fromRegisters(int columns, FromRegisters kernel, int leading, int stride) {
        int bytes = (columns / 8 - 1) * stride + leading + 128;
        for (boolean special : new boolean[] {false, true}) {
            IntArray in = words(STEPS * (WgmmaKernels.A_WORDS + bytes / 4), columns + leading, special);
            IntArray found = HostArrays.ints(64 * columns);
            IntArray expected = HostArrays.ints(64 * columns);
            List<Launch> launches = new ArrayList<>();
            Launches all = launches::add;
            all.add("wgmma", GRID, kernel, new KernelContext(), in, found, STEPS, bytes, leading, stride);
            all.add("mma", GRID, WgmmaKernels::mma, new KernelContext(), in, expected, columns, STEPS, bytes,
                    leading, stride);
            LaunchRunner.run(launches);
            assertSame(expected, found);
        }
    }

    static Stream<Arguments> sharedWidths() {
        return Stream.of(sharedWidth(64, WgmmaKernels::shared64), sharedWidth(128, WgmmaKernels::shared128),
                sharedWidth(256, WgmmaKernels::shared256));
    }

    private static Arguments sharedWidth(int columns, FromShared kernel) {
        return Arguments.of(columns, kernel);
    }

    @ParameterizedTest
    @MethodSource("sharedWidths")
    void fromShared(int columns, FromShared kernel) {
        IntArray in = words(32 * (64 + columns), columns, false);
        IntArray found = HostArrays.ints(64 * columns);
        IntArray expected = HostArrays.ints(64 * columns);
        List<Launch> launches = new ArrayList<>();
        Launches all = launches::add;
        all.add("wgmma", GRID, kernel, new KernelContext(), in, found, columns);
        all.add("mma", GRID, WgmmaKernels::mmaOfRows, new KernelContext(), in, expected, columns);
        LaunchRunner.run(launches);
        assertSame(expected, found);
    }

    private static void assertSame(IntArray expected, IntArray found) {
        boolean anything = false;
        for (int i = 0; i < expected.getSize(); i++) {
            int at = i;
            assertEquals(expected.get(i), found.get(i), () -> "word " + at);
            anything |= expected.get(i) != 0;
        }
        assertEquals(true, anything);
    }

    /** Pairs of bfloat16 of many sizes, zeros of both signs and, if wanted, infinities and NaNs. */
    private static IntArray words(int count, int seed, boolean special) {
        Random random = new Random(seed);
        IntArray words = HostArrays.ints(count);
        for (int i = 0; i < count; i++) {
            words.set(i, half(random, special) | half(random, special) << 16);
        }
        return words;
    }

    private static int half(Random random, boolean special) {
        return switch (random.nextInt(40)) {
            case 0, 1, 2 -> 0x8000;
            case 3 -> 0;
            case 4 -> bf16(Math.scalb(random.nextGaussian(), 40));
            case 5, 6 -> bf16(Math.scalb(random.nextGaussian(), -random.nextInt(60)));
            case 7 -> special && random.nextInt(20) == 0 ? random.nextInt(0x1_0000) : 0x8001;
            default -> bf16(random.nextGaussian());
        };
    }

    private static int bf16(double value) {
        return Float.floatToRawIntBits((float) value) >>> 16;
    }
}
