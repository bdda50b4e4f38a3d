package zipserv.tornado.kernels;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.Random;
import zipserv.codec.Bf16Matrix;
import zipserv.codec.Codecs;
import zipserv.codec.CompressedMatrix;
import zipserv.codec.WeightFormat;

/** Weights for tests, and their compressed form. */
final class Matrices {

    private Matrices() {
    }

    interface Elements {
        short at(Random random, int row, int column);
    }

    static Bf16Matrix of(int rows, int columns, long seed, Elements elements) {
        Random random = new Random(seed);
        MemorySegment data = Arena.ofAuto().allocate(2L * rows * columns);
        for (int row = 0; row < rows; row++) {
            for (int column = 0; column < columns; column++) {
                data.set(Bf16Matrix.ELEMENT, 2L * ((long) row * columns + column), elements.at(random, row, column));
            }
        }
        return new Bf16Matrix(data, rows, columns);
    }

    /** Gaussian weights, about 97.5 % of them within the window. */
    static Bf16Matrix gaussian(int rows, int columns, long seed) {
        return of(rows, columns, seed, (random, row, column) -> bf16((float) (random.nextGaussian() * 0.02)));
    }

    /** Each of the 65,536 patterns, then again; {@code columns} at most 256. */
    static Bf16Matrix allPatterns(int rows, int columns) {
        return of(rows, columns, 0, (random, row, column) -> (short) (row * columns + column));
    }

    static CompressedMatrix compress(Bf16Matrix matrix) {
        return compress(matrix, WeightFormat.TCA_TBE);
    }

    static CompressedMatrix compress(Bf16Matrix matrix, WeightFormat format) {
        return Codecs.of(format).encode(matrix, Arena.ofAuto(), 1);
    }

    static CompressedMatrix frag11(Bf16Matrix matrix) {
        return Codecs.of(WeightFormat.FRAG11).encodeBelow(Long.MAX_VALUE, matrix, Arena.ofAuto(), 1).orElseThrow();
    }

    /** Rounds to nearest even. */
    static short bf16(float value) {
        int bits = Float.floatToRawIntBits(value);
        return (short) (bits + 0x7FFF + (bits >>> 16 & 1) >>> 16);
    }

    static float toFloat(short bf16) {
        return Float.intBitsToFloat(bf16 << 16);
    }
}
