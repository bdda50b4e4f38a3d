package zipserv.tornado.ptx;

import uk.ac.manchester.tornado.api.KernelContext;
import uk.ac.manchester.tornado.api.types.arrays.IntArray;

/** Tiny kernels, one per group of instructions; {@link PtxInstructionsTest} holds what they must compute. */
final class PtxKernels {

    static final int BITS_RESULTS = 16;
    static final int FLOAT_RESULTS = 8;
    static final int DOUBLE_RESULTS = 6;
    static final int WARP_RESULTS = 11;
    static final int GLOBAL_RESULTS = 64;

    private PtxKernels() {
    }

    static void bits(KernelContext c, IntArray in, IntArray out) {
        int i = c.globalIdx;
        int x = in.get(3 * i);
        int y = in.get(3 * i + 1);
        int z = in.get(3 * i + 2);
        long wide = (long) x << 32 | y & 0xFFFF_FFFFL;
        int o = BITS_RESULTS * i;
        out.set(o, PtxBits.lop3(x, y, z, PtxBits.AND_OR));
        out.set(o + 1, PtxBits.lop3(x, y, z, PtxBits.XOR3));
        out.set(o + 2, PtxBits.lop3(x, y, z, PtxBits.SELECT));
        out.set(o + 3, PtxBits.lop3(x, y, z, 0x1B));
        out.set(o + 4, PtxBits.prmt(x, y, z));
        out.set(o + 5, PtxBits.prmt(x, y, 0x9A41));
        out.set(o + 6, PtxBits.clz(x) + 100 * PtxBits.clz(wide));
        out.set(o + 7, PtxBits.popc(x) - PtxBits.popc(y) < 0 ? -1 : PtxBits.popc(wide));
        out.set(o + 8, PtxBits.brev(x));
        out.set(o + 9, PtxBits.funnelShiftLeft(x, y, z));
        out.set(o + 10, PtxBits.funnelShiftRight(x, y, z));
        out.set(o + 11, PtxBits.mulHighUnsigned(x, y));
        out.set(o + 12, PtxBits.asInt(PtxBits.asFloat(x)));
        out.set(o + 13, PtxBits.asInt(-PtxBits.asFloat(x & 0x7F7F_FFFF)));
        out.set(o + 14, PtxBits.lop3(x, y, z, PtxBits.AND_XOR));
        out.set(o + 15, PtxBits.clz(x >>> 16) / 2);
    }

    static void floats(KernelContext c, IntArray in, IntArray out) {
        int i = c.globalIdx;
        float x = PtxBits.asFloat(in.get(3 * i));
        float y = PtxBits.asFloat(in.get(3 * i + 1));
        float z = PtxBits.asFloat(in.get(3 * i + 2));
        int o = FLOAT_RESULTS * i;
        int pair = PtxFloat.packBf16(x, y);
        out.set(o, PtxBits.asInt(PtxFloat.fma(x, y, z)));
        out.set(o + 1, PtxBits.asInt(PtxFloat.add(PtxFloat.mul(x, y), z)));
        out.set(o + 2, pair);
        out.set(o + 3, PtxBits.asInt(PtxFloat.lowBf16(pair)));
        out.set(o + 4, PtxBits.asInt(PtxFloat.highBf16(pair)));
        out.set(o + 5, PtxFloat.packBf16(0f, 1f));
        out.set(o + 6, PtxBits.asInt(PtxFloat.mul(x, 0.5f)));
        out.set(o + 7, PtxBits.asInt(PtxFloat.add(x, z)));
    }

    /** Two doubles of three in, results as pairs of words. */
    static void doubles(KernelContext c, IntArray in, IntArray out) {
        int i = c.globalIdx;
        long x = wide(in, 6 * i);
        long y = wide(in, 6 * i + 2);
        double a = PtxDouble.ofBits(x);
        double b = PtxDouble.ofBits(y);
        double d = PtxDouble.ofBits(wide(in, 6 * i + 4));
        int o = 2 * DOUBLE_RESULTS * i;
        store(out, o, PtxDouble.bits(PtxDouble.add(PtxDouble.mul(a, b), d)));
        store(out, o + 2, PtxDouble.bits(PtxDouble.sub(a, PtxDouble.mul(b, d))));
        store(out, o + 4, PtxDouble.bits(PtxDouble.of(PtxBits.asFloat(in.get(6 * i + 1)))));
        store(out, o + 6, PtxBits.mulHighUnsigned(x, y));
        store(out, o + 8, PtxDouble.bits(PtxDouble.add(PtxDouble.mul(a, 1.1), -0x1.8p52)));
        store(out, o + 10, (x ^ x >>> 30) * 0xBF58476D1CE4E5B9L + y);
    }

