package zipserv.tornado.ptx;

import zipserv.tornado.emulation.Multiplications;
import zipserv.tornado.emulation.Uninstrumented;

/**
 * One lane's part of the 64 x N fp32 tile that {@link PtxWgmma} accumulates: N / 8 tiles of 8 columns, each of which is
 * an {@link Accumulator} of the 16 rows of the lane's warp.
 *
 * <p>In PTX this is N / 2 {@code .f32} registers. A kernel starts from one of the zeros and may carry it through loops
 * like any local variable. A multiplication works in place, so the accumulator that went in is not to be used again:
 * where it is, or where a branch may or may not multiply, the registers are copied, which makes multiplications wait
 * for each other.
 */
@Uninstrumented
public final class WideAccumulator {

    private final float[] registers;
    private final Multiplications.Result result;

    WideAccumulator(float[] registers, Multiplications.Result result) {
        this.registers = registers;
        this.result = result;
    }

    /** 64 x 8 zeros. */
    public static WideAccumulator zero8() {
        return zeros(8);
    }

    /** 64 x 16 zeros. */
    public static WideAccumulator zero16() {
        return zeros(16);
    }

    /** 64 x 32 zeros. */
    public static WideAccumulator zero32() {
        return zeros(32);
    }

    /** 64 x 64 zeros. */
    public static WideAccumulator zero64() {
        return zeros(64);
    }

    /** 64 x 128 zeros. */
    public static WideAccumulator zero128() {
        return zeros(128);
    }

    /** 64 x 256 zeros. */
    public static WideAccumulator zero256() {
        return zeros(256);
    }

    private static WideAccumulator zeros(int columns) {
        return new WideAccumulator(new float[columns / 2], null);
    }

    /**
     * Columns {@code 8i} to {@code 8i + 7} of the warp's 16 rows; no instruction. The multiplications that it comes
     * from must have been waited for, by {@link PtxWgmma#await}.
     *
     * @param i a compile-time constant, such as the index of a loop that is unrolled
     */
    public Accumulator tile(int i) {
        if (result != null && !result.isAwaited()) {
            throw new IllegalStateException("the result of a wgmma is used before PtxWgmma.await");
        }
        return new Accumulator(registers[4 * i], registers[4 * i + 1], registers[4 * i + 2], registers[4 * i + 3]);
    }

    int columns() {
        return 2 * registers.length;
    }

    float register(int i) {
        return registers[i];
    }
}
