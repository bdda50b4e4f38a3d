package zipserv.codec;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.Random;
import java.util.stream.LongStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** What {@link LosslessTest} and {@link SizeTest}, which try every format, do not show of this one. */
class Frag11Test {

    private final Arena arena = Arena.ofShared();

    @AfterEach
    void close() {
        arena.close();
    }

    private CompressedMatrix check(Bf16Matrix matrix) {
        return RoundTrip.check(WeightFormat.FRAG11, matrix, 2, arena);
    }

    private static long escapes(CompressedMatrix matrix) {
        MemorySegment entries = RoundTrip.partsOf(matrix).get("escapes").data();
        return LongStream.range(0, entries.byteSize() / 2).filter(i -> entries.get(Frag11Matrix.U16, 2 * i) != 0)
                .count();
    }

    private static int base(CompressedMatrix matrix, int rowBlock) {
        return RoundTrip.partsOf(matrix).get("bases").data().get(ValueLayout.JAVA_BYTE, rowBlock) & 0xFF;
    }

    /** Last tiles of 1 to 4 strips, whole and ragged ones. */
    @ParameterizedTest
    @ValueSource(ints = {1, 63, 64, 65, 127, 128, 129, 192, 193, 255, 256, 257, 320, 383, 384, 447, 448, 511, 512, 513})
    void keepsEveryTail(int columns) {
        check(Matrices.gaussian(32, columns, 0.02, columns));
        check(Matrices.uniformBits(17, columns, columns));
    }

    @ParameterizedTest
    @CsvSource({"0", "0.001", "0.025", "0.1", "0.5", "0.9", "0.999", "1"})
    void keepsAnyShareOfEscapes(double share) {
        Random random = new Random(40);
        int[] outside = {0};
        Bf16Matrix matrix = Matrices.of(48, 400, () -> {
            if (random.nextDouble() < share) {
                outside[0]++;
                return Bf16.of(8 * random.nextInt(20) + 80, random.nextInt(256));
            }
            return Bf16.of(random.nextInt(20, 28), random.nextInt(256));
        });
        CompressedMatrix encoded = check(matrix);
        if (share <= 0.5) {
            assertEquals(outside[0], escapes(encoded));
            assertEquals(20, base(encoded, 2));
        }
    }

    /** A positive number below the window borrows from its right neighbour, which may so become an escape or none. */
    @Test
    void borrowsAreCountedAndGivenBack() {
        int least = 100 << 7;
        for (int sign : new int[] {0, 0x8000}) {
            assertEquals(1600 / 2 / 4, escapes(check(everyEighth(Bf16.of(20, 1), sign | least + 1))));
            assertEquals(1600 / 2 / 4 * 2, escapes(check(everyEighth(Bf16.of(20, 1), sign | least))));
            assertEquals(1600 / 2 / 4, escapes(check(everyEighth(Bf16.of(20, 0x81), sign | least))));
            assertEquals(1600 / 2 / 4, escapes(check(everyEighth(Bf16.of(20, 1), sign | least + 0x400))));
        }
    }

    /** Eight exponents from 100 on; but at every eighth place the two elements that are given. */
    private static Bf16Matrix everyEighth(int left, int right) {
        int[] next = {0};
        return Matrices.of(16, 100, () -> switch (next[0]++ % 8) {
            case 0 -> left;
            case 1 -> right;
            default -> Bf16.of(100 + next[0] * 5 % 8, next[0] % 128 | 1);
        });
    }

    /** The last element of a row borrows from padding, which must not become an escape. */
    @ParameterizedTest
    @ValueSource(ints = {1, 63, 65, 127})
    void paddingIsNoEscapeBesideABorrow(int columns) {
        int[] next = {0};
        CompressedMatrix encoded = check(Matrices.of(16, columns, () -> ++next[0] % columns == 0 ? 0x0001 : 0x3F81));
        assertEquals(columns == 1 ? 0 : 16, escapes(encoded));
    }

    /** Neighbours that are as far apart as can be: what spills into the other half of a word comes back. */
    @ParameterizedTest
    @ValueSource(ints = {0x0000, 0x007F, 0x8000, 0x7FFF, 0xFFFF, 0xFF80, 0x7F80, 0x3F80})
    void neighboursStayWhatTheyAre(int bits) {
        for (int other : new int[] {0x0000, 0x8000, 0x7FFF, 0xFFFF, 0x4380, 0xC3FF}) {
            int[] next = {0};
            check(Matrices.of(16, 64, () -> next[0]++ % 2 == 0 ? bits : other));
            next[0] = 1;
            check(Matrices.of(16, 64, () -> next[0]++ % 2 == 0 ? bits : other));
        }
    }

    @ParameterizedTest
    @CsvSource({"0, 7, 0", "1, 8, 1", "248, 255, 248", "247, 254, 247", "3, 3, 0", "7, 7, 0", "8, 8, 1",
        "255, 255, 248", "250, 253, 246"})
    void windowIsTheLowestThatCoversMost(int first, int last, int base) {
        CompressedMatrix encoded = check(Matrices.exponents(64, 64, first, last, 41));
        assertEquals(0, escapes(encoded));
        for (int rowBlock = 0; rowBlock < 4; rowBlock++) {
            assertEquals(base, base(encoded, rowBlock));
        }
    }

    /** Rows of different scale need no escapes; they would with one window for all. */
    @Test
    void everyRowBlockHasItsWindow() {
        int[] next = {0};
        Random random = new Random(42);
        Bf16Matrix matrix = Matrices.of(80, 100, () -> {
            int rowBlock = next[0]++ / 1600;
            return Bf16.of(50 * rowBlock + random.nextInt(8), random.nextInt(256));
        });
        CompressedMatrix encoded = check(matrix);
        assertEquals(0, escapes(encoded));
        for (int rowBlock = 0; rowBlock < 5; rowBlock++) {
            assertEquals(50 * rowBlock, base(encoded, rowBlock));
        }
    }

    @Test
    void paddingCostsNoEscapes() {
        assertEquals(0, escapes(check(Matrices.constant(1, 1, 0x7FC1))));
        assertEquals(0, escapes(check(Matrices.constant(17, 65, 0xFFFF))));
    }
}
