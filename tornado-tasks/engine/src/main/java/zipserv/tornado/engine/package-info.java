/**
 * The Llama engine on a GPU. {@link zipserv.tornado.engine.TornadoEngine} keeps weights (in their storage format),
 * key/value cache and activations in device memory; {@link zipserv.tornado.engine.StepPlan} strings the kernels
 * together; the other classes are kernels, one operation each, and what lies in device memory.
 *
 * <pre>
 *   embed -> [ norm -> query, key, value -> heads (rotation, cache) -> attend -> output
 *              -> add + norm -> gate, up -> swiglu -> down ] x layers -> add + norm -> head -> argmax
 * </pre>
 *
 * Precision is a choice ({@link zipserv.tornado.engine.ActivationFormat}). On the random test models logits differ from
 * those of an fp32 engine by less than 0.0001 if activations and cache are both sums of two BF16, and by up to 0.0224
 * as it comes, with keys and values in plain BF16.
 *
 * <p>This is a first, plain version. It gives the reference tokens of the test models in the emulation and on an H200
 * (bench/results/h200-engine). TornadoVM uploads the weights once and per step only its input; the kernels assemble
 * without spills. How fast they are is not known yet. What the engine lacks so far:
 * <ul>
 * <li>Prefill goes through the fused kernels, up to 128 tokens at a time (64 with activations
 *     of two parts, which is then also the largest batch); long prompts would gain by decompressing a
 *     matrix once and multiplying it with {@link zipserv.tornado.kernels.PrefillGemm}, and by attention on Tensor
 *     Cores.
 * <li>Decode attention is not split over the sequence: one block per row and group of heads walks all of it.
 * <li>Query, key and value, and gate and up, are separate launches; residual addition is fused with the next norm,
 *     not with the GEMM.
 * <li>Steps are not recorded as CUDA graphs; sampling other than argmax takes a row of logits to the host.
 * <li>The cache is given out in contiguous ranges of a pool of fixed size. Memory is not checked before loading
 *     beyond what TornadoVM itself refuses, and the host keeps a copy of all device arrays.
 * <li>
 * </ul>
 */
package zipserv.tornado.engine;
