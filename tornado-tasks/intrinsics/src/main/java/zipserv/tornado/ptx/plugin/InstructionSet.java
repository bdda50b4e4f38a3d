package zipserv.tornado.ptx.plugin;

import static jdk.vm.ci.meta.JavaKind.Double;
import static jdk.vm.ci.meta.JavaKind.Float;
import static jdk.vm.ci.meta.JavaKind.Int;
import static jdk.vm.ci.meta.JavaKind.Long;

import java.util.List;
import jdk.graal.compiler.nodes.ValueNode;
import jdk.graal.compiler.nodes.graphbuilderconf.InvocationPlugins;
import jdk.vm.ci.meta.JavaKind;
import uk.ac.manchester.tornado.api.types.arrays.FloatArray;
import uk.ac.manchester.tornado.api.types.arrays.IntArray;
import uk.ac.manchester.tornado.api.types.arrays.TornadoNativeArray;
import zipserv.tornado.ptx.Accumulator;
import zipserv.tornado.ptx.Pair;
import zipserv.tornado.ptx.PtxBits;
import zipserv.tornado.ptx.PtxDouble;
import zipserv.tornado.ptx.PtxFloat;
import zipserv.tornado.ptx.PtxMemory;
import zipserv.tornado.ptx.PtxMma;
import zipserv.tornado.ptx.PtxShared;
import zipserv.tornado.ptx.PtxSync;
import zipserv.tornado.ptx.PtxWarp;
import zipserv.tornado.ptx.Quad;
import zipserv.tornado.ptx.plugin.Instruction.Effect;

/** The PTX text of every intrinsic. */
final class InstructionSet {

    private static final List<JavaKind> NOTHING = List.of();
    private static final List<JavaKind> WORD = List.of(Int);
    private static final List<JavaKind> TWO_WORDS = List.of(Int, Int);
    private static final List<JavaKind> FOUR_WORDS = List.of(Int, Int, Int, Int);
    private static final List<JavaKind> FOUR_FLOATS = List.of(Float, Float, Float, Float);

    private static final String ALL_LANES = "0xffffffff";
    private static final String STREAM = "global.nc.L1::no_allocate.L2::256B";

    private final InvocationPlugins plugins;

    private InstructionSet(InvocationPlugins plugins) {
        this.plugins = plugins;
    }

    /** Registers all intrinsics. */
    static void register(InvocationPlugins plugins) {
        InstructionSet set = new InstructionSet(plugins);
        set.tuples();
        set.bits();
        set.floats();
        set.doubles();
        set.globalMemory();
        set.sharedMemory();
        set.warp();
        set.mma();
        set.sync();
        set.javaLibrary();
        HopperInstructions.register(plugins);
    }

    private IntrinsicRegistry of(Class<?> owner) {
        return new IntrinsicRegistry(plugins, owner);
    }

    private void tuples() {
        IntrinsicRegistry quad = of(Quad.class);
        quad.gather("of", int.class, int.class, int.class, int.class);
        components(quad, Int, "x", "y", "z", "w");
        IntrinsicRegistry pair = of(Pair.class);
        pair.gather("of", int.class, int.class);
        components(pair, Int, "x", "y");
        IntrinsicRegistry accumulator = of(Accumulator.class);
        accumulator.gather("of", float.class, float.class, float.class, float.class);
        accumulator.gatherZeros("zero", Float, 4);
        components(accumulator, Float, "c0", "c1", "c2", "c3");
    }

    private static void components(IntrinsicRegistry registry, JavaKind kind, String... names) {
        for (int i = 0; i < names.length; i++) {
            registry.component(names[i], i, kind);
        }
    }

    private void bits() {
        IntrinsicRegistry r = of(PtxBits.class);
        r.pure("lop3", Int, "lop3.b32\t$r0, $0, $1, $2, #3;", int.class, int.class, int.class, int.class);
        r.pure("prmt", Int, "prmt.b32\t$r0, $0, $1, $2;", int.class, int.class, int.class);
        r.pure("clz", Int, "clz.b32\t$r0, $0;", int.class);
        r.pure("clz", Int, "clz.b64\t$r0, $0;", long.class);
        r.pure("popc", Int, "popc.b32\t$r0, $0;", int.class);
        r.pure("popc", Int, "popc.b64\t$r0, $0;", long.class);
        r.pure("brev", Int, "brev.b32\t$r0, $0;", int.class);
        r.pure("funnelShiftLeft", Int, "shf.l.wrap.b32\t$r0, $0, $1, $2;", int.class, int.class, int.class);
        r.pure("funnelShiftRight", Int, "shf.r.wrap.b32\t$r0, $0, $1, $2;", int.class, int.class, int.class);
        r.pure("mulHighUnsigned", Int, "mul.hi.u32\t$r0, $0, $1;", int.class, int.class);
        r.pure("mulHighUnsigned", Long, "mul.hi.u64\t$r0, $0, $1;", long.class, long.class);
        r.pure("asFloat", Float, "mov.b32\t$r0, $0;", int.class);
        r.pure("asInt", Int, "mov.b32\t$r0, $0;", float.class);
    }

