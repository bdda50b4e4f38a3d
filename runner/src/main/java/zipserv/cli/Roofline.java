package zipserv.cli;

import java.awt.BasicStroke;
import java.awt.Color;
import java.awt.Graphics2D;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import org.knowm.xchart.XYChart;
import org.knowm.xchart.XYChartBuilder;
import org.knowm.xchart.XYSeries;
import org.knowm.xchart.style.Styler.ChartTheme;
import org.knowm.xchart.style.Styler.LegendPosition;
import org.knowm.xchart.style.markers.Marker;
import org.knowm.xchart.style.markers.SeriesMarkers;

/**
 * The roofline of a GPU (Williams, Waterman, Patterson: Roofline, CACM 2009) with measured products.
 *
 * @param device                 name of the GPU
 * @param copyGigabytesPerSecond bandwidth of a copy, 0 if not measured
 * @param points                 measured products
 */
record Roofline(String device, double copyGigabytesPerSecond, List<Point> points) {

    static final int WIDTH = 1100;
    static final int HEIGHT = 720;

    private static final double LEAST_INTENSITY = 0.5;
    private static final double LARGEST_INTENSITY = 4096;
    private static final BasicStroke DASHED = new BasicStroke(1.5f, BasicStroke.CAP_BUTT, BasicStroke.JOIN_ROUND, 1,
            new float[] {6, 5}, 0);
    /** Peaks by the vendor's datasheets. */
    private static final Map<String, Peak> PEAKS = Map.of("H200", new Peak(4800, 989.4), "H100", new Peak(3350, 989.4),
            "RTX 4090", new Peak(1008, 165.2), "L40S", new Peak(864, 362.1));
    private static final List<Kind> KINDS = List.of(
            new Kind("frag11", "frag11, fused", new Color(0xC53030), SeriesMarkers.CIRCLE),
            new Kind("tca-tbe", "TCA-TBE, fused", new Color(0xDD6B20), SeriesMarkers.DIAMOND),
            new Kind("raw", "uncompressed twin", new Color(0x2B6CB0), SeriesMarkers.SQUARE),
            new Kind("prefill", "prefill GEMM", new Color(0x2F855A), SeriesMarkers.TRIANGLE_UP),
            new Kind("frag11-unfused", "frag11 decompressed, then multiplied", new Color(0xB7791F), SeriesMarkers.PLUS),
            new Kind("row-major", "plain row-major", new Color(0x805AD5), SeriesMarkers.TRIANGLE_DOWN),
            new Kind("cublas", "cuBLASLt", new Color(0x1A202C), SeriesMarkers.CROSS));

    /**
     * A measured product.
     *
     * @param kernel    its name in results
     * @param intensity operations per byte of device memory
     * @param teraflops operations per second
     */
    record Point(String kernel, double intensity, double teraflops) {
    }

    private record Peak(double gigabytesPerSecond, double teraflops) {
    }

    private record Kind(String kernel, String label, Color color, Marker marker) {
    }

    void paint(Graphics2D graphics) {
        chart().paint(graphics, WIDTH, HEIGHT);
    }

    XYChart chart() {
        XYChart chart = new XYChartBuilder().width(WIDTH).height(HEIGHT).theme(ChartTheme.XChart)
                .title("Matrix products on one " + device + ": every dot is a shape and N, N growing to the right")
                .xAxisTitle("operations per byte of device memory (weights as stored, activations, result)")
                .yAxisTitle("TFLOP/s").build();
        chart.getStyler().setXAxisLogarithmic(true).setYAxisLogarithmic(true).setXAxisMin(LEAST_INTENSITY)
                .setXAxisMax(LARGEST_INTENSITY).setLegendPosition(LegendPosition.InsideSE)
                .setChartBackgroundColor(Color.WHITE).setMarkerSize(6);
        double fastest = points.stream().mapToDouble(Point::teraflops).max().orElse(1);
        Optional<Peak> peak = PEAKS.entrySet().stream().filter(entry -> device.endsWith(entry.getKey()))
                .map(Map.Entry::getValue).findFirst();
        peak.ifPresent(limits -> roof(chart, String.format(Locale.ROOT, "datasheet: %.2f TB/s, %.0f TFLOP/s dense BF16",
                limits.gigabytesPerSecond / 1000, limits.teraflops), limits));
        if (copyGigabytesPerSecond > 0) {
            roof(chart, String.format(Locale.ROOT, "a copy, as measured: %.2f TB/s", copyGigabytesPerSecond / 1000),
                    new Peak(copyGigabytesPerSecond, peak.map(Peak::teraflops).orElse(fastest))).setLineStyle(DASHED);
        }
        for (Kind kind : KINDS) {
            double[][] xy = points.stream().filter(point -> point.kernel.equals(kind.kernel))
                    .map(point -> new double[] {point.intensity, point.teraflops}).toArray(double[][]::new);
            if (xy.length > 0) {
                XYSeries series = chart.addSeries(kind.label, column(xy, 0), column(xy, 1));
                series.setXYSeriesRenderStyle(XYSeries.XYSeriesRenderStyle.Scatter);
                series.setMarker(kind.marker).setMarkerColor(kind.color);
            }
        }
        return chart;
    }

    /** A line that rises with the bandwidth and stays level from the peak on. */
    private static XYSeries roof(XYChart chart, String label, Peak peak) {
        double ridge = peak.teraflops * 1000 / peak.gigabytesPerSecond;
        XYSeries series = chart.addSeries(label, new double[] {LEAST_INTENSITY, ridge, LARGEST_INTENSITY},
                new double[] {LEAST_INTENSITY * peak.gigabytesPerSecond / 1000, peak.teraflops, peak.teraflops});
        series.setMarker(SeriesMarkers.NONE).setLineColor(new Color(0x718096)).setLineWidth(1.5f);
        return series;
    }

    private static double[] column(double[][] rows, int column) {
        double[] values = new double[rows.length];
        for (int i = 0; i < rows.length; i++) {
            values[i] = rows[i][column];
        }
        return values;
    }
}
