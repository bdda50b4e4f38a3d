package zipserv.cli;

/** What a command's exit status tells; the list in {@code --help} and in the documentation says the same. */
final class ExitCode {

    /** Done. */
    static final int OK = 0;
    /** The command failed: an input that cannot be read or is not valid, a full disk, an unsupported model, ... */
    static final int FAILED = 1;
    /** The command line is wrong: an unknown option, a missing argument, a value out of range. */
    static final int USAGE = 2;
    /**
     * A comparison came out negative: {@code verify} found damage; {@code compare-logits} or {@code bench}, a
     * difference.
     */
    static final int MISMATCH = 3;
    /** A defect of this program. */
    static final int INTERNAL_ERROR = 70;
    /** Ended by Ctrl-C: 128 + SIGINT, as the JVM and the shell have it. */
    static final int INTERRUPTED = 130;

    private ExitCode() {
    }
}
