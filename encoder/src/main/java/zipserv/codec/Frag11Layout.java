package zipserv.codec;

/**
 * The arrays of frag11, version 1: what the parts are called, how long they are, where in them an element lies and how
 * its bits are packed. Eleven bits an element lie in an order in which lanes of a warp can use them as the A operand of
 * mma.sync.m16n8k16 (PTX ISA, "Matrix fragments for mma.m16n8k16"), packed so that 22 of a lane's 32 elements are
 * decoded by one bitwise operation and one addition for two elements.
 *
 * <pre>
 * level        elements  consists of                                                    order inside
 * row block    16 x K    strips of 16 x 64                                               left to right
 * strip        16 x 64   32 lanes of a warp, each with four runs of 1 x 8 elements       see below
 * run          1 x 8     four pairs                                                     left to right
 * pair         1 x 2     the two elements of a register: the left one in the lower half
 *
 * part               type  length          what
 * words              I32   352 per strip   the 11 bits of each element: 11 words for each lane of a strip
 * bases              U8    1 per row block first of the eight exponents b .. b + 7 that have codes, b = 0 .. 248
 * escapes            I32   as strips need  two 16-bit entries a word, for the elements that 11 bits do not tell
 * row_block_escapes  I64   R + 1           first word of each of the R row blocks' escapes; the last one is the end
 * strip_ends         I32   1 per strip     end of its escapes in words, relative to its row block's first
 * </pre>
 *
 * Lane l = 4 g + t of a strip holds in run r = 0 .. 3 the columns 32 (r / 2) + 8 t .. + 7 of row g + 8 (r mod 2), and
 * its pair i of that run is numbered 4 i + r. An instruction may take any two pairs of a run as its columns 2 t and
 * 2 t + 8: a product does not care in which order its columns are added up, and in this order the activations of a lane
 * are neighbours in memory: eight of them at column 8 t and eight at 32 + 8 t.
 *
 * <p>What is stored of a pair is its difference from the window's beginning: pair minus {@link #bias}, as numbers of 32
 * bits. Of each half, 11 bits are in the words ({@link #FIELD}) and the other five ({@link #ESCAPED_PAIR}) in an entry
 * of escapes, unless they are 0, as they are if both exponents lie in the window. Whatever borrows from whatever,
 * adding the bias gives back every pair.
 *
 * <p>The rows are padded to a multiple of 16 and the columns to one of 64 with elements whose 16 bits of the difference
 * are zero. Strips stand alone and are numbered row-major; the escapes of a strip are filled to whole words by an entry
 * of zero.
 *
 * <p>Pure functions of ints and longs, without branches, so that GPU kernels can call them as they are.
 */
public final class Frag11Layout {

    public static final String WORDS = "words";
    public static final String BASES = "bases";
    public static final String ESCAPES = "escapes";
    public static final String ROW_BLOCK_ESCAPES = "row_block_escapes";
    public static final String STRIP_ENDS = "strip_ends";

    /** Exponents of a window: those that a 3-bit code can name. */
    public static final int WINDOW = 8;
    /** Largest first exponent of a window. */
    public static final int LAST_BASE = Bf16.EXPONENTS - WINDOW;

    /** Rows of a strip and of a row block. */
    public static final int ROWS = FragmentLayout.STRIP_ROWS;
    /** Columns of a strip. */
    public static final int STRIP_COLUMNS = FragmentLayout.BLOCK;
    /** Elements of a strip. */
    public static final int STRIP_ELEMENTS = ROWS * STRIP_COLUMNS;
    /** Lanes of a warp, which share a strip. */
    public static final int LANES = 32;
    /** Pairs of a lane in a strip. */
    public static final int PAIRS = FragmentLayout.STRIP_FRAGS;
    /** Words of a lane in a strip, and the number of its pairs that are whole in their word. */
    public static final int LANE_WORDS = 11;
    /** Words of a strip. */
    public static final int STRIP_WORDS = LANES * LANE_WORDS;
    /** Words of a strip's plane: one for each pair. */
    public static final int PLANE_WORDS = LANES * PAIRS;

