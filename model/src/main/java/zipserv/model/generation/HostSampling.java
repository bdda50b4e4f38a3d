package zipserv.model.generation;

import zipserv.model.Engine.Logits;
import zipserv.model.sampling.Choice;
import zipserv.model.sampling.RepetitionPenalty;
import zipserv.model.sampling.Sampler;

/** Chooses tokens that depend on the text so far, which engines do not know: from copies of their logits. */
final class HostSampling {

    private final Sampler sampler = new Sampler();
    private final float[] row;

    HostSampling(int vocabulary) {
        row = new float[vocabulary];
    }

    /** The token that follows a row, see {@link Sampler}. */
    int choose(Logits logits, int of, RepetitionPenalty penalty, Choice choice) {
        logits.copyRow(of, row);
        penalty.apply(row);
        return sampler.sample(row, choice);
    }
}
