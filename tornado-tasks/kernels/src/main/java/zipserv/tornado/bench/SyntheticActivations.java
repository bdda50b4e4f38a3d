package zipserv.tornado.bench;

import java.util.Random;
import java.util.stream.IntStream;
import uk.ac.manchester.tornado.api.types.arrays.IntArray;
import zipserv.codec.Bf16;
import zipserv.codec.FragmentLayout;
import zipserv.tornado.kernels.GemmPlan;
import zipserv.tornado.kernels.HostArrays;
import zipserv.tornado.kernels.WideActivations;

/** Gaussian activations. */
final class SyntheticActivations {

    private SyntheticActivations() {
    }

    /** Words of a row that is padded to whole blocks of columns. */
    static int rowWords(int columns) {
        return FragmentLayout.blocks(columns) * FragmentLayout.BLOCK / 2;
    }

    /** Element {@code (row, column)} of padded activations. */
    static float get(IntArray x, int columns, int row, int column) {
        return Bf16.toFloat((short) (x.get(row * rowWords(columns) + column / 2) >>> 16 * (column & 1)));
    }

    /** Rows in pairs of BF16, padded with zeros to whole tiles of rows and blocks of columns. */
    static IntArray padded(int batch, int columns) {
        IntArray x = HostArrays.ints(GemmPlan.activationWords(columns, batch));
        x.init(0);
        IntStream.range(0, batch).parallel().forEach(row -> {
            Random random = new Random(1000L * batch + row);
            for (int pair = 0; pair < columns / 2; pair++) {
                int low = Bf16.fromFloat((float) random.nextGaussian()) & 0xFFFF;
                int high = Bf16.fromFloat((float) random.nextGaussian());
                x.set(row * rowWords(columns) + pair, low | high << 16);
            }
        });
        return x;
    }

    /** The rows of {@link #padded} in the order of {@link WideActivations}. */
    static IntArray wide(IntArray padded, int batch, int columns) {
        IntArray x = HostArrays.ints(WideActivations.words(columns, batch));
        x.init(0);
        int width = WideActivations.width(batch);
        for (int row = 0; row < batch; row++) {
            for (int pair = 0; pair < rowWords(columns); pair++) {
                x.set(WideActivations.word(row, pair, width), padded.get(row * rowWords(columns) + pair));
            }
        }
        return x;
    }
}
