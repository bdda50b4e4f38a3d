package zipserv.tornado.kernels;

import java.util.List;
import uk.ac.manchester.tornado.api.GridScheduler;
import uk.ac.manchester.tornado.api.TaskGraph;
import uk.ac.manchester.tornado.api.common.TornadoFunctions.Task10;
import uk.ac.manchester.tornado.api.common.TornadoFunctions.Task11;
import uk.ac.manchester.tornado.api.common.TornadoFunctions.Task12;
import uk.ac.manchester.tornado.api.common.TornadoFunctions.Task13;
import uk.ac.manchester.tornado.api.common.TornadoFunctions.Task14;
import uk.ac.manchester.tornado.api.common.TornadoFunctions.Task15;
import uk.ac.manchester.tornado.api.common.TornadoFunctions.Task16;
import uk.ac.manchester.tornado.api.common.TornadoFunctions.Task17;
import uk.ac.manchester.tornado.api.common.TornadoFunctions.Task18;
import uk.ac.manchester.tornado.api.common.TornadoFunctions.Task19;
import uk.ac.manchester.tornado.api.common.TornadoFunctions.Task20;
import uk.ac.manchester.tornado.api.common.TornadoFunctions.Task4;
import uk.ac.manchester.tornado.api.common.TornadoFunctions.Task5;
import uk.ac.manchester.tornado.api.common.TornadoFunctions.Task6;
import uk.ac.manchester.tornado.api.common.TornadoFunctions.Task7;
import uk.ac.manchester.tornado.api.common.TornadoFunctions.Task8;
import uk.ac.manchester.tornado.api.common.TornadoFunctions.Task9;

/**
 * Takes launches in the order in which they are to run. The methods {@code add} differ in the number of the kernel's
 * parameters only, as those of {@link TaskGraph} do.
 */
@FunctionalInterface
public interface Launches {

    /** Takes a launch. */
    void accept(Launch launch);

    /** Launches that become tasks of a graph at once. */
    static Launches tasksOf(TaskGraph graph, GridScheduler scheduler) {
        return launch -> launch.addTo(graph, scheduler);
    }

    /** Adds a launch of a kernel with 4 parameters. */
    default <T1, T2, T3, T4> void add(String name, Launch.Grid grid, Task4<T1, T2, T3, T4> code, T1 a1, T2 a2, T3 a3,
            T4 a4) {
        accept(new Launch(name, code.getClass(), List.of(a1, a2, a3, a4), grid, (graph, task) -> graph.task(task,
                code, a1, a2, a3, a4)));
    }

    /** Adds a launch of a kernel with 5 parameters. */
    default <T1, T2, T3, T4, T5> void add(String name, Launch.Grid grid, Task5<T1, T2, T3, T4, T5> code, T1 a1, T2 a2,
            T3 a3, T4 a4, T5 a5) {
        accept(new Launch(name, code.getClass(), List.of(a1, a2, a3, a4, a5), grid, (graph, task) -> graph.task(task,
                code, a1, a2, a3, a4, a5)));
    }

    /** Adds a launch of a kernel with 6 parameters. */
    default <T1, T2, T3, T4, T5, T6> void add(String name, Launch.Grid grid, Task6<T1, T2, T3, T4, T5, T6> code,
            T1 a1, T2 a2, T3 a3, T4 a4, T5 a5, T6 a6) {
        accept(new Launch(name, code.getClass(), List.of(a1, a2, a3, a4, a5, a6), grid, (graph, task) ->
                graph.task(task, code, a1, a2, a3, a4, a5, a6)));
    }

    /** Adds a launch of a kernel with 7 parameters. */
    default <T1, T2, T3, T4, T5, T6, T7> void add(String name, Launch.Grid grid, Task7<T1, T2, T3, T4, T5, T6, T7>
            code, T1 a1, T2 a2, T3 a3, T4 a4, T5 a5, T6 a6, T7 a7) {
        accept(new Launch(name, code.getClass(), List.of(a1, a2, a3, a4, a5, a6, a7), grid, (graph, task) ->
                graph.task(task, code, a1, a2, a3, a4, a5, a6, a7)));
    }

