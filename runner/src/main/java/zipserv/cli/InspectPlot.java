package zipserv.cli;

import java.awt.Color;
import java.awt.Graphics2D;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;

import org.knowm.xchart.CategoryChart;
import org.knowm.xchart.CategoryChartBuilder;
import org.knowm.xchart.XYChart;
import org.knowm.xchart.XYChartBuilder;
import org.knowm.xchart.style.Styler.ChartTheme;
import org.knowm.xchart.style.Styler.LegendLayout;
import org.knowm.xchart.style.Styler.LegendPosition;
import org.knowm.xchart.style.markers.SeriesMarkers;

import zipserv.codec.ExponentHistogram;

/** {@code inspect --plot}: the exponents' histogram above the bits per weight of every matrix, as PNG or SVG. */
final class InspectPlot {

    private static final int WIDTH = 1100;
    private static final int HEIGHT = 460;
    private static final int BF16_BITS = 16;
    private static final double RARE = 1e-6;
    private static final Color BLUE = new Color(0x2B6CB0);
    private static final Color ORANGE = new Color(0xDD6B20);
    private static final Color GREY = new Color(0x718096);

    private InspectPlot() {
    }

    /** Draws into a file, which is replaced if it exists, when the drawing is complete. */
    static void write(InspectReport report, Path file) throws IOException {
        if (report.matrices().isEmpty()) {
            throw new CommandException(report.directory() + ": no BF16 matrix, nothing to plot");
        }
        ChartFile.write(file, WIDTH, 2 * HEIGHT, graphics -> paint(report, graphics));
    }

    private static void paint(InspectReport report, Graphics2D graphics) {
        histogram(report).paint(graphics, WIDTH, HEIGHT);
        graphics.translate(0, HEIGHT);
        bitsPerWeight(report).paint(graphics, WIDTH, HEIGHT);
    }

    private static CategoryChart histogram(InspectReport report) {
        ExponentHistogram exponents = report.exponents();
        List<Integer> fields = new ArrayList<>();
        List<Double> shares = new ArrayList<>();
        for (int exponent = 0; exponent < 256; exponent++) {
            double share = (double) exponents.count(exponent) / exponents.total();
            if (share >= RARE) {
                fields.add(exponent);
                shares.add(100 * share);
            }
        }
        CategoryChart chart = new CategoryChartBuilder().width(WIDTH).height(HEIGHT).theme(ChartTheme.XChart)
                .title(String.format(Locale.ROOT, "Exponents of all %s matrix weights (entropy %.3f bits; rarer than 1 "
                        + "in a million not drawn)", Quantities.count(exponents.total()), exponents.entropy()))
                .xAxisTitle("BF16 exponent field (127 means 1 <= |w| < 2)").yAxisTitle("share in %").build();
        chart.getStyler().setLegendVisible(false).setChartBackgroundColor(Color.WHITE);
        chart.addSeries("exponents", fields, shares).setFillColor(BLUE);
        return chart;
    }

    private static XYChart bitsPerWeight(InspectReport report) {
        List<TensorReport> matrices = report.matrices();
        double[] numbers = new double[matrices.size()];
        double[] stored = new double[matrices.size()];
        double[] bound = new double[matrices.size()];
        for (int i = 0; i < numbers.length; i++) {
            numbers[i] = i + 1;
            stored[i] = matrices.get(i).bitsPerWeight();
            bound[i] = matrices.get(i).exponents().orElseThrow().shannonBound();
        }
        XYChart chart = new XYChartBuilder().width(WIDTH).height(HEIGHT).theme(ChartTheme.XChart)
                .title(String.format(Locale.ROOT, "Bits per weight of %d matrices (mean %.3f; Shannon bound %.3f)",
                        matrices.size(), report.matrixBitsPerWeight(), 8 + report.exponentEntropy()))
                .xAxisTitle("matrix, in the order of the file").yAxisTitle("bits per weight").build();
        chart.getStyler().setLegendLayout(LegendLayout.Horizontal)
                .setLegendPosition(LegendPosition.OutsideS).setChartBackgroundColor(Color.WHITE);
        chart.getStyler().setYAxisMin(Math.floor(min(bound)) - 1).setYAxisMax(Math.max(BF16_BITS, max(stored)) + 1.0);
        chart.addSeries("BF16", new double[] {numbers[0], numbers[numbers.length - 1]},
                new double[] {BF16_BITS, BF16_BITS}).setMarker(SeriesMarkers.NONE).setLineColor(GREY);
        chart.addSeries("stored", numbers, stored).setMarker(SeriesMarkers.CIRCLE).setMarkerColor(BLUE)
                .setLineColor(BLUE);
        chart.addSeries("Shannon bound", numbers, bound).setMarker(SeriesMarkers.DIAMOND)
                .setMarkerColor(ORANGE).setLineColor(ORANGE);
        return chart;
    }

    private static double min(double[] values) {
        return Arrays.stream(values).min().orElseThrow();
    }

    private static double max(double[] values) {
        return Arrays.stream(values).max().orElseThrow();
    }
}
