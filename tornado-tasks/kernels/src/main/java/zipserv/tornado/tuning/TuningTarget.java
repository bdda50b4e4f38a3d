package zipserv.tornado.tuning;

import zipserv.tornado.cuda.Cuda;
import zipserv.tornado.cuda.DriverVersion;
import zipserv.tornado.kernels.KernelVersion;

/**
 * What timings depend on. Plans that were measured for another target say nothing.
 *
 * @param gpu     name of the device
 * @param driver  version of its driver, whose compiler makes machine code of PTX
 * @param kernels {@link KernelVersion} of the program
 */
public record TuningTarget(String gpu, String driver, String kernels) {

    /** The device of a context, and this program. */
    public static TuningTarget of(Cuda cuda) {
        return new TuningTarget(cuda.deviceName(), DriverVersion.of(cuda), KernelVersion.CURRENT);
    }
}
