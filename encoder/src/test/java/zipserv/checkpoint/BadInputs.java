package zipserv.checkpoint;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Random;
import java.util.zip.CRC32C;

import zipserv.codec.WeightFormat;

/**
 * Everything that can be wrong with a folder, and what the user is told. In messages, {@code DIR} stands for the folder
 * the case was prepared in; docs/errors.md shows the same table.
 */
final class BadInputs {

    /** Puts something bad into a folder and returns what a user would then do. */
    interface Preparation {
        Runnable prepare(Path folder) throws IOException;
    }

    /**
     * @param what    the reader of the table sees
     * @param message expected, exactly
     */
    record Case(String what, String message, Preparation preparation) {
        @Override
        public String toString() {
            return what;
        }
    }

    private final List<Case> cases = new ArrayList<>();

    static List<Case> all() {
        BadInputs inputs = new BadInputs();
        inputs.safetensorsFiles();
        inputs.shards();
        inputs.folders();
        inputs.compressedFolders();
        inputs.targets();
        return inputs.cases;
    }

    private void safetensorsFiles() {
        file("file shorter than a header's length", "file of 5 bytes, expected at least 8 for the length of the header",
                new byte[5]);
        file("header of 2^63 bytes", "header of 9223372036854775808 bytes, expected at most 100000000",
                new byte[] {0, 0, 0, 0, 0, 0, 0, (byte) 0x80, '{', '}'});
        file("header of 100 MB and a byte", "header of 100000001 bytes, expected at most 100000000",
                new byte[] {1, (byte) 0xe1, (byte) 0xf5, 5, 0, 0, 0, 0, '{', '}'});
        file("truncated header", "header of 64 bytes, but only 7 bytes follow its length (truncated?)",
                new byte[] {64, 0, 0, 0, 0, 0, 0, 0, '{', '"', 'a', '"', ':', '{', '"'});
        header("empty header", "header is empty, expected a JSON object", "", 0);
        header("header that is no object", "header starts with byte 0x5b, expected '{'", "[]", 0);
        file("header that is not UTF-8", "header is not valid UTF-8",
                new byte[] {5, 0, 0, 0, 0, 0, 0, 0, '{', '"', (byte) 0xff, '"', '}'});
        header("header that is not JSON", "header is not valid JSON at character 1: "
                + "Unexpected character ('x' (code 120)): was expecting double-quote to start field name", "{x}", 0);
        header("something behind the header's object", "header holds more than one JSON value, expected one object",
                "{} {}", 0);
        header("duplicate tensor", "header is not valid JSON at character 56: Duplicate field 'a'",
                "{" + tensor("a", "U8", "1", "0,1") + "," + tensor("a", "U8", "1", "1,2") + "}", 2);
        header("duplicate key of a tensor", "header is not valid JSON at character 26: Duplicate field 'dtype'",
                "{\"a\":{\"dtype\":\"U8\",\"dtype\":\"U8\",\"shape\":[1],\"data_offsets\":[0,1]}}", 1);
        tensors("unknown element type", "tensor \"a\": dtype \"BF17\" is unknown, expected one of BOOL, F4, F6_E2M3, "
                + "F6_E3M2, U8, I8, F8_E5M2, F8_E4M3, F8_E8M0, F8_E4M3FNUZ, F8_E5M2FNUZ, I16, U16, F16, BF16, I32, "
                + "U32, F32, C64, F64, I64, U64", 2, tensor("a", "BF17", "1", "0,2"));
        tensors("wrong element type",
                "tensor \"a\": data_offsets [0, 4] hold 4 bytes, expected 8 for shape [2] of F32", 4,
                tensor("a", "F32", "2", "0,4"));
        tensors("negative dimension", "tensor \"a\": shape holds -1, expected 0 or more", 1,
                tensor("a", "U8", "-1", "0,1"));
        tensors("dimension that is no integer", "tensor \"a\": shape holds 1.5, expected integers", 1,
                tensor("a", "U8", "1.5", "0,1"));
        tensors("shape beyond 63 bits",
                "tensor \"a\": shape [4294967296, 4294967296] of U8 has no size in whole bytes below "
                + "2^63", 1, tensor("a", "U8", "4294967296,4294967296", "0,1"));
        tensors("truncated data",
                "tensor \"b\": data_offsets [4, 8] reach beyond the 6 data bytes of the file (truncated?)", 6,
                tensor("a", "U8", "4", "0,4"), tensor("b", "U8", "4", "4,8"));
        tensors("offsets that run backwards", "tensor \"a\": data_offsets [4, 0] run backwards, expected begin <= end",
                4, tensor("a", "U8", "4", "4,0"));
        tensors("three offsets", "tensor \"a\": data_offsets holds 3 numbers, expected 2", 4,
                tensor("a", "U8", "4", "0,4,4"));
        tensors("overlapping tensors", "tensor \"b\": begins at data byte 2, expected 4: it overlaps tensor \"a\"", 6,
                tensor("b", "U8", "4", "2,6"), tensor("a", "U8", "4", "0,4"));
        tensors("hole between tensors",
                "tensor \"b\": begins at data byte 5, expected 4: the bytes between belong to no tensor", 6,
                tensor("a", "U8", "4", "0,4"), tensor("b", "U8", "1", "5,6"));
        tensors("bytes behind the last tensor", "found 3 bytes after the last tensor, expected none", 7,
                tensor("a", "U8", "4", "0,4"));
        tensors("tensor without a shape", "tensor \"a\": shape is missing, expected dtype, shape and data_offsets", 1,
                "\"a\":{\"dtype\":\"U8\",\"data_offsets\":[0,1]}");
        tensors("tensor with an unknown key",
                "tensor \"a\": unknown key \"size\", expected dtype, shape and data_offsets", 1,
                "\"a\":{\"size\":1}");
        tensors("tensor that is no object", "tensor \"a\": described by null, expected an object", 0, "\"a\":null");
        tensors("metadata that is no text", "__metadata__ \"n\" is 1, expected a string", 0,
                "\"__metadata__\":{\"n\":1}");
    }

