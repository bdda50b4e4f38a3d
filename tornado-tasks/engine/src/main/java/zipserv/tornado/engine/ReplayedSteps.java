package zipserv.tornado.engine;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Consumer;
import java.util.function.Function;
import java.util.function.LongConsumer;
import java.util.stream.Collectors;

import zipserv.tornado.cuda.Cuda;
import zipserv.tornado.cuda.GpuArrays;
import zipserv.tornado.cuda.KernelCompiler;
import zipserv.tornado.cuda.KernelFrame;
import zipserv.tornado.cuda.KernelLoader;
import zipserv.tornado.cuda.OverlappingKernel;
import zipserv.tornado.kernels.DeviceArrays;
import zipserv.tornado.kernels.Launch;

/**
 * Steps from CUDA graphs. TornadoVM compiles each distinct kernel once; the step's launches of these kernels, hundreds
 * for a large model, are captured as one graph per number of rows, when first it is needed. A step is then one launch of
 * a graph, which begins with a small copy, and one small copy back. A decode step has a second graph, which makes its
 * input from the step before instead of the copy.
 *
 * <p>Why not TornadoVM's own graphs: it compiles every task anew, although layers differ in their arrays only, mirrors
 * every array on the host, and takes 20 to 75 microseconds for an execution.
 */
final class ReplayedSteps implements Steps {

    /** System property: false to start kernels only when their predecessors have ended. */
    static final String OVERLAP = "zipserv.overlap";

    /** System property: false to run no step before it is asked for, see {@link StepsAhead}. */
    static final String AHEAD = "zipserv.ahead";

    private final Cuda cuda;
    private final boolean overlapping;
    private final Consumer<String> log;
    private final KernelLoader loader;
    private final GpuArrays arrays;
    private final KernelFrame frame;
    private final Map<Launch.Key, Long> kernels = new HashMap<>();
    private final Map<Graph, Long> graphs = new HashMap<>();
    private final List<Pending> pending;
    private Forward model;
    /** Steps begun, and steps waited for. */
    private long begun;
    private long awaited;

    /**
     * What a graph is made for.
     *
     * @param following whether it takes its input from the step before, else from the host
     */
    private record Graph(Forward.Shape shape, boolean following) {
    }

    /** Where every other step's result goes. */
    private static final class Pending {
        private final long event;
        private MemorySegment best;

        private Pending(long event) {
            this.event = event;
        }
    }

    ReplayedSteps(Cuda cuda, LongConsumer copied, Consumer<String> log) {
        this.cuda = cuda;
        this.log = log;
        this.arrays = new GpuArrays(cuda, copied);
        this.overlapping = cuda.computeCapability() >= OverlappingKernel.LEAST_CAPABILITY
                && !"false".equals(System.getProperty(OVERLAP));
        this.loader = new KernelLoader(cuda, overlapping);
        this.frame = new KernelFrame(cuda);
        this.pending = List.of(new Pending(cuda.event()), new Pending(cuda.event()));
    }

    @Override
    public DeviceArrays arrays() {
        return arrays;
    }

    @Override
    public StepInput input(int rows) {
        long words = (long) StepInput.STRIDE * rows;
        return new StepInput(cuda.allocatePinned(Integer.BYTES * words), arrays.ints(words));
    }

    @Override
    public StepChoices choices(int rows) {
        long words = (long) StepChoices.STRIDE * rows;
        return new StepChoices(cuda.allocatePinned(Integer.BYTES * words), arrays.ints(words));
    }

    @Override
    public void load(Forward loaded) {
        model = loaded;
        pending.forEach(step -> step.best = cuda.allocatePinned((long) Integer.BYTES * model.limits().maxBatch()));
    }

    @Override
    public void enqueue(int rows, boolean decoding, boolean sampling) {
        Forward.Shape shape = model.shape(rows, decoding, sampling);
        if (decoding && canFollow()) {
            // Together with the other graph, not in the middle of a text.
            graph(new Graph(shape, true));
        }
        begin(new Graph(shape, false));
    }

    @Override
    public boolean canFollow() {
        return !"false".equals(System.getProperty(AHEAD));
    }

    @Override
    public void enqueueNext(int rows, boolean sampling) {
        begin(new Graph(model.shape(rows, true, sampling), true));
    }

    private void begin(Graph wanted) {
        if (begun - awaited >= pending.size()) {
            throw new IllegalStateException("more than " + pending.size() + " steps begun and not awaited");
        }
        cuda.makeCurrent();
        Pending step = pending.get((int) (begun % pending.size()));
        cuda.enqueue(graph(wanted));
        cuda.enqueueDownload(step.best.asSlice(0, (long) Integer.BYTES * model.limits().logitsRows(
                wanted.shape().rows())), arrays.payload(model.state().best));
        cuda.record(step.event);
        begun++;
    }

