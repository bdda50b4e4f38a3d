package zipserv.tornado.bench;

import uk.ac.manchester.tornado.api.GridScheduler;
import uk.ac.manchester.tornado.api.TaskGraph;
import uk.ac.manchester.tornado.api.TornadoExecutionPlan;
import uk.ac.manchester.tornado.api.enums.DataTransferMode;
import uk.ac.manchester.tornado.api.exceptions.TornadoExecutionPlanException;
import zipserv.tornado.kernels.GpuRuntime;

/** Runs a task as a task graph: in the emulation, or on a GPU. */
final class EmulatedTasks {

    private EmulatedTasks() {
    }

    static void run(GemmTask task) {
        TaskGraph graph = new TaskGraph("test");
        GridScheduler scheduler = new GridScheduler();
        GpuRuntime.prepare();
        graph.transferToDevice(DataTransferMode.FIRST_EXECUTION, task.arrays().toArray());
        task.launches().forEach(launch -> launch.addTo(graph, scheduler));
        graph.transferToHost(DataTransferMode.EVERY_EXECUTION, task.result());
        try (TornadoExecutionPlan plan = new TornadoExecutionPlan(graph.snapshot())) {
            plan.withGridScheduler(scheduler).execute();
            plan.freeDeviceMemory();
        } catch (TornadoExecutionPlanException e) {
            throw new IllegalStateException(e);
        }
    }
}
