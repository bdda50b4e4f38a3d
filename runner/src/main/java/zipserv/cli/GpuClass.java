package zipserv.cli;

import java.util.Arrays;
import java.util.Comparator;
import java.util.Map;
import java.util.stream.Collectors;

import zipserv.codec.WeightFormat;

/**
 * What {@code --format auto} knows of GPUs. A product from compressed weights takes as long as the longer of reading
 * and decoding them: per weight, the bits stored over the bandwidth of the memory, and the instructions executed over
 * the rate of the multiprocessors (4 warp instructions a clock on all of these). docs/format.md has the table.
 */
enum GpuClass {
    /** 80 GB, HBM2e. */
    A100(2.04e12, 108, 1.41e9),
    /** SXM, HBM3. */
    H100(3.35e12, 132, 1.755e9),
    /** HBM3e. */
    H200(4.8e12, 132, 1.755e9),
    /** GDDR6. */
    L40S(0.864e12, 142, 2.52e9),
    /** GDDR6X. */
    RTX_4090(1.008e12, 128, 2.52e9),
    /** GDDR7. */
    RTX_5090(1.792e12, 170, 2.41e9);

    /** Lanes that execute an instruction in one clock, in one multiprocessor. */
    private static final int LANES = 128;

    private final double bytesPerSecond;
    private final double instructionsPerSecond;

    GpuClass(double bytesPerSecond, int multiprocessors, double clock) {
        this.bytesPerSecond = bytesPerSecond;
        this.instructionsPerSecond = multiprocessors * clock * LANES;
    }

    /**
     * What a weight costs: bits in memory (Gaussian weights), and a lane's instructions: of those that a warp executes
     * for a strip of 32 weights a lane at N = 8, by hardware counters (docs/performance.md) and for TCA-TBE about
     * (docs/kernels.md).
     */
    private enum Cost {
        TCA_TBE(WeightFormat.TCA_TBE, 11.29, 500 / 32.0),
        FRAG11(WeightFormat.FRAG11, 11.22, 198 / 32.0);

        private final WeightFormat format;
        private final double bits;
        private final double instructions;

        Cost(WeightFormat format, double bits, double instructions) {
            this.format = format;
            this.bits = bits;
            this.instructions = instructions;
        }
    }

    /** The format whose product takes least time, and of equals the one with fewer bits. */
    WeightFormat best() {
        return Arrays.stream(Cost.values()).min(Comparator.comparingDouble(this::seconds)).orElseThrow().format;
    }

    private double seconds(Cost cost) {
        return Math.max(cost.bits / 8 / bytesPerSecond, cost.instructions / instructionsPerSecond);
    }

    /**
     * The format that is best on most classes. It is the same on all of them, so that this need not look at the
     * machine, and a checkpoint compressed on a machine without GPU is right for one with any.
     */
    static WeightFormat bestOfMost() {
        Map<WeightFormat, Long> votes = Arrays.stream(values())
                .collect(Collectors.groupingBy(GpuClass::best, Collectors.counting()));
        return votes.entrySet().stream().max(Map.Entry.comparingByValue()).orElseThrow().getKey();
    }
}
