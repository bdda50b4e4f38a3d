package zipserv.cli;

import java.io.IOException;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;

/** Writes files that replace what was there only when they are complete. */
final class CompleteFile {

    private CompleteFile() {
    }

    /** What a file gets. */
    @FunctionalInterface
    interface Content {

        /** Writes it; does not close the stream. */
        void writeTo(OutputStream out) throws IOException;
    }

    /** Writes a file; if that fails, nothing is left of it and what was there stays. */
    static void write(Path file, Content content) throws IOException {
        Path folder = file.toAbsolutePath().getParent();
        Path partial = folder.resolve("." + file.getFileName() + ".partial-" + ProcessHandle.current().pid());
        try {
            try (OutputStream out = Files.newOutputStream(partial, StandardOpenOption.CREATE_NEW)) {
                content.writeTo(out);
            }
            Files.move(partial, file, StandardCopyOption.REPLACE_EXISTING);
        } finally {
            Files.deleteIfExists(partial);
        }
    }

    /** Writes a text in UTF-8. */
    static void write(Path file, String text) throws IOException {
        write(file, out -> out.write(text.getBytes(StandardCharsets.UTF_8)));
    }
}
