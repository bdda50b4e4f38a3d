package zipserv.tornado.cuda;

import java.util.function.ToLongFunction;
import uk.ac.manchester.tornado.api.KernelContext;
import uk.ac.manchester.tornado.api.types.arrays.TornadoNativeArray;
import zipserv.tornado.kernels.Launch;

/**
 * How kernels that TornadoVM compiled want to be called: with a frame of TornadoVM's own before their parameters, here
 * one of zeros in device memory; it is also what they get for a {@link KernelContext}.
 */
public final class KernelFrame implements AutoCloseable {

    private static final int BYTES = 1024;

    private final Cuda cuda;
    private final long address;

    /** Allocates the frame. */
    public KernelFrame(Cuda cuda) {
        this.cuda = cuda;
        this.address = cuda.allocate(BYTES);
        cuda.fill(address, 0, BYTES);
    }

    /**
     * The parameters of a launch.
     *
     * @param arrays what a kernel gets for an array
     */
    public long[] parameters(Launch launch, ToLongFunction<TornadoNativeArray> arrays) {
        long[] parameters = new long[launch.arguments().size() + 1];
        parameters[0] = address;
        for (int i = 0; i < launch.arguments().size(); i++) {
            parameters[i + 1] = switch (launch.arguments().get(i)) {
                case KernelContext _ -> address;
                case TornadoNativeArray array -> arrays.applyAsLong(array);
                // Scalars are compiled in, but their parameters must be there.
                default -> 0;
            };
        }
        return parameters;
    }

    /** Frees the frame. */
    @Override
    public void close() {
        cuda.free(address);
    }
}
