package zipserv.tornado.kernels;

import java.util.List;
import uk.ac.manchester.tornado.api.GridScheduler;
import uk.ac.manchester.tornado.api.KernelContext;
import uk.ac.manchester.tornado.api.TaskGraph;
import uk.ac.manchester.tornado.api.WorkerGrid1D;
import uk.ac.manchester.tornado.api.types.arrays.TornadoNativeArray;

/**
 * One launch of a kernel, before it is decided how it will happen: as a task of a {@link TaskGraph}, or replayed from a
 * CUDA graph.
 *
 * @param name      unique in its list, a letter and then letters, digits or underscores
 * @param code      the kernel; equal for launches of one kernel from one place of the program
 * @param arguments in the order of the kernel's parameters: the {@link KernelContext}, arrays, scalars
 * @param grid      blocks, threads and registers
 * @param task      adds it to a task graph
 */
public record Launch(String name, Object code, List<Object> arguments, Grid grid, Task task) {

    public Launch {
        arguments = List.copyOf(arguments);
    }

    /**
     * The shape of a launch.
     *
     * @param blocks       of the grid
     * @param threads      of a block
     * @param maxRegisters per thread, 0 for no limit; counts only where the engine or a benchmark compiles PTX itself
     */
    public record Grid(int blocks, int threads, int maxRegisters) {

        /** No limit of registers. */
        public static Grid of(int blocks, int threads) {
            return new Grid(blocks, threads, 0);
        }
    }

    /** Adds a task of a certain name to a graph. */
    @FunctionalInterface
    public interface Task {

        /** Adds the task. */
        void addTo(TaskGraph graph, String name);
    }

    /** What TornadoVM compiles a kernel for: code and scalars. Launches with equal keys share their PTX. */
    public record Key(Object code, List<Object> scalars, int maxRegisters) {
    }

    /** See {@link Key}. */
    public Key key() {
        return new Key(code, arguments.stream().filter(argument -> !(argument instanceof TornadoNativeArray)
                && !(argument instanceof KernelContext)).toList(), grid.maxRegisters);
    }

    /** Adds this launch as a task, with its grid. */
    public void addTo(TaskGraph graph, GridScheduler scheduler) {
        WorkerGrid1D worker = new WorkerGrid1D(Math.multiplyExact(grid.blocks, grid.threads));
        worker.setLocalWork(grid.threads, 1, 1);
        scheduler.addWorkerGrid(graph.getTaskGraphName() + "." + name, worker);
        task.addTo(graph, name);
    }
}