    private static long wide(IntArray words, int index) {
        return (long) words.get(index + 1) << 32 | words.get(index) & 0xFFFF_FFFFL;
    }

    private static void store(IntArray words, int index, long value) {
        words.set(index, (int) value);
        words.set(index + 1, (int) (value >>> 32));
    }

    /** How often each of sixteen values occurs in a block's input, and the sum of what was there before. */
    static void histogram(KernelContext c, IntArray in, IntArray out) {
        int counts = PtxShared.allocate(4 * 32);
        if (c.localIdx < 32) {
            PtxShared.store32(counts + 4 * c.localIdx, 0);
        }
        c.localBarrier();
        int before = PtxShared.fetchAdd(counts + 4 * (in.get(c.globalIdx) & 15), 1);
        PtxShared.fetchAdd(counts + 4 * 16, before);
        c.localBarrier();
        if (c.localIdx < 32) {
            out.set(32 * c.groupIdx + c.localIdx, PtxShared.load32(counts + 4 * c.localIdx));
        }
    }

    static void powersOfTwo(KernelContext c, IntArray in, IntArray out) {
        out.set(c.globalIdx, PtxBits.asInt(PtxFloat.exp2(PtxBits.asFloat(in.get(c.globalIdx)))));
    }

    /** Each thread takes 16 words by every kind of load and writes them by every kind of store. */
    static void globalMemory(KernelContext c, IntArray in, IntArray out) {
        int i = 16 * c.globalIdx;
        long wide = i;
        int o = GLOBAL_RESULTS * c.globalIdx;
        long wideOut = o;
        Quad a = PtxMemory.load128(in, i);
        Quad b = PtxMemory.loadReadOnly128(in, wide + 4);
        Quad d = PtxMemory.loadStream128(in, i + 8);
        Quad e = PtxMemory.load128(in, wide + 12);
        PtxMemory.store128(out, o, a.x(), a.y(), a.z(), a.w());
        PtxMemory.store128(out, wideOut + 4, b.x(), b.y(), b.z(), b.w());
        PtxMemory.storeStream128(out, o + 8, d.x(), d.y(), d.z(), d.w());
        PtxMemory.storeStream128(out, wideOut + 12, e.w(), e.z(), e.y(), e.x());
        Pair f = PtxMemory.load64(in, i + 2);
        Pair g = PtxMemory.loadReadOnly64(in, wide + 6);
        Pair h = PtxMemory.loadStream64(in, i + 10);
        Pair k = PtxMemory.loadStream64(in, wide + 14);
        PtxMemory.store64(out, o + 16, f.x(), f.y());
        PtxMemory.store64(out, wideOut + 18, g.x(), g.y());
        PtxMemory.store64(out, o + 20, h.y(), h.x());
        PtxMemory.store64(out, o + 22, k.x(), 7);
        PtxMemory.store32(out, o + 24, PtxMemory.load32(in, i + 1));
        PtxMemory.store32(out, wideOut + 25, PtxMemory.loadReadOnly32(in, wide + 3));
        PtxMemory.store32(out, o + 26, PtxMemory.loadStream32(in, i + 5));
        PtxMemory.store32(out, o + 27, PtxMemory.load32(in, wide + 9));
        PtxMemory.prefetchL2(in, i);
        PtxMemory.store128(out, o + 28, 1, -2, 3, 0x83FF_83FF);
        // A plain read after a wide write sees it.
        out.set(o + 32, out.get(o + 31) + 1);
        out.set(o + 33, PtxMemory.load32(out, o + 32) + 1);
        PtxMemory.store32(out, o + 34, PtxMemory.loadStream32(in, i + 1, 5));
        PtxMemory.store32(out, o + 35, PtxMemory.loadReadOnly32(in, i + 9, -1));
        Quad p = PtxMemory.loadReadOnly128(in, i, 8);
        Quad q = PtxMemory.loadStream128(in, i + 4, 8);
        PtxMemory.store128(out, o + 36, p.y(), p.z(), q.x(), q.w());
    }

    static void warp(KernelContext c, IntArray in, IntArray out) {
        int i = c.globalIdx;
        int v = in.get(i);
        float f = v;
        int o = WARP_RESULTS * i;
        out.set(o, PtxWarp.lane());
        out.set(o + 1, PtxWarp.ballot((v & 1) != 0));
        out.set(o + 2, PtxWarp.shuffle(v, v));
        out.set(o + 3, PtxWarp.shuffleXor(v, 5));
        out.set(o + 4, PtxWarp.shuffleDown(v, 3));
        out.set(o + 5, PtxWarp.shuffleUp(v, 7));
        out.set(o + 6, (int) PtxWarp.shuffle(f, 31 - PtxWarp.lane()));
        float sum = f;
        for (int delta = 16; delta > 0; delta >>= 1) {
            sum = PtxFloat.add(sum, PtxWarp.shuffleXor(sum, delta));
        }
        out.set(o + 7, (int) sum);
        out.set(o + 8, (int) PtxWarp.shuffleDown(f, 1));
        out.set(o + 9, (int) PtxWarp.shuffleUp(f, 1));
        out.set(o + 10, PtxWarp.addFromBelow(v, 4));
        PtxWarp.sync();
    }

