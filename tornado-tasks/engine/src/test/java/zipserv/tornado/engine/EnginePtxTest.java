package zipserv.tornado.engine;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.File;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.condition.EnabledIfEnvironmentVariable;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import zipserv.codec.WeightFormat;
import zipserv.model.Engine.LogitsAt;
import zipserv.model.Engine.Sequence;
import zipserv.model.ModelConfig;
import zipserv.model.sampling.Choice;
import zipserv.model.sampling.SamplingParameters;
import zipserv.tornado.kernels.GpuRuntime;

/**
 * The engine on the real TornadoVM without a GPU: another JVM, started with the launcher's flags, opens a model and takes
 * steps with a driver that launches nothing. Its graphs are accepted, and every kernel compiles and assembles.
 * Needs an SDK (TORNADOVM_HOME) and gcc; the assembling needs ptxas.
 */
@Tag("emulation")
@EnabledIfEnvironmentVariable(named = "TORNADOVM_HOME", matches = ".+")
class EnginePtxTest {

    private static final Path DRIVER =
            Path.of("../intrinsics/src/test/resources/zipserv/tornado/ptx/driver-without-gpu.c");

    @TempDir
    Path folder;

    /** Opens an engine and runs a step of each size; results mean nothing. */
    public static final class Steps {

        private Steps() {
        }

        public static void main(String[] arguments) {
            ActivationFormat format = ActivationFormat.valueOf(arguments[0]);
            ModelConfig config = format == ActivationFormat.BF16 ? RandomModel.LLAMA : RandomModel.QWEN3;
            List<WeightFormat> formats = format == ActivationFormat.BF16
                    ? List.of(WeightFormat.TCA_TBE, WeightFormat.FRAG11) : List.of(WeightFormat.RAW);
            // The bytecode of a whole model in a graph does not fit the default.
            assertTrue(new GpuEngineProvider().obstacle().isEmpty());
            for (WeightFormat weights : formats) {
                run(config, weights, format);
            }
            run(RandomModel.MANY_HEADS, WeightFormat.RAW, format);
            System.out.println("ran on " + (GpuRuntime.isEmulation() ? "the emulation" : "TornadoVM"));
        }

        private static void run(ModelConfig config, WeightFormat weights, ActivationFormat format) {
            try (TornadoEngine engine = new TornadoEngine("gpu", config, RandomModel.weights(config, weights),
                    new EngineLimits(100, format, format, List.of(8, 16, 160)));
                    Sequence sequence = engine.newSequence(90)) {
                engine.prefill(sequence, new int[30], LogitsAt.ALL);
                // Without a device every argmax is the zero that the memory was filled with, so steps run ahead.
                for (int step = 0; step < 6; step++) {
                    engine.decode(List.of(sequence), new int[1]);
                }
                Choice choice = Choice.first(new SamplingParameters(0.7, 40, 0.9, 0.01, 1), 1);
                engine.prefill(sequence, new int[3], choice);
                for (int step = 0; step < 4; step++) {
                    choice = choice.next();
                    engine.decode(List.of(sequence), new int[1], List.of(choice));
                }
                // More rows than any batch: from row-major weights, and the last row's logits only.
                engine.prefill(sequence, new int[30], LogitsAt.LAST);
                engine.decode(List.of(sequence), new int[1]).copyRow(0, new float[config.vocabularySize()]);
            }
        }
    }

    @ParameterizedTest
    @EnumSource
    void kernelsOfAStepCompileAndAssemble(ActivationFormat format) throws Exception {
        Path ptx = Files.createDirectory(folder.resolve("ptx"));
        Outcome built = run(List.of("gcc", "-w", "-shared", "-fPIC", "-Wl,-soname,libcuda.so.1", "-o",
                folder.resolve("libcuda.so.1").toString(), DRIVER.toString()), Map.of());
        assumeTrue(built.exit == 0, built.output);
        Outcome flags = run(List.of("bash", "-c",
                ". ../../runner/bin/tornado-flags.sh; tornado_flags \"$TORNADOVM_HOME\""), Map.of());
        List<String> command = new ArrayList<>();
        command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
        command.addAll(flags.output.lines().toList());
        command.addAll(List.of("--add-modules", "jdk.incubator.vector", "--enable-native-access=ALL-UNNAMED", "-cp",
                classPathWithoutTheApi(), Steps.class.getName(), format.name()));
        Outcome ran = run(command, Map.of("LD_LIBRARY_PATH", folder.toString(), "PTX_FOLDER", ptx.toString()));
        assertTrue(ran.exit == 0 && ran.output.contains("ran on TornadoVM"), ran.output);
        boolean assembler = run(List.of("ptxas", "--version"), Map.of()).exit == 0;
        try (Stream<Path> files = Files.list(ptx)) {
            boolean ahead = false;
            boolean sampling = false;
            boolean aheadSampling = false;
            for (Path file : files.toList()) {
                String text = Files.readString(file);
                ahead |= text.contains("advance");
                aheadSampling |= text.contains("advancesampling");
                if (text.contains("_choose_")) {
                    sampling = true;
                    assertTrue(text.contains("atom.shared.add.u32") && text.contains("mul.rn.f64"), text);
                    assertFalse(text.matches("(?s).*(fma|mad)\\.rn\\.f64.*"), text);
                }
                assertFalse(text.contains(".local"), () -> "local memory in\n" + text);
                // Layers have the same kernels; the first one's are enough.
                if (assembler && !text.contains("_l1_")) {
                    Outcome assembled = run(List.of("ptxas", "-arch=sm_90", "-v", "-o",
                            folder.resolve("cubin").toString(), file.toString()), Map.of());
                    assertEquals(0, assembled.exit, assembled.output);
                    assertTrue(assembled.output.contains("0 bytes spill stores"), assembled.output);
                }
            }
            assertTrue(ahead, "no step has run ahead");
            assertTrue(sampling && aheadSampling, "no step has sampled");
        }
    }

    private static String classPathWithoutTheApi() {
        return Arrays.stream(System.getProperty("java.class.path").split(File.pathSeparator))
                .filter(entry -> !entry.contains("tornado-api")
                        && !Files.exists(Path.of(entry, "uk/ac/manchester")))
                .filter(entry -> !entry.contains("graalvm"))
                .collect(Collectors.joining(File.pathSeparator));
    }

    private record Outcome(int exit, String output) {
    }

    private Outcome run(List<String> command, Map<String, String> environment) throws Exception {
        Path output = Files.createTempFile(folder, "output", null);
        ProcessBuilder builder = new ProcessBuilder(command).redirectErrorStream(true).redirectOutput(output.toFile());
        builder.environment().putAll(environment);
        try {
            int exit = builder.start().waitFor();
            return new Outcome(exit, Files.readString(output));
        } catch (IOException e) {
            return new Outcome(127, e.toString());
        }
    }
}
