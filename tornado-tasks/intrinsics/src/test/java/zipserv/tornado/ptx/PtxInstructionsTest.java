package zipserv.tornado.ptx;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.Random;
import org.junit.jupiter.api.Test;
import uk.ac.manchester.tornado.api.types.arrays.IntArray;

/**
 * Each instruction in a kernel against an oracle that does not use it. The same class runs in the emulation (the Java
 * bodies) and on a GPU (the instructions).
 */
class PtxInstructionsTest {

    private static final int THREADS = 2048;
    private static final int[] CORNERS = {0, 1, -1, 0x8000_0000, 0x7FFF_FFFF, 0x0001_0000, 0x8000, 31, 32, 33, 64};

    private final Random random = new Random(42);

    private int word() {
        return switch (random.nextInt(4)) {
            case 0 -> CORNERS[random.nextInt(CORNERS.length)];
            case 1 -> random.nextInt() >>> random.nextInt(32);
            default -> random.nextInt();
        };
    }

    private IntArray words(int count) {
        IntArray array = new IntArray(count);
        for (int i = 0; i < count; i++) {
            array.set(i, word());
        }
        return array;
    }

    private static IntArray filled(int count, int value) {
        IntArray array = new IntArray(count);
        array.init(value);
        return array;
    }

    @Test
    void bits() throws Exception {
        IntArray in = words(3 * THREADS);
        IntArray out = filled(PtxKernels.BITS_RESULTS * THREADS, 0xDEAD);
        KernelLauncher.run("bits", PtxKernels::bits, THREADS, 128, in, out);
        for (int i = 0; i < THREADS; i++) {
            int x = in.get(3 * i);
            int y = in.get(3 * i + 1);
            int z = in.get(3 * i + 2);
            long wide = (long) x << 32 | y & 0xFFFF_FFFFL;
            long yx = (long) y << 32 | x & 0xFFFF_FFFFL;
            int[] expected = {
                x & y | z, x ^ y ^ z, x & z | y & ~z, table(x, y, z, 0x1B), bytes(x, y, z), bytes(x, y, 0x9A41),
                Integer.numberOfLeadingZeros(x) + 100 * Long.numberOfLeadingZeros(wide),
                Integer.bitCount(x) < Integer.bitCount(y) ? -1 : Long.bitCount(wide), Integer.reverse(x),
                (int) (yx << (z & 31) >>> 32), (int) (yx >>> (z & 31)),
                (int) Math.unsignedMultiplyHigh(x & 0xFFFF_FFFFL, (long) y << 32), x, x & 0x7F7F_FFFF | 0x8000_0000,
                x & y ^ z, Integer.numberOfLeadingZeros(x >>> 16) / 2};
            check("bits", in, 3 * i, out, PtxKernels.BITS_RESULTS * i, expected);
        }
    }

    private static int table(int x, int y, int z, int table) {
        int result = 0;
        for (int bit = 0; bit < 32; bit++) {
            int row = (x >>> bit & 1) * 4 + (y >>> bit & 1) * 2 + (z >>> bit & 1);
            result |= (table >>> row & 1) << bit;
        }
        return result;
    }

    private static int bytes(int x, int y, int selector) {
        byte[] source = new byte[8];
        for (int i = 0; i < 4; i++) {
            source[i] = (byte) (x >>> 8 * i);
            source[4 + i] = (byte) (y >>> 8 * i);
        }
        int result = 0;
        for (int i = 3; i >= 0; i--) {
            int nibble = selector >> 4 * i & 15;
            int value = nibble < 8 ? source[nibble] : source[nibble - 8] >> 7;
            result = result << 8 | value & 0xFF;
        }
        return result;
    }

    @Test
    void floats() throws Exception {
        IntArray in = new IntArray(3 * THREADS);
        for (int i = 0; i < in.getSize(); i++) {
            float value = switch (random.nextInt(5)) {
                case 0 -> new float[] {0f, -0f, 1f, Float.MIN_VALUE, Float.MAX_VALUE, Float.POSITIVE_INFINITY,
                    0x1.01p0f, 0x1.03p0f, 0x1.fep127f, 0x1.ffp127f}[random.nextInt(10)];
                case 1 -> Float.intBitsToFloat(random.nextInt() & 0xFF7F_FFFF);
                default -> (float) random.nextGaussian();
            };
            in.set(i, Float.floatToRawIntBits(value));
        }
        IntArray out = filled(PtxKernels.FLOAT_RESULTS * THREADS, 0xDEAD);
        KernelLauncher.run("floats", PtxKernels::floats, THREADS, 128, in, out);
        for (int i = 0; i < THREADS; i++) {
            float x = Float.intBitsToFloat(in.get(3 * i));
            float y = Float.intBitsToFloat(in.get(3 * i + 1));
            float z = Float.intBitsToFloat(in.get(3 * i + 2));
            int low = nearestBf16(x);
            int high = nearestBf16(y);
            int[] expected = {bits(Math.fma(x, y, z)), bits(x * y + z), low | high << 16, low << 16, high << 16,
                0x3F80_0000, bits(x * 0.5f), bits(x + z)};
            check("floats", in, 3 * i, out, PtxKernels.FLOAT_RESULTS * i, expected);
        }
    }

