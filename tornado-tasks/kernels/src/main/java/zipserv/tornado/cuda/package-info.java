/**
 * The CUDA driver API through Java's foreign functions: what it takes to launch kernels that TornadoVM has compiled
 * from CUDA graphs of our own. No native code is built or shipped.
 */
package zipserv.tornado.cuda;
