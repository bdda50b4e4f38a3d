package zipserv.cli;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.databind.node.JsonNodeType;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * A file of prompts: a prompt per line, or a JSON object per line if its first line begins with a brace. Empty lines
 * are left out.
 */
final class BatchFile {

    private static final JsonMapper MAPPER = new JsonMapper();

    private BatchFile() {
    }

    /**
     * A prompt.
     *
     * @param line      where it stands, from 1
     * @param text      what to continue
     * @param maxTokens most tokens to generate, if the file says so
     */
    record Prompt(int line, String text, Optional<Integer> maxTokens) {
    }

    /** Reads a file, or standard input for "-". */
    static List<Prompt> read(Path file, Terminal terminal) throws IOException {
        boolean standardInput = file.equals(Path.of("-"));
        byte[] bytes = standardInput ? terminal.in().readAllBytes() : Files.readAllBytes(file);
        String name = standardInput ? "standard input" : file.toString();
        List<String> lines;
        try {
            lines = StandardCharsets.UTF_8.newDecoder().decode(ByteBuffer.wrap(bytes)).toString().lines().toList();
        } catch (CharacterCodingException e) {
            throw new CommandException(name + ": not valid UTF-8", e);
        }
        boolean json = lines.stream().filter(line -> !line.isBlank()).findFirst()
                .map(line -> line.stripLeading().startsWith("{")).orElse(false);
        List<Prompt> prompts = new ArrayList<>();
        for (int i = 0; i < lines.size(); i++) {
            if (!lines.get(i).isBlank()) {
                prompts.add(json ? parse(lines.get(i), i + 1, name)
                        : new Prompt(i + 1, lines.get(i), Optional.empty()));
            }
        }
        if (prompts.isEmpty()) {
            throw new CommandException(name + ": no prompts, expected one per line");
        }
        return prompts;
    }

    private static Prompt parse(String line, int number, String file) {
        String at = file + ", line " + number + ": ";
        JsonNode node;
        try {
            node = MAPPER.readTree(line);
        } catch (JsonProcessingException e) {
            throw new CommandException(at + "not valid JSON: "
                    + e.getOriginalMessage().replaceAll(" \\(start marker at .*\\)$", ""), e);
        }
        String text = null;
        Optional<Integer> maxTokens = Optional.empty();
        for (var field : node.properties()) {
            JsonNode value = field.getValue();
            switch (field.getKey()) {
                case "prompt" -> text = value.isTextual() ? value.textValue()
                        : refuse(at, field.getKey(), value, "a text");
                case "max_tokens" -> {
                    if (!value.canConvertToInt() || !value.isIntegralNumber() || value.intValue() < 1) {
                        refuse(at, field.getKey(), value, "a number from 1");
                    }
                    maxTokens = Optional.of(value.intValue());
                }
                default -> throw new CommandException(at + "\"" + field.getKey()
                        + "\" is unknown, expected prompt and max_tokens");
            }
        }
        if (text == null) {
            throw new CommandException(at + (node.getNodeType() == JsonNodeType.OBJECT ? "no \"prompt\""
                    : "found " + node + ", expected an object with a \"prompt\""));
        }
        return new Prompt(number, text, maxTokens);
    }

    private static String refuse(String at, String field, JsonNode value, String expected) {
        throw new CommandException(at + "\"" + field + "\" is " + value + ", expected " + expected);
    }
}
