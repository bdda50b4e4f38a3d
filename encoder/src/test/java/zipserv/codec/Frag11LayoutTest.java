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
            int bias = Frag11Layout.bias(base);
            for (int bits = 0; bits < 1 << 16; bits++) {
                int other = random.nextInt(1 << 16);
                int pair = (bits & 1) == 0 ? bits | other << 16 : other | bits << 16;
                int field = Frag11Layout.field(pair, bias);
                assertEquals(field, Frag11Layout.field(field), "bits beside the fields");
                int found = Frag11Layout.pair(field, bias);
                int difference = pair ^ found;
                for (int half = 0; half < 2; half++) {
                    int exponent = Bf16.exponent(pair >>> 16 * half);
                    boolean inside = exponent >= base && exponent < base + Frag11Layout.WINDOW;
                    int entry = Frag11Layout.escape(bits & 511, half, difference >>> 16 * half);
                    assertEquals(!inside, Frag11Layout.isEscape(entry));
                    if (!inside) {
                        found ^= Frag11Layout.escapeBits(entry);
                        assertEquals(bits & 511, Frag11Layout.escapePlane(entry));
                        assertEquals(2 * (bits & 511) + half, Frag11Layout.escapePosition(entry));
                    }
                }
                assertEquals(pair, found);
            }
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