    private void shards() {
        index("index that is no JSON", "model.safetensors.index.json: not valid JSON: "
                + "Unexpected character ('x' (code 120)): was expecting double-quote to start field name", "{x}");
        index("index without a map",
                "model.safetensors.index.json: weight_map is missing or empty, expected an object of "
                + "file names", "{\"metadata\":{}}");
        index("duplicate key in an index", "model.safetensors.index.json: not valid JSON: Duplicate field 'a'",
                "{\"weight_map\":{\"a\":\"one.safetensors\",\"a\":\"two.safetensors\"}}");
        for (String path : List.of("../one.safetensors", "/etc/one.safetensors", "sub/one.safetensors")) {
            index("path traversal in an index: " + path, "model.safetensors.index.json: tensor \"a\": file \"" + path
                    + "\", expected the name of a .safetensors file in the same folder",
                    "{\"weight_map\":{\"a\":\"" + path + "\"}}");
        }
        index("missing shard", "three.safetensors: no such file",
                "{\"weight_map\":{\"a\":\"one.safetensors\",\"c\":\"three.safetensors\"}}");
        index("missing tensor", "model.safetensors.index.json: tensor \"c\" is in no file, expected in one.safetensors",
                "{\"weight_map\":{\"a\":\"one.safetensors\",\"c\":\"one.safetensors\"}}");
        index("tensor in another shard",
                "model.safetensors.index.json: tensor \"b\" is in two.safetensors, expected in one.safetensors",
                "{\"weight_map\":{\"a\":\"two.safetensors\",\"b\":\"one.safetensors\"}}");
        index("tensor in two shards",
                "two.safetensors: tensor \"b\" is also in three.safetensors, expected in one file only",
                "{\"weight_map\":{\"a\":\"two.safetensors\",\"b\":\"three.safetensors\"}}",
                "three.safetensors", new TestCheckpoint().add("b", "U8", new byte[1], 1).toBytes());
    }

