package zipserv.tornado.cuda;

import uk.ac.manchester.tornado.api.KernelContext;
import uk.ac.manchester.tornado.api.types.arrays.IntArray;
import zipserv.tornado.ptx.Accumulator;
import zipserv.tornado.ptx.PtxBarrier;
import zipserv.tornado.ptx.PtxBits;
import zipserv.tornado.ptx.PtxMemory;
import zipserv.tornado.ptx.PtxMma;
import zipserv.tornado.ptx.PtxShared;
import zipserv.tornado.ptx.PtxWarp;
import zipserv.tornado.ptx.PtxWgmma;
import zipserv.tornado.ptx.Quad;
import zipserv.tornado.ptx.WideAccumulator;

/**
 * Multiplications of a warpgroup, and the same ones by mma. Those with A in registers take steps of 16: for each, four
 * words of A per thread, then a matrix B as its descriptor has it. Those with A in shared memory take 64 x 64 elements
 * of A, row by row, and then B's columns of 64.
 */
final class WgmmaKernels {

    static final int THREADS = 128;
    static final int A_WORDS = 4 * THREADS;
    private static final int MOST_BYTES = 64 * 1024;

    private WgmmaKernels() {
    }

    /** Copies a step's B to shared memory, one after another; returns where it is. */
    private static int columns(KernelContext c, IntArray in, int steps, int bytes) {
        int place = PtxShared.allocateLarge(MOST_BYTES);
        int barrier = PtxShared.allocate(8);
        if (c.localIdx == 0) {
            PtxBarrier.init(barrier, 1);
            PtxBarrier.fenceInit();
            PtxBarrier.arriveExpecting(barrier, steps * bytes);
            for (int step = 0; step < steps; step++) {
                PtxShared.copyBulk(place + step * bytes, in, step * (A_WORDS + bytes / 4) + A_WORDS, bytes, barrier);
            }
        }
        c.localBarrier();
        PtxBarrier.await(barrier, 0);
        return place;
    }

    private static Quad a(KernelContext c, IntArray in, int step, int bytes) {
        return PtxMemory.load128(in, step * (A_WORDS + bytes / 4) + 4 * c.localIdx);
    }

    private static void store(KernelContext c, IntArray out, int tile, Accumulator sum) {
        PtxMemory.store128(out, 4 * (THREADS * tile + c.localIdx), PtxBits.asInt(sum.c0()), PtxBits.asInt(sum.c1()),
                PtxBits.asInt(sum.c2()), PtxBits.asInt(sum.c3()));
    }

    static void n8(KernelContext c, IntArray in, IntArray out, int steps, int bytes, int leading, int stride) {
        int place = columns(c, in, steps, bytes);
        WideAccumulator sum = WideAccumulator.zero8();
        for (int step = 0; step < steps; step++) {
            Quad a = a(c, in, step, bytes);
            PtxWgmma.fence();
            sum = PtxWgmma.n8(a, PtxWgmma.descriptor(place + step * bytes, leading, stride), sum);
            PtxWgmma.commit();
        }
        PtxWgmma.await(0);
        store(c, out, 0, sum.tile(0));
    }

    static void n16(KernelContext c, IntArray in, IntArray out, int steps, int bytes, int leading, int stride) {
        int place = columns(c, in, steps, bytes);
        WideAccumulator sum = WideAccumulator.zero16();
        for (int step = 0; step < steps; step++) {
            Quad a = a(c, in, step, bytes);
            PtxWgmma.fence();
            sum = PtxWgmma.n16(a, PtxWgmma.descriptor(place + step * bytes, leading, stride), sum);
            PtxWgmma.commit();
        }
        PtxWgmma.await(0);
        for (int i = 0; i < 2; i++) {
            store(c, out, i, sum.tile(i));
        }
    }

    static void n32(KernelContext c, IntArray in, IntArray out, int steps, int bytes, int leading, int stride) {
        int place = columns(c, in, steps, bytes);
        WideAccumulator sum = WideAccumulator.zero32();
        for (int step = 0; step < steps; step++) {
            Quad a = a(c, in, step, bytes);
            PtxWgmma.fence();
            sum = PtxWgmma.n32(a, PtxWgmma.descriptor(place + step * bytes, leading, stride), sum);
            PtxWgmma.commit();
        }
        PtxWgmma.await(0);
        for (int i = 0; i < 4; i++) {
            store(c, out, i, sum.tile(i));
        }
    }

    static void n64(KernelContext c, IntArray in, IntArray out, int steps, int bytes, int leading, int stride) {
        int place = columns(c, in, steps, bytes);
        WideAccumulator sum = WideAccumulator.zero64();
        for (int step = 0; step < steps; step++) {
            Quad a = a(c, in, step, bytes);
            PtxWgmma.fence();
            sum = PtxWgmma.n64(a, PtxWgmma.descriptor(place + step * bytes, leading, stride), sum);
            PtxWgmma.commit();
        }
        PtxWgmma.await(0);
        for (int i = 0; i < 8; i++) {
            store(c, out, i, sum.tile(i));
        }
    }

