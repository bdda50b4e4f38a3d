package zipserv.tornado.ptx.plugin;

import jdk.graal.compiler.core.common.type.Stamp;
import jdk.graal.compiler.graph.NodeClass;
import jdk.graal.compiler.graph.NodeInputList;
import jdk.graal.compiler.lir.Variable;
import jdk.graal.compiler.nodeinfo.NodeInfo;
import jdk.graal.compiler.nodes.FixedWithNextNode;
import jdk.graal.compiler.nodes.ValueNode;
import jdk.graal.compiler.nodes.spi.LIRLowerable;
import jdk.graal.compiler.nodes.spi.NodeLIRBuilderTool;
import jdk.vm.ci.meta.Value;
import uk.ac.manchester.tornado.api.common.Access;
import uk.ac.manchester.tornado.runtime.graal.nodes.interfaces.MarkArrayParameterAccess;

/**
 * An instruction that stays where the program has it: a memory access or a warp-wide operation. With several results it
 * stands for a tuple of registers, whose members {@link RegisterNode}s name.
 */
@NodeInfo(shortName = "PtxInstruction")
class InstructionNode extends FixedWithNextNode implements LIRLowerable, MarkArrayParameterAccess {

    public static final NodeClass<InstructionNode> TYPE = NodeClass.create(InstructionNode.class);

    @Input NodeInputList<ValueNode> operands;
    private final Instruction instruction;
    private Variable[] registers;
    private boolean[] inPlace;

    InstructionNode(Instruction instruction, Stamp stamp, ValueNode... operands) {
        this(TYPE, instruction, stamp, operands);
    }

    InstructionNode(NodeClass<? extends InstructionNode> type, Instruction instruction, Stamp stamp,
            ValueNode... operands) {
        super(type, stamp);
        this.instruction = instruction;
        this.operands = new NodeInputList<>(this, operands);
    }

    Instruction instruction() {
        return instruction;
    }

    /** Whether result {@code index} has taken the register of an operand, once {@link #generate} has run. */
    boolean isInPlace(int index) {
        return inPlace[index];
    }

    /** The operand that result {@code index} should take the register of. */
    ValueNode replacedBy(int index) {
        return operands.get(instruction.inPlace() + index);
    }

    /** The register of result {@code index}, once {@link #generate} has run. */
    Value register(int index) {
        return registers[index];
    }

    @Override
    public void generate(NodeLIRBuilderTool builder) {
        Value[] values = operands.stream().map(builder::operand).toArray(Value[]::new);
        Variable[] results = new Variable[instruction.results().size()];
        inPlace = new boolean[results.length];
        if (instruction.inPlace() >= 0) {
            RegisterReuse reuse = new RegisterReuse(this);
            for (int i = 0; i < results.length; i++) {
                Value register = values[instruction.inPlace() + i];
                if (register instanceof Variable variable && reuse.isPossible(i)) {
                    results[i] = variable;
                    inPlace[i] = true;
                }
            }
        }
        registers = InstructionLir.append(builder.getLIRGeneratorTool(), instruction, values, results);
        if (registers.length > 0) {
            builder.setResult(this, registers[0]);
        }
    }

    @Override
    public Access getArrayParameterAccess(ValueNode parameter) {
        return switch (instruction.effect()) {
            case NONE -> Access.NONE;
            case READS, READS_IN_ORDER -> Access.READ_ONLY;
            case WRITES -> Access.WRITE_ONLY;
            case UPDATES -> Access.READ_WRITE;
        };
    }
}
