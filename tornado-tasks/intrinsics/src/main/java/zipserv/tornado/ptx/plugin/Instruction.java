package zipserv.tornado.ptx.plugin;

import java.util.List;
import jdk.vm.ci.meta.JavaKind;

/**
 * The PTX text of one intrinsic.
 *
 * <p>Placeholders in {@code text}: {@code $0}, {@code $1}… operands in the order of the Java parameters; {@code $r0}…
 * results; {@code $t0}… 64-bit scratch registers; {@code #0}… operands that must be compile-time constants; {@code $=}
 * copies of the operands that results replace, where they could not take their registers.
 *
 * @param name    for messages and graph dumps
 * @param text    PTX statements
 * @param results kinds of the result registers
 * @param scratch number of 64-bit scratch registers
 * @param effect  what the instruction does besides computing its results
 * @param inPlace the operand that result 0 should take the register of, the next one that of result 1 and so on; -1 if
 *                results have registers of their own
 */
record Instruction(String name, String text, List<JavaKind> results, int scratch, Effect effect, int inPlace) {

    /** What TornadoVM must not see, since it compiles for an older GPU, becomes a comment of one line. */
    private static final String HOPPER = "// sm_90a: ";

    Instruction(String name, String text, List<JavaKind> results, int scratch, Effect effect) {
        this(name, text, results, scratch, effect, -1);
    }

    /** The text as a comment that the loader of the PTX makes an instruction of. */
    static String hopper(String text) {
        return HOPPER + text.replace("\n\t", " ");
    }

    /** How far the compiler may move an instruction. */
    enum Effect {
        /** A function of its operands: may be moved, shared and dropped. */
        NONE,
        /** Reads memory. */
        READS,
        /** Reads memory, and no memory access moves across: an acquiring load, a copy to shared memory. */
        READS_IN_ORDER,
        /** Writes memory, or orders accesses: no memory access moves across. */
        WRITES,
        /** Both, as an atomic update. */
        UPDATES
    }

    Instruction {
        results = List.copyOf(results);
    }

    boolean killsMemory() {
        return effect != Effect.NONE && effect != Effect.READS;
    }

    @Override
    public String toString() {
        return name;
    }
}
