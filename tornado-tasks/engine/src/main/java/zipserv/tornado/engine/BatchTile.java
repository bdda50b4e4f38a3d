package zipserv.tornado.engine;

import uk.ac.manchester.tornado.api.types.arrays.IntArray;
import zipserv.tornado.ptx.Accumulator;
import zipserv.tornado.ptx.Pair;
import zipserv.tornado.ptx.PtxBits;
import zipserv.tornado.ptx.PtxFloat;
import zipserv.tornado.ptx.PtxMemory;
import zipserv.tornado.ptx.PtxMma;
import zipserv.tornado.ptx.PtxShared;
import zipserv.tornado.ptx.PtxWarp;
import zipserv.tornado.ptx.Quad;

/**
 * Parts of {@link BatchAttention}: a warp's tile of {@value #KEYS} keys or values in shared memory, laid out as
 * {@link PromptTile} says, and the operands of its products. Methods that take the number of a piece of a head do
 * nothing for pieces that heads of {@code headDim} elements do not have.
 */
final class BatchTile {

    /** Positions of a tile. */
    static final int KEYS = 16;

    private BatchTile() {
    }

    /** Starts a warp's copies of a tile; {@code first} is where the first position's head begins. */
    static void copy(IntArray cache, int to, int first, int headDim, int slotWords, int restCache, int lane) {
        int laneBits = laneBits(headDim);
        int rowsAtOnce = PtxWarp.SIZE >>> laneBits;
        int unit = lane & (1 << laneBits) - 1;
        int row = lane >>> laneBits;
        long word = first + row * slotWords + (unit << 2);
        if (unit < headDim >>> 3) {
            for (int i = 0; i < KEYS / rowsAtOnce; i++) {
                int own = to + place(row + i * rowsAtOnce, unit, headDim);
                long from = word + (long) i * rowsAtOnce * slotWords;
                PtxShared.copyAsync128(own, cache, from);
                if (restCache != 0) {
                    PtxShared.copyAsync128(own + KEYS * (headDim << 1), cache, from + restCache);
                }
            }
        }
    }

    /**
     * The same for the tile of a sequence's newest position: those behind it are zeros, for which nothing is read, and
     * its own row is left to others.
     *
     * @param count positions in front of the newest one, which may be more than a tile has
     */
    static void copyFirst(IntArray cache, int to, int first, int count, int headDim, int slotWords, int restCache,
            int lane) {
        int laneBits = laneBits(headDim);
        int rowsAtOnce = PtxWarp.SIZE >>> laneBits;
        int unit = lane & (1 << laneBits) - 1;
        int row = lane >>> laneBits;
        long word = first + row * slotWords + (unit << 2);
        if (unit < headDim >>> 3) {
            for (int i = 0; i < KEYS / rowsAtOnce; i++) {
                int own = to + place(row + i * rowsAtOnce, unit, headDim);
                long from = word + (long) i * rowsAtOnce * slotWords;
                int left = count - i * rowsAtOnce - row;
                if (left != 0) {
                    int bytes = left > 0 ? 16 : 0;
                    PtxShared.copyAsyncOrZero128(own, cache, from, bytes);
                    if (restCache != 0) {
                        PtxShared.copyAsyncOrZero128(own + KEYS * (headDim << 1), cache, from + restCache, bytes);
                    }
                }
            }
        }
    }

    /** Lanes that share a row, as a power of two. */
    private static int laneBits(int headDim) {
        return headDim > 64 ? 4 : headDim > 32 ? 3 : headDim > 16 ? 2 : 1;
    }

    /** Where a unit of a row lies in a tile. */
    private static int place(int row, int unit, int headDim) {
        return row * (headDim << 1) + ((unit ^ PromptTile.swizzle(row, headDim)) << 4);
    }

    /** Rounds two elements of the newest position's key or value and leaves them in the cache and in a tile. */
    static void newest(int from, int pair, IntArray cache, int slot, int to, int row, int headDim, int restCache) {
        Pair elements = PtxShared.load64(from + (pair << 3));
        float first = PtxBits.asFloat(elements.x());
        float second = PtxBits.asFloat(elements.y());
        int rounded = PtxFloat.packBf16(first, second);
        int own = to + place(row, pair >>> 2, headDim) + ((pair & 3) << 2);
        PtxMemory.store32(cache, slot + pair, rounded);
        PtxShared.store32(own, rounded);
        if (restCache != 0) {
            int rest = SplitValue.remainder(first, second, rounded);
            PtxMemory.store32(cache, slot + pair + restCache, rest);
            PtxShared.store32(own + KEYS * (headDim << 1), rest);
        }
    }

