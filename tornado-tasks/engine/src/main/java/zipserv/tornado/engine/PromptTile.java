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
 * Parts of {@link PromptAttention}: a tile's keys or values in shared memory, and what a lane does with its pieces.
 *
 * <p>A stage has a row for each position, and {@code rest} bytes behind it the second part, if there are two. A row is
 * units of 16 bytes; unit u of row r lies at {@code u ^ swizzle(r)}, so that the same unit of eight neighbouring rows
 * lies in different banks. Methods that take the number of a piece of a head do nothing for pieces that heads of
 * {@code headDim} elements do not have.
 */
final class PromptTile {

    private PromptTile() {
    }

    /** The bits of a unit that its row changes: as many as the number of units has zeros at its end, three at most. */
    private static int swapped(int headDim) {
        return headDim % 64 == 0 ? 7 : headDim % 32 == 0 ? 3 : 1;
    }

    /** See the class comment. */
    static int swizzle(int row, int headDim) {
        return headDim % 64 == 0 ? row & 7 : headDim % 32 == 0 ? row >>> 1 & 3 : row >>> 2 & 1;
    }

    /** The address {@code units} behind that of a row's unit that {@code at} stands for, both below a power of two. */
    static int moved(int at, int units, int headDim) {
        return (at ^ (units & swapped(headDim)) << 4) + ((units & ~swapped(headDim)) << 4);
    }

    /**
     * Starts this thread's copies of a stage; positions behind the last one are zeros, for which nothing is read.
     *
     * @param first where the first position's head begins
     * @param count positions that there are, which may be more than a tile has
     */
    static void copy(IntArray cache, int to, int first, int count, int tileKeys, int headDim, int slotWords,
            int restCache, int thread, int threads) {
        int laneBits = headDim > 64 ? 4 : headDim > 32 ? 3 : headDim > 16 ? 2 : 1;
        int rowsAtOnce = threads >>> laneBits;
        int unit = thread & (1 << laneBits) - 1;
        int row = thread >>> laneBits;
        int rowBytes = headDim << 1;
        // Rows that this thread copies have the same swizzle, since a multiple of eight lies between them.
        int address = to + row * rowBytes + ((unit ^ swizzle(row, headDim)) << 4);
        long word = first + row * slotWords + (unit << 2);
        boolean mine = headDim >>> 3 == 1 << laneBits || unit < headDim >>> 3;
        if (mine && (rowsAtOnce <= tileKeys || row < tileKeys)) {
            int turns = (tileKeys + rowsAtOnce - 1) / rowsAtOnce;
            if (count >= tileKeys) {
                for (int i = 0; i < turns; i++) {
                    int own = address + i * rowsAtOnce * rowBytes;
                    PtxShared.copyAsync128(own, cache, word + (long) i * rowsAtOnce * slotWords);
                    if (restCache != 0) {
                        PtxShared.copyAsync128(own + tileKeys * rowBytes, cache,
                                word + restCache + (long) i * rowsAtOnce * slotWords);
                    }
                }
            } else {
                for (int i = 0; i < turns; i++) {
                    int own = address + i * rowsAtOnce * rowBytes;
                    int bytes = row < count - i * rowsAtOnce ? 16 : 0;
                    PtxShared.copyAsyncOrZero128(own, cache, word + (long) i * rowsAtOnce * slotWords, bytes);
                    if (restCache != 0) {
                        PtxShared.copyAsyncOrZero128(own + tileKeys * rowBytes, cache,
                                word + restCache + (long) i * rowsAtOnce * slotWords, bytes);
                    }
                }
            }
        }
    }

    /**
     * Elements 16n to 16n + 15 of the warp's queries, scaled and rounded, as the mma's A operand.
     *
     * @param low  element of q that the lane's part of its lower row begins with; high that of its higher row
     * @param kept 16 bytes of shared memory of this thread's own. The words come back from there, so that the compiler,
     *             which computes as late as it can, does not round them anew for every tile
     * @param rest whether to take what rounding took away instead
     */
    static Quad query(int n, int headDim, IntArray q, int low, int high, float scale, int kept, boolean rest) {
        Quad query = Quad.of(0, 0, 0, 0);
        if (16 * n < headDim) {
            PtxShared.store128(kept, query(q, low + 16 * n, scale, rest), query(q, high + 16 * n, scale, rest),
                    query(q, low + 16 * n + 8, scale, rest), query(q, high + 16 * n + 8, scale, rest));
            query = PtxShared.load128(kept);
        }
        return query;
    }