    private void folders() {
        add("missing folder", "DIR/model: no such folder, expected a checkpoint folder",
                folder -> open(folder.resolve("model")));
        add("file in place of a folder", "DIR/model: not a folder, expected a checkpoint folder", folder -> {
            Files.writeString(folder.resolve("model"), "");
            return open(folder.resolve("model"));
        });
        add("folder without weights", "DIR: no checkpoint, expected model.safetensors or model.safetensors.index.json",
                BadInputs::open);
        add("unfinished output of a killed run",
                "DIR/.out.zipserv-partial-1/content: unfinished output of an interrupted run, expected a checkpoint",
                folder -> {
                    Path content = Files.createDirectories(folder.resolve(".out.zipserv-partial-1/content"));
                    plain(content);
                    return open(content);
                });
        add("link to nothing", "DIR/in/tokenizer.json: a link to nothing, expected a regular file or folder",
                folder -> {
                    Path source = plain(folder.resolve("in"));
                    Files.createSymbolicLink(source.resolve("tokenizer.json"), folder.resolve("nothing"));
                    return compress(source, folder.resolve("out"));
                });
        add("link to a folder around it", "DIR/in/sub/loop: a link to a folder that holds it", folder -> {
            Path source = plain(folder.resolve("in"));
            Files.createDirectories(source.resolve("sub"));
            Files.createSymbolicLink(source.resolve("sub/loop"), source);
            return compress(source, folder.resolve("out"));
        });
        add("reserved tensor name",
                "DIR/in/model.safetensors: tensor \"zipserv.original_header\" has a reserved name", folder -> {
                    Path source = Files.createDirectories(folder.resolve("in"));
                    new TestCheckpoint().add("zipserv.original_header", "U8", new byte[1], 1)
                            .write(source.resolve("model.safetensors"));
                    return compress(source, folder.resolve("out"));
                });
    }

    private void compressedFolders() {
        String file = "DIR/model.safetensors: ";
        packed("compressed folder without its manifest", file
                + "compressed, but zipserv.json is missing beside it, expected a complete checkpoint",
                folder -> Files.delete(folder.resolve("zipserv.json")));
        packed("unknown container version in the manifest", "DIR/zipserv.json: container version 2, expected 1",
                folder -> replace(folder.resolve("zipserv.json"), "\"version\" : 1", "\"version\" : 2"));
        packed("unknown format in the manifest", "DIR/zipserv.json: format \"zipped\", expected \"zipserv\"",
                folder -> replace(folder.resolve("zipserv.json"), "\"zipserv\"", "\"zipped\""));
        packed("changed manifest", "DIR/zipserv.json: CRC-32C CRC does not fit the text, expected CRC",
                folder -> replace(folder.resolve("zipserv.json"), "\"bytes\" : 2", "\"bytes\" : 3"));
        packed("duplicate key in the manifest", "DIR/zipserv.json: damaged: Duplicate field 'format'",
                folder -> replace(folder.resolve("zipserv.json"), "{\n  \"format\"", "{\n  \"format\":1,\"format\""));
        packed("path traversal in the manifest",
                "DIR/zipserv.json: file name \"../evil\", expected one inside the folder",
                folder -> replaceItem(folder, new Manifest.Item("../evil", 2, "00")));
        packed("changed header", file + "header has CRC-32C CRC, expected CRC",
                folder -> replace(folder.resolve("model.safetensors"), "\\\"bytes\\\":", "\\\"bytez\\\":"));
        resealed("unknown container version in a header", file + "container version 2, expected 1",
                "\"zipserv.version\":\"1\"", "\"zipserv.version\":\"2\"");
        resealed("unknown format version of a tensor",
                file + "tensor \"w\": format tca-tbe version 9, expected one of FORMATS",
                "\\\"version\\\":1,\\\"dtype\\\":\\\"BF16\\\",\\\"shape\\\":[128,256]",
                "\\\"version\\\":9,\\\"dtype\\\":\\\"BF16\\\",\\\"shape\\\":[128,256]");
        resealed("unknown format of a tensor",
                file + "tensor \"w\": format tca-tbx version 1, expected one of FORMATS", "tca-tbe", "tca-tbx");
        resealed("description that contradicts the original header",
                file + "tensor \"w\": described as BF16 [256, 128], expected BF16 [128, 256] as in the original header",
                "\\\"shape\\\":[128,256]", "\\\"shape\\\":[256,128]");
        resealed("description without a tensor", file + "tensor \"w\": has no description in the metadata",
                "tensor:w", "tensor:v");
        resealed("damaged description", file + "tensor \"w\": description is damaged: Missing creator property "
                + "'dtype' (index 2)", "\\\"dtype\\\":\\\"BF16\\\",\\\"shape\\\":[128,256],", "");
        resealed("missing part", file + "tensor \"w.bitmap1\": is not in the file", "w.bitmap1", "w.bitmap9");
        resealed("part of another size", file
                + "tensor \"w.bitmap1\": stored as I64 of 4096 bytes, expected I64 of 3968",
                "\\\"elements\\\":512", "\\\"elements\\\":496");
    }

