package zipserv.tornado.engine;

import java.lang.foreign.MemorySegment;

import zipserv.tornado.kernels.DeviceArrays;
import zipserv.tornado.kernels.GpuException;

/**
 * Runs steps of a model: {@link TaskGraphSteps} through TornadoVM's task graphs, {@link ReplayedSteps} from CUDA graphs of
 * kernels that TornadoVM has compiled. Both run the launches of {@link Forward}.
 */
interface Steps extends AutoCloseable {

    /** Makes the arrays of a model that these steps will run. */
    DeviceArrays arrays();

    /** Makes room for what the host tells a step. */
    StepInput input(int rows);

    /** Takes the model, all of whose arrays were made by {@link #arrays}. */
    void load(Forward model);

    /**
     * Runs a step of at least so many rows, and waits for it.
     *
     * @param decoding whether every row is a sequence of its own
     * @throws GpuException if the GPU fails
     */
    void run(int rows, boolean decoding);

    /** The last step's argmax of a row's logits. */
    int best(int row);

    /** Copies a row of the last step's logits. */
    void copyLogits(int row, MemorySegment to);

    /** Frees the device's memory. */
    @Override
    void close();
}