    private void floats() {
        IntrinsicRegistry r = of(PtxFloat.class);
        r.pure("fma", Float, "fma.rn.f32\t$r0, $0, $1, $2;", float.class, float.class, float.class);
        r.pure("mul", Float, "mul.rn.f32\t$r0, $0, $1;", float.class, float.class);
        r.pure("add", Float, "add.rn.f32\t$r0, $0, $1;", float.class, float.class);
        r.pure("exp2", Float, "ex2.approx.ftz.f32\t$r0, $0;", float.class);
        r.pure("packBf16", Int, "{ .reg .b32 %pair; cvt.rn.bf16x2.f32 %pair, $1, $0; mov.b32\t$r0, %pair; }",
                float.class, float.class);
    }

    private void doubles() {
        IntrinsicRegistry r = of(PtxDouble.class);
        r.pure("add", Double, "add.rn.f64\t$r0, $0, $1;", double.class, double.class);
        r.pure("sub", Double, "sub.rn.f64\t$r0, $0, $1;", double.class, double.class);
        r.pure("mul", Double, "mul.rn.f64\t$r0, $0, $1;", double.class, double.class);
        r.pure("of", Double, "cvt.f64.f32\t$r0, $0;", float.class);
        r.pure("ofBits", Double, "mov.b64\t$r0, $0;", long.class);
        r.pure("bits", Long, "mov.b64\t$r0, $0;", double.class);
    }

    /** Methods of the Java library that kernels use and the stock backend lacks or types wrongly. */
    private void javaLibrary() {
        IntrinsicRegistry floats = of(java.lang.Float.class);
        floats.pure("intBitsToFloat", Float, "mov.b32\t$r0, $0;", int.class);
        floats.pure("floatToRawIntBits", Int, "mov.b32\t$r0, $0;", float.class);
        IntrinsicRegistry doubles = of(java.lang.Double.class);
        doubles.pure("longBitsToDouble", Double, "mov.b64\t$r0, $0;", long.class);
        doubles.pure("doubleToRawLongBits", Long, "mov.b64\t$r0, $0;", double.class);
        IntrinsicRegistry math = of(java.lang.Math.class);
        math.pure("fma", Float, "fma.rn.f32\t$r0, $0, $1, $2;", float.class, float.class, float.class);
        math.pure("fma", Double, "fma.rn.f64\t$r0, $0, $1, $2;", double.class, double.class, double.class);
        IntrinsicRegistry ints = of(java.lang.Integer.class);
        ints.pure("bitCount", Int, "popc.b32\t$r0, $0;", int.class);
        ints.pure("numberOfLeadingZeros", Int, "clz.b32\t$r0, $0;", int.class);
        ints.pure("reverse", Int, "brev.b32\t$r0, $0;", int.class);
        ints.pure("rotateLeft", Int, "shf.l.wrap.b32\t$r0, $0, $0, $1;", int.class, int.class);
        ints.pure("rotateRight", Int, "shf.r.wrap.b32\t$r0, $0, $0, $1;", int.class, int.class);
        IntrinsicRegistry longs = of(java.lang.Long.class);
        longs.pure("bitCount", Int, "popc.b64\t$r0, $0;", long.class);
        longs.pure("numberOfLeadingZeros", Int, "clz.b64\t$r0, $0;", long.class);
    }

