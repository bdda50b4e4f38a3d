package zipserv.cli;

import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.Callable;
import java.util.function.Function;
import java.util.stream.Collectors;
import picocli.CommandLine.ArgGroup;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;
import zipserv.tornado.bench.GemmCase.Kernel;
import zipserv.tornado.bench.GemmReport;
import zipserv.tornado.bench.GemmSuite;
import zipserv.tornado.bench.GemmSuite.Tuning;
import zipserv.tornado.kernels.KernelVersion;
import zipserv.tornado.kernels.ProductPlan;
import zipserv.tornado.tuning.PlanBook;
import zipserv.tornado.tuning.PlanFile;

/** Measures the matrix products of one layer after the other. */
@Command(
        name = "gemm",
        description = {
                "Time the GPU kernels on matrices of given shapes, with synthetic Gaussian weights: the fused products "
                        + "from frag11 and from TCA-TBE, the same kernel from raw BF16 (their uncompressed twin), a "
                        + "plain row-major kernel, decompression, the prefill GEMM, and cuBLASLt (best of its "
                        + "heuristics) as the baseline.",
                "TornadoVM compiles every kernel; its PTX is replayed from a CUDA graph, like cuBLAS, over copies of "
                        + "the weights that exceed the L2 cache several times. Times are per launch, and what the "
                        + "timed launches computed is checked: fused products against float64 and, bit for bit, "
                        + "against their twin. Ratios say how many times faster than another kernel. --tornado also "
                        + "times TornadoVM's own execute()."},
        footer = {
                "  zipserv bench gemm --shape llama --n 1,8,16,32 --json gemm.json",
                "  zipserv bench gemm --shape 4096x4096 --format frag11,raw --plan 1x8/1,2x4/1"})
final class BenchGemmCommand implements Callable<Integer> {

    /** The products of Llama-3.1-8B and 70B that the two formats are judged by: weight rows and columns. */
    private static final Map<String, List<String>> SHAPES = Map.of(
            "llama-8b", List.of("4096x4096", "6144x4096", "28672x4096", "4096x14336"),
            "llama-70b", List.of("8192x8192", "10240x8192", "57344x8192", "8192x28672"),
            "llama", List.of("4096x4096", "6144x4096", "28672x4096", "4096x14336", "8192x8192", "10240x8192",
                    "57344x8192",
                    "8192x28672"));

    private final Terminal terminal;

    @Spec
    private CommandSpec command;

    @Option(names = {"--shape", "--shapes"}, split = ",", paramLabel = "MxK", defaultValue = "llama-8b",
            description = "Weight rows (output features) x columns, or the layers of a model: llama-8b, llama-70b, or "
                    + "llama for both. Default: ${DEFAULT-VALUE}.")
    private List<String> shapes;

    @Option(names = "--n", split = ",", paramLabel = "N", defaultValue = "1,8,16,32,64,128",
            description = "Activation rows (batch). Default: ${DEFAULT-VALUE}.")
    private List<Integer> batches;

    @Option(names = "--format", split = ",", paramLabel = "NAME", defaultValue = "frag11,tca-tbe,raw,decompress,cublas",
            description = "What to time: frag11, tca-tbe, raw, row-major, cublas; decompress for both decompressions; "
                    + "prefill for the GEMM of decompressed weights, unfused for it and each decompression together. "
                    + "Default: ${DEFAULT-VALUE}.")
    private List<String> formats;

    @Option(names = "--plan", split = ",", paramLabel = "PLAN",
            description = "Strips per block, warps per strip and splits and, for frag11, 2 row blocks of 16 rows a "
                    + "warp, such as 1x8/2*2; or, for warpgroups on an H100, H200 or GH200, their number in a block, "
                    + "splits, and groups of 64 rows that are not split, such as w2/3 or w2/2+396; several to compare "
                    + "them. Default: what was tuned, else the built-in rule's.")
    private List<String> plans = List.of();

    @ArgGroup
    private PlanChoice choice = new PlanChoice();

    @Option(names = "--plan-file", paramLabel = "FILE",
            description = "Keeps tuned plans. Default: zipserv/gemm-plans.json in $XDG_CACHE_HOME or ~/.cache.")
    private Path planFile = PlanFile.usual();

    @Option(names = "--coverage", paramLabel = "P", defaultValue = "97.5",
            description = "Percentage of the weights within the best window of eight exponents, frag11's; the others "
                    + "are its escapes. Default: ${DEFAULT-VALUE}.")
    private double coverage;

    @Option(names = "--output", paramLabel = "TYPE", defaultValue = "bf16",
            description = "Products in bf16, as cuBLAS's, or fp32. Default: ${DEFAULT-VALUE}.")
    private String output;

    @Option(names = "--cublas", paramLabel = "FILE", description = "libcublasLt.so; else the system's.")
    private String cublas;

    @Option(names = "--ptx", paramLabel = "FOLDER", description = "Keep the PTX of every kernel there.")
    private Path ptx;

    @Option(names = "--tornado", description = "Also measure what TornadoVM adds per launch and per execute().")
    private boolean tornado;

    @Option(names = "--overlap", description = "Let launches of these kernels begin before their predecessors have "
            + "ended, as the engine does (not cuBLAS's).")
    private boolean overlap;