    /**
     * A block of 64 threads puts its lower halves, reversed, into 32 words: two threads store to each. Then come the
     * first 32 halves one by one.
     */
    static void halfWords(KernelContext c, IntArray in, IntArray out) {
        int t = c.localIdx;
        int words = PtxShared.allocate(128);
        PtxShared.store16(words + 2 * (63 - t), in.get(c.globalIdx));
        c.localBarrier();
        if (t < 32) {
            out.set(64 * c.groupIdx + t, PtxShared.load32(words + 4 * t));
            out.set(64 * c.groupIdx + 32 + t, PtxShared.load16(words + 2 * t));
        }
    }

    /** A block of 64 threads reverses its words through shared memory, by each width in turn. */
    static void sharedMemory(KernelContext c, IntArray in, IntArray out) {
        int t = c.localIdx;
        int base = 256 * c.groupIdx;
        int words = PtxShared.allocate(64 * 16);
        int pairs = PtxShared.allocate(64 * 8);
        Quad q = PtxMemory.load128(in, base + 4 * t);
        PtxShared.store128(words + 16 * t, q.x(), q.y(), q.z(), q.w());
        PtxShared.store64(pairs + 8 * t, q.y(), q.z());
        c.localBarrier();
        Quad other = PtxShared.load128(words + 16 * (63 - t));
        Pair pair = PtxShared.load64(pairs + 8 * (63 - t));
        int word = PtxShared.load32(words + 4 * t);
        out.set(base + 4 * t, other.x() + pair.x());
        out.set(base + 4 * t + 1, other.y() ^ pair.y());
        out.set(base + 4 * t + 2, other.z() - word);
        c.localBarrier();
        PtxShared.store32(words + 4 * t, t * 3);
        PtxShared.storeFloat(pairs + 4 * t, t * 0.5f);
        c.localBarrier();
        float half = PtxShared.loadFloat(pairs + 4 * (63 - t));
        out.set(base + 4 * t + 3, PtxShared.load32(words + 4 * (t ^ 9)) + (int) half);
    }

    /** One warp: copies 32 rows of 16 bytes asynchronously, in two groups, and reads them as matrices. */
    static void matrices(KernelContext c, IntArray in, IntArray out) {
        int lane = c.localIdx;
        int base = 256 * c.groupIdx;
        int rows = PtxShared.allocate(32 * 16 * 2);
        PtxShared.copyAsync128(rows + 16 * lane, in, base + 4 * lane);
        PtxShared.commitCopies();
        long second = base + 128 + 4 * lane;
        if (lane < 8) {
            PtxShared.copyAsync128(rows + 512 + 16 * lane, in, second);
        } else {
            PtxShared.copyAsyncOrZero128(rows + 512 + 16 * lane, in, second, lane < 24 ? 16 : 0);
        }
        PtxShared.commitCopies();
        PtxShared.awaitCopies(1);
        PtxWarp.sync();
        Quad plain = PtxShared.loadMatrix4(rows + 16 * lane);
        PtxShared.awaitCopies(0);
        PtxWarp.sync();
        Quad transposed = PtxShared.loadMatrix4Transposed(rows + 512 + 16 * lane);
        Pair half = PtxShared.loadMatrix2(rows + 16 * (lane & 15));
        Pair halfTransposed = PtxShared.loadMatrix2Transposed(rows + 512 + 16 * (lane & 15));
        int o = 12 * 32 * c.groupIdx + 12 * lane;
        PtxMemory.store128(out, o, plain.x(), plain.y(), plain.z(), plain.w());
        PtxMemory.store128(out, o + 4, transposed.x(), transposed.y(), transposed.z(), transposed.w());
        PtxMemory.store128(out, o + 8, half.x(), half.y(), halfTransposed.x(), halfTransposed.y());
    }