    /**
     * Makes 16 elements of all queries the mma's A operand: rows 0 to 7 are the queries, scaled and rounded, rows 8 to
     * 15 what rounding took away from them, rounded too.
     *
     * @param from byte address of the lane's first element of its query, fp32
     * @param real whether there is such a query; else it is 0
     * @param to   byte address of the lane's four words
     */
    static void query(int from, boolean real, float scale, int to) {
        int large = 0;
        int small = 0;
        int largeBehind = 0;
        int smallBehind = 0;
        if (real) {
            Pair front = PtxShared.load64(from);
            Pair behind = PtxShared.load64(from + 32);
            float first = PtxFloat.mul(PtxBits.asFloat(front.x()), scale);
            float second = PtxFloat.mul(PtxBits.asFloat(front.y()), scale);
            float third = PtxFloat.mul(PtxBits.asFloat(behind.x()), scale);
            float fourth = PtxFloat.mul(PtxBits.asFloat(behind.y()), scale);
            large = PtxFloat.packBf16(first, second);
            small = SplitValue.remainder(first, second, large);
            largeBehind = PtxFloat.packBf16(third, fourth);
            smallBehind = SplitValue.remainder(third, fourth, largeBehind);
        }
        PtxShared.store128(to, large, small, largeBehind, smallBehind);
    }

    /** Elements 16n to 16n + 15 of all queries as {@link #query} left them for the lane from {@code at} on. */
    static Quad query(int n, int headDim, int at) {
        Quad query = Quad.of(0, 0, 0, 0);
        if (16 * n < headDim) {
            query = PtxShared.load128(at + 512 * n);
        }
        return query;
    }

    /** The lane's four scores, of two positions each of two eights: those of large and small parts added. */
    static Accumulator scores(Accumulator first, Accumulator second) {
        return Accumulator.of(PtxFloat.add(first.c0(), first.c2()), PtxFloat.add(first.c1(), first.c3()),
                PtxFloat.add(second.c0(), second.c2()), PtxFloat.add(second.c1(), second.c3()));
    }

    /** Scores without those behind the newest position; {@code own} is the lane's first. */
    static Accumulator masked(Accumulator s, int own, int length) {
        return Accumulator.of(masked(s.c0(), own, length), masked(s.c1(), own + 1, length),
                masked(s.c2(), own + 8, length), masked(s.c3(), own + 9, length));
    }

    /** Adds at most {@link DecodeSums#NOTHING} for a position behind the last, without a branch. */
    private static float masked(float score, int position, int length) {
        float behind = Math.min(length - 1 - position, 0);
        return PtxFloat.fma(behind, -DecodeSums.NOTHING, score);
    }

    /** The largest of a query's scores. */
    static float maximum(Accumulator s) {
        return PromptTile.quadMaximum(Math.max(Math.max(s.c0(), s.c1()), Math.max(s.c2(), s.c3())));
    }

    /** The sum of the lane's probabilities. */
    static float sum(Accumulator s) {
        return PtxFloat.add(PtxFloat.add(s.c0(), s.c1()), PtxFloat.add(s.c2(), s.c3()));
    }

    /** Probabilities as the mma's A operand: rounded ones and, eight rows on, what rounding took away. */
    static Quad weights(Accumulator s) {
        int front = PtxFloat.packBf16(s.c0(), s.c1());
        int behind = PtxFloat.packBf16(s.c2(), s.c3());
        return Quad.of(front, SplitValue.remainder(s.c0(), s.c1(), front), behind,
                SplitValue.remainder(s.c2(), s.c3(), behind));
    }

    /** Elements 16n to 16n + 15 of the values as the mma's B operands; {@code at} is the lane's first unit. */
    static Quad value(int n, int headDim, int at) {
        Quad value = Quad.of(0, 0, 0, 0);
        if (16 * n < headDim) {
            value = PtxShared.loadMatrix4Transposed(PromptTile.moved(at, 2 * n, headDim));
        }
        return value;
    }

    /** Adds products of probabilities and eight of the elements of {@link #value} n, and of their second part. */
    static Accumulator weigh(int n, int headDim, int rest, Quad p, int x, int y, int small, int smallBehind,
            Accumulator o) {
        Accumulator sum = o;
        if (16 * n < headDim) {
            sum = PtxMma.bf16(p, x, y, sum);
            if (rest != 0) {
                sum = PtxMma.bf16(p, small, smallBehind, sum);
            }
        }
        return sum;
    }

    /** Leaves the lane's two of elements 8n to 8n + 7: the sums with large and with small probabilities, added. */
    static void store(int n, int headDim, int to, Accumulator o) {
        if (8 * n < headDim) {
            PtxShared.store64(to + 32 * n, PtxBits.asInt(PtxFloat.add(o.c0(), o.c2())),
                    PtxBits.asInt(PtxFloat.add(o.c1(), o.c3())));
        }
    }
}