    private void globalMemory() {
        for (Class<?> index : List.of(int.class, long.class)) {
            for (Class<?> array : List.of(IntArray.class, FloatArray.class)) {
                load("load128", FOUR_WORDS, "global.v4.u32", array, index);
                load("loadReadOnly128", FOUR_WORDS, "global.nc.v4.u32", array, index);
            }
            load("loadStream128", FOUR_WORDS, STREAM + ".v4.u32", IntArray.class, index);
            load("load64", TWO_WORDS, "global.v2.u32", IntArray.class, index);
            load("loadReadOnly64", TWO_WORDS, "global.nc.v2.u32", IntArray.class, index);
            load("loadStream64", TWO_WORDS, STREAM + ".v2.u32", IntArray.class, index);
            load("load32", WORD, "global.u32", IntArray.class, index);
            load("loadReadOnly32", WORD, "global.nc.u32", IntArray.class, index);
            load("loadStream32", WORD, STREAM + ".u32", IntArray.class, index);
            store("store128", "global.v4.u32", IntArray.class, index, int.class, 4);
            store("storeStream128", "global.cs.v4.u32", IntArray.class, index, int.class, 4);
            store("store64", "global.v2.u32", IntArray.class, index, int.class, 2);
            store("store32", "global.u32", IntArray.class, index, int.class, 1);
        }
        loadAt("loadReadOnly128", FOUR_WORDS, "global.nc.v4.u32");
        loadAt("loadReadOnly32", WORD, "global.nc.u32");
        loadAt("loadStream128", FOUR_WORDS, STREAM + ".v4.u32");
        loadAt("loadStream32", WORD, STREAM + ".u32");
        store("store128", "global.v4.f32", FloatArray.class, int.class, float.class, 4);
        store("store64", "global.v2.f32", FloatArray.class, int.class, float.class, 2);
        of(PtxMemory.class).fixed("prefetchL2", Effect.READS, 1, NOTHING,
                address(int.class) + "prefetch.global.L2\t" + at("$t0") + ";", IntArray.class, int.class);
    }

    private void load(String method, List<JavaKind> results, String space, Class<?> array, Class<?> index) {
        load(method, results, space, at("$t0"), array, index);
    }

    /** A load with a constant distance from the index, in elements. */
    private void loadAt(String method, List<JavaKind> results, String space) {
        load(method, results, space, "[$t0+" + TornadoNativeArray.ARRAY_HEADER + "+4*#2]", IntArray.class, int.class,
                int.class);
    }

    private void load(String method, List<JavaKind> results, String space, String at, Class<?>... parameters) {
        String text = address(parameters[1]) + "ld." + space + "\t" + list("$r", 0, results.size()) + ", " + at + ";";
        if (results.size() == 1) {
            of(PtxMemory.class).fixed(method, Effect.READS, 1, results, text, parameters);
        } else {
            of(PtxMemory.class).tuple(method, Effect.READS, 1, results, text, parameters);
        }
    }

    private void store(String method, String space, Class<?> array, Class<?> index, Class<?> word, int words) {
        Class<?>[] parameters = new Class<?>[2 + words];
        java.util.Arrays.fill(parameters, word);
        parameters[0] = array;
        parameters[1] = index;
        of(PtxMemory.class).fixed(method, Effect.WRITES, 1, NOTHING,
                address(index) + "st." + space + "\t" + at("$t0") + ", " + list("$", 2, words) + ";", parameters);
    }

    /** {@code $t0} = address of element {@code $1} of array {@code $0}, without the header. */
    private static String address(Class<?> index) {
        return (index == int.class ? "mul.wide.s32\t$t0, $1, 4;\n\t" : "shl.b64\t$t0, $1, 2;\n\t")
                + "add.u64\t$t0, $0, $t0;\n\t";
    }

    private static String at(String base) {
        return "[" + base + "+" + TornadoNativeArray.ARRAY_HEADER + "]";
    }

    private static String list(String prefix, int first, int count) {
        if (count == 1) {
            return prefix + first;
        }
        StringBuilder text = new StringBuilder("{");
        for (int i = first; i < first + count; i++) {
            text.append(i > first ? ", " : "").append(prefix).append(i);
        }
        return text.append('}').toString();
    }