    @Override
    public void await() {
        cuda.makeCurrent();
        cuda.await(pending.get((int) (awaited % pending.size())).event);
        awaited++;
    }

    private long graph(Forward.Shape shape) {
        return graph(new Graph(shape, false));
    }

    private long graph(Graph wanted) {
        Long known = graphs.get(wanted);
        if (known != null) {
            return known;
        }
        Forward.Shape shape = wanted.shape();
        long start = System.nanoTime();
        List<Launch> launches = new ArrayList<>();
        if (wanted.following()) {
            model.launchNextInput(shape, launches::add);
        }
        model.launch(shape, launches::add);
        List<Launch> unknown = launches.stream().filter(launch -> !kernels.containsKey(launch.key())).toList();
        Map<Launch.Key, String> compiled = KernelCompiler.compile(unknown);
        cuda.makeCurrent();
        compiled.forEach((key, ptx) -> kernels.put(key, loader.load(ptx, key.maxRegisters())));
        long graph = cuda.capture(() -> capture(wanted, launches));
        graphs.put(wanted, graph);
        log.accept(String.format("%s%s: %d launches of %d kernels, %d of them new, compiled in %.1f s", shape,
                wanted.following() ? " ahead" : "", launches.size(),
                launches.stream().map(Launch::key).distinct().count(), compiled.size(),
                (System.nanoTime() - start) / 1e9));
        return graph;
    }

    /** The step's input to the device, or what makes it there, and its launches. */
    private void capture(Graph graph, List<Launch> launches) {
        // What follows a copy cannot overlap with it. Neither may the input change while a later kernel reads it early.
        // And since the first launch waits for all that was before, later ones may read early what earlier steps wrote.
        int alone = 1;
        if (graph.following()) {
            alone = 2;
        } else {
            upload(model.input(), graph.shape().rows());
            if (graph.shape().sampling()) {
                upload(model.choices(), model.limits().logitsRows(graph.shape().rows()));
            }
        }
        launches.subList(0, alone).forEach(launch -> launch(launch, false));
        launches.subList(alone, launches.size()).forEach(launch -> launch(launch, overlapping));
    }

    private void upload(StepWords step, int rows) {
        cuda.enqueueUpload(arrays.payload(step.words()), step.host(rows));
    }

    private void launch(Launch launch, boolean overlap) {
        long[] parameters = frame.parameters(launch, arrays::argument);
        if (overlap) {
            cuda.launchOverlapping(kernels.get(launch.key()), launch.grid().blocks(), launch.grid().threads(),
                    parameters);
        } else {
            cuda.launch(kernels.get(launch.key()), launch.grid().blocks(), launch.grid().threads(), parameters);
        }
    }

    /**
     * Where the time of a step goes: replays all launches of a kind, and nothing else, several times.
     *
     * @param kinds  tells launches apart by their names
     * @return microseconds of the kind's launches in a step, and how many there are
     */
    Map<String, double[]> profile(Forward.Shape shape, Function<String, String> kinds) {
        cuda.makeCurrent();
        graph(shape);
        List<Launch> launches = new ArrayList<>();
        model.launch(shape, launches::add);
        Map<String, double[]> times = new LinkedHashMap<>();
        launches.stream().collect(Collectors.groupingBy(launch -> kinds.apply(launch.name()), LinkedHashMap::new,
                Collectors.toList())).forEach((kind, own) -> {
                    long graph = cuda.capture(() -> own.forEach(launch -> launch(launch, overlapping)));
                    cuda.replay(graph);
                    double best = Double.MAX_VALUE;
                    for (int i = 0; i < 5; i++) {
                        best = Math.min(best, cuda.replay(graph));
                    }
                    times.put(kind, new double[] {best, own.size()});
                    cuda.destroyGraph(graph);
                });
        return times;
    }

    /** Microseconds on the device of a whole step, as it was set last. */
    double time(Forward.Shape shape) {
        cuda.makeCurrent();
        return cuda.replay(graph(shape));
    }

    @Override
    public int best(int row) {
        return pending.get((int) ((awaited - 1) % pending.size())).best.getAtIndex(ValueLayout.JAVA_INT, row);
    }

    @Override
    public void copyLogits(int row, MemorySegment to) {
        long rowBytes = (long) model.config().vocabularySize() * Float.BYTES;
        cuda.makeCurrent();
        cuda.download(to.asSlice(0, rowBytes), arrays.payload(model.state().logits) + row * rowBytes);
    }

    @Override
    public void close() {
        cuda.makeCurrent();
        graphs.values().forEach(cuda::destroyGraph);
        cuda.close();
    }
}