    /** Where a field has its bits in the two halves of a word: 15 sign, 9 .. 7 code, 6 .. 0 mantissa. */
    public static final int FIELD = 0x83FF_83FF;
    /** The first of these. */
    public static final int SIGN = 0x8000_8000;
    /** The others. */
    public static final int CODE_MANTISSA = FIELD & ~SIGN;
    static final int FIELD_HIGH = 0x03E0_03E0;
    /** The lower five of these. */
    public static final int FIELD_LOW = 0x001F_001F;
    /** The five bits of a difference that are no field, in one of its halves and in an entry of escapes. */
    public static final int ESCAPED = 0x7C00;
    /** These of both halves. */
    public static final int ESCAPED_PAIR = ~FIELD;
    /** Which of a pair's elements a position in a strip means: 0 the left one. */
    private static final int POSITION_HALF = 2;

    private Frag11Layout() {
    }

    /** Row blocks that cover a number of rows, at least 1. */
    public static int rowBlocks(int rows) {
        return (rows - 1 >>> 4) + 1;
    }

    /** Strips side by side that cover a number of columns, at least 1. */
    public static int strips(int columns) {
        return (columns - 1 >>> 6) + 1;
    }

    /** Number of a strip; {@code strips} is how many lie side by side. */
    public static long strip(int rowBlock, int stripColumn, int strips) {
        return (long) rowBlock * strips + stripColumn;
    }

    /** Index in words of a strip's first one. */
    public static long stripWord(long strip) {
        return strip * STRIP_WORDS;
    }

    /** Index in its strip of one of a lane's words, 0 .. 10: a warp loads a word of all its lanes as 128 bytes. */
    public static int word(int word, int lane) {
        return (word << 5) + lane;
    }

    /** Index in words of one of a lane's words, for matrices of fewer than 2^31 words. */
    public static int word(int strip, int word, int lane) {
        return strip * STRIP_WORDS + word(word, lane);
    }

    /** What {@link #pair} adds, for a window's first exponent: that exponent in both halves. */
    public static int bias(int base) {
        return base << 7 | base << 23;
    }

    /** Two elements from their difference, which is their field and their escaped bits. */
    public static int pair(int difference, int bias) {
        return difference + bias;
    }

    /** The field of two elements: those bits of their difference that are in the words. */
    public static int field(int pair, int bias) {
        return pair - bias & FIELD;
    }

    /**
     * The bits of two elements' difference that are no field. Those of the left element are 0 if and only if its
     * exponent lies in the window. So are those of the right one, unless the left one is positive and below the window,
     * hence borrows: then an element in the window whose code and mantissa are 0 has such bits, too, and one just
     * outside may have none.
     */
    public static int escaped(int pair, int bias) {
        return pair - bias & ESCAPED_PAIR;
    }

    /** The field of pair {@code word} from its word: pairs 0 .. 10. */
    public static int field(int word) {
        return word & FIELD;
    }

    /**
     * The field of pair 11 + j from the spare bits, 14 .. 10 of each half, of three words.
     *
     * @param j    0 .. 4
     * @param even word 2 j: bits 9 .. 5 of the field
     * @param odd  word 2 j + 1: bits 4 .. 0 of the field
     * @param last word 10: the signs, in spare bit j
     */
    public static int spareField(int j, int even, int odd, int last) {
        return even >>> 5 & FIELD_HIGH | odd >>> 10 & FIELD_LOW | last << 5 - j & SIGN;
    }

    /** What the field of pair 11 + j adds to word 2 j. */
    public static int spareHigh(int field) {
        return (field & FIELD_HIGH) << 5;
    }

    /** What the field of pair 11 + j adds to word 2 j + 1. */
    public static int spareLow(int field) {
        return (field & FIELD_LOW) << 10;
    }

    /** What the field of pair 11 + j adds to word 10. */
    public static int spareSign(int j, int field) {
        return (field & SIGN) >>> 5 - j;
    }

