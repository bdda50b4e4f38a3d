package zipserv.tornado.cuda;

import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * The PTX of a kernel that uses instructions of compute capability 9.0, which TornadoVM does not compile for: they are
 * in its text as comments ({@link zipserv.tornado.ptx.PtxWgmma}), and a large buffer in shared memory as a small one
 * with a comment ({@link zipserv.tornado.ptx.PtxShared#allocateLarge}). Without the comments the text is for sm_90a,
 * which no other GPU runs, older or newer.
 *
 * @param ptx         to be loaded by the driver
 * @param sharedBytes of dynamic shared memory that every launch has to ask for
 */
record HopperKernel(String ptx, int sharedBytes) {

    /** The only compute capability that has these instructions. */
    static final int CAPABILITY = 90;

    private static final String MARK = "// sm_90a: ";
    private static final Pattern LARGE = Pattern.compile(
            "\\.shared \\.align 1024 \\.b8 (\\w+)\\[1024]; " + MARK + "(\\d+) bytes at launch\n");
    private static final String ENTRY = ".visible .entry ";

    /** Whether a text has such comments. */
    static boolean isNeeded(String ptx) {
        return ptx.contains(MARK);
    }

    /**
     * Makes instructions of the comments.
     *
     * @throws IllegalArgumentException if the text is not as TornadoVM prints it, or has several large buffers
     */
    static HopperKernel of(String ptx) {
        Matcher large = LARGE.matcher(ptx);
        String text = ptx;
        int bytes = 0;
        if (large.find()) {
            bytes = Integer.parseInt(large.group(2));
            text = ptx.replace(large.group(), "\n").replace(ENTRY,
                    ".extern .shared .align 1024 .b8 " + large.group(1) + "[];\n\n" + ENTRY);
            if (large.find() || !text.contains(".extern")) {
                throw new IllegalArgumentException("a kernel with several large buffers in shared memory, or without "
                        + ENTRY.strip());
            }
        }
        if (!text.contains(".target sm_")) {
            throw new IllegalArgumentException("PTX without a target");
        }
        return new HopperKernel(text.replaceFirst("\\.version \\d+\\.\\d+", ".version 8.0")
                .replaceFirst("\\.target sm_\\w+", ".target sm_90a").replace(MARK, ""), bytes);
    }
}
