package zipserv.tornado.cuda;

/**
 * Lets a kernel start before its predecessor in the stream has ended (programmatic dependent launch; PTX ISA, Parallel
 * Synchronization Instructions: griddepcontrol): its blocks take the places that the predecessor's last ones leave, and
 * wait there until it has ended and its results can be seen. That hides what a launch costs, more than a microsecond.
 *
 * <p>TornadoVM prints PTX for sm_86 at most, which lacks the instruction, so it is put into the text. Loads through the
 * read-only path become ordinary ones, since they might be moved in front of the wait; those of weights, which nobody
 * writes, stay as they are. A kernel that says where it begins to need its predecessor waits there, else at its
 * beginning.
 */
public final class OverlappingKernel {

    /** Compute capability from which on there are overlapping launches. */
    public static final int LEAST_CAPABILITY = 90;

    /** What {@link zipserv.tornado.ptx.PtxSync#awaitPredecessor} prints. */
    private static final String MARK = "// awaitPredecessor";
    private static final String WAIT = "griddepcontrol.wait;\n\tgriddepcontrol.launch_dependents;";
    private static final String ENTRY = "BLOCK_0:\n";

    private OverlappingKernel() {
    }

    /**
     * The PTX of a kernel that waits.
     *
     * @throws IllegalArgumentException if the text is not as TornadoVM prints it
     */
    public static String of(String ptx) {
        if (!ptx.contains(ENTRY) || !ptx.contains(".target sm_86")) {
            throw new IllegalArgumentException("no kernel for sm_86 that begins with " + ENTRY.strip());
        }
        return ptx.replaceFirst("\\.version \\d+\\.\\d+", ".version 8.0")
                .replace(".target sm_86", ".target sm_90")
                .replace("ld.global.nc.u32", "ld.global.u32")
                .replace("ld.global.nc.v2.u32", "ld.global.v2.u32")
                .replace("ld.global.nc.v4.u32", "ld.global.v4.u32")
                .replace(ptx.contains(MARK) ? MARK : ENTRY, ptx.contains(MARK) ? WAIT : ENTRY + "\t" + WAIT + "\n");
    }
}
