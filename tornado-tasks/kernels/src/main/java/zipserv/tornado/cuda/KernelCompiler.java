package zipserv.tornado.cuda;

import java.io.ByteArrayOutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import uk.ac.manchester.tornado.api.GridScheduler;
import uk.ac.manchester.tornado.api.TaskGraph;
import uk.ac.manchester.tornado.api.TornadoExecutionPlan;
import uk.ac.manchester.tornado.api.enums.DataTransferMode;
import uk.ac.manchester.tornado.api.enums.TornadoVMBackendType;
import uk.ac.manchester.tornado.api.exceptions.TornadoExecutionPlanException;
import uk.ac.manchester.tornado.api.types.arrays.TornadoNativeArray;
import zipserv.tornado.kernels.GpuException;
import zipserv.tornado.kernels.GpuRuntime;
import zipserv.tornado.kernels.Launch;

/**
 * Has TornadoVM compile kernels to PTX, without running them: arrays are neither allocated on the device nor copied.
 * Scalars are compiled in, though the PTX still declares them as parameters.
 */
public final class KernelCompiler {

    /** TornadoVM's buffer for the byte code of one graph holds some 20 tasks. */
    private static final int TASKS_OF_A_GRAPH = 12;
    private static final String GRAPH = "compile";

    private KernelCompiler() {
    }

    /**
     * The PTX of every launch, one module with one entry each. Launches of one kernel with the same scalars share it.
     *
     * @throws GpuException if there is no usable TornadoVM, or it cannot compile one of them
     */
    public static Map<Launch.Key, String> compile(List<Launch> launches) {
        GpuRuntime.requireGpu();
        Map<Launch.Key, Launch> distinct = new LinkedHashMap<>();
        launches.forEach(launch -> distinct.putIfAbsent(launch.key(), launch));
        List<Launch> kernels = List.copyOf(distinct.values());
        Map<Launch.Key, String> ptx = new HashMap<>();
        for (int first = 0; first < kernels.size(); first += TASKS_OF_A_GRAPH) {
            compileGraph(kernels.subList(first, Math.min(first + TASKS_OF_A_GRAPH, kernels.size())), ptx);
        }
        return ptx;
    }

    private static void compileGraph(List<Launch> launches, Map<Launch.Key, String> ptx) {
        TaskGraph graph = new TaskGraph(GRAPH);
        GridScheduler scheduler = new GridScheduler();
        List<Launch> tasks = new ArrayList<>();
        for (Launch launch : launches) {
            Object[] arrays = launch.arguments().stream().filter(TornadoNativeArray.class::isInstance).toArray();
            graph.transferToDevice(DataTransferMode.FIRST_EXECUTION, arrays);
            graph.transferToHost(DataTransferMode.UNDER_DEMAND, arrays);
            // Tasks are known by their place, since names of launches are not unique across calls.
            Launch task = new Launch("k" + tasks.size(), launch.code(), launch.arguments(), launch.grid(),
                    launch.task());
            task.addTo(graph, scheduler);
            tasks.add(task);
        }
        Map<Integer, String> printed = print(graph, scheduler);
        for (int i = 0; i < tasks.size(); i++) {
            if (!printed.containsKey(i)) {
                throw new GpuException("TornadoVM cannot compile a kernel (it printed no PTX of "
                        + launches.get(i).name() + ")", null);
            }
            ptx.put(launches.get(i).key(), printed.get(i));
        }
    }

    /** The PTX of each task by its place. TornadoVM hands it out only by printing it. */
    private static Map<Integer, String> print(TaskGraph graph, GridScheduler scheduler) {
        PrintStream terminal = System.out;
        ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        try (TornadoExecutionPlan plan = new TornadoExecutionPlan(graph.snapshot())) {
            System.setOut(new PrintStream(bytes, true, StandardCharsets.UTF_8));
            // TornadoVM also loads what it compiles. It is loaded once more to be launched, so that this need not be
            // good.
            plan.withGridScheduler(scheduler)
                    .withCompilerFlags(TornadoVMBackendType.PTX, "CU_JIT_OPTIMIZATION_LEVEL 0")
                    .withPrintKernel().withPreCompilation();
        } catch (TornadoExecutionPlanException | RuntimeException e) {
            throw GpuException.of(e);
        } finally {
            System.setOut(terminal);
        }
        Map<Integer, String> kernels = new TreeMap<>();
        for (String text : bytes.toString(StandardCharsets.UTF_8).split("(?=\\.version )")) {
            int entry = text.indexOf(".entry ");
            if (entry >= 0) {
                // The entry's name is made of the graph's, the task's, the method's and so on.
                String task = text.substring(entry + ".entry ".length()).split("_")[1];
                kernels.put(Integer.valueOf(task.substring(1)), text.substring(0, text.lastIndexOf('}') + 1) + "\n");
            } else if (!text.isBlank()) {
                terminal.println(text.strip());
            }
        }
        return kernels;
    }
}
