package zipserv.tornado.bench;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.lang.foreign.Arena;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import zipserv.codec.Codecs;
import zipserv.codec.WeightFormat;

class SyntheticWeightsTest {

    /** Also that scaled elements make no other window better. */
    @ParameterizedTest
    @ValueSource(doubles = {0.6, 0.9, 0.975, 0.99, 1})
    void exactlyThatPartLiesInTheBestWindow(double coverage) {
        short[] drawn = SyntheticWeights.draw(coverage);
        assertEquals(Math.round(coverage * drawn.length), SyntheticWeights.covered(drawn,
                SyntheticWeights.window(drawn)));
    }

    @Test
    void aMatrixHasTheCoverage() {
        try (Arena arena = Arena.ofShared()) {
            double bits = Codecs.of(WeightFormat.FRAG11)
                    .encode(SyntheticWeights.gaussian(512, 1024, SyntheticWeights.COVERAGE, arena), arena,
                    1).bitsPerWeight();
            assertTrue(bits > 11.3 && bits < 11.5, () -> bits + " bits per weight at 97.5 % coverage");
        }
    }

    @Test
    void refusesWhatIsNoCoverage() {
        for (double coverage : new double[] {0.5, 1.01, Double.NaN}) {
            assertThrows(IllegalArgumentException.class, () -> SyntheticWeights.draw(coverage));
        }
    }
}
