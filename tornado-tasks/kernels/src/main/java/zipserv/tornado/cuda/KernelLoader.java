package zipserv.tornado.cuda;

import zipserv.tornado.kernels.GpuException;

/** Loads PTX that TornadoVM printed, after turning it into what the device can do and TornadoVM does not know of. */
public final class KernelLoader {

    private final Cuda cuda;
    private final boolean overlapping;

    /**
     * A loader for a device.
     *
     * @param overlapping whether kernels are to be launched by {@link Cuda#launchOverlapping}
     */
    public KernelLoader(Cuda cuda, boolean overlapping) {
        this.cuda = cuda;
        this.overlapping = overlapping;
    }

    /**
     * Loads a kernel.
     *
     * @param maxRegisters per thread, 0 for no limit
     * @return the kernel, for {@link Cuda#launch}
     * @throws GpuException if the kernel needs another GPU, or the driver cannot compile it
     */
    public long load(String ptx, int maxRegisters) {
        if (HopperKernel.isNeeded(ptx)) {
            checkCapability(cuda.computeCapability(), cuda.deviceName());
        }
        HopperKernel kernel = prepare(ptx);
        return cuda.kernel(kernel.ptx(), maxRegisters, kernel.sharedBytes());
    }

    /** The PTX as {@link #load} hands it to the driver. */
    public String text(String ptx) {
        return prepare(ptx).ptx();
    }

    private HopperKernel prepare(String ptx) {
        String text = overlapping ? OverlappingKernel.of(ptx) : ptx;
        return HopperKernel.isNeeded(text) ? HopperKernel.of(text) : new HopperKernel(text, 0);
    }

    /** Whether a device runs kernels with instructions of sm_90a. */
    public static boolean runsHopperKernels(Cuda cuda) {
        return cuda.computeCapability() == HopperKernel.CAPABILITY;
    }

    static void checkCapability(int capability, String device) {
        if (capability != HopperKernel.CAPABILITY) {
            throw new GpuException("a kernel needs compute capability 9.0, but the " + device + " has "
                    + capability / 10 + "." + capability % 10
                    + ": use an H100, H200 or GH200, or a plan without this kernel", null);
        }
    }
}
