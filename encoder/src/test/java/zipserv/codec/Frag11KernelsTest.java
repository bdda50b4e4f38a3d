package zipserv.codec;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** The vector kernels give the same bits as the others, on any machine; which of them run otherwise is its choice. */
class Frag11KernelsTest {

    private final Random random = new Random(60);

    @ParameterizedTest
    @ValueSource(ints = {0, 1, 117, 120, 247, 248})
    void encodersAgree(int base) {
        int bias = Frag11Layout.bias(base);
        for (int round = 0; round < 100; round++) {
            int outside = round;
            int[] pairs = random.ints(Frag11Layout.PLANE_WORDS)
                    .map(bits -> random.nextInt(100) < outside ? bits : bits & 0x83FF_83FF).toArray();
            int[] lanes = pairs.clone();
            int[] vector = pairs.clone();
            int[] lanesRests = new int[pairs.length];
            int[] vectorRests = random.ints(pairs.length).toArray();
            int[] lanesEscaped = random.ints(Frag11Layout.LANES).toArray();
            int[] vectorEscaped = random.ints(Frag11Layout.LANES).toArray();
            new LaneFieldEncoder().encode(lanes, lanesRests, lanesEscaped, bias);
            new VectorFieldEncoder().encode(vector, vectorRests, vectorEscaped, bias);
            assertArrayEquals(lanes, vector);
            assertArrayEquals(lanesRests, vectorRests);
            assertArrayEquals(lanesEscaped, vectorEscaped);
            for (int i = 0; i < pairs.length; i++) {
                assertEquals(pairs[i], Frag11Layout.pair(lanes[i] | lanesRests[i], bias));
                assertEquals(0, lanes[i] & lanesRests[i]);
                assertEquals(lanesRests[i] == 0 ? 0 : 1, lanesEscaped[i % 32] >>> i / 32 & 1);
            }
        }
    }

    @Test
    void loadersAgreeWithTheLayout() {
        int columns = 101;
        MemorySegment elements = MemorySegment.ofArray(new byte[2 * 16 * columns + 2]);
        for (long i = 0; i < elements.byteSize(); i += 2) {
            elements.set(Frag11Matrix.U16, i, (short) random.nextInt());
        }
        int[] expected = new int[Frag11Layout.PLANE_WORDS];
        for (int plane = 0; plane < expected.length; plane++) {
            int at = Frag11Layout.row(plane) * columns + 33 + Frag11Layout.column(plane);
            expected[Frag11Layout.word(Frag11Layout.pairOf(plane), Frag11Layout.laneOf(plane))] =
                    elements.get(Frag11Matrix.I32, 2L * at);
        }
        for (FieldEncoder encoder : List.of(new LaneFieldEncoder(), new VectorFieldEncoder())) {
            int[] pairs = new int[Frag11Layout.PLANE_WORDS];
            encoder.load(elements, 2 * 33, 2 * columns, pairs);
            assertArrayEquals(expected, pairs);
        }
    }

    @Test
    void packersAgreeWithTheLayout() {
        int[] fields = random.ints(Frag11Layout.PLANE_WORDS).map(Frag11Layout::field).toArray();
        for (FieldEncoder encoder : List.of(new LaneFieldEncoder(), new VectorFieldEncoder())) {
            int[] words = fields.clone();
            encoder.pack(words);
            for (int lane = 0; lane < Frag11Layout.LANES; lane++) {
                for (int pair = 0; pair < Frag11Layout.PAIRS; pair++) {
                    int j = pair - Frag11Layout.LANE_WORDS;
                    int found = j < 0 ? Frag11Layout.field(words[Frag11Layout.word(pair, lane)])
                            : Frag11Layout.spareField(j, words[Frag11Layout.word(2 * j, lane)],
                                    words[Frag11Layout.word(2 * j + 1, lane)], words[Frag11Layout.word(10, lane)]);
                    assertEquals(fields[Frag11Layout.word(pair, lane)], found);
                }
            }
        }
    }

    /** Escapes are counted before they are made, with other means. */
    @ParameterizedTest
    @CsvSource({"1, 1", "3, 63", "16, 64", "16, 65", "7, 257", "16, 1000"})
    void escapesAreCounted(int rows, int columns) {
        EscapeCounter counter = new EscapeCounter(columns);
        MemorySegment elements = MemorySegment.ofArray(new byte[1 + 2 * rows * columns]).asSlice(1);
        for (int base = 0; base <= Frag11Layout.LAST_BASE; base++) {
            int[] expected = new int[Frag11Layout.strips(columns)];
            int begin = base << 7;
            boolean borrow = false;
            for (int i = 0; i < rows * columns; i++) {
                int exponent = random.nextInt(4) > 0 ? Math.clamp(base + random.nextInt(-1, 9), 0, 255)
                        : random.nextInt(256);
                int bits = Bf16.of(exponent, random.nextBoolean() ? random.nextInt(256) : random.nextInt(2) << 7);
                elements.set(Frag11Matrix.U16, 2L * i, (short) bits);
                boolean right = i % columns % 2 == 1;
                int difference = (bits & 0xFFFF) - begin - (right && borrow ? 1 : 0);
                borrow = difference < 0;
                expected[i % columns / 64] += difference >> 10 << 27 == 0 ? 0 : 1;
            }
            assertEquals(Arrays.stream(expected).mapToLong(n -> (n + 1) / 2).sum(),
                    counter.words(elements, rows, base));
        }
    }

    @Test
    void decodersAgree() {
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment words = arena.allocate(4 * (3 + Frag11Layout.STRIP_WORDS));
            for (int base = 0; base <= Frag11Layout.LAST_BASE; base++) {
                for (long i = 0; i < words.byteSize(); i += 4) {
                    words.set(Frag11Matrix.I32, i, random.nextInt());
                }
                short[] lanes = new short[Frag11Layout.ROWS * 100];
                short[] vector = lanes.clone();
                new LaneFieldDecoder().decode(words, 3, Frag11Layout.bias(base), lanes, 36, 100);
                new VectorFieldDecoder().decode(words, 3, Frag11Layout.bias(base), vector, 36, 100);
                assertArrayEquals(lanes, vector);
                for (int i = 0; i < lanes.length; i++) {
                    assertTrue(i % 100 >= 36 || lanes[i] == 0, "beside the strip");
                }
            }
        }
    }

    /** Words at the very end of a part: nothing behind them is read, and nothing behind the strip is written. */
    @Test
    void decodersStayInside() {
        MemorySegment words = MemorySegment.ofArray(new byte[4 * 2 * Frag11Layout.STRIP_WORDS]);
        short[] out = new short[Frag11Layout.STRIP_ELEMENTS];
        new LaneFieldDecoder().decode(words, Frag11Layout.STRIP_WORDS, 0, out, 0, 64);
        new VectorFieldDecoder().decode(words, Frag11Layout.STRIP_WORDS, 0, out, 0, 64);
    }
}
