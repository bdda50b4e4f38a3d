package zipserv.tornado.kernels;

/**
 * In which order the rows of gate and up lie in a row-major copy of both, so that one product has what SwiGLU needs
 * where it is needed. The two are a stack, up behind gate and its padding; in the copy 16 rows of gate are followed by
 * the same 16 rows of up, and so on. Of 32 rows of an accumulator of {@link WidePrefillGemm} a lane holds two
 * neighbours of each 8. Therefore the 16 rows are permuted, by their bits: a lane's two times two rows of gate are
 * neighbours in the result, four columns that it can store as one, and its rows of up are the same four.
 *
 * <pre>
 * row 4c + 2t + b of 16, c = 0 .. 3, becomes row 8t + 2c + b
 * </pre>
 *
 * <p>The methods are for kernels and hosts.
 *
 * @param first row of the stack that is a matrix's first
 * @param upAt  row of the stack at which up begins, a multiple of 16; 0 leaves all rows where they are
 */
public record GatedRows(int first, int upAt) {

    /** Rows in their own order. */
    public static final GatedRows NONE = new GatedRows(0, 0);

    /** Rows of either matrix that lie together. */
    static final int GROUP = 16;

    /** Rows of the copy that are multiplied, given the rows of each matrix: all that are needed, filled up. */
    static int rows(int columns) {
        return (columns + GROUP - 1) / GROUP * 2 * GROUP;
    }

    /** Rows that a copy has room for, given where up begins in the stack. */
    public static int room(int upAt) {
        return 2 * upAt;
    }

    /** Where a row of the stack lies. */
    static int place(int row, int upAt) {
        int place = row;
        if (upAt != 0) {
            int up = row < upAt ? 0 : 1;
            int own = row - up * upAt;
            place = (own & -GROUP) << 1 | up << 4 | distance(own & GROUP - 1, upAt);
        }
        return place;
    }

    /** From the place of a row to that of the one some rows behind it, if adding to the row carries no bit. */
    static int distance(int rows, int upAt) {
        return upAt == 0 ? rows : (rows & 2) << 2 | (rows & 12) >>> 1 | rows & 1;
    }
}
