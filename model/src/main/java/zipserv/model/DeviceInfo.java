package zipserv.model;

/**
 * A device with memory of its own.
 *
 * @param name        "NVIDIA H200"
 * @param driver      the driver's version, "580.95.05"
 * @param totalMemory bytes of memory
 * @param freeMemory  bytes that nobody has taken yet
 */
public record DeviceInfo(String name, String driver, long totalMemory, long freeMemory) {
}
