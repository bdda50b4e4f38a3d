package zipserv.cli;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;

import zipserv.codec.CompressedMatrix;
import zipserv.codec.ExponentHistogram;
import zipserv.codec.ExponentWindow;
import zipserv.codec.Frag11Layout;
import zipserv.codec.MatrixPart;
import zipserv.codec.TcaTbeLayout;

/**
 * Which exponents the code of a matrix covers.
 *
 * @param first    smallest exponent of any window
 * @param last     largest one
 * @param covered  elements within their window
 * @param elements of the matrix, at least 1
 */
record CodedExponents(int first, int last, long covered, long elements) {

    /** What the stored matrix covers; if it is stored unchanged, what a window of seven would cover best. */
    static CodedExponents of(CompressedMatrix matrix, ExponentHistogram exponents) {
        return switch (matrix.format()) {
            case RAW -> of(ExponentWindow.best(exponents), exponents);
            case TCA_TBE -> of(ExponentWindow.ofBase(
                    Integer.parseInt(matrix.parameters().get(TcaTbeLayout.BASE_EXPONENT))), exponents);
            case FRAG11 -> ofRowBlocks(part(matrix, Frag11Layout.BASES), part(matrix, Frag11Layout.ESCAPES),
                    exponents.total());
        };
    }

    private static CodedExponents of(ExponentWindow window, ExponentHistogram exponents) {
        return new CodedExponents(window.first(), window.last(), exponents.covered(window), exponents.total());
    }

    private static CodedExponents ofRowBlocks(MemorySegment bases, MemorySegment escapes, long elements) {
        int least = Frag11Layout.LAST_BASE;
        int most = 0;
        for (long i = 0; i < bases.byteSize(); i++) {
            int base = Byte.toUnsignedInt(bases.get(ValueLayout.JAVA_BYTE, i));
            least = Math.min(least, base);
            most = Math.max(most, base);
        }
        return new CodedExponents(least, most + Frag11Layout.WINDOW - 1, elements - entries(escapes), elements);
    }

    /** The escapes, less the zeros that fill the words. */
    private static long entries(MemorySegment escapes) {
        long count = 0;
        for (long offset = 0; offset < escapes.byteSize(); offset += Short.BYTES) {
            count += escapes.get(ValueLayout.JAVA_SHORT_UNALIGNED, offset) == 0 ? 0 : 1;
        }
        return count;
    }

    private static MemorySegment part(CompressedMatrix matrix, String name) {
        return matrix.parts().stream().filter(part -> part.name().equals(name)).map(MatrixPart::data).findFirst()
                .orElseThrow();
    }

    /** Share of the elements within their window, of frag11 without escapes, which is nearly the same; 0 .. 1. */
    double coverage() {
        return (double) covered / elements;
    }
}