    /**
     * Index in its strip's plane of a lane's pair, 4 i + r: what a lane needs for one mma instruction is 128 bits side
     * by side.
     */
    public static int plane(int pair, int lane) {
        return (pair >>> 2 << 7) + (lane << 2) + (pair & 3);
    }

    /** The number of a pair, 4 i + r, given its index in the plane. */
    public static int pairOf(int plane) {
        return plane >>> 7 << 2 | plane & 3;
    }

    /** The lane that holds a pair, given its index in the plane. */
    public static int laneOf(int plane) {
        return plane >>> 2 & 31;
    }

    /** Row within its strip of a pair, given its index in the plane. */
    public static int row(int plane) {
        return (plane & 1) << 3 | plane >>> 4 & 7;
    }

    /** Column within its strip of a pair's left element, given the pair's index in the plane. */
    public static int column(int plane) {
        return (plane & 2) << 4 | (plane >>> 2 & 3) << 3 | plane >>> 7 << 1;
    }

    /**
     * Position of an element in its strip, 0 .. 1023, given the index of its pair in the plane: its place in a plane of
     * one byte for each element. Four bytes, a word of that plane, belong to two neighbouring pairs:
     *
     * <pre>
     * byte of a word  3               2                1              0
     * element         first's right   second's right   first's left   second's left
     * </pre>
     *
     * So a word of the upper bytes of entries has the first pair's escaped bits where {@link #ESCAPED_PAIR} is 1, and,
     * shifted to the left by eight, the second pair's.
     *
     * @param half 0 for the left element, 1 for the right one
     */
    public static int position(int plane, int half) {
        return plane >>> 1 << 2 | half << 1 | ~plane & 1;
    }

    /**
     * An entry of escapes: bits 14 .. 10 are those of the difference's half, never all 0; bits 9 .. 0 the element's
     * {@link #position}. Bit 15 is 0. The first of two entries is the lower half of its word.
     *
     * @param difference the half of the pair's
     */
    public static int escape(int plane, int half, int difference) {
        return difference & ESCAPED | position(plane, half);
    }

    /** Whether 16 bits can be an entry. */
    public static boolean isEscape(int entry) {
        return entry >= 1 << 10 && entry < 1 << 15;
    }

    /** Position of an entry's element in its strip, 0 .. 1023, by which the entries of a strip ascend. */
    public static int escapePosition(int entry) {
        return entry & 0x3FF;
    }

    /** Position of the left element of an entry's pair. */
    public static int escapeLeft(int entry) {
        return escapePosition(entry) & ~POSITION_HALF;
    }

    /** Index in the plane of an entry's pair. */
    public static int escapePlane(int entry) {
        return escapePosition(entry) >>> 2 << 1 | ~entry & 1;
    }

    /** Whether an entry's element is the left one of its pair, 0, or the right one, 1. */
    public static int escapeHalf(int entry) {
        return entry >>> 1 & 1;
    }

    /**
     * What an entry adds to its pair's difference, or to what {@link #pair} gives without it; an entry of 0 adds
     * nothing.
     */
    public static int escapeBits(int entry) {
        return (entry & ESCAPED) << (escapeHalf(entry) << 4);
    }

    /** Words of escapes that a number of entries takes in a strip. */
    public static int escapeWords(int entries) {
        return entries + 1 >>> 1;
    }

    /** Elements of words. */
    public static long wordsLength(int rows, int columns) {
        return (long) rowBlocks(rows) * strips(columns) * STRIP_WORDS;
    }

    /** Elements of strip_ends. */
    public static long stripEndsLength(int rows, int columns) {
        return (long) rowBlocks(rows) * strips(columns);
    }

    /** Elements of row_block_escapes. */
    public static long rowBlockEscapesLength(int rows) {
        return rowBlocks(rows) + 1L;
    }

    /** Bytes of all parts, given the number of words that the escapes take. */
    public static long bytes(int rows, int columns, long escapeWords) {
        return 4 * wordsLength(rows, columns) + rowBlocks(rows) + 4 * escapeWords
                + 8 * rowBlockEscapesLength(rows) + 4 * stripEndsLength(rows, columns);
    }
}
