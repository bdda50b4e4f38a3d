package zipserv.tornado.kernels;

import uk.ac.manchester.tornado.api.KernelContext;
import uk.ac.manchester.tornado.api.types.arrays.FloatArray;
import uk.ac.manchester.tornado.api.types.arrays.IntArray;
import zipserv.tornado.ptx.Accumulator;
import zipserv.tornado.ptx.PtxShared;
import zipserv.tornado.ptx.PtxWarp;
import zipserv.tornado.ptx.PtxWgmma;
import zipserv.tornado.ptx.WideAccumulator;

/**
 * {@link PrefillGemm} for GPUs of compute capability 9.0: {@code Y[N][M] = X[N][K] * W[M][K]^T} of row-major BF16
 * matrices, multiplied by warpgroups from shared memory.
 *
 * <p>A block computes 128 activation rows, the A operand, times 256 or 128 weight rows, the B operand; each of its two
 * warpgroups has 64 of the activation rows and all of the weight rows. A ring of stages of 64 columns, rows of 128
 * bytes in the permutation of {@link PtxWgmma#descriptorSwizzled}, is filled by asynchronous copies of 16 bytes, of
 * which a warp's bring four whole rows at a time.
 *
 * <p><b>The ring.</b> Each step begins with the block's barrier. When a thread comes there, its copies of the step's
 * stage have arrived, and its warpgroup has waited for all multiplications but those of the step before. So behind the
 * barrier the stage is complete, and the one of two steps ago is free: the copies to it are started as soon as the
 * step's multiplications are. These wait in the queue of the Tensor Cores, which therefore always have work while the
 * threads meet at the barrier.
 *
 * <p><b>Gate and up</b> can be multiplied as one matrix with rows in the order of {@link GatedRows}; the results then
 * are SwiGLU's ({@link GatedSums}). If activations have two parts, a lane has to have the sums of both: the rows that
 * it holds of an accumulator are eight apart, so a tile's activation rows are eight first parts, the eight second ones,
 * and so on, wherever they are in memory.
 *
 * <p>The order of additions is that of {@link PrefillGemm}: the same bits, if the ranges of columns of the splits are
 * the same. TornadoVM cannot load this kernel, since it has instructions of sm_90a: see {@link PtxWgmma}.
 */
public final class WidePrefillGemm {

    /** Words of a row that a stage holds. */
    private static final int STAGE_WORDS = WidePrefillTile.STAGE_COLUMNS / 2;
    private static final int TILE_WORDS = WidePrefillSums.TILE_WORDS;
    private static final int TILE_BYTES = WidePrefillSums.TILE_BYTES;
    private static final int ROW_BYTES = WidePrefillTile.ROW_BYTES;
    /** Units of 16 bytes of such a row, each copied by another thread. */
    private static final int ROW_UNITS = 8;
    /** Rows that a block copies at a time: one unit per thread. */
    private static final int COPY_ROWS = WidePrefillTile.THREADS / ROW_UNITS;
    /** Rows of one call of {@link #copy}. */
    private static final int CALL_ROWS = 128;
    /** Bytes of the rows of activations in a stage, and of those of one warpgroup. */
    private static final int X_BYTES = WidePrefillTile.BATCH * ROW_BYTES;
    private static final int GROUP_BYTES = X_BYTES / 2;
    /** From eight rows to the next eight. */
    private static final int EIGHT_ROWS = 8 * ROW_BYTES;
    /** What 16 columns are in a matrix descriptor, which counts units of 16 bytes. */
    private static final int DEPTH_UNITS = 2;

    private WidePrefillGemm() {
    }

