package zipserv.cli;

import java.io.PrintWriter;
import java.nio.charset.StandardCharsets;

import picocli.AutoComplete.GenerateCompletion;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Help.Ansi;
import picocli.CommandLine.IFactory;
import picocli.CommandLine.Option;
import picocli.CommandLine.ScopeType;

/** The root command: the list of subcommands, and what all of them share. */
@Command(
        name = "zipserv",
        scope = ScopeType.INHERIT,
        mixinStandardHelpOptions = true,
        versionProvider = BuildInfo.class,
        sortOptions = false,
        description = "Lossless compression of BF16 language models, and text from the compressed weights.",
        exitCodeOnInvalidInput = ExitCode.USAGE,
        exitCodeOnExecutionException = ExitCode.INTERNAL_ERROR,
        synopsisSubcommandLabel = "COMMAND",
        optionListHeading = "%nOptions:%n",
        parameterListHeading = "%nArguments:%n",
        commandListHeading = "%nCommands:%n",
        exitCodeListHeading = "%nExit status:%n",
        exitCodeList = {
                "0:success",
                "1:the command failed: invalid or unreadable input, full disk, ...",
                "2:wrong usage",
                "3:verify found damage; compare-logits or bench, a difference",
                "70:internal error, a defect of this program",
                "130:interrupted by Ctrl-C"},
        footerHeading = "%nExamples:%n",
        footer = {
                "  zipserv compress Llama-3.2-1B Llama-3.2-1B.zip11",
                "  zipserv verify Llama-3.2-1B.zip11 Llama-3.2-1B",
                "  zipserv run Llama-3.2-1B.zip11 --prompt \"The three primary colours are\" -n 64",
                "  zipserv COMMAND --help"},
        subcommands = {
                CompressCommand.class,
                DecompressCommand.class,
                VerifyCommand.class,
                InspectCommand.class,
                RunCommand.class,
                ChatCommand.class,
                PerplexityCommand.class,
                SynthCommand.class,
                BenchCommand.class,
                DoctorCommand.class,
                CompareLogitsCommand.class,
                GenerateCompletion.class})
final class Zipserv {

    private static final int MIN_HELP_WIDTH = 80;
    private static final int MAX_HELP_WIDTH = 110;

    @Option(names = "--verbose", scope = ScopeType.INHERIT, order = 100,
            description = "Show the stack trace of an error, and more about what is done.")
    private boolean verbose;

    /**
     * The command line, ready to execute arguments.
     *
     * @param terminal where every command reads and writes
     */
    static CommandLine commandLine(Terminal terminal) {
        Errors errors = new Errors(terminal);
        Ansi ansi = terminal.color() ? Ansi.ON : Ansi.OFF;
        CommandLine line = new CommandLine(new Zipserv(), new Factory(terminal))
                .setOut(new PrintWriter(terminal.out(), true, StandardCharsets.UTF_8))
                .setErr(new PrintWriter(terminal.err(), true, StandardCharsets.UTF_8))
                .setColorScheme(CommandLine.Help.defaultColorScheme(ansi))
                .setUsageHelpWidth(Math.clamp(terminal.columns(), MIN_HELP_WIDTH, MAX_HELP_WIDTH))
                .setCaseInsensitiveEnumValuesAllowed(true)
                .setExpandAtFiles(false)
                .setParameterExceptionHandler(errors)
                .setExecutionExceptionHandler(errors)
                .setExecutionStrategy(parsed -> execute(parsed, errors));
        line.getSubcommands().get("generate-completion").getCommandSpec().usageMessage().hidden(false);
        return line;
    }

    /** Errors of the JVM (out of memory, above all) get their line as well. */
    private static int execute(CommandLine.ParseResult parsed, Errors errors) {
        try {
            return new CommandLine.RunLast().execute(parsed);
        } catch (CommandLine.ExecutionException failure) {
            if (failure.getCause() instanceof Error error) {
                return errors.report(error, isVerbose(failure.getCommandLine()));
            }
            throw failure;
        }
    }

    /** Whether {@code --verbose} was given, before or after the subcommand's name. */
    static boolean isVerbose(CommandLine command) {
        CommandLine root = command;
        while (root.getParent() != null) {
            root = root.getParent();
        }
        return ((Zipserv) root.getCommand()).verbose;
    }

    /** Hands the terminal to the commands that ask for it in their constructor. */
    private record Factory(Terminal terminal) implements IFactory {

        @Override
        public <K> K create(Class<K> type) throws Exception {
            for (var constructor : type.getDeclaredConstructors()) {
                if (constructor.getParameterCount() == 1 && constructor.getParameterTypes()[0] == Terminal.class) {
                    return type.cast(constructor.newInstance(terminal));
                }
            }
            return CommandLine.defaultFactory().create(type);
        }
    }
}