    private void sharedMemory() {
        IntrinsicRegistry r = of(PtxShared.class);
        r.fixed("allocate", Effect.WRITES, 0, WORD,
                ".shared .align 128 .b8 shared_$r0[#0];\n\tmov.u32\t$r0, shared_$r0;", int.class);
        r.fixed("load32", Effect.READS, 0, WORD, "ld.shared.u32\t$r0, [$0];", int.class);
        r.fixed("load16", Effect.READS, 0, WORD, "ld.shared.u16\t$r0, [$0];", int.class);
        r.fixed("loadFloat", Effect.READS, 0, List.of(Float), "ld.shared.f32\t$r0, [$0];", int.class);
        r.tuple("load64", Effect.READS, 0, TWO_WORDS, "ld.shared.v2.u32\t{$r0, $r1}, [$0];", int.class);
        r.tuple("load128", Effect.READS, 0, FOUR_WORDS, "ld.shared.v4.u32\t{$r0, $r1, $r2, $r3}, [$0];", int.class);
        r.fixed("store8", Effect.WRITES, 0, NOTHING, "st.shared.u8\t[$0], $1;", int.class, int.class);
        r.fixed("store16", Effect.WRITES, 0, NOTHING, "st.shared.u16\t[$0], $1;", int.class, int.class);
        r.fixed("store32", Effect.WRITES, 0, NOTHING, "st.shared.u32\t[$0], $1;", int.class, int.class);
        r.fixed("fetchAdd", Effect.UPDATES, 0, WORD, "atom.shared.add.u32\t$r0, [$0], $1;", int.class, int.class);
        r.fixed("storeFloat", Effect.WRITES, 0, NOTHING, "st.shared.f32\t[$0], $1;", int.class, float.class);
        r.fixed("store64", Effect.WRITES, 0, NOTHING, "st.shared.v2.u32\t[$0], {$1, $2};",
                int.class, int.class, int.class);
        r.fixed("store128", Effect.WRITES, 0, NOTHING, "st.shared.v4.u32\t[$0], {$1, $2, $3, $4};",
                int.class, int.class, int.class, int.class, int.class);
        for (boolean transposed : new boolean[] {false, true}) {
            loadMatrix(r, 4, FOUR_WORDS, transposed);
            loadMatrix(r, 2, TWO_WORDS, transposed);
        }
        for (Class<?> index : List.of(int.class, long.class)) {
            String wide = index == int.class ? "mul.wide.s32\t$t0, $2, 4;" : "shl.b64\t$t0, $2, 2;";
            r.fixed("copyAsync128", Effect.READS_IN_ORDER, 1, NOTHING, wide + "\n\tadd.u64\t$t0, $1, $t0;\n\t"
                    + "cp.async.cg.shared.global.L2::128B\t[$0], " + at("$t0") + ", 16;",
                    int.class, IntArray.class, index);
        }
        r.fixed("copyAsyncOrZero128", Effect.READS_IN_ORDER, 1, NOTHING,
                "shl.b64\t$t0, $2, 2;\n\tadd.u64\t$t0, $1, $t0;\n\t"
                        + "cp.async.cg.shared.global.L2::128B\t[$0], " + at("$t0") + ", 16, $3;",
                int.class, IntArray.class, long.class, int.class);
        String address = "mul.wide.s32\t$t0, $2, 4;\n\tadd.u64\t$t0, $1, $t0;\n\t";
        r.fixed("copyAsync128", Effect.READS_IN_ORDER, 1, NOTHING, address
                + "cp.async.cg.shared.global.L2::128B\t[$0+4*#3], [$t0+" + TornadoNativeArray.ARRAY_HEADER
                + "+4*#3], 16;", int.class, IntArray.class, int.class, int.class);
        r.fixed("copyAsync32", Effect.READS_IN_ORDER, 1, NOTHING, address + "cp.async.ca.shared.global\t[$0], "
                + at("$t0") + ", 4, $3;", int.class, IntArray.class, int.class, int.class);
        r.fixed("commitCopies", Effect.WRITES, 0, NOTHING, "cp.async.commit_group;");
        r.fixed("awaitCopies", Effect.WRITES, 0, NOTHING, "cp.async.wait_group\t#0;", int.class);
    }

    private static void loadMatrix(IntrinsicRegistry r, int matrices, List<JavaKind> results, boolean transposed) {
        StringBuilder moves = new StringBuilder();
        for (int i = 0; i < matrices; i++) {
            moves.append(" mov.b32\t$r").append(i).append(", %m").append(i).append(';');
        }
        r.tuple("loadMatrix" + matrices + (transposed ? "Transposed" : ""), Effect.READS, 0, results,
                "{ .reg .b32 %m<" + matrices + ">; ldmatrix.sync.aligned.m8n8.x" + matrices
                        + (transposed ? ".trans" : "") + ".shared.b16\t" + list("%m", 0, matrices) + ", [$0];" + moves
                        + " }", int.class);
    }

