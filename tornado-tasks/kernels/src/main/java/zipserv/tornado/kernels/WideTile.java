package zipserv.tornado.kernels;

import zipserv.codec.Frag11Layout;

/**
 * Numbers of {@link WideGemm}: its plan, and what lies where in a block's shared memory.
 *
 * <pre>
 * planes    1 KB for each warp, see {@link Frag11Escapes}; frag11 only
 * barriers  for each of two chunks of activations one of its arrival and one of its last use
 * rings     three slots for each warp, each for one strip that is on its way or in use
 * chunks    two of activations, for each slice one strip of 64 columns in each
 * </pre>
 * When all is multiplied, sums take the place of rings and chunks.
 */
final class WideTile {

    /** Formats of weights that the kernel reads. */
    static final int RAW = 0;
    static final int FRAG11 = 1;
    static final int TCA_TBE = 2;

    /** Threads of a warpgroup. */
    static final int GROUP_THREADS = 128;
    /** Warps of a warpgroup, each of which has 16 of its 64 rows. */
    static final int GROUP_WARPS = 4;
    /** Strips of a warp that are on their way or in use. */
    static final int SLOTS = 3;
    /** Chunks of activations that are on their way or in use. */
    static final int CHUNKS = 2;
    /** Bytes between the barriers of one chunk and the next: one of its arrival, then one of its last use. */
    static final int BARRIER_BYTES = 16;
    /** Space of the barriers and of the block's ticket. */
    private static final int BARRIERS_BYTES = 128;
    /** Distance of the word through which threads hear of the block's ticket from the barriers. */
    static final int TICKET = 64;

    private WideTile() {
    }

    /** A {@link WidePlan} as one number. */
    static int plan(int slices, int height, int splits, int whole) {
        return slices | height - 1 << 3 | splits << 4 | whole << 16;
    }

    static int slices(int plan) {
        return plan & 7;
    }

    static int height(int plan) {
        return (plan >>> 3 & 1) + 1;
    }

    static int splits(int plan) {
        return plan >>> 4 & 0xFFF;
    }

    static int whole(int plan) {
        return plan >>> 16;
    }

    /** Columns of a multiplication, that is rows of activations: those of wgmma that hold a batch. */
    static int width(int batch) {
        return batch <= 8 ? 8 : batch <= 16 ? 16 : batch <= 32 ? 32 : batch <= 64 ? 64 : 128;
    }

    /** Warps of a block. */
    static int warps(int plan) {
        return slices(plan) * rowWarps(plan);
    }

    /** Warps of a slice, one above the other. */
    static int rowWarps(int plan) {
        return height(plan) * GROUP_WARPS;
    }

    /** Bytes of a strip of 64 columns of activations. */
    static int stripBytes(int width) {
        return width << 7;
    }

    /** Bytes of a slot. */
    static int slotBytes(int format) {
        return format == FRAG11 ? Frag11Ring.SLOT_BYTES : format == RAW ? 4 * StripLayout.STRIP_WORDS
                : TcaTbeStrip.SLOT_BYTES;
    }

    /** Where the barriers begin. */
    static int barriers(int format, int plan) {
        return format == FRAG11 ? warps(plan) * Frag11Escapes.PLANE_BYTES : 0;
    }

    /** Where the rings begin, and later the sums. */
    static int rings(int format, int plan) {
        return barriers(format, plan) + BARRIERS_BYTES;
    }

    /** Where the chunks begin. */
    static int chunks(int format, int plan) {
        return rings(format, plan) + warps(plan) * SLOTS * slotBytes(format);
    }

    /** Bytes of the sums of one warp. */
    static int sumBytes(int width) {
        return width << 6;
    }

    /** Shared memory of a block. */
    static int sharedBytes(int format, int plan, int width) {
        return Math.max(chunks(format, plan) + CHUNKS * slices(plan) * stripBytes(width),
                rings(format, plan) + warps(plan) * sumBytes(width));
    }

    /** Number of a row block's strip in a column. */
    static int strip(int format, int rowBlock, int column, int stripColumns) {
        return format == FRAG11 ? rowBlock * stripColumns + column
                : StripLayout.strip(rowBlock >>> 2, column, stripColumns, rowBlock & 3);
    }

    /** Distance of the numbers of strips of neighbouring columns. */
    static int nextColumn(int format) {
        return format == FRAG11 ? 1 : GROUP_WARPS;
    }
}
