package zipserv.cli;

import java.util.Locale;

import zipserv.model.generation.GenerationOptions;
import zipserv.model.generation.GenerationResult;

/** What {@code --stats} prints. */
final class GenerationStats {

    private GenerationStats() {
    }

    static String line(GenerationResult result, GenerationOptions options) {
        GenerationResult.Statistics times = result.statistics();
        String rate = times.generatedTokens() < 2 ? ""
                : String.format(Locale.ROOT, ", %.2f tokens/s", times.generatedTokensPerSecond());
        return String.format(Locale.ROOT,
                "prompt: %d tokens in %.3f s, %.2f tokens/s; generated: %d tokens in %.3f s%s; "
                        + "end: %s; %s", times.promptTokens(), times.promptSeconds(), times.promptTokensPerSecond(),
                times.generatedTokens(), times.generatedSeconds(), rate, result.stopReason().text(),
                options.sampling().isGreedy() ? "greedy" : "seed " + options.seed());
    }
}
