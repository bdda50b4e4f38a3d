package zipserv.tornado.kernels;

import java.util.Locale;
import uk.ac.manchester.tornado.api.exceptions.TornadoOutOfMemoryException;
import zipserv.tornado.ptx.plugin.GpuDriver;

/** The GPU cannot be used, or failed. The message is one line that says what to do about it. */
public final class GpuException extends RuntimeException {

    private static final long serialVersionUID = 1L;

    private static final String COLOUR = "\u001b\\[[0-9;]*m";

    /** An error with its remedy. */
    public GpuException(String message, Throwable cause) {
        super(message, cause);
    }

    /** What a failure of TornadoVM or the driver means to the user. */
    public static GpuException of(Throwable failure) {
        String found = null;
        // The deepest cause that is known says it best; those around it often just repeat its text.
        for (Throwable cause = failure; cause != null; cause = cause.getCause()) {
            if (cause instanceof GpuException known) {
                return known;
            }
            String problem = problem(cause, cause.getMessage() == null ? "" : cause.getMessage());
            found = problem == null ? found : problem;
        }
        return found != null ? new GpuException(found, failure)
                : new GpuException("the GPU failed: " + firstLine(failure.toString())
                + "; --verbose shows where, nvidia-smi whether the GPU is well", failure);
    }

    private static String problem(Throwable cause, String message) {
        String lower = message.toLowerCase(Locale.ROOT);
        if (cause instanceof UnsatisfiedLinkError) {
            return lower.contains("libcuda")
                    ? GpuDriver.NO_DRIVER
                    : "TornadoVM's native library cannot be loaded (" + firstLine(message)
                            + "): install its SDK again with ./setup.sh build";
        }
        if (cause instanceof TornadoOutOfMemoryException || lower.contains("out of memory")
                || lower.contains("unable to allocate")) {
            return "out of device memory (" + firstLine(message)
                    + "): close other programs on the GPU (nvidia-smi lists them), or take a smaller model or batch";
        }
        if (lower.contains("ptx jit compilation failed")) {
            return "the driver cannot compile a kernel: update the NVIDIA driver to version 525 or newer";
        }
        if (lower.contains("unable to compile")
                || cause.getClass().getSimpleName().equals("TornadoBailoutRuntimeException")
                || cause.getClass().getName().startsWith("jdk.graal.compiler")) {
            return "TornadoVM cannot compile a kernel (" + firstLine(cause.toString())
                    + "): use exactly the TornadoVM and JDK versions that zipserv doctor names";
        }
        return cause instanceof ExceptionInInitializerError && cause.getCause() == null
                || lower.contains("no cuda-capable device") || lower.contains("no device")
                ? GpuDriver.NO_GPU
                : null;
    }

    /** The first line of a message, without the colours that TornadoVM puts into some. */
    private static String firstLine(String text) {
        return text.replaceAll(COLOUR, "").lines().map(String::strip).filter(line -> !line.isEmpty()).findFirst()
                .orElse("no reason given");
    }
}
