package zipserv.cli;

import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import zipserv.tornado.bench.GemmCase.Kernel;
import zipserv.tornado.bench.GemmReport;
import zipserv.tornado.bench.GemmResult;

/** Measurements of kernels as JSON. */
final class GemmJson {

    private GemmJson() {
    }

    static String of(GemmReport report) {
        ObjectNode root = new JsonMapper().createObjectNode();
        root.put("device", report.device());
        root.put("driver", report.driver());
        root.put("java", BuildInfo.java());
        root.put("coverage", report.coverage());
        root.put("output", report.output());
        root.put("copy_gb_per_s", report.copyGigabytesPerSecond());
        var results = root.putArray("results");
        report.results().forEach(r -> result(report, r, results.addObject()));
        ObjectNode overheads = root.putObject("tornadovm");
        report.tornado().forEach((product, timing) -> overheads.putObject(product)
                .put("cuda_graph_execute_us", timing.graphExecute()).put("cuda_graph_launch_us", timing.graphLaunch())
                .put("execute_us", timing.plainExecute()).put("launch_us", timing.plainLaunch())
                .put("profiled_kernel_us", timing.profiledKernel()));
        ObjectNode means = root.putObject("geometric_means");
        for (Kernel kernel : GemmTable.SUMMED_UP) {
            GemmTable.BATCHES.forEach((name, which) -> report.summary(kernel, Kernel.CUBLAS, which)
                    .ifPresent(s -> means.putObject(kernel.id() + " vs cublas, N " + name).put("cells", s.cells())
                            .put("geometric_mean", s.geometricMean()).put("smallest", s.smallest())));
        }
        return root.toPrettyString();
    }

    private static void result(GemmReport report, GemmResult r, ObjectNode node) {
        node.put("kernel", r.kernel()).put("m", r.m()).put("k", r.k()).put("n", r.n()).put("plan", r.plan());
        node.put("bits_per_weight", r.bitsPerWeight());
        node.put("median_us", r.micros().median()).put("min_us", r.micros().min()).put("max_us", r.micros().max());
        node.put("bytes", r.bytes()).put("gb_per_s", r.gigabytesPerSecond()).put("tflop_per_s", r.teraflops());
        node.put("registers", r.registers()).put("local_bytes", r.localBytes()).put("check", r.check());
        report.speedAgainst(Kernel.RAW, r).ifPresent(ratio -> node.put("speed_vs_raw", ratio));
        report.speedAgainst(Kernel.CUBLAS, r).ifPresent(ratio -> node.put("speed_vs_cublas", ratio));
        report.partOfCopy(r).ifPresent(part -> node.put("part_of_copy", part));
    }
}
