package zipserv.tornado.tuning;

import java.util.ArrayList;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import zipserv.codec.WeightFormat;
import zipserv.tornado.kernels.ProductPlan;

/**
 * The plans of one {@link TuningTarget}: what was measured to be fastest, and the built-in rule's where nothing was.
 *
 * <p>Whether results of two formats have the same bits depends on the order of additions, which is part of a
 * plan ({@link ProductPlan#sameOrder}). Therefore that order belongs to a shape and N, whatever the format: the first
 * format tuned decides it, and others are tuned within it. What changes no bits, strips and row blocks, may differ between formats. So an engine gets
 * bit-identical results from compressed and uncompressed weights as long as it takes all plans from one book.
 */
public final class PlanBook {

    /** The format whose built-in rule decides the order of additions where nothing was tuned. */
    private static final WeightFormat DECIDING = WeightFormat.FRAG11;

    private final Map<Shape, TreeMap<Integer, Map<WeightFormat, Entry>>> plans = new TreeMap<>();

    private record Shape(int rows, int columns) implements Comparable<Shape> {

        @Override
        public int compareTo(Shape other) {
            return rows != other.rows ? Integer.compare(rows, other.rows) : Integer.compare(columns, other.columns);
        }
    }

    /**
     * A plan that was measured.
     *
     * @param format  of the weights
     * @param rows    M
     * @param columns K
     * @param batch   N
     * @param plan    the fastest
     * @param micros  its time
     */
    public record Entry(WeightFormat format, int rows, int columns, int batch, ProductPlan plan, double micros) {
    }

    /**
     * The plan for a product. One that was tuned for a larger N serves, too, unless that has twice the tiles of 8
     * activation rows or more.
     *
     * @param warpgroups whether the GPU can run {@link zipserv.tornado.kernels.WideGemm}, for the built-in rule
     */
    public ProductPlan of(WeightFormat format, int rows, int columns, int batch, boolean warpgroups) {
        TreeMap<Integer, Map<WeightFormat, Entry>> batches = plans.get(new Shape(rows, columns));
        Map.Entry<Integer, Map<WeightFormat, Entry>> tuned = batches == null ? null : batches.ceilingEntry(batch);
        if (tuned == null || tiles(tuned.getKey()) >= 2 * tiles(batch)) {
            return ProductPlan.of(DECIDING, rows, columns, batch, warpgroups).forFormat(format);
        }
        Entry own = tuned.getValue().get(format);
        return own != null ? own.plan
                : tuned.getValue().values().iterator().next().plan.forFormat(WeightFormat.RAW);
    }

    private static int tiles(int batch) {
        return (batch + 7) / 8;
    }

    /** Notes a plan. Plans of other formats for the same product that add in another order are forgotten. */
    public void put(Entry entry) {
        Map<WeightFormat, Entry> formats = plans.computeIfAbsent(new Shape(entry.rows, entry.columns),
                _ -> new TreeMap<>())
                .computeIfAbsent(entry.batch, _ -> new EnumMap<>(WeightFormat.class));
        formats.values().removeIf(other -> !other.plan.sameOrder(entry.plan));
        formats.put(entry.format, entry);
    }

    /** All plans, by rows, columns, N and format. */
    public List<Entry> entries() {
        List<Entry> entries = new ArrayList<>();
        plans.values().forEach(batches -> batches.values().forEach(formats -> entries.addAll(formats.values())));
        return entries;
    }
}
