/**
 * The Llama engine on a GPU. {@link zipserv.tornado.engine.TornadoEngine} keeps weights (in their storage format),
 * key/value cache and activations in device memory. {@link zipserv.tornado.engine.Forward} describes a step as a list of
 * kernel launches; {@link zipserv.tornado.engine.Steps} runs it: {@link zipserv.tornado.engine.ReplayedSteps} from CUDA
 * graphs on a GPU, {@link zipserv.tornado.engine.TaskGraphSteps} as TornadoVM's task graphs in the emulation. The other
 * classes are kernels, one operation each, and what lies in device memory.
 *
 * <pre>
 *   decode:  embed -> [ (add) norm -> qkv -> attention -> output -> add, norm -> gate, up and swiglu -> down ] x layers
 *            -> add, norm -> head -> argmax (-> sampling)
 *   prompt:  the same, but for rotary embedding and cache in a launch of their own in front of attention, and
 *            decompression in front of each product
 * </pre>
 *
 * docs/engine.md says how it works, how fast it is, and what it lacks.
 */
package zipserv.tornado.engine;
