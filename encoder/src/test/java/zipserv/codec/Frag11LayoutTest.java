package zipserv.codec;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;

import java.util.Random;
import org.junit.jupiter.api.Test;

class Frag11LayoutTest {

    /** Every pattern in each half, with every window: the field and the escapes give it back. */
    @Test
    void fieldsAndEscapesHoldEveryPattern() {
        Random random = new Random(30);
        for (int base = 0; base <= Frag11Layout.LAST_BASE; base++) {
            for (int bits = 0; bits < 1 << 16; bits++) {
                int other = random.nextInt(1 << 16);
                checkPair((bits & 1) == 0 ? bits | other << 16 : other | bits << 16, base);
            }
        }
    }

    /** What borrows, next to what a borrow changes. */
    @Test
    void fieldsAndEscapesHoldEveryBorrow() {
        for (int base = 0; base <= Frag11Layout.LAST_BASE; base++) {
            for (int left = 0; left < 1 << 16; left += left % 128 == 1 ? 126 : 1) {
                for (int exponent : new int[] {0, base - 1, base, base + 7, base + 8, 255}) {
                    for (int mantissa : new int[] {0, 1, 127}) {
                        int right = (exponent & 0xFF) << 7 | mantissa;
                        checkPair(left | right << 16, base);
                        checkPair(left | (right | 0x8000) << 16, base);
                    }
                }
            }
        }
    }

    private static void checkPair(int pair, int base) {
        int bias = Frag11Layout.bias(base);
        int field = Frag11Layout.field(pair, bias);
        int escaped = Frag11Layout.escaped(pair, bias);
        assertEquals(field, Frag11Layout.field(field), "bits beside the fields");
        assertEquals(pair, Frag11Layout.pair(field | escaped, bias));
        int plane = pair >>> 3 & 511;
        int found = Frag11Layout.pair(field, bias);
        for (int half = 0; half < 2; half++) {
            int entry = Frag11Layout.escape(plane, half, escaped >>> 16 * half);
            if (Frag11Layout.isEscape(entry)) {
                found += Frag11Layout.escapeBits(entry);
                assertEquals(plane, Frag11Layout.escapePlane(entry));
                assertEquals(half, Frag11Layout.escapeHalf(entry));
                assertEquals(Frag11Layout.position(plane, half), Frag11Layout.escapePosition(entry));
                assertEquals(Frag11Layout.position(plane, 0), Frag11Layout.escapeLeft(entry));
            }
            boolean borrowed = half == 1 && (pair & 0xFFFF) < base << 7;
            if (!borrowed) {
                int exponent = Bf16.exponent(pair >>> 16 * half);
                assertEquals(exponent < base || exponent >= base + Frag11Layout.WINDOW,
                        Frag11Layout.isEscape(entry), "escapes are what lies outside the window");
            }
        }
        assertEquals(pair, found);
    }

    /** The upper bytes of entries at their positions are the escaped bits, of the second pair shifted by eight. */
    @Test
    void positionsMakeWordsOfTwoPairs() {
        Random random = new Random(32);
        boolean[] seen = new boolean[Frag11Layout.STRIP_ELEMENTS];
        for (int plane = 0; plane < Frag11Layout.PLANE_WORDS; plane += 2) {
            int[] escaped = {random.nextInt() & 0x7C00_7C00, random.nextInt() & 0x7C00_7C00};
            int word = 0;
            for (int i = 0; i < 2; i++) {
                for (int half = 0; half < 2; half++) {
                    int position = Frag11Layout.position(plane + i, half);
                    assertEquals(plane / 2, position / 4);
                    assertFalse(seen[position]);
                    seen[position] = true;
                    int entry = Frag11Layout.escape(plane + i, half, escaped[i] >>> 16 * half);
                    word |= entry >>> 8 << 8 * (position % 4);
                }
            }
            assertEquals(escaped[0], word & Frag11Layout.ESCAPED_PAIR);
            assertEquals(escaped[1], word << 8 & Frag11Layout.ESCAPED_PAIR);
        }
    }

