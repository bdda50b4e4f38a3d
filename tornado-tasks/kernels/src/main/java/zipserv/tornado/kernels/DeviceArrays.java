package zipserv.tornado.kernels;

import java.lang.foreign.MemorySegment;
import java.util.function.Supplier;
import uk.ac.manchester.tornado.api.types.arrays.FloatArray;
import uk.ac.manchester.tornado.api.types.arrays.IntArray;

/**
 * Makes the arrays that kernels get: on the host, for TornadoVM to copy to the device, or on the device at once, in
 * which case the array that is returned merely stands for its memory.
 */
public interface DeviceArrays {

    /** Arrays of {@link HostArrays}. */
    DeviceArrays HOST = new DeviceArrays() {

        @Override
        public IntArray ints(long words, Piece... pieces) {
            IntArray array = HostArrays.ints(Math.toIntExact(words));
            copy(pieces, array.getSegment());
            return array;
        }

        @Override
        public FloatArray floats(long words, Piece... pieces) {
            FloatArray array = HostArrays.floats(Math.toIntExact(words));
            copy(pieces, array.getSegment());
            return array;
        }

        private void copy(Piece[] pieces, MemorySegment to) {
            for (Piece piece : pieces) {
                MemorySegment from = piece.data.get();
                MemorySegment.copy(from, 0, to, piece.byteOffset, piece.byteSize);
            }
        }
    };

    /**
     * An array of 32-bit words.
     *
     * @param pieces what it holds; bytes that no piece covers are zero
     */
    IntArray ints(long words, Piece... pieces);

    /** The same, of floats. */
    FloatArray floats(long words, Piece... pieces);

    /**
     * A part of an array's contents.
     *
     * @param byteOffset its place within the array
     * @param byteSize   its length
     * @param data       the bytes, asked for when they are needed; they are not kept
     */
    record Piece(long byteOffset, long byteSize, Supplier<MemorySegment> data) {

        /** All of a segment. */
        public static Piece of(long byteOffset, MemorySegment data) {
            return new Piece(byteOffset, data.byteSize(), () -> data);
        }
    }
}
