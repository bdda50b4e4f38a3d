package zipserv.tornado.ptx.plugin;

import static jdk.vm.ci.meta.JavaKind.Float;
import static jdk.vm.ci.meta.JavaKind.Int;
import static jdk.vm.ci.meta.JavaKind.Long;
import static zipserv.tornado.ptx.plugin.Instruction.hopper;

import java.util.Collections;
import java.util.List;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import jdk.graal.compiler.nodes.ValueNode;
import jdk.graal.compiler.nodes.graphbuilderconf.InvocationPlugins;
import jdk.vm.ci.meta.JavaKind;
import uk.ac.manchester.tornado.api.types.arrays.IntArray;
import uk.ac.manchester.tornado.api.types.arrays.TornadoNativeArray;
import zipserv.tornado.ptx.PtxBarrier;
import zipserv.tornado.ptx.PtxShared;
import zipserv.tornado.ptx.PtxWgmma;
import zipserv.tornado.ptx.Quad;
import zipserv.tornado.ptx.WideAccumulator;
import zipserv.tornado.ptx.plugin.Instruction.Effect;

/** The PTX text of the instructions of sm_90a, nearly all of them in comments. */
final class HopperInstructions {

    private static final List<JavaKind> NOTHING = List.of();
    private static final int[] COLUMNS = {8, 16, 32, 64, 128, 256};
    private static final int LEAST_SHARED_COLUMNS = 64;

    private HopperInstructions() {
    }

    static void register(InvocationPlugins plugins) {
        barriers(new IntrinsicRegistry(plugins, PtxBarrier.class));
        sharedMemory(new IntrinsicRegistry(plugins, PtxShared.class));
        IntrinsicRegistry wide = new IntrinsicRegistry(plugins, WideAccumulator.class);
        for (int columns : COLUMNS) {
            wide.gatherZeros("zero" + columns, Float, columns / 2);
        }
        wide.tile("tile");
        wgmma(new IntrinsicRegistry(plugins, PtxWgmma.class));
    }

    private static void barriers(IntrinsicRegistry r) {
        r.fixed("init", Effect.WRITES, 0, NOTHING, hopper("mbarrier.init.shared::cta.b64 [$0], $1;"), int.class,
                int.class);
        r.fixed("fenceInit", Effect.WRITES, 0, NOTHING, hopper("fence.mbarrier_init.release.cluster;"));
        r.fixed("arrive", Effect.WRITES, 0, NOTHING, hopper("mbarrier.arrive.shared::cta.b64 _, [$0];"), int.class);
        r.fixed("arriveExpecting", Effect.WRITES, 0, NOTHING,
                hopper("mbarrier.arrive.expect_tx.shared::cta.b64 _, [$0], $1;"), int.class, int.class);
        // The label is known between the braces only.
        r.fixed("await", Effect.WRITES, 0, NOTHING, hopper("{ .reg .pred %done; WAIT: "
                + "mbarrier.try_wait.parity.shared::cta.b64 %done, [$0], $1; @!%done bra WAIT; }"), int.class,
                int.class);
        r.fixed("sync", Effect.WRITES, 0, NOTHING, "barrier.sync\t$0, $1;", int.class, int.class);
    }

    private static void sharedMemory(IntrinsicRegistry r) {
        r.fixed("allocateLarge", Effect.WRITES, 0, List.of(Int), ".shared .align 1024 .b8 shared_$r0[1024]; "
                + "// sm_90a: #0 bytes at launch\n\tmov.u32\t$r0, shared_$r0;", int.class);
        for (Class<?> index : List.of(int.class, long.class)) {
            String wide = index == int.class ? "mul.wide.s32\t$t0, $2, 4;" : "shl.b64\t$t0, $2, 2;";
            r.fixed("copyBulk", Effect.READS_IN_ORDER, 1, NOTHING, wide + "\n\tadd.u64\t$t0, $1, $t0;\n\t"
                    + hopper("cp.async.bulk.shared::cluster.global.mbarrier::complete_tx::bytes [$0], [$t0+"
                            + TornadoNativeArray.ARRAY_HEADER + "], $3, [$4];"),
                    int.class, IntArray.class, index, int.class, int.class);
        }
        r.fixed("fenceAsync", Effect.WRITES, 0, NOTHING, hopper("fence.proxy.async.shared::cta;"));
    }

    private static void wgmma(IntrinsicRegistry r) {
        r.fixed("fence", Effect.WRITES, 0, NOTHING, hopper("wgmma.fence.sync.aligned;"));
        r.fixed("commit", Effect.WRITES, 0, NOTHING, hopper("wgmma.commit_group.sync.aligned;"));
        r.fixed("await", Effect.WRITES, 0, NOTHING, hopper("wgmma.wait_group.sync.aligned #0;"), int.class);
        String start = "{ .reg .b32 %low, %high; shr.b32 %low, $0, 4; ";
        r.pure("descriptor", Long, start + "shl.b32 %high, $1, 12; or.b32 %low, %low, %high; shr.b32 %high, $2, 4; "
                + "mov.b64\t$r0, {%low, %high}; }", int.class, int.class, int.class);
        r.pure("descriptorSwizzled", Long, start + "or.b32 %low, %low, 0x10000; shr.b32 %high, $1, 4; "
                + "or.b32 %high, %high, 0x40000000; mov.b64\t$r0, {%low, %high}; }", int.class, int.class);
        r.pure("swizzled", Int, "{ .reg .b32 %piece; shr.b32 %piece, $0, 3; and.b32 %piece, %piece, 0x70; "
                + "xor.b32\t$r0, $0, %piece; }", int.class);
        for (int columns : COLUMNS) {
            multiply(r, columns, true);
            if (columns >= LEAST_SHARED_COLUMNS) {
                multiply(r, columns, false);
            }
        }
    }

    /** The registers of A must be untyped, hence the moves. Those of the accumulator stay where they are. */
    private static void multiply(IntrinsicRegistry r, int columns, boolean fromRegisters) {
        int registers = columns / 2;
        int operandsOfA = fromRegisters ? 4 : 1;
        StringBuilder text = new StringBuilder("{ .reg .pred %add; setp.eq.u32 %add, 0, 0; $=");
        if (fromRegisters) {
            text.append(".reg .b32 %a<4>; ");
            for (int i = 0; i < operandsOfA; i++) {
                text.append("mov.b32 %a").append(i).append(", $").append(i).append("; ");
            }
        }
        text.append("wgmma.mma_async.sync.aligned.m64n").append(columns).append("k16.f32.bf16.bf16 {")
                .append(IntStream.range(0, registers).mapToObj(i -> "$r" + i).collect(Collectors.joining(", ")))
                .append(fromRegisters ? "}, {%a0, %a1, %a2, %a3}, $4, %add, 1, 1, 0; }"
                        : "}, $0, $1, %add, 1, 1, 0, 0; }");
        Instruction instruction = new Instruction("PtxWgmma.n" + columns, hopper(text.toString()),
                Collections.nCopies(registers, Float), 0, Effect.WRITES, operandsOfA + 1);
        r.tuple("n" + columns, instruction, args -> {
            ValueNode[] operands = new ValueNode[operandsOfA + 1 + registers];
            for (int i = 0; i < operandsOfA; i++) {
                operands[i] = fromRegisters ? new RegisterNode(args[0], i, Int) : args[0];
            }
            operands[operandsOfA] = args[1];
            for (int i = 0; i < registers; i++) {
                operands[operandsOfA + 1 + i] = new RegisterNode(args[2], i, Float);
            }
            return operands;
        }, fromRegisters ? Quad.class : long.class, long.class, WideAccumulator.class);
    }
}
