package zipserv.tornado.tuning;

import com.fasterxml.jackson.core.JacksonException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.nio.file.AtomicMoveNotSupportedException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.function.Consumer;
import zipserv.codec.WeightFormat;
import zipserv.tornado.kernels.ProductPlan;

/**
 * The file that keeps {@link PlanBook}s between runs, one per GPU and driver, as JSON. It is a cache: whatever is
 * wrong with
 * it, it is ignored in one line and written anew by the next tuning.
 */
public final class PlanFile {

    private static final int VERSION = 1;
    private static final JsonMapper JSON = new JsonMapper();

    private final Path path;
    private final Consumer<String> warnings;

    /**
     * A file that may not exist yet.
     *
     * @param warnings gets the line about a file that cannot be used
     */
    public PlanFile(Path path, Consumer<String> warnings) {
        this.path = path;
        this.warnings = warnings;
    }

    /** {@code zipserv/gemm-plans.json} in $XDG_CACHE_HOME or, without that, in .cache of the user's home. */
    public static Path usual() {
        String cache = System.getenv("XDG_CACHE_HOME");
        Path folder = cache == null || cache.isBlank() ? Path.of(System.getProperty("user.home"), ".cache")
                : Path.of(cache);
        return folder.resolve("zipserv").resolve("gemm-plans.json");
    }

    /** Where it is. */
    public Path path() {
        return path;
    }

    /** The plans of one target; empty if there are none. */
    public PlanBook load(TuningTarget target) {
        return loadAll().getOrDefault(target, new PlanBook());
    }

    /** The plans of all targets. */
    public Map<TuningTarget, PlanBook> loadAll() {
        try {
            return parse(JSON.readTree(Files.readString(path)));
        } catch (NoSuchFileException e) {
            return new LinkedHashMap<>();
        } catch (JacksonException | IllegalArgumentException e) {
            ignore(e instanceof JacksonException json ? json.getOriginalMessage() : e.getMessage());
        } catch (IOException e) {
            ignore(e.getClass().getSimpleName());
        }
        return new LinkedHashMap<>();
    }

    private void ignore(String why) {
        warnings.accept(path + ": cannot be used as a cache of tuned plans and is ignored: " + why.lines().findFirst()
                .orElse(""));
    }

    /**
     * Replaces the plans of a GPU and driver, keeping those of others. Those of older kernels are dropped.
     *
     * @throws IOException if the file cannot be written; what was there before is then still there
     */
    public void save(TuningTarget target, PlanBook book) throws IOException {
        Map<TuningTarget, PlanBook> all = loadAll();
        all.keySet().removeIf(other -> other.gpu().equals(target.gpu()) && other.driver().equals(target.driver()));
        all.put(target, book);
        Files.createDirectories(path.toAbsolutePath().getParent());
        Path partial = path.resolveSibling(path.getFileName() + "." + ProcessHandle.current().pid() + ".part");
        try {
            Files.writeString(partial, JSON.writerWithDefaultPrettyPrinter().writeValueAsString(json(all)) + "\n");
            try {
                Files.move(partial, path, StandardCopyOption.ATOMIC_MOVE);
            } catch (AtomicMoveNotSupportedException e) {
                Files.move(partial, path, StandardCopyOption.REPLACE_EXISTING);
            }
        } finally {
            Files.deleteIfExists(partial);
        }
    }

    private static ObjectNode json(Map<TuningTarget, PlanBook> all) {
        ObjectNode root = JSON.createObjectNode().put("version", VERSION);
        ArrayNode targets = root.putArray("targets");
        all.forEach((target, book) -> {
            ObjectNode node = targets.addObject().put("gpu", target.gpu()).put("driver", target.driver())
                    .put("kernels", target.kernels());
            ArrayNode plans = node.putArray("plans");
            for (PlanBook.Entry entry : book.entries()) {
                plans.addObject().put("format", entry.format().id()).put("rows", entry.rows())
                        .put("columns", entry.columns()).put("batch", entry.batch())
                        .put("plan", entry.plan().toString())
                        .put("micros", entry.micros());
            }
        });
        return root;
    }

    private static Map<TuningTarget, PlanBook> parse(JsonNode root) {
        if (root.path("version").asInt(-1) != VERSION) {
            throw new IllegalArgumentException("version is " + root.path("version") + ", expected " + VERSION);
        }
        Map<TuningTarget, PlanBook> all = new LinkedHashMap<>();
        for (JsonNode target : root.path("targets")) {
            PlanBook book = new PlanBook();
            for (JsonNode plan : target.path("plans")) {
                book.put(new PlanBook.Entry(format(text(plan, "format")), positive(plan, "rows"),
                        positive(plan, "columns"),
                        positive(plan, "batch"), ProductPlan.parse(text(plan, "plan")), plan.path("micros").asDouble(0)));
            }
            all.put(new TuningTarget(text(target, "gpu"), text(target, "driver"), text(target, "kernels")), book);
        }
        return all;
    }

    private static WeightFormat format(String id) {
        return WeightFormat.of(id)
                .orElseThrow(() -> new IllegalArgumentException("unknown format '" + id + "'"));
    }

    private static String text(JsonNode node, String name) {
        if (!node.path(name).isTextual()) {
            throw new IllegalArgumentException("'" + name + "' is " + node.path(name) + ", expected text");
        }
        return node.path(name).textValue();
    }

    private static int positive(JsonNode node, String name) {
        if (!node.path(name).isInt() || node.path(name).intValue() < 1) {
            throw new IllegalArgumentException("'" + name + "' is " + node.path(name) + ", expected a positive number");
        }
        return node.path(name).intValue();
    }
}