    @Test
    void sharedAtomics() throws Exception {
        int blocks = THREADS / 128;
        IntArray in = words(THREADS);
        IntArray out = filled(32 * blocks, 0xDEAD);
        KernelLauncher.run("histogram", PtxKernels::histogram, THREADS, 128, in, out);
        for (int block = 0; block < blocks; block++) {
            int[] expected = new int[32];
            for (int i = 0; i < 128; i++) {
                int value = in.get(128 * block + i) & 15;
                expected[16] += expected[value]++;
            }
            check("histogram", in, 128 * block, out, 32 * block, expected);
        }
    }

    /** The only instruction whose last bits are the machine's own; where the result is told, it is exact. */
    @Test
    void powersOfTwo() throws Exception {
        float[] special = {0f, -0f, Float.MIN_VALUE, Float.NEGATIVE_INFINITY, -1e30f, -126.5f, -126f, 128f, Float.NaN};
        float[] exact = {1f, 1f, 1f, 0f, 0f, 0f, Float.MIN_NORMAL, Float.POSITIVE_INFINITY, Float.NaN};
        IntArray in = new IntArray(THREADS);
        for (int i = 0; i < THREADS; i++) {
            float value = i < special.length ? special[i] : (float) random.nextGaussian() * (i % 2 == 0 ? 1 : 40);
            in.set(i, Float.floatToRawIntBits(value));
        }
        IntArray out = filled(THREADS, 0xDEAD);
        KernelLauncher.run("powersOfTwo", PtxKernels::powersOfTwo, THREADS, 128, in, out);
        for (int i = 0; i < THREADS; i++) {
            float found = Float.intBitsToFloat(out.get(i));
            double expected = Math.pow(2, Float.intBitsToFloat(in.get(i)));
            if (i < special.length) {
                assertEquals(exact[i], found, "2 to the power of " + special[i]);
            } else if (expected >= Float.MIN_NORMAL && expected <= Float.MAX_VALUE) {
                assertEquals(expected, found, expected / (1 << 22), "result " + i);
            }
        }
    }

    private static int bits(float value) {
        return Float.isNaN(value) ? 0x7FFF_FFFF : Float.floatToRawIntBits(value);
    }

    /** By search: the bfloat16 that lies nearest, the even one of two. */
    private static int nearestBf16(float value) {
        if (Float.isNaN(value)) {
            return 0x7FFF;
        }
        int bits = Float.floatToRawIntBits(value);
        int down = bits >>> 16;
        double below = Math.abs(Float.intBitsToFloat(down << 16));
        // One step beyond the largest finite value counts as 2^128.
        double above = (down & 0x7FFF) == 0x7F7F ? 0x1p128 : Math.abs(Float.intBitsToFloat(down + 1 << 16));
        double magnitude = Math.abs((double) value);
        if (Float.isInfinite(value)) {
            return down;
        }
        double left = magnitude - below;
        double right = above - magnitude;
        return left < right || left == right && (down & 1) == 0 ? down : down + 1;
    }

    @Test
    void globalMemory() throws Exception {
        IntArray in = words(16 * THREADS);
        IntArray out = filled(PtxKernels.GLOBAL_RESULTS * THREADS, 0xDEAD);
        KernelLauncher.run("globalMemory", PtxKernels::globalMemory, THREADS, 128, in, out);
        for (int i = 0; i < THREADS; i++) {
            int[] w = new int[16];
            for (int k = 0; k < 16; k++) {
                w[k] = in.get(16 * i + k);
            }
            int[] expected = {w[0], w[1], w[2], w[3], w[4], w[5], w[6], w[7], w[8], w[9], w[10], w[11], w[15], w[14],
                w[13], w[12], w[2], w[3], w[6], w[7], w[11], w[10], w[14], 7, w[1], w[3], w[5], w[9], 1, -2, 3,
                0x83FF_83FF, 0x83FF_8400, 0x83FF_8401, w[6], w[8], w[9], w[10], w[12], w[15], 0xDEAD};
            check("globalMemory", in, 16 * i, out, PtxKernels.GLOBAL_RESULTS * i, expected);
        }
    }

