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

    /** Makes room for how a step is to choose tokens. */
    StepChoices choices(int rows);

    /** Takes the model, all of whose arrays were made by {@link #arrays}. */
    void load(Forward model);

    /**
     * Begins a step of at least so many rows. Its input and choices may be changed when the step has been awaited.
     *
     * @param decoding whether every row is a sequence of its own; else all rows that have work are of one sequence
     * @param sampling whether choices matter; else all rows are greedy
     * @throws GpuException if the GPU fails
     */
    void enqueue(int rows, boolean decoding, boolean sampling);

    /** Whether there is {@link #enqueueNext}. */
    boolean canFollow();

    /**
     * Begins another decode step behind the one that was begun last, of as many rows; its tokens are those that the
     * former chooses, its positions and random numbers the next. At most two steps may be begun and not awaited.
     *
     * @param sampling as the step before
     * @throws GpuException if the GPU fails
     */
    void enqueueNext(int rows, boolean sampling);

    /**
     * Waits for the step that was begun first and not awaited: it is the last step now.
     *
     * @throws GpuException if the GPU fails
     */
    void await();

    /** The token that the last step has chosen for a row, -1 if there was none to choose. */
    int best(int row);

    /** Copies a row of the last step's logits, which are gone once another step has been begun. */
    void copyLogits(int row, MemorySegment to);

    /** Frees the device's memory. */
    @Override
    void close();
}
