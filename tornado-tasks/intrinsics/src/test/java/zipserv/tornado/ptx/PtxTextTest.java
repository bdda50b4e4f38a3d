package zipserv.tornado.ptx;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.File;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledIfEnvironmentVariable;
import org.junit.jupiter.api.io.TempDir;
import uk.ac.manchester.tornado.api.types.arrays.IntArray;

/**
 * The PTX that the real TornadoVM prints, on a machine without a GPU: another JVM, started with the launcher's flags,
 * compiles the test kernels against a driver that does nothing. Needs an SDK (TORNADOVM_HOME) and gcc; where there is
 * ptxas, the texts are assembled too.
 */
@EnabledIfEnvironmentVariable(named = "TORNADOVM_HOME", matches = ".+")
class PtxTextTest {

    @TempDir
    Path folder;

    /** Compiles every test kernel; its results mean nothing. */
    public static final class Compile {

        private Compile() {
        }

        public static void main(String[] arguments) throws Exception {
            for (JavaPatternsTest.Pattern pattern : JavaPatternsTest.patterns().toList()) {
                KernelLauncher.run(pattern.name(), pattern.kernel(), 128, 128, new IntArray(256), new IntArray(128));
            }
            KernelLauncher.run("bits", PtxKernels::bits, 128, 128, new IntArray(4096), new IntArray(4096));
            KernelLauncher.run("floats", PtxKernels::floats, 128, 128, new IntArray(4096), new IntArray(4096));
            KernelLauncher.run("doubles", PtxKernels::doubles, 128, 128, new IntArray(4096), new IntArray(4096));
            KernelLauncher.run("histogram", PtxKernels::histogram, 128, 128, new IntArray(128), new IntArray(64));
            KernelLauncher.run("globalMemory", PtxKernels::globalMemory, 128, 128, new IntArray(4096),
                    new IntArray(8192));
            KernelLauncher.run("warp", PtxKernels::warp, 128, 128, new IntArray(128), new IntArray(4096));
            KernelLauncher.run("sharedMemory", PtxKernels::sharedMemory, 64, 64, new IntArray(256), new IntArray(256));
            KernelLauncher.run("matrices", PtxKernels::matrices, 32, 32, new IntArray(256), new IntArray(512));
            KernelLauncher.run("mma", PtxKernels::mma, 128, 128, new IntArray(4096), new IntArray(4096));
            KernelLauncher.run("pipeline", PtxKernels::pipeline, 32, 32, new IntArray(4096), new IntArray(4096));
            KernelLauncher.run("lastBlock", PtxKernels::lastBlock, 64, 32, new IntArray(64), new IntArray(64));
            KernelLauncher.run("hopper", HopperKernels::pipeline, HopperKernels.PIPELINE_THREADS,
                    HopperKernels.PIPELINE_THREADS, new IntArray(4096), new IntArray(4096));
            KernelLauncher.run("copies", HopperKernels::copies, 128, 128, new IntArray(4096), new IntArray(4096));
            System.out.println("compiled by " + (IntArray.class.getModule().isNamed() ? "TornadoVM" : "the emulation"));
            KernelLauncher.run("tile", TileKernel::multiply, 32, 32, new IntArray(4096), new IntArray(128));
        }
    }

    @Test
    void kernelsBecomeTheInstructionsTheyName() throws Exception {
        Map<String, String> ptx = compile();
        assertContains(ptx.get("tile"), "mma.sync.aligned.m16n8k16.row.col.f32.bf16.bf16.f32",
                "ld.global.nc.L1::no_allocate.L2::256B.v4.u32", "ld.global.nc.v2.u32", "st.global.v4.u32");
        assertContains(ptx.get("bits"), "lop3.b32", "prmt.b32", "clz.b64", "popc.b32", "shf.l.wrap.b32", "mul.hi.u32");
        assertContains(ptx.get("doubles"), "add.rn.f64", "sub.rn.f64", "mul.rn.f64", "cvt.f64.f32", "mul.hi.u64");
        assertContains(ptx.get("histogram"), "atom.shared.add.u32");
        assertContains(ptx.get("globalmemory"), "ld.global.v4.u32", "ld.global.nc.v4.u32", "st.global.cs.v4.u32");
        assertContains(ptx.get("warp"), "%laneid", "vote.sync.ballot.b32", "shfl.sync.bfly.b32", "bar.warp.sync");
        assertContains(ptx.get("matrices"), "cp.async.cg.shared.global", "cp.async.wait_group\t1",
                "ldmatrix.sync.aligned.m8n8.x4.trans.shared.b16");
        assertContains(ptx.get("lastblock"), "atom.acq_rel.gpu.global.add.u32", "fence.acq_rel.gpu",
                "ld.acquire.gpu.global.u32");
        checkHopper(ptx.get("hopper"));
        List<String> copies = ptx.get("copies").lines().filter(line -> line.contains("wgmma.mma_async")).toList();
        assertEquals(List.of(4, 1, 0), copies.stream().map(line -> line.split("mov.f32", -1).length - 1).toList());
        assertEquals(registers(copies.get(1)), registers(copies.get(2)));
        assertContains(copies.get(0), "wgmma.fence.sync.aligned; ");
        assertContains(ptx.get("shiftright"), "shr.s32");
        assertContains(ptx.get("shiftrightlong"), "shr.s64");
        ptx.forEach((name, text) -> assertFalse(text.contains(".local"), name + " uses local memory"));
        if (run(List.of("ptxas", "--version"), Map.of()).exit == 0) {
            try (Stream<Path> files = Files.list(folder.resolve("ptx"))) {
                for (Path file : files.toList()) {
                    Outcome assembled = run(List.of("ptxas", "-arch=sm_90", "-v", "-o",
                            folder.resolve("cubin").toString(), file.toString()), Map.of());
                    assertEquals(0, assembled.exit, assembled.output);
                    assertContains(assembled.output, "0 bytes stack frame", "0 bytes spill stores");
                }
            }
        }
    }

