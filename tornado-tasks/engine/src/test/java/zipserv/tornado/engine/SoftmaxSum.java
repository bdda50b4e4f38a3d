package zipserv.tornado.engine;

import java.util.Arrays;

/** What attention is, in double precision. */
final class SoftmaxSum {

    private SoftmaxSum() {
    }

    /** An element of the value at a position. */
    @FunctionalInterface
    interface Values {
        double at(int position, int element);
    }

    /** The sum of values, of so many elements, each times the softmax of its score. */
    static double[] of(double[] scores, int elements, Values values) {
        double largest = Arrays.stream(scores).max().orElseThrow();
        double total = 0;
        double[] sum = new double[elements];
        for (int position = 0; position < scores.length; position++) {
            double weight = Math.exp(scores[position] - largest);
            total += weight;
            for (int i = 0; i < elements; i++) {
                sum[i] += weight * values.at(position, i);
            }
        }
        for (int i = 0; i < elements; i++) {
            sum[i] /= total;
        }
        return sum;
    }
}
