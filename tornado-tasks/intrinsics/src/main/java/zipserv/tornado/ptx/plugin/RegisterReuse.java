package zipserv.tornado.ptx.plugin;

import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import jdk.graal.compiler.graph.Node;
import jdk.graal.compiler.nodes.AbstractMergeNode;
import jdk.graal.compiler.nodes.FrameState;
import jdk.graal.compiler.nodes.LogicNode;
import jdk.graal.compiler.nodes.StructuredGraph.ScheduleResult;
import jdk.graal.compiler.nodes.ValueNode;
import jdk.graal.compiler.nodes.ValuePhiNode;
import jdk.graal.compiler.nodes.cfg.HIRBlock;

/**
 * Tells whether a result of an instruction may take the register of one of its operands. An asynchronous multiplication
 * has to work in place: a copy of its accumulator in the middle of others makes the assembler wait for each of them.
 *
 * <p>The operand must not be used any more: no path from the instruction leads to a use of the operand, other than
 * through the place where it is set anew. And if the operand is a variable of a loop, which is set at the loop's end,
 * the result must not be what another variable is set to there, unless both are set to it.
 */
final class RegisterReuse {

    private final InstructionNode instruction;
    private final ScheduleResult schedule;
    private final HIRBlock block;

    RegisterReuse(InstructionNode instruction) {
        this.instruction = instruction;
        this.schedule = instruction.graph().getLastSchedule();
        this.block = schedule.getNodeToBlockMap().get(instruction);
    }

    /** Whether result {@code index} may take the register of the operand that it replaces. */
    boolean isPossible(int index) {
        ValueNode operand = instruction.replacedBy(index);
        return isVariable(operand) && !isLive(operand) && !isSetElsewhere(index, operand);
    }

    /** Whether the operand has a register of its own: a variable that changes, or a result of an instruction. */
    private static boolean isVariable(ValueNode value) {
        return value instanceof ValuePhiNode phi ? phi.singleBackValueOrThis() != phi || !phi.isLoopPhi()
                : value instanceof RegisterNode register && register.tuple() instanceof InstructionNode from
                        && from.instruction().inPlace() >= 0;
    }

    /** All nodes that stand for the same register of an instruction, or the value itself. */
    private static List<ValueNode> aliases(ValueNode value) {
        List<ValueNode> same = new ArrayList<>();
        if (value instanceof RegisterNode register) {
            for (Node usage : register.tuple().usages()) {
                if (usage instanceof RegisterNode other && other.index() == register.index()) {
                    same.add(other);
                }
            }
        } else {
            same.add(value);
        }
        return same;
    }

    private boolean isLive(ValueNode operand) {
        Set<HIRBlock> usedIn = new HashSet<>();
        usedIn.add(block);
        List<Node> own = schedule.nodesFor(block);
        int place = own.indexOf(instruction);
        for (ValueNode alias : aliases(operand)) {
            for (Node usage : alias.usages()) {
                if (usage instanceof ValuePhiNode phi) {
                    for (HIRBlock end : endsThatSet(phi, alias)) {
                        if (end == block) {
                            return true;
                        }
                        usedIn.add(end);
                    }
                } else if (usage != instruction && !(usage instanceof FrameState)) {
                    HIRBlock at = schedule.getNodeToBlockMap().get(usage);
                    if (at == null || usage instanceof LogicNode || at == block && own.indexOf(usage) > place) {
                        return true;
                    }
                    usedIn.add(at);
                }
            }
        }
        return reaches(usedIn, definition(operand));
    }

    private HIRBlock definition(ValueNode operand) {
        return schedule.getNodeToBlockMap().get(
                operand instanceof ValuePhiNode phi ? phi.merge() : ((RegisterNode) operand).tuple());
    }

    /** Whether a path from the end of the instruction's block leads to the beginning of one of the blocks. */
    private boolean reaches(Set<HIRBlock> blocks, HIRBlock barrier) {
        Set<HIRBlock> seen = new HashSet<>();
        Deque<HIRBlock> work = new ArrayDeque<>();
        work.add(block);
        while (!work.isEmpty()) {
            HIRBlock from = work.remove();
            for (int i = 0; i < from.getSuccessorCount(); i++) {
                HIRBlock next = from.getSuccessorAt(i);
                if (next != barrier && seen.add(next)) {
                    if (blocks.contains(next)) {
                        return true;
                    }
                    work.add(next);
                }
            }
        }
        return false;
    }

    /** The blocks at whose ends a phi is set to a value. */
    private List<HIRBlock> endsThatSet(ValuePhiNode phi, ValueNode value) {
        List<HIRBlock> ends = new ArrayList<>();
        AbstractMergeNode merge = phi.merge();
        for (int i = 0; i < phi.valueCount(); i++) {
            if (phi.valueAt(i) == value) {
                ends.add(schedule.getNodeToBlockMap().get(merge.phiPredecessorAt(i)));
            }
        }
        return ends;
    }

    /**
     * Whether, where the loop variable whose register it is gets another value, the result is still needed to set
     * another variable.
     */
    private boolean isSetElsewhere(int index, ValueNode operand) {
        ValueNode variable = operand;
        while (variable instanceof RegisterNode register) {
            InstructionNode from = (InstructionNode) register.tuple();
            variable = from.isInPlace(register.index()) ? from.replacedBy(register.index()) : null;
        }
        if (!(variable instanceof ValuePhiNode own)) {
            return false;
        }
        for (Node node : instruction.usages()) {
            if (node instanceof RegisterNode result && result.index() == index) {
                for (Node usage : result.usages()) {
                    if (usage instanceof ValuePhiNode phi && phi != own && phi.merge() == own.merge()
                            && !setTogether(phi, own, result)) {
                        return true;
                    }
                }
            }
        }
        return false;
    }

    private static boolean setTogether(ValuePhiNode phi, ValuePhiNode own, RegisterNode result) {
        for (int i = 0; i < phi.valueCount(); i++) {
            if (phi.valueAt(i) == result && !(own.valueAt(i) instanceof RegisterNode other
                    && other.tuple() == result.tuple() && other.index() == result.index())) {
                return false;
            }
        }
        return true;
    }
}
