package zipserv.tornado.bench;

import java.util.Collections;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Set;
import uk.ac.manchester.tornado.api.types.arrays.IntArray;
import uk.ac.manchester.tornado.api.types.arrays.TornadoNativeArray;
import zipserv.tornado.kernels.Launch;

/**
 * A case with its arrays.
 *
 * @param of           the case
 * @param launches     how its kernels are launched, one after the other; only few cases have several
 * @param weightArrays how many of its arrays, which come first, are weights: read once, and rotated
 * @param result       the array that it writes; receives what the last launch wrote
 * @param operations   multiplications and additions
 */
record GemmTask(GemmCase of, List<Launch> launches, int weightArrays, IntArray result, double operations) {

    /** All arrays, in the order of the kernels' parameters. */
    List<TornadoNativeArray> arrays() {
        Set<TornadoNativeArray> seen = Collections.newSetFromMap(new IdentityHashMap<>());
        return launches.stream().flatMap(launch -> launch.arguments().stream())
                .filter(TornadoNativeArray.class::isInstance).map(TornadoNativeArray.class::cast).filter(seen::add)
                .toList();
    }

    List<TornadoNativeArray> weights() {
        return arrays().subList(0, weightArrays);
    }

    List<TornadoNativeArray> others() {
        return arrays().subList(weightArrays, arrays().size());
    }

    long weightBytes() {
        return weights().stream().mapToLong(TornadoNativeArray::getNumBytesOfSegment).sum();
    }
}
