package zipserv.cli;

import picocli.CommandLine.Command;

/** The group of measuring commands. */
@Command(
        name = "bench",
        description = "Measure models, and kernels on the GPU.",
        synopsisSubcommandLabel = "WHAT",
        footer = {
                "  zipserv bench model Llama-3.1-8B.zip11 --compare uncompressed",
                "  zipserv bench gemm --shape 4096x4096 --n 1,8,32"},
        subcommands = {BenchModelCommand.class, BenchSoakCommand.class, BenchGemmCommand.class,
            BenchRooflineCommand.class})
final class BenchCommand {
}
