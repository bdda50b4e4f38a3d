package zipserv.model.cpu;

/**
 * Activations: a row of {@code width} floats per token in work. Rows start at multiples of {@code stride}, which is
 * width padded to {@link Lanes#COUNT}; the padding is +0 and stays so.
 */
final class Rows {

    final int count;
    final int width;
    final int stride;
    final float[] data;
    private final int start;

    /** Zeros. */
    Rows(int count, int width) {
        this(count, width, new float[Math.multiplyExact(count, Lanes.pad(width))], 0);
    }

    private Rows(int count, int width, float[] data, int start) {
        this.count = count;
        this.width = width;
        this.stride = Lanes.pad(width);
        this.data = data;
        this.start = start;
    }

    /** A view of some of the rows. */
    Rows slice(int first, int rows) {
        return new Rows(rows, width, data, offset(first));
    }

    /** Index of a row's first element in {@link #data}. */
    int offset(int row) {
        return start + row * stride;
    }

    /** Memory of all rows. */
    long bytes() {
        return (long) Float.BYTES * data.length;
    }
}
