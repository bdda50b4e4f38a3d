package zipserv.codec;

import java.lang.foreign.MemorySegment;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.HashMap;
import java.util.Map;

/**
 * A second decoder of frag11, written from the description of the format and sharing nothing with the product: one
 * element at a time, one bit at a time, no index functions, no starts but that of the first escape.
 */
final class Frag11ReferenceDecoder {

    private final int rows;
    private final int columns;
    private final ByteBuffer words;
    private final ByteBuffer bases;
    private final ByteBuffer escapes;
    private final ByteBuffer rowBlockEscapes;
    private final ByteBuffer stripEnds;

    Frag11ReferenceDecoder(CompressedMatrix matrix) {
        rows = matrix.rows();
        columns = matrix.columns();
        Map<String, MemorySegment> parts = new HashMap<>();
        matrix.parts().forEach(part -> parts.put(part.name(), part.data()));
        words = buffer(parts.get("words"));
        bases = buffer(parts.get("bases"));
        escapes = buffer(parts.get("escapes"));
        rowBlockEscapes = buffer(parts.get("row_block_escapes"));
        stripEnds = buffer(parts.get("strip_ends"));
    }

    private static ByteBuffer buffer(MemorySegment segment) {
        return segment.asByteBuffer().order(ByteOrder.LITTLE_ENDIAN);
    }

    /** All elements of the matrix; checks all that is redundant on the way. */
    short[][] decode() {
        short[][] out = new short[rows][columns];
        int strips = (columns + 63) / 64;
        int strip = 0;
        int escapesBefore = 0;
        for (int top = 0; top < rows; top += 16) {
            int base = bases.get(top / 16) & 0xFF;
            if (base > 248) {
                throw new AssertionError("base " + base);
            }
            expect(escapesBefore, rowBlockEscapes.getLong(8 * (top / 16)), "first word of a row block's escapes");
            int begin = 0;
            for (int left = 0; left < 64 * strips; left += 64) {
                int end = stripEnds.getInt(4 * strip);
                int[] high = highBits(2 * (escapesBefore + begin), 2 * (escapesBefore + end));
                decodeStrip(out, top, left, base, 352 * strip, high);
                begin = end;
                strip++;
            }
            escapesBefore += begin;
        }
        expect(escapesBefore, rowBlockEscapes.getLong(8 * ((rows + 15) / 16)), "end of the escapes");
        expect(4 * 352 * strip, words.capacity(), "length of words");
        expect(4 * escapesBefore, escapes.capacity(), "length of escapes");
        expect(8 * ((rows + 15) / 16 + 1), rowBlockEscapes.capacity(), "length of row_block_escapes");
        expect(4 * strip, stripEnds.capacity(), "length of strip_ends");
        expect((rows + 15) / 16, bases.capacity(), "length of bases");
        return out;
    }

    /** By position in the strip: the five bits of its escape, 0 for none. */
    private int[] highBits(int from, int to) {
        int[] high = new int[1024];
        int before = -1;
        for (int i = from; i < to; i++) {
            int entry = escapes.getShort(2 * i) & 0xFFFF;
            int position = entry % 1024;
            if (entry == 0 && i == to - 1) {
                break;
            }
            expect(0, entry >> 15, "bit 15 of an entry");
            if (position <= before || entry >> 10 == 0) {
                throw new AssertionError("entry " + entry + " after position " + before);
            }
            high[position] = entry >> 10;
            before = position;
        }
        return high;
    }

    private void decodeStrip(short[][] out, int top, int left, int base, int stripWord, int[] high) {
        for (int lane = 0; lane < 32; lane++) {
            for (int run = 0; run < 4; run++) {
                for (int instruction = 0; instruction < 4; instruction++) {
                    int row = top + lane / 4 + 8 * (run % 2);
                    int column = left + 32 * (run / 2) + 8 * (lane % 4) + 2 * instruction;
                    int group = 256 * instruction + 8 * lane + 4 * (run / 2);
                    boolean second = run % 2 == 1;
                    int pair = 4 * instruction + run;
                    int leftHalf = half(stripWord, lane, pair, 0) + 1024 * high[group + (second ? 0 : 1)];
                    int rightHalf = half(stripWord, lane, pair, 1) + 1024 * high[group + (second ? 2 : 3)];
                    long sum = leftHalf + 65536L * rightHalf + 128L * base + 65536L * 128 * base;
                    put(out, row, column, leftHalf, sum % 65536);
                    put(out, row, column + 1, rightHalf, sum / 65536 % 65536);
                }
            }
        }
    }

    private void put(short[][] out, int row, int column, int stored, long element) {
        if (row < rows && column < columns) {
            out[row][column] = (short) element;
        } else {
            expect(0, stored, "padding");
        }
    }

    /** Sign, code and mantissa at their places in a half of a pair's difference. */
    private int half(int stripWord, int lane, int pair, int half) {
        int field = bit(stripWord, lane, pair, half, 15) << 15;
        for (int bit = 0; bit < 10; bit++) {
            field += bit(stripWord, lane, pair, half, bit) << bit;
        }
        return field;
    }

    /** A bit of a field, wherever it is kept. */
    private int bit(int stripWord, int lane, int pair, int half, int bit) {
        int word = pair;
        int place = bit;
        if (pair > 10) {
            int j = pair - 11;
            if (bit == 15) {
                word = 10;
                place = 10 + j;
            } else if (bit >= 5) {
                word = 2 * j;
                place = bit + 5;
            } else {
                word = 2 * j + 1;
                place = bit + 10;
            }
        }
        int index = stripWord + 32 * word + lane;
        return words.getShort(4 * index + 2 * half) >> place & 1;
    }

    private static void expect(long expected, long found, String what) {
        if (expected != found) {
            throw new AssertionError(what + ": expected " + expected + ", found " + found);
        }
    }
}
