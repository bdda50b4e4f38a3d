package zipserv.cli;

import com.fasterxml.jackson.core.JacksonException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** Draws measured products under the limits of the GPU. */
@Command(
        name = "roofline",
        description = {
                "Draw what bench gemm measured on the roofline of its GPU: operations per second over operations per "
                        + "byte of device memory, under the limits of memory and of the Tensor Cores.",
                "The limits are the vendor's datasheet's, and the bandwidth of a copy as measured in the same run."},
        footer = "  zipserv bench roofline gemm.json -o roofline.png")
final class BenchRooflineCommand implements Callable<Integer> {

    private final Terminal terminal;

    @Spec
    private CommandSpec command;

    @Parameters(paramLabel = "RESULTS.json", arity = "1..*",
            description = "Files written by bench gemm --json, of one GPU.")
    private List<Path> files;

    @Option(names = {"-o", "--output"}, required = true, paramLabel = "FILE",
            description = "The drawing: .svg or .png.")
    private Path output;

    BenchRooflineCommand(Terminal terminal) {
        this.terminal = terminal;
    }

    @Override
    public Integer call() throws IOException {
        if (!ChartFile.canWrite(output)) {
            throw new ParameterException(command.commandLine(), "-o is '" + output
                    + "', expected a name that ends in .svg "
                    + "or .png");
        }
        String device = null;
        double copy = 0;
        List<Roofline.Point> points = new ArrayList<>();
        for (Path file : files) {
            JsonNode root = read(file);
            if (device != null && !device.equals(root.path("device").asText())) {
                throw new CommandException(file + ": measured on " + root.path("device").asText() + ", expected "
                        + device);
            }
            device = root.path("device").asText();
            copy = Math.max(copy, root.path("copy_gb_per_s").asDouble(0));
            for (JsonNode result : root.path("results")) {
                if (result.path("n").asInt() > 0) {
                    points.add(point(result));
                }
            }
        }
        if (points.isEmpty()) {
            throw new CommandException(files.getFirst() + ": no products, nothing to draw");
        }
        Roofline roofline = new Roofline(device, copy, points);
        ChartFile.write(output, Roofline.WIDTH, Roofline.HEIGHT, roofline::paint);
        terminal.err().println(points.size() + " products drawn to " + output);
        return ExitCode.OK;
    }

    private static Roofline.Point point(JsonNode result) {
        double operations = 2.0 * result.path("m").asInt() * result.path("k").asInt() * result.path("n").asInt();
        return new Roofline.Point(result.path("kernel").asText(), operations / result.path("bytes").asLong(),
                operations / result.path("median_us").asDouble() / 1e6);
    }

    private static JsonNode read(Path file) throws IOException {
        try {
            JsonNode root = new JsonMapper().readTree(Files.readString(file));
            if (root.path("results").isArray() && root.path("device").isTextual()) {
                return root;
            }
        } catch (JacksonException e) {
            throw new CommandException(file + ": not JSON: " + e.getOriginalMessage(), e);
        }
        throw new CommandException(file + ": not a result of bench gemm --json: no 'device' and 'results'");
    }
}
