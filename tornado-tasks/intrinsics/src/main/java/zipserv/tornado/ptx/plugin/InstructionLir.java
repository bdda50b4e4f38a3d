package zipserv.tornado.ptx.plugin;

import java.util.regex.Matcher;
import java.util.regex.Pattern;
import jdk.graal.compiler.core.common.LIRKind;
import jdk.graal.compiler.lir.ConstantValue;
import jdk.graal.compiler.lir.LIRInstructionClass;
import jdk.graal.compiler.lir.Opcode;
import jdk.graal.compiler.lir.Variable;
import jdk.graal.compiler.lir.gen.LIRGeneratorTool;
import jdk.vm.ci.meta.JavaKind;
import jdk.vm.ci.meta.Value;
import uk.ac.manchester.tornado.drivers.ptx.graal.asm.PTXAssembler;
import uk.ac.manchester.tornado.drivers.ptx.graal.compiler.PTXCompilationResultBuilder;
import uk.ac.manchester.tornado.drivers.ptx.graal.lir.PTXKind;
import uk.ac.manchester.tornado.drivers.ptx.graal.lir.PTXLIRStmt;

/** Low-level form of an {@link Instruction}: knows its registers and prints its text. */
final class InstructionLir extends PTXLIRStmt {

    private static final Pattern PLACEHOLDER = Pattern.compile("\\$r(\\d+)|\\$t(\\d)|\\$(\\d+)|#(\\d+)|\\$=");

    private InstructionLir() {
    }

    /** Appends the instruction and returns its result registers. */
    static Variable[] append(LIRGeneratorTool lir, Instruction instruction, Value[] operands) {
        return append(lir, instruction, operands, new Variable[instruction.results().size()]);
    }

    /** Appends the instruction, with new registers for results that have none, and returns all of them. */
    static Variable[] append(LIRGeneratorTool lir, Instruction instruction, Value[] operands, Variable[] results) {
        for (int i = 0; i < results.length; i++) {
            if (results[i] == null) {
                results[i] = lir.newVariable(LIRKind.value(kind(instruction.results().get(i))));
            }
        }
        Value[] scratch = new Value[instruction.scratch()];
        for (int i = 0; i < scratch.length; i++) {
            scratch[i] = lir.newVariable(LIRKind.value(PTXKind.U64));
        }
        lir.append(new Emit(instruction, results, operands, scratch));
        return results;
    }

    private static PTXKind kind(JavaKind kind) {
        return switch (kind) {
            case Int -> PTXKind.S32;
            case Long -> PTXKind.S64;
            case Float -> PTXKind.F32;
            case Double -> PTXKind.F64;
            default -> throw new IllegalArgumentException("no register holds a " + kind);
        };
    }

    /** The statement. */
    @Opcode("ZIPSERV_PTX")
    static final class Emit extends AbstractInstruction {

        public static final LIRInstructionClass<Emit> TYPE = LIRInstructionClass.create(Emit.class);

        @Def protected Value[] results;
        @Use protected Value[] operands;
        @Temp protected Value[] scratch;
        private final Instruction instruction;

        Emit(Instruction instruction, Value[] results, Value[] operands, Value[] scratch) {
            super(TYPE);
            this.instruction = instruction;
            this.results = results;
            this.operands = operands;
            this.scratch = scratch;
        }

        @Override
        public void emitCode(PTXCompilationResultBuilder crb, PTXAssembler asm) {
            Matcher matcher = PLACEHOLDER.matcher(instruction.text());
            StringBuilder text = new StringBuilder("\t");
            while (matcher.find()) {
                matcher.appendReplacement(text, Matcher.quoteReplacement(operandText(matcher)));
            }
            matcher.appendTail(text);
            asm.emit(text.toString());
            asm.eol();
        }

        private String operandText(Matcher matcher) {
            if (matcher.group(1) != null) {
                return PTXAssembler.toString(results[Integer.parseInt(matcher.group(1))]);
            }
            if (matcher.group(2) != null) {
                return PTXAssembler.toString(scratch[Integer.parseInt(matcher.group(2))]);
            }
            if (matcher.group(3) != null) {
                return PTXAssembler.toString(operands[Integer.parseInt(matcher.group(3))]);
            }
            if (matcher.group(4) == null) {
                return copies();
            }
            Value constant = operands[Integer.parseInt(matcher.group(4))];
            if (!(constant instanceof ConstantValue)) {
                throw new IllegalArgumentException(instruction.name() + ": parameter " + matcher.group(4)
                        + " must be a compile-time constant");
            }
            return PTXAssembler.toString(constant);
        }

        /** Moves to results that are not in place, and what must come between them and a multiplication. */
        private String copies() {
            StringBuilder text = new StringBuilder();
            for (int i = 0; i < results.length; i++) {
                Value from = operands[instruction.inPlace() + i];
                if (!results[i].equals(from)) {
                    text.append("mov.f32 ").append(PTXAssembler.toString(results[i])).append(", ")
                            .append(PTXAssembler.toString(from)).append("; ");
                }
            }
            return text.isEmpty() ? "" : text + "wgmma.fence.sync.aligned; ";
        }
    }
}