    /** Adds a launch of a kernel with 8 parameters. */
    default <T1, T2, T3, T4, T5, T6, T7, T8> void add(String name, Launch.Grid grid, Task8<T1, T2, T3, T4, T5, T6, T7,
            T8> code, T1 a1, T2 a2, T3 a3, T4 a4, T5 a5, T6 a6, T7 a7, T8 a8) {
        accept(new Launch(name, code.getClass(), List.of(a1, a2, a3, a4, a5, a6, a7, a8), grid, (graph, task) ->
                graph.task(task, code, a1, a2, a3, a4, a5, a6, a7, a8)));
    }

    /** Adds a launch of a kernel with 9 parameters. */
    default <T1, T2, T3, T4, T5, T6, T7, T8, T9> void add(String name, Launch.Grid grid, Task9<T1, T2, T3, T4, T5, T6,
            T7, T8, T9> code, T1 a1, T2 a2, T3 a3, T4 a4, T5 a5, T6 a6, T7 a7, T8 a8, T9 a9) {
        accept(new Launch(name, code.getClass(), List.of(a1, a2, a3, a4, a5, a6, a7, a8, a9), grid, (graph, task) ->
                graph.task(task, code, a1, a2, a3, a4, a5, a6, a7, a8, a9)));
    }

    /** Adds a launch of a kernel with 10 parameters. */
    default <T1, T2, T3, T4, T5, T6, T7, T8, T9, T10> void add(String name, Launch.Grid grid, Task10<T1, T2, T3, T4,
            T5, T6, T7, T8, T9, T10> code, T1 a1, T2 a2, T3 a3, T4 a4, T5 a5, T6 a6, T7 a7, T8 a8, T9 a9, T10 a10) {
        accept(new Launch(name, code.getClass(), List.of(a1, a2, a3, a4, a5, a6, a7, a8, a9, a10), grid, (graph, task)
                -> graph.task(task, code, a1, a2, a3, a4, a5, a6, a7, a8, a9, a10)));
    }

    /** Adds a launch of a kernel with 11 parameters. */
    default <T1, T2, T3, T4, T5, T6, T7, T8, T9, T10, T11> void add(String name, Launch.Grid grid, Task11<T1, T2, T3,
            T4, T5, T6, T7, T8, T9, T10, T11> code, T1 a1, T2 a2, T3 a3, T4 a4, T5 a5, T6 a6, T7 a7, T8 a8, T9 a9,
            T10 a10, T11 a11) {
        accept(new Launch(name, code.getClass(), List.of(new Object[] {a1, a2, a3, a4, a5, a6, a7, a8, a9, a10, a11}),
                grid, (graph, task) -> graph.task(task, code, a1, a2, a3, a4, a5, a6, a7, a8, a9, a10, a11)));
    }

    /** Adds a launch of a kernel with 12 parameters. */
    default <T1, T2, T3, T4, T5, T6, T7, T8, T9, T10, T11, T12> void add(String name, Launch.Grid grid, Task12<T1, T2,
            T3, T4, T5, T6, T7, T8, T9, T10, T11, T12> code, T1 a1, T2 a2, T3 a3, T4 a4, T5 a5, T6 a6, T7 a7, T8 a8,
            T9 a9, T10 a10, T11 a11, T12 a12) {
        accept(new Launch(name, code.getClass(), List.of(new Object[] {a1, a2, a3, a4, a5, a6, a7, a8, a9, a10, a11,
                a12}), grid, (graph, task) -> graph.task(task, code, a1, a2, a3, a4, a5, a6, a7, a8, a9, a10, a11,
                a12)));
    }

