package zipserv.tornado.bench;

/**
 * What was measured of one kernel.
 *
 * @param kernel         name of the kernel
 * @param m              weight rows
 * @param k              weight columns
 * @param n              activation rows; 0 for decompression
 * @param plan           how the kernel was cut, or which of cuBLAS's algorithms was best
 * @param micros         time per launch
 * @param bytes          bytes that must cross the memory bus: weights as stored, activations, result
 * @param bitsPerWeight  as stored, everything counted
 * @param registers      per thread; 0 where unknown
 * @param localBytes     local memory per thread
 * @param check          "identical" to the uncompressed kernel, "exact" for decompression, and the largest error found
 */
public record GemmResult(String kernel, int m, int k, int n, String plan, Timing micros, long bytes,
        double bitsPerWeight,
                         int registers, int localBytes, String check) {

    /** Effective bandwidth. */
    public double gigabytesPerSecond() {
        return bytes / micros.median() / 1e3;
    }

    /** Multiplications and additions of the product. */
    public double teraflops() {
        return 2.0 * m * k * n / micros.median() / 1e6;
    }

    /** Whether the kernel computed what it should. */
    public boolean isCorrect() {
        return !check.contains("WRONG") && !check.contains("DIFFERS") && !check.contains("NaN");
    }
}