    private static int query(IntArray q, int at, float scale, boolean rest) {
        Pair pair = PtxMemory.loadReadOnly64(q, at);
        float first = PtxFloat.mul(PtxBits.asFloat(pair.x()), scale);
        float second = PtxFloat.mul(PtxBits.asFloat(pair.y()), scale);
        int rounded = PtxFloat.packBf16(first, second);
        if (rest) {
            rounded = SplitValue.remainder(first, second, rounded);
        }
        return rounded;
    }

    /**
     * Adds the products of elements 32n to 32n + 31 of the warp's queries and eight keys.
     *
     * @param at    the lane's unit of the first four of the first key's row
     * @param q     {@link #query} 2n; q1 the next
     * @param t     the rest of {@link #query} 2n, if {@code twice}; t1 the next
     */
    static Accumulator score(int n, int headDim, int at, int rest, boolean twice, Quad q, Quad q1, Quad t, Quad t1,
            Accumulator s) {
        int address = moved(at, 4 * n, headDim);
        Accumulator sum = s;
        if (32 * n + 16 < headDim) {
            Quad key = PtxShared.loadMatrix4(address);
            sum = PtxMma.bf16(q, key.x(), key.y(), sum);
            sum = PtxMma.bf16(q1, key.z(), key.w(), sum);
            if (twice) {
                sum = PtxMma.bf16(t, key.x(), key.y(), sum);
                sum = PtxMma.bf16(t1, key.z(), key.w(), sum);
            }
            if (rest != 0) {
                Quad small = PtxShared.loadMatrix4(address + rest);
                sum = PtxMma.bf16(q, small.x(), small.y(), sum);
                sum = PtxMma.bf16(q1, small.z(), small.w(), sum);
            }
        } else if (32 * n < headDim) {
            Pair key = PtxShared.loadMatrix2(address);
            sum = PtxMma.bf16(q, key.x(), key.y(), sum);
            if (twice) {
                sum = PtxMma.bf16(t, key.x(), key.y(), sum);
            }
            if (rest != 0) {
                Pair small = PtxShared.loadMatrix2(address + rest);
                sum = PtxMma.bf16(q, small.x(), small.y(), sum);
            }
        }
        return sum;
    }

    /**
     * Adds the products of 32 probabilities of each row and elements 8n to 8n + 7 of their values.
     *
     * @param at the first unit of the lane's position's row
     * @param p  {@link #rounded} of the first 16 positions; p1 of the next
     * @param r  {@link #remainder} of the first 16, if {@code twice}; r1 of the next
     */
    static Accumulator weigh(int n, int headDim, int at, int rest, boolean twice, Quad p, Quad p1, Quad r, Quad r1,
            Accumulator o) {
        int address = moved(at, n, headDim);
        Accumulator sum = o;
        if (8 * n < headDim) {
            Quad value = PtxShared.loadMatrix4Transposed(address);
            sum = PtxMma.bf16(p, value.x(), value.y(), sum);
            sum = PtxMma.bf16(p1, value.z(), value.w(), sum);
            if (twice) {
                sum = PtxMma.bf16(r, value.x(), value.y(), sum);
                sum = PtxMma.bf16(r1, value.z(), value.w(), sum);
            }
            if (rest != 0) {
                Quad small = PtxShared.loadMatrix4Transposed(address + rest);
                sum = PtxMma.bf16(p, small.x(), small.y(), sum);
                sum = PtxMma.bf16(p1, small.z(), small.w(), sum);
            }
        }
        return sum;
    }

    /** Scores of eight positions without those that a row does not look at; {@code own} is the lane's first. */
    static Accumulator masked(Accumulator s, int own, int lowLength, int highLength) {
        return Accumulator.of(masked(s.c0(), own, lowLength), masked(s.c1(), own + 1, lowLength),
                masked(s.c2(), own, highLength), masked(s.c3(), own + 1, highLength));
    }

    /** Adds at most {@link PromptAttention#NOTHING} for a position behind the last, without a branch. */
    private static float masked(float score, int position, int length) {
        float behind = Math.min(length - 1 - position, 0);
        return PtxFloat.fma(behind, -PromptAttention.NOTHING, score);
    }

    /** Probabilities, before they are divided by their sum. */
    static Accumulator weights(Accumulator s, float lowMaximum, float highMaximum) {
        return Accumulator.of(PtxFloat.exp2(PtxFloat.add(s.c0(), -lowMaximum)),
                PtxFloat.exp2(PtxFloat.add(s.c1(), -lowMaximum)), PtxFloat.exp2(PtxFloat.add(s.c2(), -highMaximum)),
                PtxFloat.exp2(PtxFloat.add(s.c3(), -highMaximum)));
    }