    /** Adds a launch of a kernel with 13 parameters. */
    default <T1, T2, T3, T4, T5, T6, T7, T8, T9, T10, T11, T12, T13> void add(String name, Launch.Grid grid,
            Task13<T1, T2, T3, T4, T5, T6, T7, T8, T9, T10, T11, T12, T13> code, T1 a1, T2 a2, T3 a3, T4 a4, T5 a5,
            T6 a6, T7 a7, T8 a8, T9 a9, T10 a10, T11 a11, T12 a12, T13 a13) {
        accept(new Launch(name, code.getClass(), List.of(new Object[] {a1, a2, a3, a4, a5, a6, a7, a8, a9, a10, a11,
                a12, a13}), grid, (graph, task) -> graph.task(task, code, a1, a2, a3, a4, a5, a6, a7, a8, a9, a10,
                a11, a12, a13)));
    }

    /** Adds a launch of a kernel with 14 parameters. */
    default <T1, T2, T3, T4, T5, T6, T7, T8, T9, T10, T11, T12, T13, T14> void add(String name, Launch.Grid grid,
            Task14<T1, T2, T3, T4, T5, T6, T7, T8, T9, T10, T11, T12, T13, T14> code, T1 a1, T2 a2, T3 a3, T4 a4,
            T5 a5, T6 a6, T7 a7, T8 a8, T9 a9, T10 a10, T11 a11, T12 a12, T13 a13, T14 a14) {
        accept(new Launch(name, code.getClass(), List.of(new Object[] {a1, a2, a3, a4, a5, a6, a7, a8, a9, a10, a11,
                a12, a13, a14}), grid, (graph, task) -> graph.task(task, code, a1, a2, a3, a4, a5, a6, a7, a8, a9,
                a10, a11, a12, a13, a14)));
    }

    /** Adds a launch of a kernel with 15 parameters. */
    default <T1, T2, T3, T4, T5, T6, T7, T8, T9, T10, T11, T12, T13, T14, T15> void add(String name, Launch.Grid grid,
            Task15<T1, T2, T3, T4, T5, T6, T7, T8, T9, T10, T11, T12, T13, T14, T15> code, T1 a1, T2 a2, T3 a3, T4 a4,
            T5 a5, T6 a6, T7 a7, T8 a8, T9 a9, T10 a10, T11 a11, T12 a12, T13 a13, T14 a14, T15 a15) {
        accept(new Launch(name, code.getClass(), List.of(new Object[] {a1, a2, a3, a4, a5, a6, a7, a8, a9, a10, a11,
                a12, a13, a14, a15}), grid, (graph, task) -> graph.task(task, code, a1, a2, a3, a4, a5, a6, a7, a8,
                a9, a10, a11, a12, a13, a14, a15)));
    }

    /** Adds a launch of a kernel with 16 parameters. */
    default <T1, T2, T3, T4, T5, T6, T7, T8, T9, T10, T11, T12, T13, T14, T15, T16> void add(String name, Launch.Grid
            grid, Task16<T1, T2, T3, T4, T5, T6, T7, T8, T9, T10, T11, T12, T13, T14, T15, T16> code, T1 a1, T2 a2,
            T3 a3, T4 a4, T5 a5, T6 a6, T7 a7, T8 a8, T9 a9, T10 a10, T11 a11, T12 a12, T13 a13, T14 a14, T15 a15,
            T16 a16) {
        accept(new Launch(name, code.getClass(), List.of(new Object[] {a1, a2, a3, a4, a5, a6, a7, a8, a9, a10, a11,
                a12, a13, a14, a15, a16}), grid, (graph, task) -> graph.task(task, code, a1, a2, a3, a4, a5, a6, a7,
                a8, a9, a10, a11, a12, a13, a14, a15, a16)));
    }

