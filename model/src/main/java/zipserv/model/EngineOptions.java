package zipserv.model;

import java.util.function.Consumer;

import zipserv.checkpoint.ProgressListener;

/**
 * What a user may ask of an engine.
 *
 * @param threads     CPU threads, at least 1
 * @param cacheTokens tokens that the key/value cache has to hold, of all sequences together, where an engine lays it
 *                    out when it loads the model; 0 leaves it to the engine
 * @param batch       most sequences that will be decoded in one step; 0 leaves it to the engine
 * @param log         receives a line about every choice that the engine made by itself
 * @param progress    follows the transfer of the weights to a device, in bytes as they are stored; an engine that maps
 *                    the checkpoint's files has nothing to tell. May throw to abandon the loading
 */
public record EngineOptions(int threads, int cacheTokens, int batch, Consumer<String> log, ProgressListener progress) {

    public EngineOptions {
        atLeast("threads", threads, 1);
        atLeast("cacheTokens", cacheTokens, 0);
        atLeast("batch", batch, 0);
    }

    private static void atLeast(String name, int found, int least) {
        if (found < least) {
            throw new IllegalArgumentException(name + ": found " + found + ", expected at least " + least);
        }
    }

    /** A thread per processor, the engine's own sizes, nothing logged. */
    public static EngineOptions defaults() {
        return new EngineOptions(Runtime.getRuntime().availableProcessors(), 0, 0, line -> { }, ProgressListener.NONE);
    }

    /** The same with another number of threads. */
    public EngineOptions withThreads(int number) {
        return new EngineOptions(number, cacheTokens, batch, log, progress);
    }

    /** The same with room for other numbers of tokens and sequences. */
    public EngineOptions withRoom(int tokens, int sequences) {
        return new EngineOptions(threads, tokens, sequences, log, progress);
    }

    /** The same with another receiver of log lines. */
    public EngineOptions withLog(Consumer<String> receiver) {
        return new EngineOptions(threads, cacheTokens, batch, receiver, progress);
    }

    /** The same with another listener to the loading. */
    public EngineOptions withProgress(ProgressListener listener) {
        return new EngineOptions(threads, cacheTokens, batch, log, listener);
    }
}
