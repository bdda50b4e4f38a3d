package zipserv.cli;

import java.nio.file.Path;
import java.util.List;

import zipserv.checkpoint.Checkpoint;
import zipserv.codec.ExponentHistogram;

/**
 * What {@code inspect} tells about a checkpoint.
 *
 * @param directory  the folder
 * @param compressed whether it was written by {@code compress}
 * @param tensors    every tensor, in the order of the files
 */
record InspectReport(Path directory, boolean compressed, List<TensorReport> tensors) {

    static InspectReport of(Checkpoint checkpoint, int threads) {
        return new InspectReport(checkpoint.directory(), checkpoint.isCompressed(),
                checkpoint.tensors().values().stream()
                        .map(info -> TensorReport.of(checkpoint, info, threads)).toList());
    }

    /** Elements of all tensors. */
    long elements() {
        return tensors.stream().mapToLong(tensor -> tensor.info().elements()).sum();
    }

    /** Size of all tensors in the original checkpoint. */
    long originalBytes() {
        return tensors.stream().mapToLong(TensorReport::originalBytes).sum();
    }

    /** Size of all tensors as stored here. */
    long storedBytes() {
        return tensors.stream().mapToLong(TensorReport::storedBytes).sum();
    }

    /** Size of everything against the number of weights. */
    double bitsPerWeight() {
        return elements() == 0 ? 0 : 8.0 * storedBytes() / elements();
    }

    /** The tensors whose exponents were counted. */
    List<TensorReport> matrices() {
        return tensors.stream().filter(tensor -> tensor.window().isPresent()).toList();
    }

    /** Exponents of all matrices together. */
    ExponentHistogram exponents() {
        return matrices().stream().map(tensor -> tensor.exponents().orElseThrow())
                .reduce(ExponentHistogram.empty(), ExponentHistogram::plus);
    }

    /** Share of the matrices' weights that lie in their matrix's window. */
    double coverage() {
        long covered = matrices().stream().mapToLong(tensor -> tensor.window().orElseThrow().covered()).sum();
        long total = matrixElements();
        return total == 0 ? 1 : (double) covered / total;
    }

    /** Mean exponent entropy of the matrices, each with its own histogram, weighted by size. */
    double exponentEntropy() {
        double bits = matrices().stream().map(tensor -> tensor.exponents().orElseThrow())
                .mapToDouble(exponents -> exponents.entropy() * exponents.total()).sum();
        long total = matrixElements();
        return total == 0 ? 0 : bits / total;
    }

    /** Stored bits per weight of the matrices alone. */
    double matrixBitsPerWeight() {
        long stored = matrices().stream().mapToLong(TensorReport::storedBytes).sum();
        return matrixElements() == 0 ? 0 : 8.0 * stored / matrixElements();
    }

    /** Elements of all matrices. */
    long matrixElements() {
        return matrices().stream().mapToLong(tensor -> tensor.info().elements()).sum();
    }
}