    @Test
    void narrowCopiesAndStores() throws Exception {
        int blocks = 8;
        IntArray in = words(256 * blocks);
        IntArray out = filled(128 * blocks, 0xDEAD);
        KernelLauncher.run("narrow", PtxKernels::narrow, 32 * blocks, 32, in, out);
        for (int block = 0; block < blocks; block++) {
            byte[] bytes = new byte[128];
            java.util.Arrays.fill(bytes, (byte) 1);
            for (int lane = 0; lane < 32; lane++) {
                bytes[3 * lane] = (byte) in.get(256 * block + lane);
            }
            for (int lane = 0; lane < 32; lane++) {
                int other = lane ^ 1;
                int four = 0;
                for (int i = 3; i >= 0; i--) {
                    four = four << 8 | bytes[4 * lane + i] & 0xFF;
                }
                int[] expected = {(other & 1) == 0 ? 0 : in.get(256 * block + 3 * other), 
                    in.get(256 * block + 127 - lane), in.get(256 * block + 255 - lane), four};
                check("narrow", in, 256 * block, out, 128 * block + 4 * lane, expected);
            }
        }
    }

    @Test
    void warp() throws Exception {
        IntArray in = new IntArray(THREADS);
        for (int i = 0; i < THREADS; i++) {
            in.set(i, random.nextInt(2001) - 1000);
        }
        IntArray out = filled(PtxKernels.WARP_RESULTS * THREADS, 0xDEAD);
        KernelLauncher.run("warp", PtxKernels::warp, THREADS, 128, in, out);
        for (int i = 0; i < THREADS; i++) {
            int first = i / 32 * 32;
            int lane = i - first;
            int ballot = 0;
            int sum = 0;
            for (int k = 0; k < 32; k++) {
                ballot |= (in.get(first + k) & 1) << k;
                sum += in.get(first + k);
            }
            int v = in.get(i);
            int[] expected = {lane, ballot, in.get(first + Math.floorMod(v, 32)), in.get(first + (lane ^ 5)),
                lane + 3 < 32 ? in.get(i + 3) : v, lane >= 7 ? in.get(i - 7) : v, in.get(first + 31 - lane), sum,
                lane < 31 ? in.get(i + 1) : v, lane > 0 ? in.get(i - 1) : v, lane >= 4 ? v + in.get(i - 4) : v};
            check("warp", in, i, out, PtxKernels.WARP_RESULTS * i, expected);
        }
    }

    @Test
    void sharedMemory() throws Exception {
        int blocks = 8;
        IntArray in = words(256 * blocks);
        IntArray out = filled(256 * blocks, 0xDEAD);
        KernelLauncher.run("sharedMemory", PtxKernels::sharedMemory, 64 * blocks, 64, in, out);
        for (int block = 0; block < blocks; block++) {
            int base = 256 * block;
            for (int t = 0; t < 64; t++) {
                int other = base + 4 * (63 - t);
                int[] expected = {in.get(other) + in.get(other + 1), in.get(other + 1) ^ in.get(other + 2),
                    in.get(other + 2) - in.get(base + t), (t ^ 9) * 3 + (63 - t) / 2};
                check("sharedMemory", in, base + 4 * t, out, base + 4 * t, expected);
            }
        }
    }

    @Test
    void halfWords() throws Exception {
        int blocks = 4;
        IntArray in = words(64 * blocks);
        IntArray out = filled(64 * blocks, 0xDEAD);
        KernelLauncher.run("halfWords", PtxKernels::halfWords, 64 * blocks, 64, in, out);
        for (int word = 0; word < 32 * blocks; word++) {
            int block = word / 32 * 64;
            int last = block + 63 - 2 * (word % 32);
            int[] expected = {in.get(last) & 0xFFFF | in.get(last - 1) << 16};
            check("halfWords", in, last - 1, out, block + word % 32, expected);
            int half = block + 63 - word % 32;
            check("halfWords", in, half, out, block + 32 + word % 32, new int[] {in.get(half) & 0xFFFF});
        }
    }

