package zipserv.tornado.engine;

import java.util.List;

import java.util.function.BiConsumer;
import uk.ac.manchester.tornado.api.GridScheduler;
import uk.ac.manchester.tornado.api.TaskGraph;
import uk.ac.manchester.tornado.api.TornadoExecutionPlan;
import uk.ac.manchester.tornado.api.enums.DataTransferMode;
import uk.ac.manchester.tornado.api.exceptions.TornadoExecutionPlanException;
import uk.ac.manchester.tornado.api.types.arrays.FloatArray;
import uk.ac.manchester.tornado.api.types.arrays.IntArray;
import zipserv.tornado.kernels.GpuRuntime;
import zipserv.tornado.kernels.HostArrays;
import zipserv.tornado.kernels.Launches;
import zipserv.tornado.ptx.PtxFloat;

/** Runs single kernels as a program does: as a task graph. */
final class KernelRun {

    private KernelRun() {
    }

    /** Runs one task graph. An array may be both in and out. */
    static void run(ActivationFormat format, Object[] in, Object[] out, BiConsumer<EngineTasks, TaskGraph> tasks) {
        run(format, format, in, out, tasks);
    }

    /** The same with a cache of another format. */
    static void run(ActivationFormat format, ActivationFormat cache, Object[] in, Object[] out,
            BiConsumer<EngineTasks, TaskGraph> tasks) {
        GpuRuntime.prepare();
        TaskGraph graph = new TaskGraph("test");
        GridScheduler scheduler = new GridScheduler();
        graph.transferToDevice(DataTransferMode.FIRST_EXECUTION, in);
        tasks.accept(new EngineTasks(Launches.tasksOf(graph, scheduler), new EngineLimits(1, cache, format, List.of(1))), graph);
        graph.transferToHost(DataTransferMode.EVERY_EXECUTION, out);
        try (TornadoExecutionPlan plan = new TornadoExecutionPlan(graph.snapshot())) {
            plan.withGridScheduler(scheduler).execute();
            plan.freeDeviceMemory();
        } catch (TornadoExecutionPlanException e) {
            throw new AssertionError(e);
        }
    }

    /** A step's input on the host. */
    static StepInput input(int rows) {
        IntArray words = HostArrays.ints(StepInput.STRIDE * rows);
        return new StepInput(words.getSegment(), words);
    }

    /** A step's choices on the host. */
    static StepChoices choices(int rows) {
        IntArray words = HostArrays.ints(StepChoices.STRIDE * rows);
        return new StepChoices(words.getSegment(), words);
    }

    /** Floats as the GEMMs write them: fp32 bits in words. */
    static IntArray bits(float[] values) {
        IntArray array = HostArrays.ints(values.length);
        for (int i = 0; i < values.length; i++) {
            array.set(i, Float.floatToRawIntBits(values[i]));
        }
        return array;
    }

    /** Pairs of BF16. */
    static IntArray bf16(float[] values) {
        IntArray array = HostArrays.ints(values.length / 2);
        for (int i = 0; i < values.length / 2; i++) {
            array.set(i, PtxFloat.packBf16(values[2 * i], values[2 * i + 1]));
        }
        return array;
    }

    /** Element i of pairs of BF16. */
    static float bf16(IntArray array, int i) {
        int pair = array.get(i / 2);
        return i % 2 == 0 ? PtxFloat.lowBf16(pair) : PtxFloat.highBf16(pair);
    }

    static FloatArray floats(float[] values) {
        FloatArray array = HostArrays.floats(values.length);
        for (int i = 0; i < values.length; i++) {
            array.set(i, values[i]);
        }
        return array;
    }
}
