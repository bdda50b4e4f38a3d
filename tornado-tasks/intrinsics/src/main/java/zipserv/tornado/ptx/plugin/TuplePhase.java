package zipserv.tornado.ptx.plugin;

import java.util.ArrayDeque;
import java.util.Deque;
import java.util.HashMap;
import java.util.LinkedHashSet;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import jdk.graal.compiler.core.common.type.StampFactory;
import jdk.graal.compiler.graph.Node;
import jdk.graal.compiler.nodes.GraphState;
import jdk.graal.compiler.nodes.PiNode;
import jdk.graal.compiler.nodes.StructuredGraph;
import jdk.graal.compiler.nodes.ValueNode;
import jdk.graal.compiler.nodes.ValuePhiNode;
import jdk.graal.compiler.nodes.ValueProxyNode;
import jdk.graal.compiler.phases.Phase;

/**
 * Dissolves register tuples: every {@link RegisterNode} is replaced by the value it names. A tuple that is carried
 * around a loop or out of a branch (a phi) becomes one phi per register.
 */
final class TuplePhase extends Phase {

    private record Member(ValuePhiNode phi, int index) {
    }

    @Override
    public Optional<NotApplicable> notApplicableTo(GraphState state) {
        return ALWAYS_APPLICABLE;
    }

    @Override
    protected void run(StructuredGraph graph) {
        Map<Member, ValueNode> memberPhis = new HashMap<>();
        Deque<RegisterNode> work = new ArrayDeque<>();
        graph.getNodes().filter(RegisterNode.class).snapshot().forEach(node -> work.add(node));
        while (!work.isEmpty()) {
            RegisterNode register = work.remove();
            if (register.isDeleted()) {
                continue;
            }
            ValueNode value = resolve(graph, register, memberPhis, work);
            if (value != register) {
                register.replaceAtUsages(value);
                register.safeDelete();
                if (value instanceof RegisterNode further) {
                    work.add(further);
                }
            }
        }
        deleteUnused(graph, TileNode.class);
        // The split phis now only use each other.
        Set<ValuePhiNode> split = new LinkedHashSet<>();
        memberPhis.keySet().forEach(member -> split.add(member.phi()));
        split.forEach(Node::clearInputs);
        split.forEach(Node::safeDelete);
        deleteUnused(graph, TupleNode.class);
    }

    private static void deleteUnused(StructuredGraph graph, Class<? extends Node> type) {
        for (Node node : graph.getNodes().filter(type).snapshot()) {
            if (node.hasNoUsages()) {
                node.safeDelete();
            }
        }
    }

    private static ValueNode resolve(StructuredGraph graph, RegisterNode register, Map<Member, ValueNode> memberPhis,
            Deque<RegisterNode> work) {
        ValueNode tuple = unwrap(register.tuple());
        if (tuple instanceof TileNode tile) {
            return graph.addWithoutUnique(
                    new RegisterNode(tile.tuple(), tile.firstRegister() + register.index(), register.kind()));
        }
        if (tuple instanceof TupleNode gathered) {
            return gathered.member(register.index());
        }
        if (tuple instanceof ValuePhiNode phi) {
            Member member = new Member(phi, register.index());
            ValueNode known = memberPhis.get(member);
            if (known != null) {
                return known;
            }
            ValuePhiNode split = graph.addWithoutUnique(
                    new ValuePhiNode(StampFactory.forKind(register.kind()), phi.merge()));
            memberPhis.put(member, split);
            for (ValueNode value : phi.values()) {
                RegisterNode input = graph.addWithoutUnique(
                        new RegisterNode(unwrap(value), register.index(), register.kind()));
                split.addInput(input);
                work.add(input);
            }
            return split;
        }
        if (tuple != register.tuple()) {
            return graph.addWithoutUnique(new RegisterNode(tuple, register.index(), register.kind()));
        }
        return register;
    }

    private static ValueNode unwrap(ValueNode value) {
        ValueNode unwrapped = value;
        while (true) {
            if (unwrapped instanceof PiNode pi) {
                unwrapped = pi.object();
            } else if (unwrapped instanceof ValueProxyNode proxy) {
                unwrapped = proxy.value();
            } else if (unwrapped instanceof ValuePhiNode phi && phi.singleValueOrThis() != phi) {
                unwrapped = phi.singleValueOrThis();
            } else {
                return unwrapped;
            }
        }
    }
}