    /** Adds a launch of a kernel with 17 parameters. */
    default <T1, T2, T3, T4, T5, T6, T7, T8, T9, T10, T11, T12, T13, T14, T15, T16, T17> void add(String name,
            Launch.Grid grid, Task17<T1, T2, T3, T4, T5, T6, T7, T8, T9, T10, T11, T12, T13, T14, T15, T16, T17> code,
            T1 a1, T2 a2, T3 a3, T4 a4, T5 a5, T6 a6, T7 a7, T8 a8, T9 a9, T10 a10, T11 a11, T12 a12, T13 a13,
            T14 a14, T15 a15, T16 a16, T17 a17) {
        accept(new Launch(name, code.getClass(), List.of(new Object[] {a1, a2, a3, a4, a5, a6, a7, a8, a9, a10, a11,
                a12, a13, a14, a15, a16, a17}), grid, (graph, task) -> graph.task(task, code, a1, a2, a3, a4, a5, a6,
                a7, a8, a9, a10, a11, a12, a13, a14, a15, a16, a17)));
    }

    /** Adds a launch of a kernel with 18 parameters. */
    default <T1, T2, T3, T4, T5, T6, T7, T8, T9, T10, T11, T12, T13, T14, T15, T16, T17, T18> void add(String name,
            Launch.Grid grid, Task18<T1, T2, T3, T4, T5, T6, T7, T8, T9, T10, T11, T12, T13, T14, T15, T16, T17, T18>
            code, T1 a1, T2 a2, T3 a3, T4 a4, T5 a5, T6 a6, T7 a7, T8 a8, T9 a9, T10 a10, T11 a11, T12 a12, T13 a13,
            T14 a14, T15 a15, T16 a16, T17 a17, T18 a18) {
        accept(new Launch(name, code.getClass(), List.of(new Object[] {a1, a2, a3, a4, a5, a6, a7, a8, a9, a10, a11,
                a12, a13, a14, a15, a16, a17, a18}), grid, (graph, task) -> graph.task(task, code, a1, a2, a3, a4, a5,
                a6, a7, a8, a9, a10, a11, a12, a13, a14, a15, a16, a17, a18)));
    }

    /** Adds a launch of a kernel with 19 parameters. */
    default <T1, T2, T3, T4, T5, T6, T7, T8, T9, T10, T11, T12, T13, T14, T15, T16, T17, T18, T19> void add(String
            name, Launch.Grid grid, Task19<T1, T2, T3, T4, T5, T6, T7, T8, T9, T10, T11, T12, T13, T14, T15, T16, T17,
            T18, T19> code, T1 a1, T2 a2, T3 a3, T4 a4, T5 a5, T6 a6, T7 a7, T8 a8, T9 a9, T10 a10, T11 a11, T12 a12,
            T13 a13, T14 a14, T15 a15, T16 a16, T17 a17, T18 a18, T19 a19) {
        accept(new Launch(name, code.getClass(), List.of(new Object[] {a1, a2, a3, a4, a5, a6, a7, a8, a9, a10, a11,
                a12, a13, a14, a15, a16, a17, a18, a19}), grid, (graph, task) -> graph.task(task, code, a1, a2, a3,
                a4, a5, a6, a7, a8, a9, a10, a11, a12, a13, a14, a15, a16, a17, a18, a19)));
    }

    /** Adds a launch of a kernel with 20 parameters. */
    default <T1, T2, T3, T4, T5, T6, T7, T8, T9, T10, T11, T12, T13, T14, T15, T16, T17, T18, T19, T20>
            void add(String name, Launch.Grid grid, Task20<T1, T2, T3, T4, T5, T6, T7, T8, T9, T10, T11, T12, T13,
            T14, T15, T16, T17, T18, T19, T20> code, T1 a1, T2 a2, T3 a3, T4 a4, T5 a5, T6 a6, T7 a7, T8 a8, T9 a9,
            T10 a10, T11 a11, T12 a12, T13 a13, T14 a14, T15 a15, T16 a16, T17 a17, T18 a18, T19 a19, T20 a20) {
        accept(new Launch(name, code.getClass(), List.of(new Object[] {a1, a2, a3, a4, a5, a6, a7, a8, a9, a10, a11,
                a12, a13, a14, a15, a16, a17, a18, a19, a20}), grid, (graph, task) -> graph.task(task, code, a1, a2,
                a3, a4, a5, a6, a7, a8, a9, a10, a11, a12, a13, a14, a15, a16, a17, a18, a19, a20)));
    }
}
