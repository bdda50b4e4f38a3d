package zipserv.codec;

import java.lang.foreign.MemorySegment;

/**
 * The inner loops of encoding frag11. A strip's pairs are 512 ints in the order of its words: pair p of lane l is at
 * {@code 32 p + l}.
 */
interface FieldEncoder {

    /**
     * How many of 64 neighbouring elements have exponents outside a window.
     *
     * @param elements little-endian BF16
     * @param offset   of the first one, in bytes
     * @param base     first exponent of the window
     */
    int countEscapes(MemorySegment elements, long offset, int base);

    /**
     * Replaces the pairs of a strip by their fields.
     *
     * @param pairs       of a strip
     * @param differences receives the bits in which each pair differs from what its field decodes to
     * @param escaped     receives for each pair number p a bit for each lane, lowest first: 1 if there is a difference
     * @param bias        {@link Frag11Layout#bias} of the row block
     */
    void encode(int[] pairs, int[] differences, int[] escaped, int bias);
}