    @Option(names = "--json", paramLabel = "FILE", description = "Also write the results as JSON.")
    private Path json;

    /** What becomes of tuned plans. */
    private static final class PlanChoice {

        @Option(names = "--tune",
                description = "First find the fastest plan of every product of --shape and --n on this GPU, and keep "
                        + "them for later runs: for the first of frag11, tca-tbe and raw that is timed. The other "
                        + "formats add in the same order, so that results stay bit-identical.")
        private boolean tune;

        @Option(names = "--untuned", description = "Ignore tuned plans.")
        private boolean untuned;

        @Option(names = "--plans", description = "Only print the tuned plans.")
        private boolean print;
    }

    BenchGemmCommand(Terminal terminal) {
        this.terminal = terminal;
    }

    @Override
    public Integer call() throws IOException {
        PlanFile file = new PlanFile(planFile, line -> terminal.err().println("zipserv: warning: " + line));
        if (choice.print) {
            plans(file).forEach(terminal.out()::println);
            return ExitCode.OK;
        }
        Tuning tuning = choice.tune ? Tuning.TUNE : choice.untuned ? Tuning.NONE : Tuning.USE;
        List<String> named = shapes.stream().flatMap(name -> SHAPES.getOrDefault(name, List.of(name))
                .stream()).toList();
        GemmSuite.Options options = new GemmSuite.Options(parse(named, BenchGemmCommand::shape, "--shape"),
                positive(batches),
                parse(formats, BenchGemmCommand::kernels, "--format").stream()
                        .flatMap(List::stream).distinct().toList(),
                parse(plans, ProductPlan::parse, "--plan"), file, tuning, coverage(), isBf16(),
                Optional.ofNullable(cublas), Optional.ofNullable(ptx), tornado, overlap);
        GemmReport report = GemmSuite.run(options, terminal.err()::println);
        GemmTable.of(report).forEach(terminal.out()::println);
        if (json != null) {
            CompleteFile.write(json, GemmJson.of(report) + "\n");
        }
        return report.isCorrect() ? ExitCode.OK : ExitCode.MISMATCH;
    }

    private static List<String> plans(PlanFile file) {
        List<String> lines = new ArrayList<>();
        file.loadAll().forEach((target, book) -> {
            lines.add(target.gpu() + ", driver " + target.driver() + ", kernels " + target.kernels()
                    + (target.kernels().equals(KernelVersion.CURRENT) ? "" : " (not these)"));
            for (PlanBook.Entry entry : book.entries()) {
                lines.add(String.format(Locale.ROOT, "  %-8s %-11s N %3d  %-10s %9.2f us", entry.format().id(),
                        entry.rows() + "x" + entry.columns(), entry.batch(), entry.plan(), entry.micros()));
            }
        });
        return lines.isEmpty() ? List.of("no tuned plans in " + file.path()) : lines;
    }

    private double coverage() {
        if (!(coverage > 50 && coverage <= 100)) {
            throw new ParameterException(command.commandLine(), "--coverage is " + coverage
                    + ", expected more than 50 and at most 100");
        }
        return coverage / 100;
    }

    private boolean isBf16() {
        if (!output.equals("bf16") && !output.equals("fp32")) {
            throw new ParameterException(command.commandLine(), "--output is '" + output + "', expected bf16 or fp32");
        }
        return output.equals("bf16");
    }

    private List<Integer> positive(List<Integer> values) {
        if (values.stream().anyMatch(n -> n < 1)) {
            throw new ParameterException(command.commandLine(), "--n is " + values + ", expected numbers from 1");
        }
        return values;
    }

    private <T> List<T> parse(List<String> texts, Function<String, T> parser, String option) {
        List<T> values = new ArrayList<>();
        for (String text : texts) {
            try {
                values.add(parser.apply(text.strip()));
            } catch (IllegalArgumentException e) {
                throw new ParameterException(command.commandLine(), option + " is '" + text + "': " + e.getMessage(),
                        e);
            }
        }
        return values;
    }

    private static int[] shape(String text) {
        if (!text.matches("\\d{1,7}x\\d{1,7}")) {
            throw new IllegalArgumentException("expected two numbers such as 4096x4096, or llama-8b, llama-70b or "
                    + "llama");
        }
        int[] shape = Arrays.stream(text.split("x")).mapToInt(Integer::parseInt).toArray();
        if (shape[0] < 1 || shape[1] < 8 || shape[1] % 8 != 0 || (long) shape[0] * shape[1] > 1L << 30) {
            throw new IllegalArgumentException("expected at least one row, columns in multiples of 8, and at most 2^30 "
                    + "weights");
        }
        return shape;
    }

    private static List<Kernel> kernels(String id) {
        if (id.equals("decompress")) {
            return Arrays.stream(Kernel.values()).filter(Kernel::isDecompression).toList();
        }
        if (id.equals("unfused")) {
            return List.of(Kernel.FRAG11_UNFUSED, Kernel.TCA_TBE_UNFUSED);
        }
        return List.of(Arrays.stream(Kernel.values()).filter(kernel -> kernel.id().equals(id)).findFirst()
                .orElseThrow(() -> new IllegalArgumentException("expected decompress, unfused or one of "
                        + Arrays.stream(Kernel.values()).map(Kernel::id).collect(Collectors.joining(", ")))));
    }
}
