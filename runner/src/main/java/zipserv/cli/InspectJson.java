package zipserv.cli;

import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.Optional;

import zipserv.codec.ExponentHistogram;

/** {@code inspect --json}: one object; names of fields are a contract, new ones may be added. */
final class InspectJson {

    private static final int EXPONENTS = 256;
    private static final JsonMapper MAPPER = new JsonMapper();

    private InspectJson() {
    }

    /** @param memory needed to run the model on a GPU, if it is known */
    static String render(InspectReport report, Optional<GpuMemory> memory) {
        ObjectNode root = MAPPER.createObjectNode();
        root.put("directory", report.directory().toString());
        root.put("compressed", report.compressed());
        ArrayNode tensors = root.putArray("tensors");
        report.tensors().forEach(tensor -> tensors.add(tensor(tensor)));
        ObjectNode total = root.putObject("total");
        total.put("tensors", report.tensors().size());
        total.put("weights", report.elements());
        total.put("original_bytes", report.originalBytes());
        total.put("stored_bytes", report.storedBytes());
        total.put("ratio", ratio(report.originalBytes(), report.storedBytes()));
        total.put("bits_per_weight", report.bitsPerWeight());
        ObjectNode matrices = root.putObject("matrices");
        matrices.put("tensors", report.matrices().size());
        matrices.put("weights", report.matrixElements());
        matrices.put("bits_per_weight", report.matrixBitsPerWeight());
        matrices.put("coverage", report.coverage());
        matrices.put("exponent_entropy", report.exponentEntropy());
        matrices.put("shannon_bound", 8 + report.exponentEntropy());
        matrices.set("exponents", histogram(report.exponents()));
        memory.ifPresent(gpu -> root.putObject("gpu_memory").put("context", gpu.context())
                .put("weight_bytes", gpu.needed().weights()).put("cache_bytes", gpu.needed().cache())
                .put("work_bytes", gpu.needed().work()).put("bytes", gpu.needed().total()));
        return root.toPrettyString();
    }

    private static ObjectNode tensor(TensorReport report) {
        ObjectNode tensor = MAPPER.createObjectNode();
        tensor.put("name", report.info().name());
        tensor.put("file", report.info().file());
        tensor.put("dtype", report.info().dtype());
        ArrayNode shape = tensor.putArray("shape");
        report.info().shape().forEach(shape::add);
        tensor.put("format", report.format().id());
        tensor.put("original_bytes", report.originalBytes());
        tensor.put("stored_bytes", report.storedBytes());
        tensor.put("bits_per_weight", report.bitsPerWeight());
        report.window().ifPresent(window -> {
            tensor.putArray("window").add(window.first()).add(window.last());
            tensor.put("coverage", window.coverage());
        });
        report.exponents().ifPresent(exponents -> {
            tensor.put("exponent_entropy", exponents.entropy());
            tensor.put("shannon_bound", exponents.shannonBound());
            tensor.set("exponents", histogram(exponents));
        });
        return tensor;
    }

    /** Counts by exponent field, those that occur. */
    private static ObjectNode histogram(ExponentHistogram exponents) {
        ObjectNode counts = MAPPER.createObjectNode();
        for (int exponent = 0; exponent < EXPONENTS; exponent++) {
            if (exponents.count(exponent) > 0) {
                counts.put(Integer.toString(exponent), exponents.count(exponent));
            }
        }
        return counts;
    }

    private static double ratio(long original, long stored) {
        return stored == 0 ? 1 : (double) original / stored;
    }
}