    static void n128(KernelContext c, IntArray in, IntArray out, int steps, int bytes, int leading, int stride) {
        int place = columns(c, in, steps, bytes);
        WideAccumulator sum = WideAccumulator.zero128();
        for (int step = 0; step < steps; step++) {
            Quad a = a(c, in, step, bytes);
            PtxWgmma.fence();
            sum = PtxWgmma.n128(a, PtxWgmma.descriptor(place + step * bytes, leading, stride), sum);
            PtxWgmma.commit();
        }
        PtxWgmma.await(0);
        for (int i = 0; i < 16; i++) {
            store(c, out, i, sum.tile(i));
        }
    }

    static void n256(KernelContext c, IntArray in, IntArray out, int steps, int bytes, int leading, int stride) {
        int place = columns(c, in, steps, bytes);
        WideAccumulator sum = WideAccumulator.zero256();
        for (int step = 0; step < steps; step++) {
            Quad a = a(c, in, step, bytes);
            PtxWgmma.fence();
            sum = PtxWgmma.n256(a, PtxWgmma.descriptor(place + step * bytes, leading, stride), sum);
            PtxWgmma.commit();
        }
        PtxWgmma.await(0);
        for (int i = 0; i < 32; i++) {
            store(c, out, i, sum.tile(i));
        }
    }

    /** What the kernels above compute, by mma; each warp has 16 of the 64 rows. */
    static void mma(KernelContext c, IntArray in, IntArray out, int columns, int steps, int bytes, int leading,
            int stride) {
        int lane = PtxWarp.lane();
        for (int tile = 0; tile < columns / 8; tile++) {
            Accumulator sum = Accumulator.zero();
            for (int step = 0; step < steps; step++) {
                int word = step * (A_WORDS + bytes / 4) + A_WORDS + tile * (stride / 4) + lane;
                sum = PtxMma.bf16(a(c, in, step, bytes), in.get(word), in.get(word + leading / 4), sum);
            }
            store(c, out, tile, sum);
        }
    }

    /** Puts 64 elements of each row to shared memory, permuted. */
    private static void swizzle(KernelContext c, IntArray in, int from, int place, int rows) {
        for (int i = c.localIdx; i < 8 * rows; i += THREADS) {
            Quad piece = PtxMemory.load128(in, from + 4 * i);
            PtxShared.store128(PtxWgmma.swizzled(place + 16 * i), piece.x(), piece.y(), piece.z(), piece.w());
        }
        PtxShared.fenceAsync();
        c.localBarrier();
    }

    static void shared64(KernelContext c, IntArray in, IntArray out, int columns) {
        int place = PtxShared.allocateLarge(MOST_BYTES);
        swizzle(c, in, 0, place, 64 + columns);
        long a = PtxWgmma.descriptorSwizzled(place, 1024);
        long b = PtxWgmma.descriptorSwizzled(place + 64 * 128, 1024);
        WideAccumulator sum = WideAccumulator.zero64();
        PtxWgmma.fence();
        for (int step = 0; step < 4; step++) {
            sum = PtxWgmma.n64(a + 2 * step, b + 2 * step, sum);
        }
        PtxWgmma.commit();
        PtxWgmma.await(0);
        for (int i = 0; i < 8; i++) {
            store(c, out, i, sum.tile(i));
        }
    }

    static void shared128(KernelContext c, IntArray in, IntArray out, int columns) {
        int place = PtxShared.allocateLarge(MOST_BYTES);
        swizzle(c, in, 0, place, 64 + columns);
        long a = PtxWgmma.descriptorSwizzled(place, 1024);
        long b = PtxWgmma.descriptorSwizzled(place + 64 * 128, 1024);
        WideAccumulator sum = WideAccumulator.zero128();
        PtxWgmma.fence();
        for (int step = 0; step < 4; step++) {
            sum = PtxWgmma.n128(a + 2 * step, b + 2 * step, sum);
        }
        PtxWgmma.commit();
        PtxWgmma.await(0);
        for (int i = 0; i < 16; i++) {
            store(c, out, i, sum.tile(i));
        }
    }

    static void shared256(KernelContext c, IntArray in, IntArray out, int columns) {
        int place = PtxShared.allocateLarge(MOST_BYTES);
        swizzle(c, in, 0, place, 64 + columns);
        long a = PtxWgmma.descriptorSwizzled(place, 1024);
        long b = PtxWgmma.descriptorSwizzled(place + 64 * 128, 1024);
        WideAccumulator sum = WideAccumulator.zero256();
        PtxWgmma.fence();
        for (int step = 0; step < 4; step++) {
            sum = PtxWgmma.n256(a + 2 * step, b + 2 * step, sum);
        }
        PtxWgmma.commit();
        PtxWgmma.await(0);
        for (int i = 0; i < 32; i++) {
            store(c, out, i, sum.tile(i));
        }
    }

    /** What the three above compute, by mma. */
    static void mmaOfRows(KernelContext c, IntArray in, IntArray out, int columns) {
        int lane = PtxWarp.lane();
        int row = c.localIdx / 32 * 16 + lane / 4;
        for (int tile = 0; tile < columns / 8; tile++) {
            Accumulator sum = Accumulator.zero();
            for (int step = 0; step < 4; step++) {
                int a = 32 * row + 8 * step + lane % 4;
                int b = 32 * (64 + 8 * tile + lane / 4) + 8 * step + lane % 4;
                sum = PtxMma.bf16(in.get(a), in.get(a + 8 * 32), in.get(a + 4), in.get(a + 8 * 32 + 4), in.get(b),
                        in.get(b + 4), sum);
            }
            store(c, out, tile, sum);
        }
    }
}
