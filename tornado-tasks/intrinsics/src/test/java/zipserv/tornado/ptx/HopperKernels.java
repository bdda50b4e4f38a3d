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
}
