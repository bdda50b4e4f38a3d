package zipserv.cli;

import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.concurrent.ThreadLocalRandom;

import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;
import zipserv.model.generation.GenerationOptions;
import zipserv.model.sampling.GenerationConfig;
import zipserv.model.sampling.SamplingParameters;

/** How {@code run} and {@code chat} choose tokens. What is not given comes from the model's generation_config.json. */
final class SamplingMixin {

    static final int RUN_TOKENS = 128;
    static final int CHAT_TOKENS = 512;

    /** Seeds that are drawn here are short enough to be typed again. */
    private static final int DRAWN_SEEDS = 1_000_000;

    @Spec(Spec.Target.MIXEE)
    private CommandSpec command;

    @Option(names = {"-n", "--tokens"}, paramLabel = "N",
            description = "Generate at most this many tokens (default: " + RUN_TOKENS + " to continue a text, "
                    + CHAT_TOKENS + " per answer in a chat).")
    private Integer tokens;

    @Option(names = {"--temperature", "--temp"}, paramLabel = "T",
            description = "0 always takes the most probable token; higher is more random.")
    private Double temperature;

    @Option(names = "--top-k", paramLabel = "K", description = "Only the K most probable tokens; 0 for all.")
    private Integer topK;

    @Option(names = "--top-p", paramLabel = "P", description = "Only the most probable tokens that make up P together.")
    private Double topP;

    @Option(names = "--min-p", paramLabel = "P", description = "Only tokens with P times the highest probability.")
    private Double minP;

    @Option(names = "--repetition-penalty", paramLabel = "R",
            description = "Make tokens of the text so far less probable.")
    private Double repetitionPenalty;

    @Option(names = "--seed", paramLabel = "N", description = "Seed of the random choices (default: another each time; "
            + "--stats shows it).")
    private Long seed;

    @Option(names = "--stop", paramLabel = "TEXT", description = "End before this text; may be given several times.")
    private List<String> stopStrings = new ArrayList<>();

    @Option(names = "--ignore-eos", description = "Go on after the model's end tokens.")
    private boolean ignoreEnd;

    /** The options, completed with the model's own and a number of tokens. */
    GenerationOptions complete(GenerationConfig model, int defaultTokens) {
        if (tokens != null && tokens < 1) {
            throw new ParameterException(command.commandLine(), "--tokens is " + tokens + ", expected at least 1");
        }
        try {
            SamplingParameters own = model.sampling();
            SamplingParameters sampling = new SamplingParameters(
                    temperature == null ? own.temperature() : temperature,
                    topK == null ? own.topK() : topK,
                    topP == null ? own.topP() : topP,
                    minP == null ? own.minP() : minP,
                    repetitionPenalty == null ? own.repetitionPenalty() : repetitionPenalty);
            return new GenerationOptions(tokens == null ? defaultTokens : tokens, sampling,
                    seed == null ? ThreadLocalRandom.current().nextInt(DRAWN_SEEDS) : seed,
                    ignoreEnd ? Set.of() : model.stopTokens(), stopStrings);
        } catch (IllegalArgumentException e) {
            throw new ParameterException(command.commandLine(), e.getMessage());
        }
    }
}
