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
     * Begins a step of at least so many rows. Its input may be changed when the step has been awaited.
     *
     * @param decoding whether every row is a sequence of its own; else all rows that have work are of one sequence
     * @throws GpuException if the GPU fails
     */
    void enqueue(int rows, boolean decoding);

    /** Whether there is {@link #enqueueNext}. */
    boolean canFollow();

    /**
     * Begins another decode step behind the one that was begun last, of as many rows; its tokens are the argmax of that
     * one, its positions the next. At most two steps may be begun and not awaited.
     *
     * @throws GpuException if the GPU fails
     */
    void enqueueNext(int rows);

    /**
     * Waits for the step that was begun first and not awaited: it is the last step now.
     *
     * @throws GpuException if the GPU fails
     */
    void await();

    /** The last step's argmax of a row's logits. */
    int best(int row);

    /** Copies a row of the last step's logits, which are gone once another step has been begun. */
    void copyLogits(int row, MemorySegment to);

    /** Frees the device's memory. */
    @Override
    void close();
}