    private void targets() {
        add("target exists", "DIR/out: already exists, expected a new folder", folder -> {
            Files.createDirectories(folder.resolve("out"));
            return compress(plain(folder.resolve("in")), folder.resolve("out"));
        });
        add("target is the source", "DIR/in: already exists, expected a new folder",
                folder -> compress(plain(folder.resolve("in")), folder.resolve("in")));
        add("target inside the source", "DIR/in/out: lies inside the source DIR/in, expected a folder elsewhere",
                folder -> compress(plain(folder.resolve("in")), folder.resolve("in/out")));
        add("target inside the source through a link",
                "DIR/link/out: lies inside the source DIR/in, expected a folder elsewhere", folder -> {
                    Path source = plain(folder.resolve("in"));
                    Files.createDirectories(source.resolve("sub"));
                    Files.createSymbolicLink(folder.resolve("link"), source.resolve("sub"));
                    return compress(source, folder.resolve("link/out"));
                });
        add("target inside a linked folder of the source",
                "DIR/elsewhere/out: lies inside the source DIR/in, expected a folder elsewhere", folder -> {
                    Path source = plain(folder.resolve("in"));
                    Files.createDirectories(folder.resolve("elsewhere"));
                    Files.createSymbolicLink(source.resolve("sub"), folder.resolve("elsewhere"));
                    return compress(source, folder.resolve("elsewhere/out"));
                });
        add("target in a folder that does not exist", "DIR/no/out: its parent folder does not exist",
                folder -> compress(plain(folder.resolve("in")), folder.resolve("no/out")));
        add("compressing what is compressed", "DIR: already compressed, expected a plain checkpoint", folder -> {
            pack(folder);
            return compress(folder, folder.resolveSibling("out"));
        });
        add("restoring what is plain", "DIR/in: no compressed checkpoint, expected zipserv.json in it", folder -> {
            Path source = plain(folder.resolve("in"));
            return () -> new CheckpointRestorer(1, ProgressListener.NONE).restore(source, folder.resolve("out"));
        });
        for (long room : new long[] {0, 100, 4096, 40_000}) {
            add("disk full after " + room + " bytes, compressing", "DIR/out/" + (room == 0 ? "config.json"
                    : "model.safetensors") + ": cannot be written: No space left on device", folder -> {
                        Path source = plain(folder.resolve("in"));
                        return () -> new CheckpointCompressor(CompressionOptions.DEFAULT, ProgressListener.NONE,
                                new FullDisk(room)).compress(source, folder.resolve("out"));
                    });
        }
        add("disk full, restoring", "DIR/out/model.safetensors: cannot be written: No space left on device", folder -> {
            Path packed = Files.createDirectories(folder.resolve("packed"));
            pack(packed);
            return () -> new CheckpointRestorer(1, ProgressListener.NONE, new FullDisk(40_000))
                    .restore(packed, folder.resolve("out"));
        });
    }

    private void add(String what, String message, Preparation preparation) {
        cases.add(new Case(what, message, preparation));
    }

    private void file(String what, String message, byte[] content) {
        add(what, "DIR/model.safetensors: " + message, folder -> {
            Files.write(folder.resolve("model.safetensors"), content);
            return open(folder);
        });
    }

    private void header(String what, String message, String header, int dataBytes) {
        file(what, message, TestCheckpoint.file(header, new byte[dataBytes]));
    }

    private void tensors(String what, String message, int dataBytes, String... entries) {
        header(what, message, "{" + String.join(",", entries) + "}", dataBytes);
    }

    private static String tensor(String name, String dtype, String shape, String offsets) {
        return "\"%s\":{\"dtype\":\"%s\",\"shape\":[%s],\"data_offsets\":[%s]}".formatted(name, dtype, shape, offsets);
    }

    /** An index beside two shards, one.safetensors with tensor a and two.safetensors with tensor b. */
    private void index(String what, String message, String index) {
        index(what, message, index, "one.safetensors", new TestCheckpoint().add("a", "U8", new byte[1], 1).toBytes());
    }

    private void index(String what, String message, String index, String shard, byte[] content) {
        add(what, "DIR/" + message, folder -> {
            Files.writeString(folder.resolve("model.safetensors.index.json"), index);
            Files.write(folder.resolve(shard), content);
            boolean swapped = index.contains("\"a\":\"two");
            new TestCheckpoint().add("b", "U8", new byte[1], 1).write(folder.resolve("two.safetensors"));
            if (swapped && !shard.startsWith("three")) {
                new TestCheckpoint().add("a", "U8", new byte[1], 1).add("b", "U8", new byte[1], 1)
                        .write(folder.resolve("two.safetensors"));
                new TestCheckpoint().write(folder.resolve("one.safetensors"));
            }
            return open(folder);
        });
    }

