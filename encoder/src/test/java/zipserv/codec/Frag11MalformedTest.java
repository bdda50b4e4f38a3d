package zipserv.codec;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Random;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class Frag11MalformedTest {

    private static final int ROWS = 130;
    /** Two tiles side by side, the second one of two strips. */
    private static final int COLUMNS = 370;
    private static final int STRIPS = 6;

    private final WeightCodec codec = Codecs.of(WeightFormat.FRAG11);
    private final Arena arena = Arena.ofShared();
    private final Map<String, MatrixPart> parts = new LinkedHashMap<>();

    @BeforeEach
    void encode() {
        codec.encode(Matrices.gaussian(ROWS, COLUMNS, 0.02, 50), arena, 2).parts()
                .forEach(part -> parts.put(part.name(), part));
        open();
    }

    @AfterEach
    void close() {
        arena.close();
    }

    private CompressedMatrix open() {
        return codec.open(ROWS, COLUMNS, parts, Map.of());
    }

    private MalformedMatrixException refused() {
        return assertThrows(MalformedMatrixException.class, this::open);
    }

    private void replace(String name, MatrixPart.Type type, MemorySegment data) {
        parts.put(name, new MatrixPart(name, type, data));
    }

    private MemorySegment data(String name) {
        return parts.get(name).data();
    }

    @ParameterizedTest
    @ValueSource(strings = {"words", "bases", "escapes", "row_block_escapes", "strip_ends"})
    void missingShortLongAndMistypedParts(String name) {
        MatrixPart part = parts.get(name);
        long size = part.data().byteSize();

        parts.remove(name);
        assertEquals("part " + name + ", byte 0: missing", refused().getMessage());

        replace(name, part.type(), part.data().asSlice(0, size - part.type().bytes()));
        assertEquals("part " + name + ", byte " + (size - part.type().bytes()) + ": " + (part.elements() - 1)
                + " elements, expected " + part.elements(), refused().getMessage());

        replace(name, part.type(), arena.allocate(size + part.type().bytes()).copyFrom(part.data()));
        assertEquals(name, refused().part());

        replace(name, part.type(), MemorySegment.NULL);
        assertEquals(name, refused().part());

        MatrixPart.Type other = part.type() == MatrixPart.Type.U8 ? MatrixPart.Type.BF16 : MatrixPart.Type.U8;
        replace(name, other, part.data().asSlice(0, size / 2 * 2));
        assertEquals("part " + name + ", byte 0: element type " + other + ", expected " + part.type(),
                refused().getMessage());
    }

    @Test
    void unknownPart() {
        replace("bitmap1", MatrixPart.Type.I64, MemorySegment.NULL);
        assertEquals("part bitmap1, byte 0: unknown part", refused().getMessage());
    }

    @ParameterizedTest
    @CsvSource({"0, 370", "130, 0", "-1, 370", "112, 370", "145, 370", "130, 320", "130, 385", "370, 130"})
    void wrongShape(int rows, int columns) {
        assertThrows(MalformedMatrixException.class, () -> codec.open(rows, columns, parts, Map.of()));
    }

    @ParameterizedTest
    @ValueSource(ints = {249, 250, 255})
    void badBase(int base) {
        data("bases").set(ValueLayout.JAVA_BYTE, 3, (byte) base);
        assertEquals("part bases, byte 3: base " + base + ", expected 0 .. 248", refused().getMessage());
    }

    @Test
    void badRowBlockEscapes() {
        MemorySegment starts = data("row_block_escapes");
        for (long at = 0; at < starts.byteSize(); at += 8) {
            long right = starts.get(Frag11Matrix.I64, at);
            for (long wrong : new long[] {right + 1, right - 1, -1 - right, Long.MIN_VALUE, Long.MAX_VALUE}) {
                starts.set(Frag11Matrix.I64, at, wrong);
                assertEquals("part row_block_escapes, byte " + at + ": first word " + wrong + ", expected " + right,
                        refused().getMessage());
            }
            starts.set(Frag11Matrix.I64, at, right);
        }
    }

    /** Ends that descend, or that are further apart than a strip has elements. */
    @ParameterizedTest
    @ValueSource(ints = {-1, Integer.MIN_VALUE, Integer.MAX_VALUE, 6 * 512 + 1})
    void badStripEnds(int wrong) {
        MemorySegment ends = data("strip_ends");
        for (long at = 0; at < ends.byteSize(); at += 4) {
            int right = ends.get(Frag11Matrix.I32, at);
            ends.set(Frag11Matrix.I32, at, wrong);
            int begin = at / 4 % STRIPS == 0 ? 0 : ends.get(Frag11Matrix.I32, at - 4);
            assertEquals("part strip_ends, byte " + at + ": escapes from word " + begin + " to " + wrong
                    + ", expected 0 to 512 words", refused().getMessage());
            ends.set(Frag11Matrix.I32, at, right);
        }
    }

    @Test
    void stripEndsThatDescend() {
        MemorySegment ends = data("strip_ends");
        int end = ends.get(Frag11Matrix.I32, 4);
        ends.set(Frag11Matrix.I32, 0, end + 1);
        assertEquals("part strip_ends, byte 4: escapes from word " + (end + 1) + " to " + end
                + ", expected 0 to 512 words", refused().getMessage());
    }

    @Test
    void stripsOfMoreEscapesThanElements() {
        Map<String, MatrixPart> full = RoundTrip.partsOf(codec.encode(Matrices.constant(16, 128, 0x3F80), arena, 1));
        assertEquals(0, full.get("escapes").elements());
        replace(full, "escapes", arena.allocate(4 * 513));
        for (int words : new int[] {512, 513}) {
            full.get("strip_ends").data().set(Frag11Matrix.I32, 0, words);
            full.get("strip_ends").data().set(Frag11Matrix.I32, 4, 513);
            full.get("row_block_escapes").data().set(Frag11Matrix.I64, 8, 513);
            if (words == 512) {
                codec.open(16, 128, full, Map.of());
            } else {
                assertEquals("part strip_ends, byte 0: escapes from word 0 to 513, expected 0 to 512 words",
                        assertThrows(MalformedMatrixException.class, () -> codec.open(16, 128, full, Map.of()))
                                .getMessage());
            }
        }
    }

    private static void replace(Map<String, MatrixPart> parts, String name, MemorySegment data) {
        parts.put(name, new MatrixPart(name, parts.get(name).type(), data));
    }

    /** The end of the last strip is the beginning of the next row block. */
    @Test
    void endsThatDisagreeWithTheNextRowBlock() {
        MemorySegment ends = data("strip_ends");
        long at = 4 * (STRIPS - 1);
        ends.set(Frag11Matrix.I32, at, ends.get(Frag11Matrix.I32, at) + 1);
        assertEquals("row_block_escapes", refused().part());
        assertEquals(8, refused().offset());
    }

    @Test
    void endsThatDisagreeWithTheLength() {
        MemorySegment ends = data("strip_ends");
        MemorySegment starts = data("row_block_escapes");
        long last = ends.byteSize() - 4;
        ends.set(Frag11Matrix.I32, last, ends.get(Frag11Matrix.I32, last) + 1);
        starts.set(Frag11Matrix.I64, starts.byteSize() - 8, data("escapes").byteSize() / 4 + 1);
        assertEquals("escapes", refused().part());
    }

    @ParameterizedTest
    @ValueSource(ints = {0x0000, 0x0001, 0x03FF, 0x8400, 0xFFFF})
    void badEntries(int entry) {
        data("escapes").set(Frag11Matrix.U16, 0, (short) entry);
        CompressedMatrix matrix = open();
        short[] tile = new short[4096];
        MalformedMatrixException e = assertThrows(MalformedMatrixException.class, () -> matrix.decodeTile(0, 0, tile));
        assertEquals(String.format("part escapes, byte 0: entry 0x%04X, expected 0x0400 .. 0x7FFF and a position above "
                + "-1", entry), e.getMessage());
        matrix.decodeTile(0, 1, tile);
    }

    /** Zero is filling at the very end of a strip's entries, an error anywhere else. */
    @Test
    void fillingInFrontOfTheEnd() {
        MemorySegment ends = data("strip_ends");
        int end = ends.get(Frag11Matrix.I32, 0);
        assertTrue(end >= 2);
        MemorySegment escapes = data("escapes");
        for (int i = 0; i < 2 * end; i++) {
            short right = escapes.get(Frag11Matrix.U16, 2L * i);
            escapes.set(Frag11Matrix.U16, 2L * i, (short) 0);
            if (i == 2 * end - 1) {
                open().decodeTile(0, 0, new short[4096]);
            } else {
                MalformedMatrixException e = assertThrows(MalformedMatrixException.class,
                        () -> open().decodeTile(0, 0, new short[4096]));
                assertEquals("escapes", e.part());
                assertEquals(2L * i, e.offset());
            }
            escapes.set(Frag11Matrix.U16, 2L * i, right);
        }
    }

    /** Twice the same position, in one word and in two. */
    @ParameterizedTest
    @ValueSource(ints = {1, 2, 3, 4})
    void entriesOutOfOrder(int at) {
        MemorySegment escapes = data("escapes");
        short before = escapes.get(Frag11Matrix.U16, 2L * at - 2);
        escapes.set(Frag11Matrix.U16, 2L * at, before);
        MalformedMatrixException e = assertThrows(MalformedMatrixException.class,
                () -> open().decodeTile(0, 0, new short[4096]));
        assertEquals("escapes", e.part());
        assertEquals(2L * at, e.offset());
        assertTrue(e.getMessage().endsWith("a position above " + (before & 0x3FF)), e.getMessage());
    }

    /** Whatever the bits are, decoding either gives elements or says what is wrong. */
    @Test
    void corruptBitsNeverLeadOutside() {
        Random random = new Random(51);
        MemorySegment out = arena.allocate(2 * ROWS * COLUMNS);
        int found = 0;
        for (int round = 0; round < 1000; round++) {
            MatrixPart part = parts.values().stream().skip(random.nextInt(parts.size())).findFirst().orElseThrow();
            long at = random.nextLong(part.data().byteSize());
            byte before = part.data().get(ValueLayout.JAVA_BYTE, at);
            byte after = (byte) (random.nextBoolean() ? before ^ 1 << random.nextInt(8) : random.nextInt(256));
            part.data().set(ValueLayout.JAVA_BYTE, at, after);
            try {
                codec.decode(open(), out, 1 + round % 2);
            } catch (MalformedMatrixException e) {
                found++;
            }
            part.data().set(ValueLayout.JAVA_BYTE, at, before);
        }
        assertTrue(found > 300, found + " of 1000 were noticed");
    }

    @ParameterizedTest
    @ValueSource(bytes = {0, -1, 0x55, 0x7F})
    void wordsOfOneValue(byte value) {
        MemorySegment out = arena.allocate(2 * ROWS * COLUMNS);
        data("words").fill(value);
        codec.decode(open(), out, 2);
        data("escapes").fill(value);
        assertThrows(MalformedMatrixException.class, () -> codec.decode(open(), out, 2));
    }
}
