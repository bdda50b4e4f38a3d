/**
 * PTX instructions as static Java methods.
 *
 * <p>Each method stands for one instruction (the Javadoc names it and its section of NVIDIA's "Parallel Thread
 * Execution ISA"). On a GPU the plug-in of {@code zipserv.tornado.ptx.plugin} makes TornadoVM print the instruction in
 * place of the call; anywhere else the Java body runs, and has the exact meaning of the instruction. Kernels therefore
 * have one source, and what the emulation computes is what the GPU computes, with the exceptions that a method
 * documents.
 *
 * <p>Instructions with several results return a small record: {@link zipserv.tornado.ptx.Quad},
 * {@link zipserv.tornado.ptx.Pair} or {@link zipserv.tornado.ptx.Accumulator}. In PTX these are just registers. They
 * may be kept in local variables, also across loop iterations and branches, and passed to helpers; they must not be
 * stored in fields or arrays, compared, or created with {@code new} in a kernel.
 *
 * <p>Warp-wide methods ({@link zipserv.tornado.ptx.PtxWarp}, {@link zipserv.tornado.ptx.PtxMma}, {@code ldmatrix}) must
 * be reached by all 32 lanes together, and blocks must be one-dimensional with a multiple of 32 threads.
 *
 * <p>Most of {@link zipserv.tornado.ptx.PtxBarrier} and {@link zipserv.tornado.ptx.PtxWgmma}, bulk copies and large
 * shared memory are of sm_90a. TornadoVM prints them as comments; the program that loads the PTX has to make
 * instructions of them.
 */
package zipserv.tornado.ptx;
