package zipserv.codec;

import java.lang.foreign.MemorySegment;

/**
 * The inner loops of encoding frag11. A strip has 512 pairs, or fields of pairs, in the order of its words: pair p of
 * lane l is at {@code 32 p + l}.
 */
interface FieldEncoder {

    /**
     * Takes a strip from a matrix.
     *
     * @param elements little-endian BF16
     * @param offset   of the strip's first element, in bytes
     * @param stride   bytes from one row to the next
     * @param pairs    receives all pairs
     */
    void load(MemorySegment elements, long offset, long stride, int[] pairs);

    /**
     * Replaces the pairs of a strip by their fields.
     *
     * @param rests   receives the bits of each pair's difference that are no field
     * @param escaped receives for each lane a bit for each of its pairs, lowest first: 1 if there are such bits
     * @param bias    {@link Frag11Layout#bias} of the row block
     */
    void encode(int[] pairs, int[] rests, int[] escaped, int bias);

    /** Makes the first 352 fields the words of a strip: moves those behind them into their spare bits. */
    void pack(int[] fields);
}
