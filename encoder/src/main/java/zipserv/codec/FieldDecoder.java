package zipserv.codec;

import java.lang.foreign.MemorySegment;

/** The inner loop of decoding frag11. */
interface FieldDecoder {

    /**
     * Decodes a strip as if it had no escapes.
     *
     * @param words     the matrix's words
     * @param stripWord index of the strip's first one
     * @param bias      {@link Frag11Layout#bias} of the row block
     * @param out       receives 16 rows of 64 elements
     * @param to        index in {@code out} of the first one
     * @param stride    from one row to the next
     */
    void decode(MemorySegment words, long stripWord, int bias, short[] out, int to, int stride);
}
