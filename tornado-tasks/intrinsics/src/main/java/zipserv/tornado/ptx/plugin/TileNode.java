package zipserv.tornado.ptx.plugin;

import jdk.graal.compiler.core.common.type.Stamp;
import jdk.graal.compiler.graph.NodeClass;
import jdk.graal.compiler.nodeinfo.NodeInfo;
import jdk.graal.compiler.nodes.ValueNode;
import jdk.graal.compiler.nodes.calc.FloatingNode;

/** Four neighbouring registers of a wide accumulator, as a tuple; the place is a constant when loops are unrolled. */
@NodeInfo(shortName = "PtxTile")
final class TileNode extends FloatingNode {

    public static final NodeClass<TileNode> TYPE = NodeClass.create(TileNode.class);

    @Input ValueNode tuple;
    @Input ValueNode place;

    TileNode(Stamp stamp, ValueNode tuple, ValueNode place) {
        super(TYPE, stamp);
        this.tuple = tuple;
        this.place = place;
    }

    ValueNode tuple() {
        return tuple;
    }

    int firstRegister() {
        if (!place.isConstant()) {
            throw new IllegalArgumentException("WideAccumulator.tile: the index must be a compile-time constant");
        }
        return 4 * place.asJavaConstant().asInt();
    }
}
