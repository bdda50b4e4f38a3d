package zipserv.model.sampling;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import org.junit.jupiter.api.Test;

class RepetitionPenaltyTest {

    @Test
    void countsEachTokenOnce() {
        RepetitionPenalty penalty = new RepetitionPenalty(2);
        penalty.accept(0);
        penalty.accept(0);
        penalty.accept(1);
        penalty.accept(1_000_000);
        float[] logits = {6, -1, 2.5f, 0};
        penalty.apply(logits);
        assertArrayEquals(new float[] {3, -2, 2.5f, 0}, logits);
        assertFalse(penalty.isNeutral());
    }

    @Test
    void oneChangesNothing() {
        RepetitionPenalty penalty = new RepetitionPenalty(1);
        penalty.accept(0);
        float[] logits = {6, -1};
        penalty.apply(logits);
        assertArrayEquals(new float[] {6, -1}, logits);
        assertTrue(penalty.isNeutral());
    }
}
