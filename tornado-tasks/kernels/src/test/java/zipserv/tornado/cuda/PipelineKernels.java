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
 * Products of 64 x 64 s elements and 64 columns: for each of s steps 4 x 512 words of A's fragments, and 64 rows of 32
 * words of B. The number of steps is a word of its own, so that the compiler does not know it.
 */
final class PipelineKernels {

    static final int STEP_WORDS = 4 * 512 + 64 * 32;
    static final int THREADS = 160;
    private static final int STAGES = 3;
    private static final int STAGE_BYTES = 64 * 128;
    private static final int CONSUMERS = 128;

    private PipelineKernels() {
    }

    /** A warpgroup multiplies what a fifth warp has brought, one step behind what it has started. */
    static void wgmma(KernelContext c, IntArray in, IntArray steps, IntArray out) {
        int stages = PtxShared.allocateLarge(STAGES * STAGE_BYTES + 40 * 1024);
        int barriers = PtxShared.allocate(16 * STAGES);
        int count = steps.get(0);
        if (c.localIdx == 0) {
            for (int i = 0; i < STAGES; i++) {
                PtxBarrier.init(barriers + 16 * i, 1);
                PtxBarrier.init(barriers + 16 * i + 8, CONSUMERS / 32);
            }
            PtxBarrier.fenceInit();
        }
        c.localBarrier();
        int first = c.groupIdx * count * STEP_WORDS;
        if (c.localIdx >= CONSUMERS) {
            if (c.localIdx == CONSUMERS) {
                produce(in, first + 2048, stages, barriers, count);
            }
        } else {
            consume(c, in, first, stages, barriers, count, out);
        }
    }

    private static void produce(IntArray in, int first, int stages, int barriers, int count) {
        int stage = 0;
        int parity = 1;
        for (int step = 0; step < count; step++) {
            int full = barriers + 16 * stage;
            PtxBarrier.await(full + 8, parity);
            PtxBarrier.arriveExpecting(full, STAGE_BYTES);
            PtxShared.copyBulk(stages + STAGE_BYTES * stage, in, first + STEP_WORDS * step, STAGE_BYTES, full);
            stage++;
            if (stage == STAGES) {
                stage = 0;
                parity ^= 1;
            }
        }
    }

    private static void consume(KernelContext c, IntArray in, int first, int stages, int barriers, int count,
            IntArray out) {
        WideAccumulator sum = WideAccumulator.zero64();
        int stage = 0;
        int parity = 0;
        for (int step = 0; step < count; step++) {
            int a = first + STEP_WORDS * step + 4 * c.localIdx;
            Quad a0 = PtxMemory.loadStream128(in, a);
            Quad a1 = PtxMemory.loadStream128(in, a + 512);
            Quad a2 = PtxMemory.loadStream128(in, a + 1024);
            Quad a3 = PtxMemory.loadStream128(in, a + 1536);
            PtxBarrier.await(barriers + 16 * stage, parity);
            long b = PtxWgmma.descriptorSwizzled(stages + STAGE_BYTES * stage, 1024);
            PtxWgmma.fence();
            sum = PtxWgmma.n64(a0, b, sum);
            sum = PtxWgmma.n64(a1, b + 2, sum);
            sum = PtxWgmma.n64(a2, b + 4, sum);
            sum = PtxWgmma.n64(a3, b + 6, sum);
            PtxWgmma.commit();
            PtxWgmma.await(1);
            if (step > 0 && PtxWarp.lane() == 0) {
                PtxBarrier.arrive(barriers + 16 * (stage == 0 ? STAGES - 1 : stage - 1) + 8);
            }
            stage++;
            if (stage == STAGES) {
                stage = 0;
                parity ^= 1;
            }
        }
        PtxWgmma.await(0);
        PtxBarrier.sync(1, CONSUMERS);
        for (int i = 0; i < 8; i++) {
            store(c, out, i, sum.tile(i));
        }
    }