    /**
     * The kernel. Worker: 1-D, {@value WidePrefillTile#THREADS} threads a block, {@link WidePrefillTile#blocks} blocks.
     *
     * @param weights  row-major BF16, {@code rows} rows of {@code columns}
     * @param x        row-major BF16, {@code batch} rows of {@code columns}
     * @param y        result as of {@link ZipGemm#multiply}, or as of {@link GatedSums}
     * @param partials the splits' sums, {@link WidePrefillTile#partials} words
     * @param tickets  a counter for each tile, {@link WidePrefillTile#tiles} words; 0 before and after
     * @param rows     M
     * @param columns  K padded to a multiple of 64; the padding zero in both operands
     * @param batch    N
     * @param bf16     1 for BF16 results, 0 for fp32
     * @param width    weight rows of a block: 256 or 128
     * @param splits   blocks that share a tile's columns
     * @param gated    columns of SwiGLU's result, or 0: no SwiGLU
     * @param rest     words from the first to the second part of a result of SwiGLU, whose activations are of two parts
     *                 then, N / 2 rows each; 0 if there is one part
     */
    public static void multiply(KernelContext context, IntArray weights, IntArray x, IntArray y, FloatArray partials,
            IntArray tickets, int rows, int columns, int batch, int bf16, int width, int splits, int gated, int rest) {
        int shared = PtxShared.allocateLarge(WidePrefillTile.SHARED_BYTES);
        int stageBytes = X_BYTES + width * ROW_BYTES;
        int stages = WidePrefillTile.SHARED_BYTES / stageBytes;
        int thread = context.localIdx;
        int lane = PtxWarp.lane();
        int warp = PtxWarp.shuffle(thread >>> 5, 0);

        // Groups of GROUP_ROWS weight rows; within a group, its tiles for the same activation rows follow each other.
        int batchTiles = (batch + WidePrefillTile.BATCH - 1) / WidePrefillTile.BATCH;
        int rowTiles = (rows + width - 1) / width;
        int groupTiles = WidePrefillTile.GROUP_ROWS / width;
        int tiles = batchTiles * rowTiles;
        int split = context.groupIdx / tiles;
        int tile = context.groupIdx - split * tiles;
        int group = tile / (groupTiles * batchTiles);
        int inGroup = tile - group * groupTiles * batchTiles;
        int across = Math.min(groupTiles, rowTiles - group * groupTiles);
        int batchTile = inGroup / across;
        int firstRow = (group * groupTiles + inGroup - batchTile * across) * width;
        int firstN = batchTile * WidePrefillTile.BATCH;

        int allSteps = columns / WidePrefillTile.STAGE_COLUMNS;
        int firstStep = allSteps * split / splits;
        int steps = allSteps * (split + 1) / splits - firstStep;

        // A thread copies the same unit of every COPY_ROWS-th row, which are all permuted alike.
        int copyRow = thread >>> 3;
        int copyTo = copyRow * ROW_BYTES + ((thread & 7 ^ copyRow & 7) << 4);
        int rowWords = columns >>> 1;
        int copyWord = firstStep * STAGE_WORDS + ((thread & 7) << 2);
        int xRow = firstN + copyRow;
        int xWords = rowWords;
        long xFrom = (long) xRow * rowWords + copyWord;
        if (rest != 0) {
            // Row 16 i + 8 p + j of a tile is part p of row 8 i + j; so a thread's rows are half as far apart.
            int row = (firstN >>> 1) + (copyRow >>> 4 << 3) + (copyRow & 7);
            xRow = row << 1;
            xWords = rowWords >>> 1;
            xFrom = (long) (row + (copyRow >>> 3 & 1) * (batch >>> 1)) * rowWords + copyWord;
        }
        long weightsFrom = (long) (firstRow + copyRow) * rowWords + copyWord;
        int weightRow = firstRow + copyRow;
        int wholeX = batch % WidePrefillTile.BATCH == 0 ? 1 : 0;
        int wholeWeights = rows % width == 0 ? 1 : 0;
        for (int step = 0; step < stages - 2; step++) {
            if (step < steps) {
                int to = shared + step * stageBytes + copyTo;
                copy(x, to, xFrom + step * STAGE_WORDS, xRow, batch, wholeX, xWords);
                copy(weights, to + X_BYTES, weightsFrom + step * STAGE_WORDS, weightRow, rows, wholeWeights, rowWords);
                if (width > CALL_ROWS) {
                    copy(weights, to + X_BYTES + CALL_ROWS * ROW_BYTES,
                            weightsFrom + step * STAGE_WORDS + (long) CALL_ROWS * rowWords, weightRow + CALL_ROWS,
                            rows, wholeWeights, rowWords);
                }
            }
            PtxShared.commitCopies();
        }
        xFrom += (stages - 2) * STAGE_WORDS;
        weightsFrom += (stages - 2) * STAGE_WORDS;

        WideAccumulator sum128 = WideAccumulator.zero128();
        WideAccumulator sum256 = WideAccumulator.zero256();
        int ownX = (warp >>> 2) * GROUP_BYTES;
        int stage = shared;
        int free = shared + (stages - 2) * stageBytes;
        int end = shared + stages * stageBytes;
        for (int step = 0; step < steps; step++) {
            PtxShared.awaitCopies(stages - 3);
            PtxShared.fenceAsync();
            context.localBarrier();
            long a = PtxWgmma.descriptorSwizzled(stage + ownX, EIGHT_ROWS);
            long b = PtxWgmma.descriptorSwizzled(stage + X_BYTES, EIGHT_ROWS);
            PtxWgmma.fence();
            if (width == 256) {
                sum256 = PtxWgmma.n256(a, b, sum256);
                sum256 = PtxWgmma.n256(a + DEPTH_UNITS, b + DEPTH_UNITS, sum256);
                sum256 = PtxWgmma.n256(a + 2 * DEPTH_UNITS, b + 2 * DEPTH_UNITS, sum256);
                sum256 = PtxWgmma.n256(a + 3 * DEPTH_UNITS, b + 3 * DEPTH_UNITS, sum256);
            } else {
                sum128 = PtxWgmma.n128(a, b, sum128);
                sum128 = PtxWgmma.n128(a + DEPTH_UNITS, b + DEPTH_UNITS, sum128);
                sum128 = PtxWgmma.n128(a + 2 * DEPTH_UNITS, b + 2 * DEPTH_UNITS, sum128);
                sum128 = PtxWgmma.n128(a + 3 * DEPTH_UNITS, b + 3 * DEPTH_UNITS, sum128);
            }
            PtxWgmma.commit();
            if (step + stages - 2 < steps) {
                int to = free + copyTo;
                copy(x, to, xFrom, xRow, batch, wholeX, xWords);
                copy(weights, to + X_BYTES, weightsFrom, weightRow, rows, wholeWeights, rowWords);
                if (width > CALL_ROWS) {
                    copy(weights, to + X_BYTES + CALL_ROWS * ROW_BYTES, weightsFrom + (long) CALL_ROWS * rowWords,
                            weightRow + CALL_ROWS, rows, wholeWeights, rowWords);
                }
            }
            PtxShared.commitCopies();
            xFrom += STAGE_WORDS;
            weightsFrom += STAGE_WORDS;
            stage += stageBytes;
            if (stage == end) {
                stage = shared;
            }
            free += stageBytes;
            if (free == end) {
                free = shared;
            }
            PtxWgmma.await(1);
        }
        PtxWgmma.await(0);
        PtxShared.awaitCopies(0);

        int n = firstN + (warp << 4) + (lane >>> 2);
        int results = batch;
        if (rest != 0) {
            n = (firstN >>> 1) + (warp << 3) + (lane >>> 2);
            results = batch >>> 1;
        }
        if (gated == 0 && splits == 1) {
            WidePrefillSums.storeFirst(y, n, firstRow, rows, batch, bf16, lane, 0, width, sum128, sum256);
            WidePrefillSums.storeSecond(y, n + 8, firstRow, rows, batch, bf16, lane, 0, width, sum128, sum256);
            WidePrefillSums.storeFirst(y, n, firstRow, rows, batch, bf16, lane, 4, width, sum128, sum256);
            WidePrefillSums.storeSecond(y, n + 8, firstRow, rows, batch, bf16, lane, 4, width, sum128, sum256);
            WidePrefillSums.storeFirst(y, n, firstRow, rows, batch, bf16, lane, 8, width, sum128, sum256);
            WidePrefillSums.storeSecond(y, n + 8, firstRow, rows, batch, bf16, lane, 8, width, sum128, sum256);
            WidePrefillSums.storeFirst(y, n, firstRow, rows, batch, bf16, lane, 12, width, sum128, sum256);
            WidePrefillSums.storeSecond(y, n + 8, firstRow, rows, batch, bf16, lane, 12, width, sum128, sum256);
            WidePrefillSums.storeFirst(y, n, firstRow, rows, batch, bf16, lane, 16, width, sum128, sum256);
            WidePrefillSums.storeSecond(y, n + 8, firstRow, rows, batch, bf16, lane, 16, width, sum128, sum256);
            WidePrefillSums.storeFirst(y, n, firstRow, rows, batch, bf16, lane, 20, width, sum128, sum256);
            WidePrefillSums.storeSecond(y, n + 8, firstRow, rows, batch, bf16, lane, 20, width, sum128, sum256);
            WidePrefillSums.storeFirst(y, n, firstRow, rows, batch, bf16, lane, 24, width, sum128, sum256);
            WidePrefillSums.storeSecond(y, n + 8, firstRow, rows, batch, bf16, lane, 24, width, sum128, sum256);
            WidePrefillSums.storeFirst(y, n, firstRow, rows, batch, bf16, lane, 28, width, sum128, sum256);
            WidePrefillSums.storeSecond(y, n + 8, firstRow, rows, batch, bf16, lane, 28, width, sum128, sum256);
        } else {
            int warpSums = 16 * width;
            int at = (tile * 8 + warp) * warpSums + (lane << 2);
            int splitSums = tiles * 8 * warpSums;
            int kept = shared + warp * (warpSums << 2) + (lane << 4);
            boolean last = true;
            if (splits == 1) {
                // SwiGLU is too long to be there for each register: a lane reads its sums again. Both groups are done.
                context.localBarrier();
                WidePrefillSums.keep(kept, 0, width, sum128, sum256);
                WidePrefillSums.keep(kept, 4, width, sum128, sum256);
                WidePrefillSums.keep(kept, 8, width, sum128, sum256);
                WidePrefillSums.keep(kept, 12, width, sum128, sum256);
                WidePrefillSums.keep(kept, 16, width, sum128, sum256);
                WidePrefillSums.keep(kept, 20, width, sum128, sum256);
                WidePrefillSums.keep(kept, 24, width, sum128, sum256);
                WidePrefillSums.keep(kept, 28, width, sum128, sum256);
            } else {
                int own = split * splitSums + at;
                WidePrefillSums.storePartials(partials, own, 0, width, sum128, sum256);
                WidePrefillSums.storePartials(partials, own, 4, width, sum128, sum256);
                WidePrefillSums.storePartials(partials, own, 8, width, sum128, sum256);
                WidePrefillSums.storePartials(partials, own, 12, width, sum128, sum256);
                WidePrefillSums.storePartials(partials, own, 16, width, sum128, sum256);
                WidePrefillSums.storePartials(partials, own, 20, width, sum128, sum256);
                WidePrefillSums.storePartials(partials, own, 24, width, sum128, sum256);
                WidePrefillSums.storePartials(partials, own, 28, width, sum128, sum256);
                last = Ticket.isLast(context, thread, shared, tickets, tile, splits);
            }
            if (last) {
                int row = firstRow;
                for (int first = 0; first < width >>> 3; first += 4) {
                    Accumulator sum0 = WidePrefillSums.sum(kept, partials, at, splitSums, splits);
                    Accumulator sum1 = WidePrefillSums.sum(kept + TILE_BYTES, partials, at + TILE_WORDS, splitSums,
                            splits);
                    Accumulator sum2 = WidePrefillSums.sum(kept + 2 * TILE_BYTES, partials, at + 2 * TILE_WORDS,
                            splitSums, splits);
                    Accumulator sum3 = WidePrefillSums.sum(kept + 3 * TILE_BYTES, partials, at + 3 * TILE_WORDS,
                            splitSums, splits);
                    if (gated != 0) {
                        int column = GatedSums.column(row, lane);
                        GatedSums.storeFirst(y, n, column, gated, results, rest, sum0, sum1, sum2, sum3);
                        GatedSums.storeSecond(y, n + 8, column, gated, results, rest, sum0, sum1, sum2, sum3);
                    } else {
                        PrefillSums.store(y, n, row, rows, batch, bf16, lane, sum0.c0(), sum0.c1(), sum1.c0(),
                                sum1.c1(), sum2.c0(), sum2.c1(), sum3.c0(), sum3.c1());
                        PrefillSums.store(y, n + 8, row, rows, batch, bf16, lane, sum0.c2(), sum0.c3(), sum1.c2(),
                                sum1.c3(), sum2.c2(), sum2.c3(), sum3.c2(), sum3.c3());
                    }
                    row += 32;
                    at += 4 * TILE_WORDS;
                    kept += 4 * TILE_BYTES;
                }
            }
        }
    }

    /**
     * Starts this thread's copies of {@value #CALL_ROWS} rows of a stage; rows behind the matrix become zeros.
     *
     * @param to    where its unit of the first of its rows goes
     * @param index of that in {@code from}
     * @param row   the first of its rows
     * @param rows  of the matrix
     * @param whole 1 if all rows are certain to be there
     * @param rowWords words from a row to the next
     */
    private static void copy(IntArray from, int to, long index, int row, int rows, int whole, int rowWords) {
        for (int i = 0; i < CALL_ROWS / COPY_ROWS; i++) {
            if (whole != 0) {
                PtxShared.copyAsync128(to + i * COPY_ROWS * ROW_BYTES, from, index + (long) i * COPY_ROWS * rowWords);
            } else {
                PtxShared.copyAsyncOrZero128(to + i * COPY_ROWS * ROW_BYTES, from,
                        index + (long) i * COPY_ROWS * rowWords, row + i * COPY_ROWS < rows ? 16 : 0);
            }
        }
    }
}
