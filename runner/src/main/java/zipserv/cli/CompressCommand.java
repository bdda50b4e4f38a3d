package zipserv.cli;

import java.nio.file.Path;
import java.util.Arrays;
import java.util.Iterator;
import java.util.Locale;
import java.util.concurrent.Callable;
import java.util.stream.Stream;

import picocli.CommandLine.Command;
import picocli.CommandLine.ITypeConverter;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.TypeConversionException;
import zipserv.checkpoint.CheckpointCompressor;
import zipserv.checkpoint.CheckpointReport;
import zipserv.checkpoint.CompressionOptions;
import zipserv.codec.WeightFormat;

/** Compresses a checkpoint. */
@Command(
        name = "compress",
        description = {
                "Compress a checkpoint in Hugging Face layout without loss.",
                "Every file of the folder comes along; decompress gives all of them back byte for byte. The source is "
                        + "only read, and the target appears complete or not at all."},
        footer = {
                "  zipserv compress Llama-3.2-1B Llama-3.2-1B.zip11",
                "  zipserv compress --threads 4 Mistral-7B-v0.3 /models/Mistral-7B-v0.3.zip11"})
final class CompressCommand implements Callable<Integer> {

    private final Terminal terminal;

    @Parameters(index = "0", paramLabel = "SOURCE", description = "Folder of a checkpoint, single file or sharded.")
    private Path source;

    @Parameters(index = "1", paramLabel = "TARGET", description = "Folder to write; must not exist.")
    private Path target;

    @Option(names = "--format", paramLabel = "FORMAT", defaultValue = FormatName.AUTO, converter = FormatName.class,
            completionCandidates = FormatName.class,
            description = "Format of the compressed matrices: ${COMPLETION-CANDIDATES} (default: ${DEFAULT-VALUE}, "
                    + "the one that GPUs multiply fastest from, which is frag11 on all known ones).")
    private WeightFormat format;

    @Option(names = "--min-elements", paramLabel = "N", defaultValue = "" + CompressionOptions.DEFAULT_MIN_ELEMENTS,
            description = "Store smaller matrices as they are (default: ${DEFAULT-VALUE}).")
    private long minElements;

    @Mixin
    private ThreadsOption threads;

    CompressCommand(Terminal terminal) {
        this.terminal = terminal;
    }

    @Override
    public Integer call() {
        CompressionOptions options = CompressionOptions.DEFAULT.withFormat(format).withMinElements(minElements)
                .withThreads(threads.value());
        try (Progress progress = new Progress(terminal, "compress")) {
            CheckpointReport report = new CheckpointCompressor(options, progress).compress(source, target);
            report.removedLeftovers().forEach(path ->
                    terminal.err().println("removed " + path + ", which an interrupted run had left"));
            terminal.err().println("compressed " + progress.summary());
            terminal.out().println("%s: %d files, %d tensors, %s -> %s (%s %%)".formatted(target, report.files(),
                    report.tensors(), Quantities.bytes(report.originalBytes()),
                    Quantities.bytes(report.compressedBytes()), String.format(Locale.ROOT, "%.2f",
                            100.0 * report.compressedBytes() / Math.max(1, report.originalBytes()))));
        }
        return ExitCode.OK;
    }

    /** Formats by the names that checkpoints record, and one that leaves the choice to {@link GpuClass}. */
    static final class FormatName implements ITypeConverter<WeightFormat>, Iterable<String> {

        static final String AUTO = "auto";

        @Override
        public WeightFormat convert(String id) {
            if (id.equals(AUTO)) {
                return GpuClass.bestOfMost();
            }
            return WeightFormat.of(id)
                    .orElseThrow(() -> new TypeConversionException("'" + id + "' is no format, expected one of "
                            + String.join(", ", this)));
        }

        @Override
        public Iterator<String> iterator() {
            return Stream.concat(Stream.of(AUTO),
                    Arrays.stream(WeightFormat.values()).map(WeightFormat::id)).iterator();
        }
    }
}
