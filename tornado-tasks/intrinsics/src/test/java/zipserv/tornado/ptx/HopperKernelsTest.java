package zipserv.tornado.ptx;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assumptions.assumeFalse;

import java.util.Random;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import uk.ac.manchester.tornado.api.types.arrays.IntArray;

/** The Java bodies of the instructions of sm_90a. */
class HopperKernelsTest {

    @BeforeEach
    void onlyInTheEmulation() {
        assumeFalse(IntArray.class.getModule().isNamed(), "TornadoVM does not run these kernels itself");
    }

    @Test
    void copiesAndMultiplicationsMakeAPipeline() throws Exception {
        for (int steps : new int[] {1, 2, 3, 14}) {
            Random random = new Random(steps);
            IntArray in = new IntArray(128 + 4096 * steps);
            in.init(0);
            in.set(0, steps);
            float[][] a = new float[64][64 * steps];
            float[][] b = new float[64][64 * steps];
            for (int k = 0; k < 64 * steps; k++) {
                int base = 128 + k / 64 * 4096;
                for (int row = 0; row < 64; row++) {
                    a[row][k] = random.nextInt(17) - 8;
                    b[row][k] = random.nextInt(17) - 8;
                    int lane = row / 16 * 32 + row % 8 * 4 + k % 8 / 2;
                    int register = row % 16 / 8 + k % 16 / 8 * 2;
                    put(in, base + k % 64 / 16 * 512 + 4 * lane + register, k, a[row][k]);
                    int piece = k % 64 / 8 ^ row % 8;
                    put(in, base + 2048 + 32 * row + 4 * piece + k % 8 / 2, k, b[row][k]);
                }
            }
            IntArray out = new IntArray(4096);
            KernelLauncher.run("hopper" + steps, HopperKernels::pipeline, HopperKernels.PIPELINE_THREADS,
                    HopperKernels.PIPELINE_THREADS, in, out);
            for (int i = 0; i < 4096; i++) {
                int thread = i / 4 % 128;
                int row = thread / 32 * 16 + MmaOracle.row(thread % 32, i % 4);
                int column = i / 512 * 8 + MmaOracle.column(thread % 32, i % 4);
                float expected = 0;
                for (int k = 0; k < 64 * steps; k++) {
                    expected += a[row][k] * b[column][k];
                }
                assertEquals(expected, Float.intBitsToFloat(out.get(i)));
            }
        }
    }

    @Test
    void barriersOrderAccesses() throws Exception {
        int rounds = 9;
        IntArray in = new IntArray(128);
        for (int i = 0; i < 128; i++) {
            in.set(i, i == 0 ? rounds : 3 * i);
        }
        IntArray out = new IntArray(256);
        KernelLauncher.run("handshake", HopperKernels::handshake, 128, 128, in, out);
        for (int i = 0; i < 128; i++) {
            assertEquals(i < 96 ? rounds + rounds * (rounds - 1) / 2 * (i % 32) : 0, out.get(i));
        }
        KernelLauncher.run("pairs", HopperKernels::pairs, 128, 128, in, out);
        for (int i = 0; i < 128; i++) {
            int other = 63 - i % 64 + i / 64 * 64;
            assertEquals(2 * in.get(other), out.get(i));
            assertEquals(3 * in.get(i), out.get(128 + i));
        }
        KernelLauncher.run("halves", HopperKernels::halves, 128, 128, in, out);
        assertEquals(0x7_0003, out.get(0));
        assertEquals(3, out.get(1));
    }

    private static void put(IntArray words, int at, int k, float value) {
        words.set(at, words.get(at) | MmaOracle.bf16(value) << 16 * (k & 1));
    }
}