    /** Probabilities of 16 positions as the mma's A operand. */
    static Quad rounded(Accumulator first, Accumulator second) {
        return Quad.of(PtxFloat.packBf16(first.c0(), first.c1()), PtxFloat.packBf16(first.c2(), first.c3()),
                PtxFloat.packBf16(second.c0(), second.c1()), PtxFloat.packBf16(second.c2(), second.c3()));
    }

    /** What rounding took away. */
    static Quad remainder(Accumulator first, Accumulator second, Quad rounded) {
        return Quad.of(SplitValue.remainder(first.c0(), first.c1(), rounded.x()),
                SplitValue.remainder(first.c2(), first.c3(), rounded.y()),
                SplitValue.remainder(second.c0(), second.c1(), rounded.z()),
                SplitValue.remainder(second.c2(), second.c3(), rounded.w()));
    }

    /** Sums of elements 8n to 8n + 7 times a factor for each row. */
    static Accumulator scaled(int n, int headDim, Accumulator o, float low, float high) {
        Accumulator scaled = o;
        if (8 * n < headDim) {
            scaled = Accumulator.of(PtxFloat.mul(o.c0(), low), PtxFloat.mul(o.c1(), low), PtxFloat.mul(o.c2(), high),
                    PtxFloat.mul(o.c3(), high));
        }
        return scaled;
    }

    /** Writes what a lane has of elements 8n to 8n + 7 times a factor, and nothing of a row at -1. */
    static void store(int n, int headDim, IntArray out, int low, int high, int order, int restOut, Accumulator o, float lowFactor,
            float highFactor) {
        if (8 * n < headDim) {
            if (low >= 0) {
                SplitValue.store(out, low + 4 * n, order, restOut, PtxFloat.mul(o.c0(), lowFactor),
                        PtxFloat.mul(o.c1(), lowFactor));
            }
            if (high >= 0) {
                SplitValue.store(out, high + 4 * n, order, restOut, PtxFloat.mul(o.c2(), highFactor),
                        PtxFloat.mul(o.c3(), highFactor));
            }
        }
    }

    /** The largest of the lower row's elements. */
    static float lowMaximum(Accumulator a, Accumulator b, Accumulator c, Accumulator d) {
        return Math.max(Math.max(Math.max(a.c0(), a.c1()), Math.max(b.c0(), b.c1())),
                Math.max(Math.max(c.c0(), c.c1()), Math.max(d.c0(), d.c1())));
    }

    /** The largest of the higher row's elements. */
    static float highMaximum(Accumulator a, Accumulator b, Accumulator c, Accumulator d) {
        return Math.max(Math.max(Math.max(a.c2(), a.c3()), Math.max(b.c2(), b.c3())),
                Math.max(Math.max(c.c2(), c.c3()), Math.max(d.c2(), d.c3())));
    }

    /** The sum of the lower row's elements. */
    static float lowSum(Accumulator a, Accumulator b, Accumulator c, Accumulator d) {
        return PtxFloat.add(PtxFloat.add(PtxFloat.add(a.c0(), a.c1()), PtxFloat.add(b.c0(), b.c1())),
                PtxFloat.add(PtxFloat.add(c.c0(), c.c1()), PtxFloat.add(d.c0(), d.c1())));
    }

    /** The sum of the higher row's elements. */
    static float highSum(Accumulator a, Accumulator b, Accumulator c, Accumulator d) {
        return PtxFloat.add(PtxFloat.add(PtxFloat.add(a.c2(), a.c3()), PtxFloat.add(b.c2(), b.c3())),
                PtxFloat.add(PtxFloat.add(c.c2(), c.c3()), PtxFloat.add(d.c2(), d.c3())));
    }

    /** The largest of the four lanes that share a row. */
    static float quadMaximum(float value) {
        float maximum = Math.max(value, PtxWarp.shuffleXor(value, 1));
        return Math.max(maximum, PtxWarp.shuffleXor(maximum, 2));
    }

    /** The sum of the four lanes that share a row. */
    static float quadSum(float value) {
        float sum = PtxFloat.add(value, PtxWarp.shuffleXor(value, 1));
        return PtxFloat.add(sum, PtxWarp.shuffleXor(sum, 2));
    }
}
