package zipserv.tornado.ptx;

import uk.ac.manchester.tornado.api.KernelContext;
import uk.ac.manchester.tornado.api.types.arrays.IntArray;

/** Kernels of the instructions of sm_90a, which TornadoVM cannot run itself. */
final class HopperKernels {

    static final int STAGES = 3;
    /** Bytes of B per stage: 64 columns of 64 elements, swizzled. */
    static final int STAGE_BYTES = 64 * 128;
    static final int PIPELINE_THREADS = 160;

    private HopperKernels() {
    }

    /**
     * A warpgroup multiplies 64 x 64 s elements by 64 columns, with the columns brought by a fifth warp: in[0] = s;
     * from 128 on, per step, 4 x 128 x 4 words of A and then 64 x 32 of B, already swizzled.
     */
    static void pipeline(KernelContext c, IntArray in, IntArray out) {
        int stages = PtxShared.allocateLarge(STAGES * STAGE_BYTES + 64 * 1024);
        int barriers = PtxShared.allocate(16 * STAGES);
        int steps = in.get(0);
        if (c.localIdx == 0) {
            for (int i = 0; i < STAGES; i++) {
                PtxBarrier.init(barriers + 16 * i, 1);
                PtxBarrier.init(barriers + 16 * i + 8, 4);
            }
            PtxBarrier.fenceInit();
        }
        c.localBarrier();
        if (c.localIdx >= 128) {
            if (c.localIdx == 128) {
                produce(in, stages, barriers, steps);
            }
        } else {
            WideAccumulator sum = WideAccumulator.zero64();
            int stage = 0;
            int parity = 0;
            for (int step = 0; step < steps; step++) {
                int a = 128 + 4096 * step + 4 * c.localIdx;
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
                PtxWgmma.await(0);
                if (PtxWarp.lane() == 0) {
                    PtxBarrier.arrive(barriers + 16 * stage + 8);
                }
                stage++;
                if (stage == STAGES) {
                    stage = 0;
                    parity ^= 1;
                }
            }
            PtxBarrier.sync(1, 128);
            for (int i = 0; i < 8; i++) {
                Accumulator tile = sum.tile(i);
                PtxMemory.store128(out, 4 * (128 * i + c.localIdx), PtxBits.asInt(tile.c0()),
                        PtxBits.asInt(tile.c1()), PtxBits.asInt(tile.c2()), PtxBits.asInt(tile.c3()));
            }
        }
    }

    private static void produce(IntArray in, int stages, int barriers, int steps) {
        int stage = 0;
        int parity = 1;
        for (int step = 0; step < steps; step++) {
            PtxBarrier.await(barriers + 16 * stage + 8, parity);
            PtxBarrier.arriveExpecting(barriers + 16 * stage, STAGE_BYTES);
            PtxShared.copyBulk(stages + STAGE_BYTES * stage, in, 128 + 4096 * step + 2048, STAGE_BYTES,
                    barriers + 16 * stage);
            stage++;
            if (stage == STAGES) {
                stage = 0;
                parity ^= 1;
            }
        }
    }

    /**
     * One thread writes 32 words in each of some rounds, all others read them; in half of the rounds each reader waits
     * and says that it has read, in the others a lane for its warp. in[0] = rounds.
     */
    static void handshake(KernelContext c, IntArray in, IntArray out) {
        int words = PtxShared.allocate(128);
        int barriers = PtxShared.allocate(24);
        int written = barriers;
        int read = barriers + 8;
        int readByWarps = barriers + 16;
        if (c.localIdx == 0) {
            PtxBarrier.init(written, 1);
            PtxBarrier.init(read, 96);
            PtxBarrier.init(readByWarps, 3);
        }
        c.localBarrier();
        int sum = 0;
        for (int round = 0; round < in.get(0); round++) {
            if (c.localIdx == 127) {
                for (int i = 0; i < 32; i++) {
                    PtxShared.store32(words + 4 * i, round * i + 1);
                }
                PtxBarrier.arrive(written);
                PtxBarrier.await((round & 1) == 0 ? read : readByWarps, round >> 1 & 1);
            } else if (c.localIdx < 96) {
                if ((round & 1) == 0) {
                    PtxBarrier.await(written, 0);
                } else {
                    if (PtxWarp.lane() == 7) {
                        PtxBarrier.await(written, 1);
                    }
                    PtxWarp.sync();
                }
                sum += PtxShared.load32(words + 4 * (c.localIdx & 31)) * PtxShared.load32(words);
                if ((round & 1) == 0) {
                    PtxBarrier.arrive(read);
                } else {
                    PtxWarp.sync();
                    if (PtxWarp.lane() == 5) {
                        PtxBarrier.arrive(readByWarps);
                    }
                }
            }
        }
        out.set(c.localIdx, sum);
    }

    /** Two pairs of warps, each by a barrier of its own, turn 64 words of shared and of device memory round. */
    static void pairs(KernelContext c, IntArray in, IntArray out) {
        int words = PtxShared.allocate(512);
        int own = words + 4 * c.localIdx;
        int pair = c.localIdx / 64;
        int other = 63 - c.localIdx % 64 + 64 * pair;
        PtxShared.store32(own, in.get(c.localIdx));
        c.localBarrier();
        int known = PtxShared.load32(words + 256 * pair) + PtxWarp.ballot(true);
        PtxBarrier.sync(1 + pair, 64);
        int turned = PtxShared.load32(words + 4 * other);
        PtxBarrier.sync(1 + pair, 64);
        PtxShared.store32(own, turned + known - known);
        out.set(c.localIdx, 2 * turned);
        PtxBarrier.sync(1 + pair, 64);
        out.set(128 + c.localIdx, PtxShared.load32(words + 4 * other) + out.get(other));
    }

    /** Another thread's read of half a word does not keep the one who read all of it from writing the other half. */
    static void halves(KernelContext c, IntArray in, IntArray out) {
        int place = PtxShared.allocate(128);
        if (c.localIdx == 0) {
            PtxShared.store32(place, 0x7_0003);
        }
        PtxBarrier.sync(1, 128);
        int half = c.localIdx == 1 ? PtxShared.load16(place) : PtxWarp.lane();
        PtxWarp.ballot(true);
        if (c.localIdx == 0) {
            half = PtxShared.load32(place);
            PtxShared.store16(place + 2, 9);
        }
        out.set(c.localIdx, half);
    }

    /** Multiplications whose results cannot take the places of what they add to. */
    static void copies(KernelContext c, IntArray in, IntArray out) {
        WideAccumulator x = WideAccumulator.zero8();
        WideAccumulator own = WideAccumulator.zero8();
        WideAccumulator other = WideAccumulator.zero8();
        int count = in.get(0);
        for (int i = 0; i < count; i++) {
            Quad a = PtxMemory.load128(in, 4 * i);
            PtxWgmma.fence();
            WideAccumulator next = PtxWgmma.n8(a, i, own);
            WideAccumulator before = x;
            x = PtxWgmma.n8(a, i, x);
            x = PtxWgmma.n8(Quad.of(1, 2, 3, 4), i, x);
            PtxWgmma.commit();
            PtxWgmma.await(0);
            out.set(i, (int) before.tile(0).c0());
            own = other;
            other = next;
        }
        out.set(c.localIdx, (int) x.tile(0).c1());
        out.set(c.localIdx + 1, (int) other.tile(0).c1());
    }
}
