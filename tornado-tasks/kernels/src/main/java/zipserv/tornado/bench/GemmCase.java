package zipserv.tornado.bench;

import java.util.Optional;
import zipserv.codec.WeightFormat;
import zipserv.tornado.kernels.ProductPlan;

/**
 * One kernel to measure.
 *
 * @param kernel which
 * @param batch  N; 0 for decompression
 * @param plan   how it is cut, for the kernels that have plans, else null
 */
public record GemmCase(Kernel kernel, int batch, ProductPlan plan) {

    /** The kernels that can be measured. */
    public enum Kernel {
        /** The fused product from frag11. */
        FRAG11("frag11", WeightFormat.FRAG11, true),
        /** The fused product from TCA-TBE. */
        TCA_TBE("tca-tbe", WeightFormat.TCA_TBE, true),
        /** The same tiling from raw BF16 in fragment order. */
        RAW("raw", null, true),
        /** Plain TornadoVM, row-major. */
        ROW_MAJOR("row-major", null, false),
        /** frag11 to row-major BF16. */
        FRAG11_DECOMPRESS("frag11-decompress", WeightFormat.FRAG11, false),
        /** TCA-TBE to row-major BF16. */
        TCA_TBE_DECOMPRESS("tca-tbe-decompress", WeightFormat.TCA_TBE, false),
        /** Decompression of frag11, then the product of row-major matrices. */
        FRAG11_UNFUSED("frag11-unfused", WeightFormat.FRAG11, false),
        /** Decompression of TCA-TBE, then the product of row-major matrices. */
        TCA_TBE_UNFUSED("tca-tbe-unfused", WeightFormat.TCA_TBE, false),
        /** Tensor Core GEMM of row-major matrices, for large N. */
        PREFILL("prefill", null, false),
        /** cuBLASLt, best of its heuristics. */
        CUBLAS("cublas", null, false);

        private final String id;
        private final WeightFormat format;
        private final boolean planned;

        Kernel(String id, WeightFormat format, boolean planned) {
            this.id = id;
            this.format = format;
            this.planned = planned;
        }

        /** Name on the command line and in results. */
        public String id() {
            return id;
        }

        /** The compressed format it reads; empty for plain BF16. */
        public Optional<WeightFormat> format() {
            return Optional.ofNullable(format);
        }

        /** Whether a {@link ProductPlan} says how it is cut. */
        public boolean isPlanned() {
            return planned;
        }

        /** Whether it writes weights instead of multiplying. */
        public boolean isDecompression() {
            return this == FRAG11_DECOMPRESS || this == TCA_TBE_DECOMPRESS;
        }
    }

    /** Name of its task: letters and digits only, so that it is found again in the name of the compiled kernel. */
    String task() {
        String name = kernel.id().replace("-", "") + batch;
        return plan == null ? name : name + "p" + plan.toString().replaceAll("[^0-9]", "x");
    }

    /** What a user reads. */
    @Override
    public String toString() {
        return kernel.id() + (batch == 0 ? "" : " n=" + batch) + (plan == null ? "" : " " + plan);
    }
}