    /** One warp: single words copied, or zeros; pieces copied at a distance; bytes stored. Four results a lane. */
    static void narrow(KernelContext c, IntArray in, IntArray out) {
        int lane = c.localIdx;
        int base = 256 * c.groupIdx;
        int room = PtxShared.allocate(128 + 2 * 512 + 128);
        PtxShared.copyAsync32(room + 4 * lane, in, base + 3 * lane, (lane & 1) * 4);
        int at = room + 128 + 16 * lane;
        PtxShared.copyAsync128(at, in, base + 4 * lane, 0);
        PtxShared.copyAsync128(at, in, base + 4 * lane, 128);
        PtxShared.commitCopies();
        int bytes = room + 128 + 1024;
        PtxShared.store32(bytes + 4 * lane, 0x0101_0101);
        PtxShared.awaitCopies(0);
        PtxWarp.sync();
        PtxShared.store8(bytes + 3 * lane, in.get(base + lane));
        PtxWarp.sync();
        int o = 128 * c.groupIdx + 4 * lane;
        out.set(o, PtxShared.load32(room + 4 * (lane ^ 1)));
        out.set(o + 1, PtxShared.load32(room + 128 + 4 * (127 - lane)));
        out.set(o + 2, PtxShared.load32(room + 128 + 512 + 4 * (127 - lane)));
        out.set(o + 3, PtxShared.load32(bytes + 4 * lane));
    }

    /** Every warp: one mma of its 10 words per lane. */
    static void mma(KernelContext c, IntArray in, IntArray out) {
        int i = 12 * c.globalIdx;
        Quad a = PtxMemory.loadReadOnly128(in, i);
        Quad accumulator = PtxMemory.loadReadOnly128(in, i + 4);
        Pair b = PtxMemory.loadReadOnly64(in, i + 8);
        Accumulator d = PtxMma.bf16(a, b.x(), b.y(), Accumulator.of(
                PtxBits.asFloat(accumulator.x()), PtxBits.asFloat(accumulator.y()),
                PtxBits.asFloat(accumulator.z()), PtxBits.asFloat(accumulator.w())));
        PtxMemory.store128(out, 4 * c.globalIdx, PtxBits.asInt(d.c0()), PtxBits.asInt(d.c1()), PtxBits.asInt(d.c2()),
                PtxBits.asInt(d.c3()));
    }

    /**
     * Tuples as ordinary variables: a loop that loads one step ahead, two accumulators, a nested loop and a branch that
     * choose between them. The operands are small integers, so that every sum is exact.
     */
    static void pipeline(KernelContext c, IntArray in, IntArray out) {
        int lane = c.localIdx;
        int steps = in.get(0);
        int repeats = in.get(1);
        int words = 128;
        Accumulator even = Accumulator.zero();
        Accumulator odd = Accumulator.of(1f, 2f, 3f, 4f);
        Quad current = PtxMemory.loadReadOnly128(in, words + 4 * lane);
        Quad next = PtxMemory.loadReadOnly128(in, words + 128 + 4 * lane);
        for (int step = 0; step < steps; step++) {
            Quad ahead = PtxMemory.loadReadOnly128(in, words + 128 * (step + 2) + 4 * lane);
            for (int r = 0; r < repeats; r++) {
                if ((step + r & 1) == 0) {
                    even = PtxMma.bf16(current, current.x(), next.y(), even);
                } else {
                    odd = PtxMma.bf16(current, next.z(), current.w(), odd);
                }
            }
            current = next;
            next = ahead;
        }
        Accumulator chosen = steps > 2 ? odd : even;
        int o = 12 * lane;
        PtxMemory.store128(out, o, (int) even.c0(), (int) even.c1(), (int) even.c2(), (int) even.c3());
        PtxMemory.store128(out, o + 4, (int) odd.c0(), (int) odd.c1(), (int) odd.c2(), (int) odd.c3());
        PtxMemory.store128(out, o + 8, (int) chosen.c0(), current.x(), next.w(), (int) chosen.c3());
    }

    /**
     * Blocks add up partial sums: the last one to finish writes the total. {@code out}: 0 ticket counter, 1 total, 2
     * smallest ticket winner, 3 sum by atomics, 4 lock, 5 flag; from 16 on one partial sum per block.
     */
    static void lastBlock(KernelContext c, IntArray in, IntArray out) {
        int t = c.localIdx;
        int block = c.groupIdx;
        int blocks = c.globalGroupSizeX / c.localGroupSizeX;
        int value = in.get(c.globalIdx);
        int ticket = PtxShared.allocate(128);
        PtxSync.add(out, 3, value);
        int sum = value;
        for (int delta = 16; delta > 0; delta >>= 1) {
            sum += PtxWarp.shuffleXor(sum, delta);
        }
        if (t == 0) {
            out.set(16 + block, sum);
            PtxSync.fence();
            PtxShared.store32(ticket, PtxSync.fetchAdd(out, 0, 1));
        }
        c.localBarrier();
        if (PtxShared.load32(ticket) == blocks - 1 && t == 0) {
            int total = 0;
            for (int i = 0; i < blocks; i++) {
                total += PtxSync.loadAcquire(out, 16 + i);
            }
            out.set(1, total);
            out.set(2, PtxSync.compareAndSwap(out, 4, 0, 77));
            PtxSync.storeRelease(out, 5, PtxSync.compareAndSwap(out, 4, 0, 88));
        }
    }
}
