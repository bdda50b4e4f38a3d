package zipserv.tornado.bench;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.Random;
import java.util.stream.IntStream;
import zipserv.codec.Bf16;
import zipserv.codec.Bf16Matrix;

/**
 * Weights like trained ones: Gaussian with standard deviation 0.02. Of these, 98.9 % lie in the best window of eight
 * exponents, frag11's, and 97.9 % in TCA-TBE's of seven. To get a lower coverage, elements in the window are scaled by
 * 2^-10, out of it; to get a higher one, elements outside are drawn anew until they are inside.
 */
final class SyntheticWeights {

    /** Part of the elements within the best eight exponents, unless told otherwise. */
    static final double COVERAGE = 0.975;
    /** Exponents of a frag11 window. */
    private static final int WINDOW = 8;
    private static final int DRAWN = 1 << 20;
    private static final double DEVIATION = 0.02;

    private SyntheticWeights() {
    }

    /**
     * Draws a million values and lays them out at a different offset in each row.
     *
     * @param coverage part of the elements within the best window of eight exponents, above 0.5, to 1
     */
    static Bf16Matrix gaussian(int rows, int columns, double coverage, Arena arena) {
        short[] drawn = draw(coverage);
        MemorySegment data = arena.allocate(2L * rows * columns, 64);
        IntStream.range(0, rows).parallel().forEach(row -> {
            for (int column = 0; column < columns; column++) {
                data.set(Bf16Matrix.ELEMENT, 2L * ((long) row * columns + column),
                        drawn[row * 40503 + column & DRAWN - 1]);
            }
        });
        return new Bf16Matrix(data, rows, columns);
    }

    /** A million values of exactly that coverage. */
    static short[] draw(double coverage) {
        if (!(coverage > 0.5 && coverage <= 1)) {
            throw new IllegalArgumentException("coverage is " + coverage + ", expected more than 0.5 and at most 1");
        }
        Random random = new Random(1);
        short[] drawn = new short[DRAWN];
        for (int i = 0; i < drawn.length; i++) {
            drawn[i] = Bf16.fromFloat((float) (DEVIATION * random.nextGaussian()));
        }
        int first = window(drawn);
        int surplus = covered(drawn, first) - (int) Math.round(coverage * DRAWN);
        while (surplus != 0) {
            int at = random.nextInt(DRAWN);
            if (surplus > 0 && isInside(drawn[at], first)) {
                drawn[at] = (short) (drawn[at] - (10 << 7));
                surplus--;
            } else if (surplus < 0 && !isInside(drawn[at], first)) {
                do {
                    drawn[at] = Bf16.fromFloat((float) (DEVIATION * random.nextGaussian()));
                } while (!isInside(drawn[at], first));
                surplus++;
            }
        }
        return drawn;
    }

    /** First exponent of the window of most elements. */
    static int window(short[] values) {
        int[] histogram = new int[256];
        for (short value : values) {
            histogram[Bf16.exponent(value)]++;
        }
        int best = 0;
        int most = 0;
        for (int first = 0; first + WINDOW <= histogram.length; first++) {
            int sum = 0;
            for (int i = 0; i < WINDOW; i++) {
                sum += histogram[first + i];
            }
            if (sum > most) {
                best = first;
                most = sum;
            }
        }
        return best;
    }

    /** How many elements lie in the window that begins at an exponent. */
    static int covered(short[] values, int first) {
        int covered = 0;
        for (short value : values) {
            covered += isInside(value, first) ? 1 : 0;
        }
        return covered;
    }

    private static boolean isInside(short value, int first) {
        return Bf16.exponent(value) >= first && Bf16.exponent(value) < first + WINDOW;
    }
}
