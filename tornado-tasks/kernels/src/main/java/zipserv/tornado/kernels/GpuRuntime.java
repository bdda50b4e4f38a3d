package zipserv.tornado.kernels;

import uk.ac.manchester.tornado.api.TaskGraph;
import zipserv.tornado.ptx.plugin.PtxPlugin;

/** Makes sure that kernels run where they are meant to, or not at all. */
public final class GpuRuntime {

    private static final String BAILOUT = "tornado.recover.bailout";

    private GpuRuntime() {
    }

    /** Whether task graphs run in the emulation: no TornadoVM SDK is on the module path. */
    public static boolean isEmulation() {
        return !TaskGraph.class.getModule().isNamed();
    }

    /**
     * Prepares TornadoVM for kernels that use PTX instructions. Does nothing in the emulation. To be called before a
     * task graph is built; {@link KernelTasks} does.
     *
     * @throws GpuException if there is no usable GPU, or if TornadoVM might run a kernel that it cannot compile on the
     *                      CPU, once, as if it were a sequential program, with wrong results
     */
    public static void prepare() {
        if (isEmulation()) {
            return;
        }
        if (!"false".equalsIgnoreCase(System.getProperty(BAILOUT))) {
            throw new GpuException("TornadoVM is not kept from falling back to the CPU: start the JVM with -D" + BAILOUT
                    + "=False, as bin/zipserv does", null);
        }
        try {
            PtxPlugin.install();
        } catch (IllegalStateException e) {
            throw new GpuException(e.getMessage(), e);
        } catch (LinkageError | RuntimeException e) {
            throw GpuException.of(e);
        }
    }

    /**
     * {@link #prepare}, and refuses the emulation.
     *
     * @throws GpuException also if no TornadoVM SDK is there
     */
    public static void requireGpu() {
        if (isEmulation()) {
            throw new GpuException("no TornadoVM SDK: run ./setup.sh build where there is an NVIDIA driver, or unpack "
                    + "the TornadoVM " + PtxPlugin.TORNADOVM_VERSION
                    + " SDK (PTX) and point TORNADOVM_HOME at it", null);
        }
        prepare();
    }
}
