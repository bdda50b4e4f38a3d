package zipserv.tornado.ptx.plugin;

import java.lang.reflect.Type;
import java.util.Arrays;
import java.util.List;
import java.util.function.BiFunction;
import java.util.stream.Stream;
import jdk.graal.compiler.core.common.type.Stamp;
import jdk.graal.compiler.core.common.type.StampFactory;
import jdk.graal.compiler.core.common.type.TypeReference;
import jdk.graal.compiler.nodes.ConstantNode;
import jdk.graal.compiler.nodes.FixedGuardNode;
import jdk.graal.compiler.nodes.LogicConstantNode;
import jdk.graal.compiler.nodes.PiNode;
import jdk.graal.compiler.nodes.ValueNode;
import jdk.graal.compiler.nodes.graphbuilderconf.GraphBuilderContext;
import jdk.graal.compiler.nodes.graphbuilderconf.InvocationPlugin;
import jdk.graal.compiler.nodes.graphbuilderconf.InvocationPlugins;
import jdk.vm.ci.meta.JavaKind;
import jdk.vm.ci.meta.ResolvedJavaMethod;
import zipserv.tornado.ptx.plugin.Instruction.Effect;

/** Turns "this method is that instruction" into Graal invocation plug-ins of one class. */
final class IntrinsicRegistry {

    private final InvocationPlugins.Registration registration;
    private final String owner;

    IntrinsicRegistry(InvocationPlugins plugins, Class<?> owner) {
        this.registration = new InvocationPlugins.Registration(plugins, owner).setAllowOverwrite(true);
        this.owner = owner.getSimpleName();
    }

    /** A function of its operands with one result. */
    void pure(String method, JavaKind result, String text, Class<?>... parameters) {
        Instruction instruction = new Instruction(owner + "." + method, text, List.of(result), 0, Effect.NONE);
        register(method, parameters, (b, args) -> {
            b.addPush(result, new PureInstructionNode(instruction, args));
            return true;
        });
    }

    /** An instruction that stays in place and has at most one result. */
    void fixed(String method, Effect effect, int scratch, List<JavaKind> results, String text, Class<?>... parameters) {
        Instruction instruction = new Instruction(owner + "." + method, text, results, scratch, effect);
        register(method, parameters, (b, args) -> {
            if (results.isEmpty()) {
                b.add(node(instruction, StampFactory.forVoid(), args));
            } else {
                b.addPush(results.getFirst(), node(instruction, StampFactory.forKind(results.getFirst()), args));
            }
            return true;
        });
    }

    /** An instruction that stays in place and returns a tuple. */
    void tuple(String method, Effect effect, int scratch, List<JavaKind> results, String text, Class<?>... parameters) {
        tuple(method, effect, scratch, results, text, args -> args, parameters);
    }

    /** As {@link #tuple}, with operands computed from the arguments. */
    void tuple(String method, Effect effect, int scratch, List<JavaKind> results, String text, Operands operands,
            Class<?>... parameters) {
        tuple(method, new Instruction(owner + "." + method, text, results, scratch, effect), operands, parameters);
    }

    /** As {@link #tuple}, of an instruction made elsewhere. */
    void tuple(String method, Instruction instruction, Operands operands, Class<?>... parameters) {
        registerMethod(method, parameters, (b, target, args) -> {
            b.addPush(JavaKind.Object, node(instruction, returnStamp(b, target), addAll(b, operands.of(args))));
            return true;
        });
    }

    /** {@code of(...)}: gathers the arguments. */
    void gather(String method, Class<?>... parameters) {
        registerMethod(method, parameters, (b, target, args) -> {
            b.addPush(JavaKind.Object, new TupleNode(returnStamp(b, target), args));
            return true;
        });
    }

    /** {@code zero()}: gathers constants. */
    void gatherZeros(String method, JavaKind kind, int members) {
        registerMethod(method, new Class<?>[0], (b, target, args) -> {
            ValueNode[] zeros = Stream.generate(() -> ConstantNode.defaultForKind(kind))
                    .limit(members).toArray(ValueNode[]::new);
            b.addPush(JavaKind.Object, new TupleNode(returnStamp(b, target), addAll(b, zeros)));
            return true;
        });
    }

    /** {@code tile(i)}: names four registers of the receiver. */
    void tile(String method) {
        registerMethod(method, new Class<?>[] {InvocationPlugin.Receiver.class, int.class}, (b, target, args) -> {
            b.addPush(JavaKind.Object, new TileNode(returnStamp(b, target), args[0], args[1]));
            return true;
        });
    }

    /** A record component: names a register of the receiver. */
    void component(String method, int index, JavaKind kind) {
        register(method, new Class<?>[] {InvocationPlugin.Receiver.class}, (b, args) -> {
            b.addPush(kind, new RegisterNode(args[0], index, kind));
            return true;
        });
    }

    /** Computes an instruction's operands from a call's arguments. */
    @FunctionalInterface
    interface Operands {
        ValueNode[] of(ValueNode[] arguments);
    }

    private interface Builder {
        boolean build(GraphBuilderContext b, ResolvedJavaMethod target, ValueNode[] arguments);
    }

    private void register(String method, Class<?>[] parameters,
            BiFunction<GraphBuilderContext, ValueNode[], Boolean> builder) {
        registerMethod(method, parameters, (b, target, args) -> builder.apply(b, args));
    }

    private void registerMethod(String method, Class<?>[] parameters, Builder builder) {
        registration.register(new InvocationPlugin(method, (Type[]) parameters) {
            @Override
            public boolean execute(GraphBuilderContext b, ResolvedJavaMethod target, Receiver receiver,
                    ValueNode[] arguments) {
                ValueNode[] operands = arguments.clone();
                if (target.hasReceiver()) {
                    operands[0] = tuple(receiver.get(true));
                }
                return builder.build(b, target, operands);
            }
        });
    }

    /** A tuple is never null: takes the receiver's null check, which Graal insists on, out again. */
    private static ValueNode tuple(ValueNode receiver) {
        if (receiver instanceof PiNode pi && pi.getGuard() instanceof FixedGuardNode guard) {
            guard.setCondition(LogicConstantNode.contradiction(guard.graph()), true);
            return pi.object();
        }
        return receiver;
    }

    private static InstructionNode node(Instruction instruction, Stamp stamp, ValueNode... operands) {
        return instruction.killsMemory() ? new MemoryKillNode(instruction, stamp, operands)
                : new InstructionNode(instruction, stamp, operands);
    }

    private static ValueNode[] addAll(GraphBuilderContext b, ValueNode[] nodes) {
        return Arrays.stream(nodes).map(node -> node.isAlive() ? node : b.add(node)).toArray(ValueNode[]::new);
    }

    private static Stamp returnStamp(GraphBuilderContext b, ResolvedJavaMethod target) {
        return StampFactory.objectNonNull(TypeReference.createExactTrusted(
                target.getSignature().getReturnType(target.getDeclaringClass()).resolve(target.getDeclaringClass())));
    }
}
