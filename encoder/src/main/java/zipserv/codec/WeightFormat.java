package zipserv.codec;

import java.util.Arrays;
import java.util.Optional;

/**
 * The storage formats of one weight matrix. Name and version are what a checkpoint records, so neither may ever
 * change its meaning; a changed layout is a new version.
 */
public enum WeightFormat {
    /** Row-major BF16, unchanged: for matrices that a code would enlarge. */
    RAW("raw", 1),
    /** Tensor-Core-aware triple bitmap encoding (ZipServ, ASPLOS'26, section 4). */
    TCA_TBE("tca-tbe", 1),
    /** Eleven bits a weight in Tensor Core fragment order, decoded with one or two operations; escapes out of band. */
    FRAG11("frag11", 1);

    private final String id;
    private final int version;

    WeightFormat(String id, int version) {
        this.id = id;
        this.version = version;
    }

    /** The format of a name, if there is one. */
    public static Optional<WeightFormat> of(String id) {
        return Arrays.stream(values()).filter(format -> format.id.equals(id)).findFirst();
    }

    /** The name that checkpoints and the command line use. */
    public String id() {
        return id;
    }

    /** The layout version that this build writes. */
    public int version() {
        return version;
    }
}
