package zipserv.cli;

import java.awt.Graphics2D;
import java.awt.image.BufferedImage;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.file.Path;
import java.util.Locale;
import java.util.function.Consumer;

import javax.imageio.ImageIO;

import de.erichseifert.vectorgraphics2d.VectorGraphics2D;
import de.erichseifert.vectorgraphics2d.svg.SVGProcessor;
import de.erichseifert.vectorgraphics2d.util.PageSize;

/** A drawing as PNG or SVG, by the name of its file. */
final class ChartFile {

    private ChartFile() {
    }

    /** Whether a file name ends as one of the formats does. */
    static boolean canWrite(Path file) {
        String name = file.getFileName().toString().toLowerCase(Locale.ROOT);
        return name.endsWith(".png") || name.endsWith(".svg");
    }

    /** Draws into a file, which is replaced if it exists, when the drawing is complete. */
    static void write(Path file, int width, int height, Consumer<Graphics2D> drawing) throws IOException {
        boolean svg = file.getFileName().toString().toLowerCase(Locale.ROOT).endsWith(".svg");
        try {
            CompleteFile.write(file, out -> {
                if (svg) {
                    writeSvg(width, height, drawing, out);
                } else {
                    writePng(width, height, drawing, out);
                }
            });
        } catch (InternalError | NoClassDefFoundError | UnsatisfiedLinkError e) {
            throw new CommandException("cannot draw: Java finds no fonts; install fontconfig and a font, such as "
                    + "DejaVu", e);
        }
    }

    private static void writePng(int width, int height, Consumer<Graphics2D> drawing, OutputStream out)
            throws IOException {
        BufferedImage image = new BufferedImage(width, height, BufferedImage.TYPE_INT_RGB);
        Graphics2D graphics = image.createGraphics();
        drawing.accept(graphics);
        graphics.dispose();
        ImageIO.write(image, "png", out);
    }

    private static void writeSvg(int width, int height, Consumer<Graphics2D> drawing, OutputStream out)
            throws IOException {
        VectorGraphics2D graphics = new VectorGraphics2D();
        drawing.accept(graphics);
        new SVGProcessor().getDocument(graphics.getCommands(), new PageSize(width, height)).writeTo(out);
    }
}