    /** The same by mma, with B as bulk copies find it. */
    static void mma(KernelContext c, IntArray in, IntArray steps, IntArray out) {
        int count = steps.get(0);
        int lane = PtxWarp.lane();
        int first = c.groupIdx * count * STEP_WORDS;
        if (c.localIdx < CONSUMERS) {
            for (int tile = 0; tile < 8; tile++) {
                Accumulator sum = Accumulator.zero();
                for (int k = 0; k < 4 * count; k++) {
                    int step = first + STEP_WORDS * (k / 4);
                    Quad a = PtxMemory.load128(in, step + 512 * (k % 4) + 4 * c.localIdx);
                    int row = 4 * (32 * (8 * tile + lane / 4) + 8 * (k % 4) + lane % 4);
                    sum = PtxMma.bf16(a, in.get(step + 2048 + PtxWgmma.swizzled(row) / 4),
                            in.get(step + 2048 + PtxWgmma.swizzled(row + 16) / 4), sum);
                }
                store(c, out, tile, sum);
            }
        }
    }

    private static void store(KernelContext c, IntArray out, int tile, Accumulator sum) {
        PtxMemory.store128(out, 4 * (CONSUMERS * (8 * c.groupIdx + tile) + c.localIdx), PtxBits.asInt(sum.c0()),
                PtxBits.asInt(sum.c1()), PtxBits.asInt(sum.c2()), PtxBits.asInt(sum.c3()));
    }

    /** Accumulators that are still needed, that a branch changes, and that change places. */
    static void wgmmaWithCopies(KernelContext c, IntArray in, IntArray steps, IntArray out) {
        int place = PtxShared.allocateLarge(1024);
        if (c.localIdx < 64) {
            PtxShared.store32(place + 4 * c.localIdx, in.get(2048 + c.localIdx));
        }
        PtxShared.fenceAsync();
        c.localBarrier();
        long b = PtxWgmma.descriptor(place, 128, 256);
        WideAccumulator x = WideAccumulator.zero8();
        WideAccumulator y = WideAccumulator.zero8();
        WideAccumulator last = WideAccumulator.zero8();
        WideAccumulator own = WideAccumulator.zero8();
        WideAccumulator other = WideAccumulator.zero8();
        int count = steps.get(0);
        for (int step = 0; step < count; step++) {
            Quad a = PtxMemory.load128(in, 512 * step + 4 * c.localIdx);
            WideAccumulator before = x;
            PtxWgmma.fence();
            x = PtxWgmma.n8(a, b, x);
            PtxWgmma.commit();
            PtxWgmma.await(0);
            if ((step & 1) == 1) {
                PtxWgmma.fence();
                y = PtxWgmma.n8(Quad.of(a.y(), a.x(), a.w(), a.z()), b, before);
                PtxWgmma.commit();
                PtxWgmma.await(0);
            }
            last = before;
            PtxWgmma.fence();
            WideAccumulator next = PtxWgmma.n8(a, b, own);
            PtxWgmma.commit();
            PtxWgmma.await(0);
            own = other;
            other = next;
        }
        storeAll(c, out, x.tile(0), y.tile(0), last.tile(0));
        store(c, out, 3, own.tile(0));
        store(c, out, 4, other.tile(0));
    }

    /** The same by mma. */
    static void mmaWithCopies(KernelContext c, IntArray in, IntArray steps, IntArray out) {
        int b0 = in.get(2048 + PtxWarp.lane());
        int b1 = in.get(2048 + 32 + PtxWarp.lane());
        Accumulator x = Accumulator.zero();
        Accumulator y = Accumulator.zero();
        Accumulator last = Accumulator.zero();
        Accumulator own = Accumulator.zero();
        Accumulator other = Accumulator.zero();
        int count = steps.get(0);
        for (int step = 0; step < count; step++) {
            Quad a = PtxMemory.load128(in, 512 * step + 4 * c.localIdx);
            Accumulator before = x;
            x = PtxMma.bf16(a, b0, b1, x);
            if ((step & 1) == 1) {
                y = PtxMma.bf16(Quad.of(a.y(), a.x(), a.w(), a.z()), b0, b1, before);
            }
            last = before;
            Accumulator next = PtxMma.bf16(a, b0, b1, own);
            own = other;
            other = next;
        }
        storeAll(c, out, x, y, last);
        store(c, out, 3, own);
        store(c, out, 4, other);
    }

    private static void storeAll(KernelContext c, IntArray out, Accumulator x, Accumulator y, Accumulator last) {
        store(c, out, 0, x);
        store(c, out, 1, y);
        store(c, out, 2, last);
    }
}
