package zipserv.model.sampling;

/**
 * How the next token is chosen, in the terms and with the neutral values of the transformers library. The steps are
 * applied in its order: repetition penalty, temperature, top-k, top-p, min-p.
 *
 * @param temperature       divides the logits; 0 chooses the most probable token always
 * @param topK              keep the k most probable tokens and those equal to the last of them; 0 keeps all
 * @param topP              keep the most probable tokens that together reach this probability, and those equal to the
 *                          last of them; 1 keeps all
 * @param minP              keep tokens at least this probable relative to the most probable one; 0 keeps all
 * @param repetitionPenalty divides positive and multiplies negative logits of tokens in the text so far; 1 does nothing
 */
public record SamplingParameters(double temperature, int topK, double topP, double minP, double repetitionPenalty) {

    public SamplingParameters {
        check(temperature >= 0 && temperature <= 1e6, "temperature", temperature, "0 or more");
        check(topK >= 0, "top-k", topK, "0 or more");
        check(topP >= 0 && topP <= 1, "top-p", topP, "0 to 1");
        check(minP >= 0 && minP <= 1, "min-p", minP, "0 to 1");
        check(repetitionPenalty > 0 && repetitionPenalty <= 1e6, "repetition penalty", repetitionPenalty, "above 0");
    }

    /** Always the most probable token. */
    public static SamplingParameters greedy() {
        return new SamplingParameters(0, 0, 1, 0, 1);
    }

    public boolean isGreedy() {
        return temperature == 0;
    }

    public SamplingParameters withTemperature(double value) {
        return new SamplingParameters(value, topK, topP, minP, repetitionPenalty);
    }

    public SamplingParameters withTopK(int value) {
        return new SamplingParameters(temperature, value, topP, minP, repetitionPenalty);
    }

    public SamplingParameters withTopP(double value) {
        return new SamplingParameters(temperature, topK, value, minP, repetitionPenalty);
    }

    public SamplingParameters withMinP(double value) {
        return new SamplingParameters(temperature, topK, topP, value, repetitionPenalty);
    }

    public SamplingParameters withRepetitionPenalty(double value) {
        return new SamplingParameters(temperature, topK, topP, minP, value);
    }

    private static void check(boolean valid, String name, double found, String expected) {
        if (!valid) {
            throw new IllegalArgumentException(name + " is " + found + ", expected " + expected);
        }
    }
}
