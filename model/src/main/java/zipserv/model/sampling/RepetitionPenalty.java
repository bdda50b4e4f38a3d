package zipserv.model.sampling;

import java.util.BitSet;

/** Makes the tokens of one text less probable: divides their logits where positive, and multiplies where negative. */
public final class RepetitionPenalty {

    private final float penalty;
    private final BitSet seen = new BitSet();

    /** @param penalty 1 changes nothing */
    public RepetitionPenalty(double penalty) {
        this.penalty = (float) penalty;
    }

    /** Whether it changes nothing, so that logits need not be looked at one by one. */
    public boolean isNeutral() {
        return penalty == 1;
    }

    /** Adds a token to the text; a second time changes nothing. */
    public void accept(int token) {
        seen.set(token);
    }

    /** Changes the logits, one per token of the vocabulary. */
    public void apply(float[] logits) {
        if (isNeutral()) {
            return;
        }
        for (int token = seen.nextSetBit(0); token >= 0 && token < logits.length; token = seen.nextSetBit(token + 1)) {
            logits[token] = logits[token] < 0 ? logits[token] * penalty : logits[token] / penalty;
        }
    }
}