    interface Change {
        void apply(Path folder) throws IOException;
    }

    /** A change to a compressed folder. */
    private void packed(String what, String message, Change change) {
        add(what, message, folder -> {
            pack(folder);
            change.apply(folder);
            return open(folder);
        });
    }

    /** A change to the header of a compressed file by somebody who also corrects the manifest. */
    private void resealed(String what, String message, String text, String replacement) {
        packed(what, message, folder -> {
            replaceHeader(folder.resolve("model.safetensors"), text, replacement);
            reseal(folder);
        });
    }

    static void reseal(Path folder) throws IOException {
        byte[] file = Files.readAllBytes(folder.resolve("model.safetensors"));
        int headerBytes = ByteBuffer.wrap(file).order(ByteOrder.LITTLE_ENDIAN).getInt();
        CRC32C crc = new CRC32C();
        crc.update(file, 0, 8 + headerBytes);
        Manifest manifest = Manifest.read(folder);
        LinkedHashMap<String, Crc32c> compressed = new LinkedHashMap<>(manifest.compressed());
        compressed.put("model.safetensors", new Crc32c((int) crc.getValue()));
        Files.writeString(folder.resolve("zipserv.json"),
                Manifest.of(manifest.folders(), manifest.files(), compressed).render());
    }

    private static void replaceItem(Path folder, Manifest.Item item) throws IOException {
        Manifest manifest = Manifest.read(folder);
        List<Manifest.Item> items = new ArrayList<>(manifest.files());
        items.set(0, item);
        Files.writeString(folder.resolve("zipserv.json"),
                Manifest.of(manifest.folders(), items, manifest.compressed()).render());
    }

    /** Replaces the first occurrence of a text, keeping the size by spaces at the end of the header. */
    private static void replaceHeader(Path path, String text, String replacement) throws IOException {
        String file = new String(Files.readAllBytes(path), StandardCharsets.ISO_8859_1);
        int at = file.indexOf(text);
        int end = 8 + ByteBuffer.wrap(file.getBytes(StandardCharsets.ISO_8859_1), 0, 8)
                .order(ByteOrder.LITTLE_ENDIAN).getInt();
        String header = file.substring(0, at) + replacement + file.substring(at + text.length(), end)
                + " ".repeat(text.length() - replacement.length());
        Files.write(path, (header + file.substring(end)).getBytes(StandardCharsets.ISO_8859_1));
    }

    private static void replace(Path path, String text, String replacement) throws IOException {
        String file = new String(Files.readAllBytes(path), StandardCharsets.ISO_8859_1);
        int at = file.indexOf(text);
        Files.write(path, (file.substring(0, at) + replacement + file.substring(at + text.length()))
                .getBytes(StandardCharsets.ISO_8859_1));
    }

    /** A small plain checkpoint. */
    static Path plain(Path folder) throws IOException {
        Files.createDirectories(folder);
        Files.writeString(folder.resolve("config.json"), "{}");
        Random random = new Random(5);
        new TestCheckpoint().addWeights("w", random, 128, 256).addWeights("norm", random, 100)
                .write(folder.resolve("model.safetensors"));
        return folder;
    }

    /** Its compressed form, in an existing folder; in the format that has parameters. */
    static void pack(Path folder) throws IOException {
        pack(folder, CompressionOptions.DEFAULT.withFormat(WeightFormat.TCA_TBE));
    }

    static void pack(Path folder, CompressionOptions options) throws IOException {
        Path scratch = Files.createTempDirectory("zipserv-test");
        new CheckpointCompressor(options, ProgressListener.NONE)
                .compress(plain(scratch.resolve("in")), scratch.resolve("out"));
        for (Path file : List.of(Path.of("config.json"), Path.of("model.safetensors"), Path.of("zipserv.json"))) {
            Files.move(scratch.resolve("out").resolve(file), folder.resolve(file));
            Files.deleteIfExists(scratch.resolve("in").resolve(file));
        }
        Files.delete(scratch.resolve("in"));
        Files.delete(scratch.resolve("out"));
        Files.delete(scratch);
    }

    private static Runnable open(Path folder) {
        return () -> Checkpoint.open(folder).close();
    }

    private static Runnable compress(Path source, Path target) {
        return () -> new CheckpointCompressor(CompressionOptions.DEFAULT, ProgressListener.NONE)
                .compress(source, target);
    }
}
