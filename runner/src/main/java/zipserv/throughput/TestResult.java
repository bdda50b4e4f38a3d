package zipserv.throughput;

import java.util.Arrays;
import java.util.List;

/**
 * What a test gave.
 *
 * @param test            what was measured
 * @param tokensPerSecond of each repetition, all sequences together
 * @param answers         greedy tokens per sequence: those generated, or the one that follows a prompt
 */
public record TestResult(ModelTest test, List<Double> tokensPerSecond, List<List<Integer>> answers) {

    public TestResult {
        tokensPerSecond = List.copyOf(tokensPerSecond);
        answers = List.copyOf(answers);
    }

    /** Mean of the repetitions. */
    public double mean() {
        return tokensPerSecond.stream().mapToDouble(Double::doubleValue).average().orElseThrow();
    }

    /** Sample standard deviation of the repetitions; 0 for one. */
    public double deviation() {
        double mean = mean();
        int n = tokensPerSecond.size();
        double squares = tokensPerSecond.stream().mapToDouble(rate -> (rate - mean) * (rate - mean)).sum();
        return n < 2 ? 0 : Math.sqrt(squares / (n - 1));
    }

    /** The first sequence and token in which answers differ, as text; empty if they are equal. */
    static String difference(List<List<Integer>> expected, List<List<Integer>> found) {
        for (int sequence = 0; sequence < expected.size(); sequence++) {
            int[] a = expected.get(sequence).stream().mapToInt(Integer::intValue).toArray();
            int[] b = found.get(sequence).stream().mapToInt(Integer::intValue).toArray();
            int at = Arrays.mismatch(a, b);
            if (at >= 0) {
                return "sequence " + sequence + ", token " + at + ": " + (at < a.length ? a[at] : "none") + " and "
                        + (at < b.length ? b[at] : "none");
            }
        }
        return "";
    }

    /** Where another result of the same test has other tokens; empty if all are equal. */
    public String difference(TestResult other) {
        return difference(answers, other.answers);
    }
}
