package zipserv.tornado.engine;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;

import uk.ac.manchester.tornado.api.types.arrays.FloatArray;
import zipserv.tornado.kernels.DeviceArrays;

/**
 * Vectors that a layer may or may not have, one after the other. Kernels want an array in any case; without values it
 * has one element, which they do not read.
 *
 * @param values  the vectors
 * @param present 1 if there are any, else 0
 */
record Bias(FloatArray values, int present) {

    /** Joins vectors, either all there or all null. */
    static Bias of(DeviceArrays arrays, float[]... vectors) {
        int length = 0;
        int missing = 0;
        for (float[] vector : vectors) {
            length += vector == null ? 0 : vector.length;
            missing += vector == null ? 1 : 0;
        }
        if (missing == vectors.length) {
            return new Bias(arrays.floats(1), 0);
        }
        if (missing > 0) {
            throw new IllegalArgumentException(missing + " of " + vectors.length + " vectors are missing");
        }
        MemorySegment values = Arena.ofAuto().allocate((long) length * Float.BYTES, Float.BYTES);
        long at = 0;
        for (float[] vector : vectors) {
            MemorySegment.copy(vector, 0, values, ValueLayout.JAVA_FLOAT, at, vector.length);
            at += (long) vector.length * Float.BYTES;
        }
        return new Bias(arrays.floats(length, DeviceArrays.Piece.of(0, values)), 1);
    }
}
