package zipserv.tornado.bench;

import java.util.List;
import uk.ac.manchester.tornado.api.types.arrays.IntArray;
import uk.ac.manchester.tornado.api.types.arrays.TornadoNativeArray;
import zipserv.tornado.kernels.Launch;

/**
 * A case with its arrays.
 *
 * @param of           the case
 * @param launch       how its kernel is launched
 * @param weightArrays how many of its arrays, which come first, are weights: read once per launch, and rotated
 * @param result       the array that it writes; receives what the last launch wrote
 */
record GemmTask(GemmCase of, Launch launch, int weightArrays, IntArray result) {

    /** All arrays, in the order of the kernel's parameters. */
    List<TornadoNativeArray> arrays() {
        return launch.arguments().stream().filter(TornadoNativeArray.class::isInstance)
                .map(TornadoNativeArray.class::cast).toList();
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
