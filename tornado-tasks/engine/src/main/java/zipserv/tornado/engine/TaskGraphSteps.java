package zipserv.tornado.engine;

import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.List;

import uk.ac.manchester.tornado.api.DataRange;
import uk.ac.manchester.tornado.api.GridScheduler;
import uk.ac.manchester.tornado.api.ImmutableTaskGraph;
import uk.ac.manchester.tornado.api.TaskGraph;
import uk.ac.manchester.tornado.api.TornadoExecutionPlan;
import uk.ac.manchester.tornado.api.TornadoExecutionResult;
import uk.ac.manchester.tornado.api.enums.DataTransferMode;
import uk.ac.manchester.tornado.api.exceptions.TornadoExecutionPlanException;
import uk.ac.manchester.tornado.api.types.arrays.FloatArray;
import uk.ac.manchester.tornado.api.types.arrays.IntArray;
import uk.ac.manchester.tornado.api.types.arrays.TornadoNativeArray;
import zipserv.tornado.kernels.DeviceArrays;
import zipserv.tornado.kernels.GpuException;
import zipserv.tornado.kernels.GpuRuntime;
import zipserv.tornado.kernels.HostArrays;
import zipserv.tornado.kernels.Launches;

/**
 * Steps as task graphs of one execution plan: a graph per shape, each a whole forward pass. The first graph brings
 * the weights to the device and owns all arrays; the others take them over from whichever was executed before, so every
 * graph names them all. The host keeps a copy of each array.
 */
final class TaskGraphSteps implements Steps {

    private final List<TornadoNativeArray> filled = new ArrayList<>();
    private final List<TornadoNativeArray> all = new ArrayList<>();
    private Forward model;
    private TornadoExecutionPlan plan;
    private TornadoExecutionResult result;

    @Override
    public DeviceArrays arrays() {
        return new DeviceArrays() {

            @Override
            public IntArray ints(long words, Piece... pieces) {
                return remember(HOST.ints(words, pieces), pieces);
            }

            @Override
            public FloatArray floats(long words, Piece... pieces) {
                return remember(HOST.floats(words, pieces), pieces);
            }
        };
    }

    private <A extends TornadoNativeArray> A remember(A array, DeviceArrays.Piece... pieces) {
        all.add(array);
        if (pieces.length > 0) {
            filled.add(array);
        }
        return array;
    }

    @Override
    public StepInput input(int rows) {
        IntArray words = HostArrays.ints(StepInput.STRIDE * rows);
        return new StepInput(words.getSegment(), words);
    }

    @Override
    public StepChoices choices(int rows) {
        IntArray words = HostArrays.ints(StepChoices.STRIDE * rows);
        return new StepChoices(words.getSegment(), words);
    }

    @Override
    public void load(Forward loaded) {
        model = loaded;
        all.removeIf(array -> array == model.state().best);
        GridScheduler scheduler = new GridScheduler();
        List<ImmutableTaskGraph> graphs = new ArrayList<>();
        for (Forward.Shape shape : model.shapes()) {
            graphs.add(graph(scheduler, shape, graphs.isEmpty()));
        }
        plan = new TornadoExecutionPlan(graphs.toArray(ImmutableTaskGraph[]::new)).withGridScheduler(scheduler);
    }

    private ImmutableTaskGraph graph(GridScheduler scheduler, Forward.Shape shape, boolean owner) {
        TaskGraph graph = new TaskGraph(shape.toString());
        Object[] shared = all.toArray();
        if (owner) {
            graph.transferToDevice(DataTransferMode.FIRST_EXECUTION, filled.toArray());
        } else {
            graph.consumeFromDevice(shared);
        }
        graph.transferToDevice(DataTransferMode.EVERY_EXECUTION, model.input().words());
        if (shape.sampling()) {
            graph.transferToDevice(DataTransferMode.EVERY_EXECUTION, model.choices().words());
        }
        model.launch(shape, Launches.tasksOf(graph, scheduler));
        graph.transferToHost(DataTransferMode.EVERY_EXECUTION, model.state().best);
        graph.persistOnDevice(shared);
        return graph.snapshot();
    }

    @Override
    public void enqueue(int rows, boolean decoding, boolean sampling) {
        try {
            result = plan.withGraph(model.shapes().indexOf(model.shape(rows, decoding, sampling))).execute();
        } catch (RuntimeException | LinkageError e) {
            if (GpuRuntime.isEmulation()) {
                throw e;
            }
            throw GpuException.of(e);
        }
    }

    @Override
    public boolean canFollow() {
        return false;
    }

    @Override
    public void enqueueNext(int rows, boolean sampling) {
        throw new UnsupportedOperationException("task graphs take their input from the host");
    }

    @Override
    public void await() {
        // Nothing is left to wait for when a graph has been executed.
    }

    @Override
    public int best(int row) {
        return model.state().best.get(row);
    }

    @Override
    public void copyLogits(int row, MemorySegment to) {
        long vocabulary = model.config().vocabularySize();
        IntArray logits = model.state().logits;
        result.transferToHost(new DataRange(logits).withOffset(row * vocabulary).withSize(vocabulary));
        MemorySegment.copy(logits.getSegment(), row * vocabulary * Float.BYTES, to, 0, vocabulary * Float.BYTES);
    }

    @Override
    public void close() {
        if (plan == null) {
            return;
        }
        try {
            // Closing alone leaves the arrays' memory pinned, see HostArrays.
            plan.freeDeviceMemory();
            plan.close();
        } catch (TornadoExecutionPlanException e) {
            throw new IllegalStateException("the device memory of the model could not be freed: " + e.getMessage(), e);
        }
    }
}