    @Test
    void matrices() throws Exception {
        int blocks = 4;
        IntArray in = words(256 * blocks);
        IntArray out = filled(12 * 32 * blocks, 0xDEAD);
        KernelLauncher.run("matrices", PtxKernels::matrices, 32 * blocks, 32, in, out);
        for (int block = 0; block < blocks; block++) {
            for (int lane = 0; lane < 32; lane++) {
                int[] expected = new int[12];
                for (int m = 0; m < 4; m++) {
                    int row = lane / 4;
                    int column = 2 * (lane % 4);
                    expected[m] = element(in, block, 0, m, row, column)
                            | element(in, block, 0, m, row, column + 1) << 16;
                    // The last eight rows of the second group are not copied but zero.
                    expected[4 + m] = m == 3 ? 0 : element(in, block, 1, m, column, row)
                            | element(in, block, 1, m, column + 1, row) << 16;
                }
                expected[8] = expected[0];
                expected[9] = expected[1];
                expected[10] = expected[4];
                expected[11] = expected[5];
                check("matrices", in, 256 * block, out, 12 * (32 * block + lane), expected);
            }
        }
    }

    /** Half {@code [row][column]} of 8 x 8 matrix {@code m} in copy group {@code group} of a block. */
    private static int element(IntArray in, int block, int group, int m, int row, int column) {
        int word = in.get(256 * block + 128 * group + 4 * (8 * m + row) + column / 2);
        return (column & 1) == 0 ? word & 0xFFFF : word >>> 16;
    }

    @Test
    void pipeline() throws Exception {
        for (int steps : new int[] {0, 1, 2, 5}) {
            int repeats = 3;
            IntArray in = new IntArray(128 * (steps + 4));
            in.set(0, steps);
            in.set(1, repeats);
            for (int i = 128; i < in.getSize(); i++) {
                in.set(i, MmaOracle.bf16(random.nextInt(7) - 3) | MmaOracle.bf16(random.nextInt(7) - 3) << 16);
            }
            IntArray out = filled(12 * 32, 0xDEAD);
            KernelLauncher.run("pipeline" + steps, PtxKernels::pipeline, 32, 32, in, out);
            double[][] even = new double[16][8];
            double[][] odd = new double[16][8];
            for (int lane = 0; lane < 32; lane++) {
                for (int r = 0; r < 4; r++) {
                    odd[MmaOracle.row(lane, r)][MmaOracle.column(lane, r)] = r + 1;
                }
            }
            for (int step = 0; step < steps; step++) {
                for (int r = 0; r < repeats; r++) {
                    int current = 128 * (step + 1);
                    boolean first = (step + r) % 2 == 0;
                    MmaOracle.accumulate(in, current, first ? current : current + 128 + 2,
                            first ? current + 128 + 1 : current + 3, first ? even : odd);
                }
            }
            for (int lane = 0; lane < 32; lane++) {
                int[] expected = new int[12];
                for (int r = 0; r < 4; r++) {
                    expected[r] = (int) even[MmaOracle.row(lane, r)][MmaOracle.column(lane, r)];
                    expected[4 + r] = (int) odd[MmaOracle.row(lane, r)][MmaOracle.column(lane, r)];
                }
                expected[8] = steps > 2 ? expected[4] : expected[0];
                expected[9] = in.get(128 * (steps + 1) + 4 * lane);
                expected[10] = in.get(128 * (steps + 2) + 4 * lane + 3);
                expected[11] = steps > 2 ? expected[7] : expected[3];
                check("pipeline of " + steps, in, 128, out, 12 * lane, expected);
            }
        }
    }

    @Test
    void lastBlock() throws Exception {
        int blocks = 96;
        IntArray in = new IntArray(32 * blocks);
        int total = 0;
        for (int i = 0; i < in.getSize(); i++) {
            in.set(i, random.nextInt(1000) - 300);
            total += in.get(i);
        }
        IntArray out = filled(16 + blocks, 0);
        KernelLauncher.run("lastBlock", PtxKernels::lastBlock, in.getSize(), 32, in, out);
        check("lastBlock", in, 0, out, 0, new int[] {blocks, total, 0, total, 77, 77});
    }

    private static void check(String what, IntArray in, int inIndex, IntArray out, int outIndex, int[] expected) {
        for (int k = 0; k < expected.length; k++) {
            int found = out.get(outIndex + k);
            int at = k;
            assertEquals(expected[k], found, () -> String.format(
                    "%s, result %d of input %08x %08x …: %08x instead of %08x", what, at, in.get(inIndex),
                    in.get(inIndex + 1), found, expected[at]));
        }
        assertTrue(expected.length > 0);
    }
}
