package zipserv.codec;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.Map;
import java.util.Set;

/**
 * Opens the stored parts of a frag11 matrix. What is checked here, together with the entries that decoding checks one
 * by one, keeps every access inside the parts; flipped value bits are for checksums to find.
 */
final class Frag11Reader {

    private static final Set<String> NAMES = Set.of(Frag11Layout.WORDS, Frag11Layout.BASES, Frag11Layout.ESCAPES,
            Frag11Layout.ROW_BLOCK_ESCAPES, Frag11Layout.STRIP_ENDS);

    private final PartReader parts;
    private final int rows;
    private final int columns;

    Frag11Reader(Map<String, MatrixPart> parts, int rows, int columns) {
        this.parts = new PartReader(parts, NAMES);
        this.rows = rows;
        this.columns = columns;
    }

    Frag11Matrix open() {
        MemorySegment words =
                parts.get(Frag11Layout.WORDS, MatrixPart.Type.I32, Frag11Layout.wordsLength(rows, columns));
        MemorySegment bases = parts.get(Frag11Layout.BASES, MatrixPart.Type.U8, Frag11Layout.rowBlocks(rows));
        checkBases(bases);
        MemorySegment rowBlockEscapes = parts.get(Frag11Layout.ROW_BLOCK_ESCAPES, MatrixPart.Type.I64,
                Frag11Layout.rowBlockEscapesLength(rows));
        MemorySegment stripEnds = parts.get(Frag11Layout.STRIP_ENDS, MatrixPart.Type.I32,
                Frag11Layout.stripEndsLength(rows, columns));
        long escapeWords = checkEnds(rowBlockEscapes, stripEnds);
        MemorySegment escapes = parts.get(Frag11Layout.ESCAPES, MatrixPart.Type.I32, escapeWords);
        return new Frag11Matrix(rows, columns, words, bases, escapes, rowBlockEscapes, stripEnds);
    }

    private static void checkBases(MemorySegment bases) {
        for (long i = 0; i < bases.byteSize(); i++) {
            int base = Byte.toUnsignedInt(bases.get(ValueLayout.JAVA_BYTE, i));
            if (base > Frag11Layout.LAST_BASE) {
                throw new MalformedMatrixException(Frag11Layout.BASES, i,
                        "base " + base + ", expected 0 .. " + Frag11Layout.LAST_BASE);
            }
        }
    }

    /**
     * Each strip's escapes must end where they begin or at most the entries of all its elements later, and each row
     * block's must begin where the strips before it end. Returns the number of words in all.
     */
    private long checkEnds(MemorySegment rowBlockEscapes, MemorySegment stripEnds) {
        int strips = Frag11Layout.strips(columns);
        int most = Frag11Layout.escapeWords(Frag11Layout.STRIP_ELEMENTS);
        checkFirst(rowBlockEscapes, 0, 0);
        long first = 0;
        for (int rowBlock = 0; rowBlock < Frag11Layout.rowBlocks(rows); rowBlock++) {
            int begin = 0;
            for (int stripColumn = 0; stripColumn < strips; stripColumn++) {
                long at = 4 * Frag11Layout.strip(rowBlock, stripColumn, strips);
                int end = stripEnds.get(Frag11Matrix.I32, at);
                if (end < begin || end - begin > most) {
                    throw new MalformedMatrixException(Frag11Layout.STRIP_ENDS, at,
                            "escapes from word " + begin + " to " + end + ", expected 0 to " + most + " words");
                }
                begin = end;
            }
            first += begin;
            checkFirst(rowBlockEscapes, rowBlock + 1, first);
        }
        return first;
    }

    private static void checkFirst(MemorySegment rowBlockEscapes, int rowBlock, long expected) {
        long first = rowBlockEscapes.get(Frag11Matrix.I64, 8L * rowBlock);
        if (first != expected) {
            throw new MalformedMatrixException(Frag11Layout.ROW_BLOCK_ESCAPES, 8L * rowBlock,
                    "first word " + first + ", expected " + expected);
        }
    }
}
