package zipserv.codec;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.stream.Stream;
import jdk.incubator.vector.ShortVector;

/**
 * Chooses the inner loops. System property {@value #PROPERTY}:
 * <ul>
 * <li>{@code auto} (default): {@code vector} where it is the faster one, else {@code lanes};
 * <li>{@code vector}: 32 elements at a time with the Vector API, which pays only if compress and expand of 16-bit
 *     lanes are instructions (AVX-512 with VBMI2: Ice Lake, Zen 4 and later);
 * <li>{@code lanes}: 2 or 4 elements at a time in ints and longs.
 * </ul>
 * All give the same bits.
 */
final class Kernels {

    static final String PROPERTY = "zipserv.codec.kernels";

    /** Whether the Vector API's kernels are used. */
    static final boolean VECTOR = chooseVector(System.getProperty(PROPERTY, "auto"));

    /** The fastest encoder here. */
    static final BlockEncoder BLOCK_ENCODER = VECTOR ? new VectorBlockEncoder() : new LanesBlockEncoder();

    /** The fastest decoder here. */
    static final StripDecoder STRIP_DECODER = VECTOR ? new VectorStripDecoder() : new LanesStripDecoder();

    /** The decoder for the end of a stream: reads no byte too many. */
    static final StripDecoder CAREFUL_STRIP_DECODER = new LanesStripDecoder();

    /** The fastest encoder and decoder of frag11 here. */
    static final FieldEncoder FIELD_ENCODER = VECTOR ? new VectorFieldEncoder() : new LaneFieldEncoder();
    static final FieldDecoder FIELD_DECODER = VECTOR ? new VectorFieldDecoder() : new LaneFieldDecoder();

    private Kernels() {
    }

    static boolean chooseVector(String wanted) {
        return switch (wanted) {
            case "auto" -> ShortVector.SPECIES_PREFERRED.length() == 32 && processorCompressesShorts();
            case "vector" -> true;
            case "lanes" -> false;
            default -> throw new IllegalArgumentException(
                    "-D" + PROPERTY + "=" + wanted + ": expected auto, vector or lanes");
        };
    }

    /** Whether Linux lists the instruction set; other systems give no cheap answer and are taken not to have it. */
    private static boolean processorCompressesShorts() {
        try (Stream<String> lines = Files.lines(Path.of("/proc/cpuinfo"))) {
            return lines.filter(line -> line.startsWith("flags")).limit(1)
                    .anyMatch(line -> (line + " ").contains(" avx512_vbmi2 "));
        } catch (IOException | UncheckedIOException e) {
            return false;
        }
    }
}
