package zipserv.cli;

import java.io.IOException;
import java.io.PrintStream;
import java.io.UncheckedIOException;
import java.nio.file.AccessDeniedException;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.NoSuchFileException;
import java.nio.file.NotDirectoryException;
import java.util.List;

import picocli.CommandLine;
import picocli.CommandLine.IExecutionExceptionHandler;
import picocli.CommandLine.IParameterExceptionHandler;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.ParseResult;
import picocli.CommandLine.UnmatchedArgumentException;
import uk.ac.manchester.tornado.api.exceptions.TornadoOutOfMemoryException;
import zipserv.checkpoint.CheckpointException;
import zipserv.cli.Interrupts.InterruptedCommandException;
import zipserv.codec.MalformedMatrixException;
import zipserv.model.Engine.ContextOverflowException;
import zipserv.model.ModelException;
import zipserv.throughput.CheckFailedException;
import zipserv.tornado.kernels.GpuException;

/** Says what went wrong in one line on standard error, and picks the exit status. */
final class Errors implements IParameterExceptionHandler, IExecutionExceptionHandler {

    private final Terminal terminal;

    Errors(Terminal terminal) {
        this.terminal = terminal;
    }

    @Override
    public int handleParseException(ParameterException failure, String[] arguments) {
        CommandLine command = failure.getCommandLine();
        // Picocli begins some of its messages, but not all, with "Error: ".
        String message = failure instanceof UnmatchedArgumentException unmatched
                ? describe(unmatched, command.getParent() == null)
                : failure.getMessage().replaceFirst("^Error: ", "");
        print(message + " (see '" + command.getCommandSpec().qualifiedName() + " --help')");
        return ExitCode.USAGE;
    }

    private static String describe(UnmatchedArgumentException failure, boolean atRoot) {
        String first = failure.getUnmatched().getFirst();
        String kind = first.startsWith("-") ? "option" : atRoot ? "command" : "argument";
        List<String> suggestions = failure.getSuggestions();
        return "Unknown " + kind + ": '" + first + "'"
                + (suggestions.isEmpty() ? "" : "; did you mean " + suggestions.getFirst() + "?");
    }

    @Override
    public int handleExecutionException(Exception failure, CommandLine command, ParseResult arguments) {
        return report(failure, Zipserv.isVerbose(command));
    }

    /** Reports any failure of a command and returns the exit status that goes with it. */
    int report(Throwable failure, boolean verbose) {
        if (failure instanceof InterruptedCommandException) {
            terminal.err().println("zipserv: interrupted");
            return ExitCode.INTERRUPTED;
        }
        if (failure instanceof CheckFailedException) {
            print(failure.getMessage());
            return ExitCode.MISMATCH;
        }
        String message = explain(failure);
        if (message != null) {
            print(message);
        } else {
            print("internal error: " + failure + (verbose ? "" : " (--verbose shows where)"));
        }
        if (verbose) {
            failure.printStackTrace(terminal.err());
        }
        return message != null ? ExitCode.FAILED : ExitCode.INTERNAL_ERROR;
    }

    /** The line for a failure that a user can cause, or null for one that only a defect can. */
    private static String explain(Throwable failure) {
        return switch (failure) {
            case CommandException e -> e.getMessage();
            case CheckpointException e -> e.getMessage();
            case ModelException e -> e.getMessage();
            case GpuException e -> e.getMessage();
            case TornadoOutOfMemoryException e -> GpuException.of(e).getMessage();
            case MalformedMatrixException e -> e.getMessage();
            case ContextOverflowException e -> e.getMessage();
            case UncheckedIOException e -> explain(e.getCause());
            case NoSuchFileException e -> e.getFile() + ": no such file or directory";
            case AccessDeniedException e -> e.getFile() + ": permission denied";
            case FileAlreadyExistsException e -> e.getFile() + ": exists already";
            case NotDirectoryException e -> e.getFile() + ": not a directory";
            case IOException e -> e.getMessage() == null ? e.toString() : e.getMessage();
            case OutOfMemoryError e -> "out of memory (" + e.getMessage()
                    + "); give the JVM more with ZIPSERV_JAVA_OPTS=-Xmx8g, for example";
            default -> null;
        };
    }

    /** Prints one line. */
    void print(String message) {
        PrintStream err = terminal.err();
        err.println("zipserv: " + terminal.red("error:") + " " + message.strip().replaceAll("\\s*\\R\\s*", " "));
        err.flush();
    }
}