    private void warp() {
        IntrinsicRegistry r = of(PtxWarp.class);
        r.pure("lane", Int, "mov.u32\t$r0, %laneid;");
        r.fixed("ballot", Effect.NONE, 0, WORD, "{ .reg .pred %vote; .reg .b32 %mask; setp.ne.s32 %vote, $0, 0; "
                + "vote.sync.ballot.b32\t%mask, %vote, " + ALL_LANES + "; mov.b32\t$r0, %mask; }", boolean.class);
        shuffle(r, "shuffle", "idx", "0x1f");
        shuffle(r, "shuffleXor", "bfly", "0x1f");
        shuffle(r, "shuffleDown", "down", "0x1f");
        shuffle(r, "shuffleUp", "up", "0x0");
        r.fixed("addFromBelow", Effect.NONE, 0, WORD, "{ .reg .pred %any; .reg .b32 %below; "
                + "shfl.sync.up.b32\t%below|%any, $0, $1, 0x0, " + ALL_LANES + "; "
                + "@!%any mov.b32\t%below, 0; add.s32\t$r0, $0, %below; }", int.class, int.class);
        r.fixed("sync", Effect.WRITES, 0, NOTHING, "bar.warp.sync\t" + ALL_LANES + ";");
    }

    private static void shuffle(IntrinsicRegistry r, String method, String mode, String clamp) {
        String text = "shfl.sync." + mode + ".b32\t$r0, $0, $1, " + clamp + ", " + ALL_LANES + ";";
        r.fixed(method, Effect.NONE, 0, WORD, text, int.class, int.class);
        r.fixed(method, Effect.NONE, 0, List.of(Float), text, float.class, int.class);
    }

    /** The operands of an mma must be untyped registers, hence the moves, which ptxas coalesces. */
    private void mma() {
        StringBuilder text = new StringBuilder("{ .reg .b32 %a<4>, %b<2>; .reg .f32 %c<4>;");
        for (int i = 0; i < 10; i++) {
            String operand = i < 4 ? "mov.b32 %a" + i : i < 6 ? "mov.b32 %b" + (i - 4) : "mov.f32 %c" + (i - 6);
            text.append(' ').append(operand).append(", $").append(i).append(';');
        }
        text.append("\n\t  mma.sync.aligned.m16n8k16.row.col.f32.bf16.bf16.f32\t{$r0, $r1, $r2, $r3}, "
                + "{%a0, %a1, %a2, %a3}, {%b0, %b1}, {%c0, %c1, %c2, %c3}; }");
        IntrinsicRegistry r = of(PtxMma.class);
        r.tuple("bf16", Effect.NONE, 0, FOUR_FLOATS, text.toString(), args -> new ValueNode[] {
                args[0], args[1], args[2], args[3], args[4], args[5],
                member(args[6], 0, Float), member(args[6], 1, Float), member(args[6], 2, Float),
                member(args[6], 3, Float)
            }, int.class, int.class, int.class, int.class, int.class, int.class, Accumulator.class);
    }

    private static ValueNode member(ValueNode tuple, int index, JavaKind kind) {
        return new RegisterNode(tuple, index, kind);
    }

    private void sync() {
        IntrinsicRegistry r = of(PtxSync.class);
        r.fixed("fence", Effect.WRITES, 0, NOTHING, "fence.acq_rel.gpu;");
        r.fixed("awaitPredecessor", Effect.WRITES, 0, NOTHING, "// awaitPredecessor");
        String address = address(int.class);
        r.fixed("fetchAdd", Effect.UPDATES, 1, WORD,
                address + "atom.acq_rel.gpu.global.add.u32\t$r0, " + at("$t0") + ", $2;",
                IntArray.class, int.class, int.class);
        r.fixed("compareAndSwap", Effect.UPDATES, 1, WORD,
                address + "atom.acq_rel.gpu.global.cas.b32\t$r0, " + at("$t0") + ", $2, $3;",
                IntArray.class, int.class, int.class, int.class);
        r.fixed("add", Effect.UPDATES, 1, NOTHING,
                address + "red.relaxed.gpu.global.add.u32\t" + at("$t0") + ", $2;",
                IntArray.class, int.class, int.class);
        r.fixed("add", Effect.UPDATES, 1, NOTHING,
                address + "red.relaxed.gpu.global.add.f32\t" + at("$t0") + ", $2;",
                FloatArray.class, int.class, float.class);
        r.fixed("loadAcquire", Effect.READS_IN_ORDER, 1, WORD,
                address + "ld.acquire.gpu.global.u32\t$r0, " + at("$t0") + ";", IntArray.class, int.class);
        r.fixed("storeRelease", Effect.WRITES, 1, NOTHING,
                address + "st.release.gpu.global.u32\t" + at("$t0") + ", $2;", IntArray.class, int.class, int.class);
    }
}
