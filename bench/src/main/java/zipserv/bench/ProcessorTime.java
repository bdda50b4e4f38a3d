package zipserv.bench;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.management.ManagementFactory;
import java.util.Arrays;
import java.util.Locale;
import java.util.Random;
import zipserv.codec.Bf16Matrix;
import zipserv.codec.Codecs;
import zipserv.codec.CompressedMatrix;
import zipserv.codec.WeightCodec;
import zipserv.codec.WeightFormat;
import zipserv.model.Linear;
import zipserv.model.cpu.StandaloneMatMul;

/**
 * What {@link CodecBenchmark} and {@link CpuMatvecBenchmark} measure, in one thread and per second of its processor
 * time instead of the clock's, for machines that others use at the same time: waiting for a processor does not count,
 * though caches and memory are still shared. {@code java -cp ... zipserv.bench.ProcessorTime [ROWSxCOLUMNS [ROUNDS]]},
 * with {@code -Dzipserv.codec.kernels=lanes} for the loops without AVX-512.
 */
public final class ProcessorTime {

    private ProcessorTime() {
    }

    public static void main(String[] arguments) {
        String[] sides = (arguments.length > 0 ? arguments[0] : "4096x14336").split("x");
        int rounds = arguments.length > 1 ? Integer.parseInt(arguments[1]) : 30;
        int rows = Integer.parseInt(sides[0]);
        int columns = Integer.parseInt(sides[1]);
        System.out.println("10^6 bytes of BF16 per second of processor time, one thread, " + rows + " x " + columns
                + ", kernels " + System.getProperty("zipserv.codec.kernels", "auto")
                + ": median (least .. most) of the last " + rounds + " rounds of " + 2 * rounds);
        try (Arena arena = Arena.ofConfined()) {
            Bf16Matrix weights = Weights.gaussian(rows, columns, 0.02, arena);
            MemorySegment decoded = arena.allocate(weights.data().byteSize(), 64);
            for (WeightFormat format : WeightFormat.values()) {
                WeightCodec codec = Codecs.of(format);
                CompressedMatrix compressed = codec.encode(weights, arena, 1);
                long bytes = weights.data().byteSize();
                if (format != WeightFormat.RAW) {
                    report(format, "encode", bytes, rounds, () -> encode(codec, weights));
                    report(format, "decode", bytes, rounds, () -> codec.decode(compressed, decoded, 1));
                }
                multiply(format, compressed, bytes, rounds);
            }
        }
    }

    private static void encode(WeightCodec codec, Bf16Matrix weights) {
        try (Arena scratch = Arena.ofConfined()) {
            codec.encode(weights, scratch, 1);
        }
    }

    private static void multiply(WeightFormat format, CompressedMatrix matrix, long bytes, int rounds) {
        Random random = new Random(1);
        float[] values = new float[matrix.columns()];
        for (int i = 0; i < values.length; i++) {
            values[i] = (float) random.nextGaussian();
        }
        StandaloneMatMul.Input x = new StandaloneMatMul.Input(1, values.length, values);
        Linear linear = new Linear(matrix);
        float[] y = new float[matrix.rows()];
        try (StandaloneMatMul product = new StandaloneMatMul(1)) {
            report(format, "multiply", bytes, rounds, () -> product.multiply(x, linear, y));
        }
    }

    private static void report(WeightFormat format, String operation, long bytes, int rounds, Runnable work) {
        double[] rates = new double[2 * rounds];
        for (int i = 0; i < rates.length; i++) {
            long before = ManagementFactory.getThreadMXBean().getCurrentThreadCpuTime();
            work.run();
            rates[i] = 1e3 * bytes / (ManagementFactory.getThreadMXBean().getCurrentThreadCpuTime() - before);
        }
        double[] last = Arrays.copyOfRange(rates, rounds, rates.length);
        Arrays.sort(last);
        System.out.printf(Locale.ROOT, "%-8s %-8s %7.0f (%.0f .. %.0f)%n", format.id(), operation, last[rounds / 2],
                last[0], last[rounds - 1]);
    }
}
