package zipserv.throughput;

/** Something that had to be equal is not: tokens, or memory taken. The message is one line that says what and where. */
public final class CheckFailedException extends RuntimeException {

    private static final long serialVersionUID = 1L;

    public CheckFailedException(String message) {
        super(message);
    }
}
