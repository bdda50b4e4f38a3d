package zipserv.tornado.bench;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import zipserv.tornado.cuda.Cuda;
import zipserv.tornado.cuda.NativeLibrary;
import zipserv.tornado.kernels.GpuException;

/**
 * cuBLASLt's matrix product as a baseline: BF16 in and out, fp32 accumulation, with the algorithms that its heuristic
 * proposes (cuBLAS library documentation, "Using the cuBLASLt API"). cuBLAS is column-major: row-major W is a K x M
 * matrix
 * to it, to be transposed, and row-major X a K x N one.
 */
final class CublasLt implements AutoCloseable {

    private static final int COMPUTE_32F = 68;
    private static final int R_32F = 0;
    private static final int R_16BF = 14;
    private static final int TRANS_A = 3;
    private static final int TRANSPOSE = 1;
    private static final int MAX_WORKSPACE = 1;
    private static final long WORKSPACE_BYTES = 64L << 20;
    /** sizeof(cublasLtMatmulHeuristicResult_t): algorithm 64, workspace 8, status 4, waves 4, reserved 16. */
    private static final int RESULT_BYTES = 96;

    private final NativeLibrary library;
    private final Cuda cuda;
    private final Arena arena = Arena.ofConfined();
    private final MemorySegment out = arena.allocate(16, 16);
    private final MemorySegment one = arena.allocateFrom(ValueLayout.JAVA_FLOAT, 1f);
    private final MemorySegment zero = arena.allocateFrom(ValueLayout.JAVA_FLOAT, 0f);
    private final long handle;
    private final long workspace;

    private CublasLt(NativeLibrary library, Cuda cuda) {
        this.library = library;
        this.cuda = cuda;
        check("cublasLtCreate", out);
        handle = result();
        workspace = cuda.allocate(WORKSPACE_BYTES);
    }

    /** Opens the library from a file, or by its usual names if none is given. Empty if it is not there. */
    static Optional<CublasLt> open(Optional<String> file, Cuda cuda) {
        List<String> names = file.map(List::of)
                .orElse(List.of("libcublasLt.so.13", "libcublasLt.so.12", "libcublasLt.so"));
        return names.stream().flatMap(name -> NativeLibrary.load(name).stream()).findFirst()
                .map(library -> new CublasLt(library, cuda));
    }

    private long result() {
        return out.get(ValueLayout.JAVA_LONG, 0);
    }

    private void check(String function, Object... arguments) {
        int status = library.call(function, arguments);
        if (status != 0) {
            throw new GpuException("cuBLASLt: " + function + " failed with status " + status, null);
        }
    }

    /** The algorithms proposed for Y[n][m] = X[n][k] * W[m][k]^T, best guess first. */
    List<Product> products(int m, int n, int k, int atMost) {
        check("cublasLtMatmulDescCreate", out, COMPUTE_32F, R_32F);
        long operation = result();
        MemorySegment transpose = arena.allocateFrom(ValueLayout.JAVA_INT, TRANSPOSE);
        check("cublasLtMatmulDescSetAttribute", operation, TRANS_A, transpose, 4L);
        long w = layout(k, m);
        long x = layout(k, n);
        long y = layout(m, n);
        check("cublasLtMatmulPreferenceCreate", out);
        long preference = result();
        MemorySegment limit = arena.allocateFrom(ValueLayout.JAVA_LONG, WORKSPACE_BYTES);
        check("cublasLtMatmulPreferenceSetAttribute", preference, MAX_WORKSPACE, limit, 8L);
        MemorySegment results = arena.allocate((long) RESULT_BYTES * atMost, 16);
        MemorySegment found = arena.allocate(4, 4);
        check("cublasLtMatmulAlgoGetHeuristic", handle, operation, w, x, y, y, preference, atMost, results, found);
        List<Product> products = new ArrayList<>();
        for (int i = 0; i < found.get(ValueLayout.JAVA_INT, 0); i++) {
            products.add(new Product(operation, w, x, y, results.asSlice((long) RESULT_BYTES * i, 64)));
        }
        return products;
    }

    private long layout(long rows, long columns) {
        check("cublasLtMatrixLayoutCreate", out, R_16BF, rows, columns, rows);
        return result();
    }

    @Override
    public void close() {
        check("cublasLtDestroy", handle);
        cuda.free(workspace);
        arena.close();
    }

    /** One product with one algorithm. */
    final class Product {

        private final long operation;
        private final long wLayout;
        private final long xLayout;
        private final long yLayout;
        private final MemorySegment algorithm;

        private Product(long operation, long wLayout, long xLayout, long yLayout, MemorySegment algorithm) {
            this.operation = operation;
            this.wLayout = wLayout;
            this.xLayout = xLayout;
            this.yLayout = yLayout;
            this.algorithm = algorithm;
        }

        /** Enqueues it on the driver's stream; addresses of device memory. */
        void enqueue(long w, long x, long y) {
            check("cublasLtMatmul", handle, operation, one, w, wLayout, x, xLayout, zero, y, yLayout, y, yLayout,
                    algorithm,
                    workspace, WORKSPACE_BYTES, cuda.stream());
        }
    }
}
