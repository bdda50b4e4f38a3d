package zipserv.cli;

import sun.misc.Signal;
import sun.misc.SignalHandler;

/**
 * Ctrl-C while a model is at work. The first one asks the work to end, so that results so far are printed and device
 * memory is given back; a second one ends the program at once. Elsewhere Ctrl-C does what the JVM makes of it.
 *
 * <p>The JDK offers nothing else than {@code sun.misc.Signal} for this; a terminal library would call just that.
 */
final class Interrupts implements AutoCloseable {

    private static final Signal SIGNAL = new Signal("INT");

    private final Runnable action;
    private final SignalHandler previous;
    private volatile boolean requested;

    /** For work that calls {@link #check} now and then. */
    Interrupts() {
        this(() -> { });
    }

    /** @param action asks the work to end; called on another thread */
    Interrupts(Runnable action) {
        this.action = action;
        this.previous = install(signal -> interrupt());
    }

    /** The handler there was, or null where the JVM was told to leave signals alone (-Xrs). */
    private static SignalHandler install(SignalHandler handler) {
        try {
            return Signal.handle(SIGNAL, handler);
        } catch (IllegalArgumentException e) {
            return null;
        }
    }

    private void interrupt() {
        if (requested) {
            Runtime.getRuntime().halt(ExitCode.INTERRUPTED);
        }
        requested = true;
        action.run();
    }

    /** Whether Ctrl-C was pressed. */
    boolean isRequested() {
        return requested;
    }

    /** @throws InterruptedCommandException after Ctrl-C */
    void check() {
        if (requested) {
            throw new InterruptedCommandException();
        }
    }

    @Override
    public void close() {
        if (previous != null) {
            install(previous);
        }
    }

    /** Somebody pressed Ctrl-C, and the command has ended its work. */
    static final class InterruptedCommandException extends RuntimeException {

        private static final long serialVersionUID = 1L;

        InterruptedCommandException() {
            super("interrupted");
        }
    }
}