    /** Instructions of sm_90a are comments of one line, and multiplications in place. */
    private static void checkHopper(String text) {
        assertContains(text, "\t.shared .align 1024 .b8 shared_rsi0[1024]; // sm_90a: 90112 bytes at launch\n",
                "\t// sm_90a: mbarrier.init.shared::cta.b64 [rsi", "\t// sm_90a: fence.mbarrier_init.release.cluster;\n",
                "\t// sm_90a: mbarrier.arrive.shared::cta.b64 _, [rsi",
                "\t// sm_90a: mbarrier.arrive.expect_tx.shared::cta.b64 _, [rsi",
                "\t// sm_90a: { .reg .pred %done; WAIT: mbarrier.try_wait.parity.shared::cta.b64 %done, [rsi",
                "\t// sm_90a: cp.async.bulk.shared::cluster.global.mbarrier::complete_tx::bytes [rsi", "+16], 8192, [rsi",
                "\t// sm_90a: wgmma.fence.sync.aligned;\n", "\t// sm_90a: wgmma.commit_group.sync.aligned;\n",
                "\t// sm_90a: wgmma.wait_group.sync.aligned 0;\n", "\tbarrier.sync\t1, 128;\n");
        List<String> multiplications = text.lines().filter(line -> line.contains("wgmma.mma_async")).toList();
        assertEquals(4, multiplications.size());
        for (String line : multiplications) {
            assertContains(line, "\t// sm_90a: { ", "wgmma.mma_async.sync.aligned.m64n64k16.f32.bf16.bf16 {",
                    "{%a0, %a1, %a2, %a3}, rsd", ", %add, 1, 1, 0; }");
            assertEquals(registers(multiplications.getFirst()), registers(line));
            assertFalse(line.contains("mov.f32"), line);
        }
    }

    /** The registers that a multiplication accumulates in. */
    private static String registers(String line) {
        return line.replaceAll(".*bf16 \\{(.*?)}.*", "$1");
    }

    private static void assertContains(String text, String... parts) {
        for (String part : parts) {
            assertTrue(text.contains(part), () -> part + " is not in\n" + text);
        }
    }

    /** The text of each kernel, by the name of its task in lower case. */
    private Map<String, String> compile() throws Exception {
        Path source = folder.resolve("driver.c");
        try (InputStream in = PtxTextTest.class.getResourceAsStream("driver-without-gpu.c")) {
            Files.copy(in, source);
        }
        Path ptx = Files.createDirectory(folder.resolve("ptx"));
        Outcome built = run(List.of("gcc", "-w", "-shared", "-fPIC", "-Wl,-soname,libcuda.so.1", "-o",
                folder.resolve("libcuda.so.1").toString(), source.toString()), Map.of());
        assumeTrue(built.exit == 0, "no gcc");
        Outcome flags = run(List.of("bash", "-c",
                ". ../../runner/bin/tornado-flags.sh; tornado_flags \"$TORNADOVM_HOME\""), Map.of());
        assertEquals(0, flags.exit, flags.output);
        List<String> command = new ArrayList<>();
        command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
        command.addAll(flags.output.lines().toList());
        command.addAll(List.of("--enable-native-access=ALL-UNNAMED", "-cp", classPathWithoutTheApi(),
                Compile.class.getName()));
        Outcome compiled = run(command, Map.of("LD_LIBRARY_PATH", folder.toString(), "PTX_FOLDER", ptx.toString()));
        assertEquals(0, compiled.exit, compiled.output);
        assertContains(compiled.output, "compiled by TornadoVM");
        Map<String, String> texts = new TreeMap<>();
        try (Stream<Path> files = Files.list(ptx)) {
            for (Path file : files.toList()) {
                String text = Files.readString(file);
                texts.put(text.replaceAll("(?s).*?\\.entry ptx_([a-z0-9]+)_.*", "$1"), text);
            }
        }
        return texts;
    }

    private static String classPathWithoutTheApi() {
        return Arrays.stream(System.getProperty("java.class.path").split(File.pathSeparator))
                .filter(entry -> !entry.contains("tornado-api") && !Files.exists(Path.of(entry, "uk/ac/manchester")))
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
