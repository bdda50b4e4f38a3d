package zipserv.tornado.engine;

import java.util.List;

import zipserv.codec.Bf16Matrix;
import zipserv.codec.CompressedMatrix;
import zipserv.codec.FragmentLayout;
import zipserv.codec.WeightFormat;
import zipserv.tornado.kernels.DeviceArrays;
import zipserv.tornado.kernels.Frag11DeviceMatrix;
import zipserv.tornado.kernels.GemmPlan;
import zipserv.tornado.kernels.PrefillPlan;
import zipserv.tornado.kernels.ProductPlan;
import zipserv.tornado.kernels.RawDeviceMatrix;
import zipserv.tornado.kernels.TcaTbeDeviceMatrix;

/**
 * Weights on the device in their storage format. Projections of the same input are one matrix, one below the other: each
 * begins with a new block of 64 rows, and what the rows in between result in means nothing.
 */
sealed interface DeviceMatrix {

    /** A single matrix. */
    static DeviceMatrix of(CompressedMatrix matrix, DeviceArrays arrays) {
        return stack(List.of(matrix), arrays);
    }

    /** Matrices of as many columns, one below the other. */
    static DeviceMatrix stack(List<CompressedMatrix> matrices, DeviceArrays arrays) {
        List<WeightFormat> formats = matrices.stream().map(CompressedMatrix::format).distinct().toList();
        if (formats.equals(List.of(WeightFormat.RAW))) {
            return new Raw(RawDeviceMatrix.of(matrices.stream().map(DeviceMatrix::elements).toList(), arrays));
        }
        if (formats.equals(List.of(WeightFormat.FRAG11))) {
            return new Frag11(Frag11DeviceMatrix.of(matrices, arrays));
        }
        if (matrices.size() > 1) {
            return new Parts(matrices.stream().map(matrix -> of(matrix, arrays)).toList());
        }
        return new TcaTbe(TcaTbeDeviceMatrix.of(matrices.getFirst(), arrays));
    }

    private static Bf16Matrix elements(CompressedMatrix matrix) {
        return new Bf16Matrix(matrix.parts().getFirst().data(), matrix.rows(), matrix.columns());
    }

    /** Where the matrix behind one of so many rows begins. */
    static int padded(int rows) {
        return FragmentLayout.blocks(rows) * FragmentLayout.BLOCK;
    }

    /** Output features, with those between matrices, but not those behind the last. */
    int rows();

    /** Input features. */
    int columns();

    /**
     * How products with a number of activation rows are cut. One rule decides the order of additions for every format,
     * so that all of them give the same bits; how many row blocks a warp takes is a matter of frag11's kernel and
     * changes none.
     *
     * @param warpgroups whether warpgroups multiply where they are faster
     */
    default ProductPlan plan(int batch, boolean warpgroups) {
        if (!warpgroups && batch > GemmPlan.MAX_BATCH / 2) {
            // As measured in whole models: 612 us a layer of Llama-3.1-8B for 128 rows, where frag11's rule took 1,172.
            GemmPlan plan = GemmPlan.of(rows(), columns(), 1);
            return new GemmPlan(1, Math.min(plan.slices(), FragmentLayout.blocks(columns())), plan.splits());
        }
        return ProductPlan.of(WeightFormat.FRAG11, rows(), columns(), batch, warpgroups)
                .forFormat(this instanceof Frag11 ? WeightFormat.FRAG11 : WeightFormat.RAW);
    }

    /** The same for products of row-major weights: one rule for all formats. */
    default PrefillPlan prefillPlan(int batch, boolean warpgroups) {
        return PrefillPlan.of(rows(), columns(), batch, warpgroups);
    }

    /** Words of all rows, row-major and padded to whole blocks of 64 columns. */
    default long rowMajorWords() {
        return rowMajorWords(rows(), columns());
    }

    /** Words of so many row-major rows, padded to whole blocks of 64 columns. */
    static long rowMajorWords(int rows, int columns) {
        return (long) rows * FragmentLayout.blocks(columns) * (FragmentLayout.BLOCK / 2);
    }

    /** TCA-TBE. */
    record TcaTbe(TcaTbeDeviceMatrix matrix) implements DeviceMatrix {

        @Override
        public int rows() {
            return matrix.rows();
        }

        @Override
        public int columns() {
            return matrix.columns();
        }
    }

    /** Frag11. */
    record Frag11(Frag11DeviceMatrix matrix) implements DeviceMatrix {

        @Override
        public int rows() {
            return matrix.rows();
        }

        @Override
        public int columns() {
            return matrix.columns();
        }
    }

    /** Uncompressed weights. */
    record Raw(RawDeviceMatrix matrix) implements DeviceMatrix {

        @Override
        public int rows() {
            return matrix.rows();
        }

        @Override
        public int columns() {
            return matrix.columns();
        }
    }

    /**
     * Matrices that have to be multiplied one by one, unless from row-major order: of several formats, or TCA-TBE with
     * its single window.
     */
    record Parts(List<DeviceMatrix> matrices) implements DeviceMatrix {

        @Override
        public int rows() {
            return matrices.subList(0, matrices.size() - 1).stream().mapToInt(part -> padded(part.rows())).sum()
                    + matrices.getLast().rows();
        }

        @Override
        public int columns() {
            return matrices.getFirst().columns();
        }
    }
}