    @Test
    void spareBitsHoldFivePairs() {
        Random random = new Random(31);
        for (int round = 0; round < 10_000; round++) {
            int[] fields = random.ints(16).map(Frag11Layout::field).toArray();
            int[] words = new int[11];
            System.arraycopy(fields, 0, words, 0, 11);
            for (int j = 0; j < 5; j++) {
                for (int[] part : new int[][] {{2 * j, Frag11Layout.spareHigh(fields[11 + j])},
                        {2 * j + 1, Frag11Layout.spareLow(fields[11 + j])},
                        {10, Frag11Layout.spareSign(j, fields[11 + j])}}) {
                    assertEquals(0, words[part[0]] & part[1], "bits in use");
                    words[part[0]] |= part[1];
                }
            }
            for (int i = 0; i < 11; i++) {
                assertEquals(fields[i], Frag11Layout.field(words[i]));
            }
            for (int j = 0; j < 5; j++) {
                assertEquals(fields[11 + j], Frag11Layout.spareField(j, words[2 * j], words[2 * j + 1], words[10]));
            }
        }
    }

    /** Pair i of the four runs of a lane: rows g and g + 8, columns 8 t and 32 + 8 t. */
    @Test
    void planeFollowsTheRuns() {
        boolean[][] seen = new boolean[16][64];
        for (int pair = 0; pair < Frag11Layout.PAIRS; pair++) {
            for (int lane = 0; lane < Frag11Layout.LANES; lane++) {
                int plane = Frag11Layout.plane(pair, lane);
                int row = Frag11Layout.row(plane);
                int column = Frag11Layout.column(plane);
                assertFalse(seen[row][column]);
                seen[row][column] = true;
                assertEquals(lane / 4 + 8 * (pair % 2), row);
                assertEquals(32 * (pair / 2 % 2) + 8 * (lane % 4) + 2 * (pair / 4), column);
                assertEquals(pair, Frag11Layout.pairOf(plane));
                assertEquals(lane, Frag11Layout.laneOf(plane));
            }
        }
    }

    /** The four pairs of an instruction are those of the fragment but for the order of the columns. */
    @Test
    void rowsAreThoseOfTheFragment() {
        for (int pair = 0; pair < Frag11Layout.PAIRS; pair++) {
            for (int lane = 0; lane < Frag11Layout.LANES; lane++) {
                assertEquals(FragmentLayout.fragRow(pair)
                                + FragmentLayout.positionRow(FragmentLayout.lanePosition(lane)),
                        Frag11Layout.row(Frag11Layout.plane(pair, lane)));
            }
        }
    }

    @Test
    void wordsFillAStrip() {
        boolean[] seen = new boolean[Frag11Layout.STRIP_WORDS];
        for (int word = 0; word < Frag11Layout.LANE_WORDS; word++) {
            for (int lane = 0; lane < Frag11Layout.LANES; lane++) {
                int index = Frag11Layout.word(word, lane);
                assertFalse(seen[index]);
                seen[index] = true;
                assertEquals(Frag11Layout.word(word, 0) + lane, index, "lanes side by side");
                assertEquals(Frag11Layout.stripWord(1234) + index, Frag11Layout.word(1234, word, lane));
            }
        }
    }

    @Test
    void countsAndStarts() {
        assertEquals(1, Frag11Layout.rowBlocks(1));
        assertEquals(1, Frag11Layout.rowBlocks(16));
        assertEquals(2, Frag11Layout.rowBlocks(17));
        assertEquals(1 << 27, Frag11Layout.rowBlocks(Integer.MAX_VALUE));
        assertEquals(1, Frag11Layout.strips(64));
        assertEquals(2, Frag11Layout.strips(65));
        assertEquals(3 * 7 + 4, Frag11Layout.strip(3, 4, 7));
        assertEquals(352L * (3 * 7 + 4), Frag11Layout.stripWord(Frag11Layout.strip(3, 4, 7)));
        assertEquals(352L << 52, Frag11Layout.wordsLength(Integer.MAX_VALUE, Integer.MAX_VALUE));
        assertEquals(1L << 52, Frag11Layout.stripEndsLength(Integer.MAX_VALUE, Integer.MAX_VALUE));
        assertEquals((1 << 27) + 1, Frag11Layout.rowBlockEscapesLength(Integer.MAX_VALUE));
        assertEquals(352L * 4 * 5 * 2 + 2 + 4 * 11 + 8 * 3 + 4 * 5 * 2, Frag11Layout.bytes(17, 257, 11));
        assertEquals(0, Frag11Layout.escapeWords(0));
        assertEquals(1, Frag11Layout.escapeWords(1));
        assertEquals(1, Frag11Layout.escapeWords(2));
        assertEquals(512, Frag11Layout.escapeWords(1024));
        assertEquals(0, Frag11Layout.escapeBits(0), "filling changes nothing");
    }
}
