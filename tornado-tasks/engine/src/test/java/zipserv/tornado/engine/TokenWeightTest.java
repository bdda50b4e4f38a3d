package zipserv.tornado.engine;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;
import uk.ac.manchester.tornado.api.KernelContext;
import uk.ac.manchester.tornado.api.types.arrays.IntArray;
import zipserv.model.sampling.Choice;
import zipserv.model.sampling.SamplingParameters;
import zipserv.model.sampling.SplitMix64;
import zipserv.model.sampling.Weights;
import zipserv.tornado.cuda.LaunchRunner;
import zipserv.tornado.kernels.HostArrays;
import zipserv.tornado.kernels.Launch;
import zipserv.tornado.kernels.Launch.Grid;
import zipserv.tornado.kernels.Launches;
import zipserv.tornado.ptx.PtxBits;
import zipserv.tornado.ptx.PtxDouble;

/** Weights, keys and random numbers on the device are the host's, bit for bit: tokens alone would rarely show it. */
class TokenWeightTest {

    private static final int THREADS = 128;
    private static final int COUNT = 64 * THREADS;
    /** Of a thread: the logit, the largest, the scale and a state; and the weight, a random number, key and logit. */
    private static final int WORDS = 6;

    static void compute(KernelContext context, IntArray in, IntArray out, int words) {
        int at = context.globalIdx * words;
        float logit = PtxBits.asFloat(in.get(at));
        double scale = PtxDouble.ofBits(StepChoices.load(in, at + 2));
        StepChoices.store(out, at, TokenWeight.of(logit, PtxBits.asFloat(in.get(at + 1)), scale));
        StepChoices.store(out, at + 2, SplitMix64.number(StepChoices.load(in, at + 4)));
        int key = TokenWeight.key(logit);
        out.set(at + 4, key);
        out.set(at + 5, PtxBits.asInt(TokenWeight.logit(key)));
    }

    private static long wide(IntArray words, int at) {
        return (long) words.get(at + 1) << 32 | words.get(at) & 0xFFFF_FFFFL;
    }

    @Test
    void areTheHosts() {
        Random random = new Random(8);
        double[] temperatures = {1, 0.7, 0.1, 1.9, 1e-300, 1e6};
        IntArray in = HostArrays.ints(WORDS * COUNT);
        IntArray out = HostArrays.ints(WORDS * COUNT);
        for (int i = 0; i < COUNT; i++) {
            float most = (float) random.nextGaussian() * 10;
            float logit = switch (random.nextInt(8)) {
                case 0 -> most;
                case 1 -> Math.nextDown(most);
                case 2 -> -Float.MAX_VALUE;
                case 3 -> Math.min(most, Float.MIN_VALUE * random.nextInt(9) - 4 * Float.MIN_VALUE);
                case 4 -> Math.min(most, random.nextBoolean() ? 0f : -0f);
                default -> most - 30 * random.nextFloat();
            };
            Choice choice = new Choice(SamplingParameters.greedy().withTemperature(
                    temperatures[random.nextInt(temperatures.length)]), random.nextLong(), i);
            in.set(WORDS * i, Float.floatToRawIntBits(logit));
            in.set(WORDS * i + 1, Float.floatToRawIntBits(most));
            StepChoices.store(in, WORDS * i + 2, Double.doubleToRawLongBits(choice.scale()));
            StepChoices.store(in, WORDS * i + 4, choice.randomState());
        }
        List<Launch> launches = new ArrayList<>();
        Launches list = launches::add;
        list.add("compute", Grid.of(COUNT / THREADS, THREADS), TokenWeightTest::compute, new KernelContext(), in, out,
                WORDS);
        LaunchRunner.run(launches);
        int positive = 0;
        for (int i = 0; i < COUNT; i++) {
            float logit = Float.intBitsToFloat(in.get(WORDS * i));
            float most = Float.intBitsToFloat(in.get(WORDS * i + 1));
            double scale = Double.longBitsToDouble(wide(in, WORDS * i + 2));
            long weight = Weights.weigh(((double) logit - most) * scale);
            assertEquals(weight, wide(out, WORDS * i), logit + " of " + most + ", scale " + scale);
            assertEquals(SplitMix64.number(wide(in, WORDS * i + 4)), wide(out, WORDS * i + 2));
            assertEquals(logit, Float.intBitsToFloat(out.get(WORDS * i + 5)));
            assertEquals(logit > most, Integer.compareUnsigned(out.get(WORDS * i + 4), TokenWeight.key(most)) < 0);
            positive += weight > 0 ? 1 : 0;
        }
        assertTrue(positive > COUNT / 4, positive + " weights");
    }
}
