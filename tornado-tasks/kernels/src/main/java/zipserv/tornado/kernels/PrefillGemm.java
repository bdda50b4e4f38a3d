package zipserv.tornado.kernels;

import uk.ac.manchester.tornado.api.KernelContext;
import uk.ac.manchester.tornado.api.types.arrays.FloatArray;
import uk.ac.manchester.tornado.api.types.arrays.IntArray;
import zipserv.tornado.ptx.Accumulator;
import zipserv.tornado.ptx.PtxMma;
import zipserv.tornado.ptx.PtxShared;
import zipserv.tornado.ptx.PtxSync;
import zipserv.tornado.ptx.PtxWarp;
import zipserv.tornado.ptx.Quad;

/**
 * A Tensor Core GEMM of row-major BF16 matrices for many activation rows: {@code Y[N][M] = X[N][K] * W[M][K]^T}. Beyond
 * {@link GemmPlan#FUSED_LIMIT} activation rows the weights are decompressed once and then multiplied with this.
 *
 * <p>X is the A operand of the mma and W its B operand, both as they lie, so that an accumulator's neighbours are
 * neighbours of a row of Y. A warp computes 64 activation rows x 32 or 64 weight rows, a block {@link PrefillTile}
 * warps of them, 32 columns at a time. A ring of stages in shared memory is filled by asynchronous copies; a stage's
 * buffer is filled again as soon as all warps have its last fragments in registers, and each half step's fragments are
 * loaded while the half step before is multiplied. A row of a stage is four units of 16 bytes; unit u of row r lies at
 * {@code u ^ (r / 2) % 4}, which keeps the eight rows that an ldmatrix reads in different banks.
 *
 * <p><b>Order of additions.</b> Every element of Y is one accumulator to which the products of 16 columns are added at
 * a time, from the first columns to the last: the same bits whatever the tile. With splits, each is several such sums
 * of neighbouring ranges of columns, which the last block of a tile to finish adds up in their order.
 */
public final class PrefillGemm {

    private static final int STEP_COLUMNS = 32;
    private static final int ROW_BYTES = 2 * STEP_COLUMNS;
    /** Units of 16 bytes of a row of a stage. */
    private static final int ROW_UNITS = 4;
    private static final int SHARED_BYTES = 48 * 1024;
    /** Sums of a warp: 64 x 64. */
    static final int WARP_SUMS = 64 * 64;
    /** Weight rows whose blocks follow each other, so that they are still in L2 for the next activation rows. */
    private static final int GROUP_ROWS = 1024;

    private PrefillGemm() {
    }

    /**
     * The kernel. Worker: 1-D, {@link PrefillTile#threads} threads a block, {@link PrefillTile#blocks} blocks.
     *
     * @param weights    row-major BF16, {@code rows} rows of {@code columns}
     * @param x          row-major BF16, {@code batch} rows of {@code columns}
     * @param y          result as of {@link ZipGemm#multiply}
     * @param partials   the splits' sums, {@link PrefillTile#partials} words
     * @param tickets    a counter for each tile, {@link PrefillTile#tiles} words; 0 before and after
     * @param rows       M
     * @param columns    K padded to a multiple of 64; the padding zero in both operands
     * @param batch      N
     * @param bf16       1 for BF16 results, 0 for fp32
     * @param batchWarps warps of a block below each other: 64 activation rows each
     * @param rowWarps   warps of a block side by side
     * @param rowTiles   tiles of 8 weight rows of a warp: 4 or 8
     * @param splits     blocks that share a tile's columns
     */
    public static void multiply(KernelContext context, IntArray weights, IntArray x, IntArray y, FloatArray partials,
            IntArray tickets, int rows, int columns, int batch, int bf16, int batchWarps, int rowWarps, int rowTiles,
            int splits) {
        int shared = PtxShared.allocate(SHARED_BYTES);
        int lane = PtxWarp.lane();
        int warp = context.localIdx >>> 5;
        int threads = 32 * batchWarps * rowWarps;
        int blockBatch = 64 * batchWarps;
        int blockRows = 8 * rowTiles * rowWarps;
        int xBytes = blockBatch * ROW_BYTES;
        int stageBytes = xBytes + blockRows * ROW_BYTES;
        int stages = SHARED_BYTES / stageBytes;

        // Groups of GROUP_ROWS weight rows; within a group, its rows for one tile of activation rows after the other.
        int batchTiles = (batch + blockBatch - 1) / blockBatch;
        int rowBlocks = (rows + blockRows - 1) / blockRows;
        int groupBlocks = GROUP_ROWS / blockRows;
        int tiles = batchTiles * rowBlocks;
        int split = context.groupIdx / tiles;
        int tile = context.groupIdx - split * tiles;
        int group = tile / (groupBlocks * batchTiles);
        int inGroup = tile - group * groupBlocks * batchTiles;
        int width = Math.min(groupBlocks, rowBlocks - group * groupBlocks);
        int batchTile = inGroup / width;
        int firstRow = (group * groupBlocks + inGroup - batchTile * width) * blockRows;
        int firstN = batchTile * blockBatch;

        int copyRow = context.localIdx >>> 2;
        int copyUnit = context.localIdx & 3;
        int copyTo = shared + address(copyRow, copyUnit);
        int rowWords = columns >>> 1;
        int allSteps = columns / STEP_COLUMNS;
        int firstStep = allSteps * split / splits;
        int copyWord = firstStep * (STEP_COLUMNS / 2) + (copyUnit << 2);

        // Where this lane's ldmatrix addresses lie in a stage, for the first half of its columns; the other is at ^ 32.
        int warpN = warp / rowWarps;
        int warpRow = warp - warpN * rowWarps;
        int xAt = address((warpN << 6) + (lane & 15), lane >>> 4);
        int weightAt = xBytes + address(warpRow * 8 * rowTiles + (lane & 7) + (lane >>> 4 << 3), lane >>> 3 & 1);

        Accumulator sum00 = Accumulator.zero();
        Accumulator sum01 = Accumulator.zero();
        Accumulator sum02 = Accumulator.zero();
        Accumulator sum03 = Accumulator.zero();
        Accumulator sum04 = Accumulator.zero();
        Accumulator sum05 = Accumulator.zero();
        Accumulator sum06 = Accumulator.zero();
        Accumulator sum07 = Accumulator.zero();
        Accumulator sum10 = Accumulator.zero();
        Accumulator sum11 = Accumulator.zero();
        Accumulator sum12 = Accumulator.zero();
        Accumulator sum13 = Accumulator.zero();
        Accumulator sum14 = Accumulator.zero();
        Accumulator sum15 = Accumulator.zero();
        Accumulator sum16 = Accumulator.zero();
        Accumulator sum17 = Accumulator.zero();
        Accumulator sum20 = Accumulator.zero();
        Accumulator sum21 = Accumulator.zero();
        Accumulator sum22 = Accumulator.zero();
        Accumulator sum23 = Accumulator.zero();
        Accumulator sum24 = Accumulator.zero();
        Accumulator sum25 = Accumulator.zero();
        Accumulator sum26 = Accumulator.zero();
        Accumulator sum27 = Accumulator.zero();
        Accumulator sum30 = Accumulator.zero();
        Accumulator sum31 = Accumulator.zero();
        Accumulator sum32 = Accumulator.zero();
        Accumulator sum33 = Accumulator.zero();
        Accumulator sum34 = Accumulator.zero();
        Accumulator sum35 = Accumulator.zero();
        Accumulator sum36 = Accumulator.zero();
        Accumulator sum37 = Accumulator.zero();

        int steps = splits == 1 ? allSteps : allSteps * (split + 1) / splits - firstStep;
        for (int step = 0; step < stages; step++) {
            if (step < steps) {
                copy(x, copyTo + step * stageBytes, firstN + copyRow, batch, blockBatch, threads, rowWords,
                        copyWord + step * (STEP_COLUMNS / 2));
                copy(weights, copyTo + step * stageBytes + xBytes, firstRow + copyRow, rows, blockRows, threads,
                        rowWords, copyWord + step * (STEP_COLUMNS / 2));
            }
            PtxShared.commitCopies();
        }
        PtxShared.awaitCopies(stages - 1);
        context.localBarrier();
        Quad a0 = PtxShared.loadMatrix4(shared + xAt);
        Quad a1 = PtxShared.loadMatrix4(shared + xAt + 1 * 16 * ROW_BYTES);
        Quad a2 = PtxShared.loadMatrix4(shared + xAt + 2 * 16 * ROW_BYTES);
        Quad a3 = PtxShared.loadMatrix4(shared + xAt + 3 * 16 * ROW_BYTES);
        Quad b0 = PtxShared.loadMatrix4(shared + weightAt);
        Quad b1 = PtxShared.loadMatrix4(shared + weightAt + 1 * 16 * ROW_BYTES);
        Quad b2 = rowTiles > 4 ? PtxShared.loadMatrix4(shared + weightAt + 2 * 16 * ROW_BYTES) : b0;
        Quad b3 = rowTiles > 4 ? PtxShared.loadMatrix4(shared + weightAt + 3 * 16 * ROW_BYTES) : b0;
        int stage = shared;
        for (int step = 0; step < steps; step++) {
            int xOther = stage + (xAt ^ 32);
            int weightOther = stage + (weightAt ^ 32);
            Quad otherA0 = PtxShared.loadMatrix4(xOther);
            Quad otherA1 = PtxShared.loadMatrix4(xOther + 1 * 16 * ROW_BYTES);
            Quad otherA2 = PtxShared.loadMatrix4(xOther + 2 * 16 * ROW_BYTES);
            Quad otherA3 = PtxShared.loadMatrix4(xOther + 3 * 16 * ROW_BYTES);
            Quad otherB0 = PtxShared.loadMatrix4(weightOther);
            Quad otherB1 = PtxShared.loadMatrix4(weightOther + 1 * 16 * ROW_BYTES);
            Quad otherB2 = rowTiles > 4 ? PtxShared.loadMatrix4(weightOther + 2 * 16 * ROW_BYTES) : otherB0;
            Quad otherB3 = rowTiles > 4 ? PtxShared.loadMatrix4(weightOther + 3 * 16 * ROW_BYTES) : otherB0;
            sum00 = PtxMma.bf16(a0, b0.x(), b0.y(), sum00);
            sum01 = PtxMma.bf16(a0, b0.z(), b0.w(), sum01);
            sum02 = PtxMma.bf16(a0, b1.x(), b1.y(), sum02);
            sum03 = PtxMma.bf16(a0, b1.z(), b1.w(), sum03);
            sum10 = PtxMma.bf16(a1, b0.x(), b0.y(), sum10);
            sum11 = PtxMma.bf16(a1, b0.z(), b0.w(), sum11);
            sum12 = PtxMma.bf16(a1, b1.x(), b1.y(), sum12);
            sum13 = PtxMma.bf16(a1, b1.z(), b1.w(), sum13);
            sum20 = PtxMma.bf16(a2, b0.x(), b0.y(), sum20);
            sum21 = PtxMma.bf16(a2, b0.z(), b0.w(), sum21);
            sum22 = PtxMma.bf16(a2, b1.x(), b1.y(), sum22);
            sum23 = PtxMma.bf16(a2, b1.z(), b1.w(), sum23);
            sum30 = PtxMma.bf16(a3, b0.x(), b0.y(), sum30);
            sum31 = PtxMma.bf16(a3, b0.z(), b0.w(), sum31);
            sum32 = PtxMma.bf16(a3, b1.x(), b1.y(), sum32);
            sum33 = PtxMma.bf16(a3, b1.z(), b1.w(), sum33);
            if (rowTiles > 4) {
                sum04 = PtxMma.bf16(a0, b2.x(), b2.y(), sum04);
                sum05 = PtxMma.bf16(a0, b2.z(), b2.w(), sum05);
                sum06 = PtxMma.bf16(a0, b3.x(), b3.y(), sum06);
                sum07 = PtxMma.bf16(a0, b3.z(), b3.w(), sum07);
                sum14 = PtxMma.bf16(a1, b2.x(), b2.y(), sum14);
                sum15 = PtxMma.bf16(a1, b2.z(), b2.w(), sum15);
                sum16 = PtxMma.bf16(a1, b3.x(), b3.y(), sum16);
                sum17 = PtxMma.bf16(a1, b3.z(), b3.w(), sum17);
                sum24 = PtxMma.bf16(a2, b2.x(), b2.y(), sum24);
                sum25 = PtxMma.bf16(a2, b2.z(), b2.w(), sum25);
                sum26 = PtxMma.bf16(a2, b3.x(), b3.y(), sum26);
                sum27 = PtxMma.bf16(a2, b3.z(), b3.w(), sum27);
                sum34 = PtxMma.bf16(a3, b2.x(), b2.y(), sum34);
                sum35 = PtxMma.bf16(a3, b2.z(), b2.w(), sum35);
                sum36 = PtxMma.bf16(a3, b3.x(), b3.y(), sum36);
                sum37 = PtxMma.bf16(a3, b3.z(), b3.w(), sum37);
            }
            // From here on all warps have this stage in registers, and the next stage is there.
            PtxShared.awaitCopies(stages - 2);
            context.localBarrier();
            if (step + stages < steps) {
                int to = stage - shared + copyTo;
                int word = copyWord + (step + stages) * (STEP_COLUMNS / 2);
                copy(x, to, firstN + copyRow, batch, blockBatch, threads, rowWords, word);
                copy(weights, to + xBytes, firstRow + copyRow, rows, blockRows, threads, rowWords, word);
            }
            PtxShared.commitCopies();
            int following = stage == shared + (stages - 1) * stageBytes ? shared : stage + stageBytes;
            stage = step + 1 < steps ? following : stage;
            int xNext = stage + xAt;
            int weightNext = stage + weightAt;
            a0 = PtxShared.loadMatrix4(xNext);
            a1 = PtxShared.loadMatrix4(xNext + 1 * 16 * ROW_BYTES);
            a2 = PtxShared.loadMatrix4(xNext + 2 * 16 * ROW_BYTES);
            a3 = PtxShared.loadMatrix4(xNext + 3 * 16 * ROW_BYTES);
            b0 = PtxShared.loadMatrix4(weightNext);
            b1 = PtxShared.loadMatrix4(weightNext + 1 * 16 * ROW_BYTES);
            b2 = rowTiles > 4 ? PtxShared.loadMatrix4(weightNext + 2 * 16 * ROW_BYTES) : b0;
            b3 = rowTiles > 4 ? PtxShared.loadMatrix4(weightNext + 3 * 16 * ROW_BYTES) : b0;
            sum00 = PtxMma.bf16(otherA0, otherB0.x(), otherB0.y(), sum00);
            sum01 = PtxMma.bf16(otherA0, otherB0.z(), otherB0.w(), sum01);
            sum02 = PtxMma.bf16(otherA0, otherB1.x(), otherB1.y(), sum02);
            sum03 = PtxMma.bf16(otherA0, otherB1.z(), otherB1.w(), sum03);
            sum10 = PtxMma.bf16(otherA1, otherB0.x(), otherB0.y(), sum10);
            sum11 = PtxMma.bf16(otherA1, otherB0.z(), otherB0.w(), sum11);
            sum12 = PtxMma.bf16(otherA1, otherB1.x(), otherB1.y(), sum12);
            sum13 = PtxMma.bf16(otherA1, otherB1.z(), otherB1.w(), sum13);
            sum20 = PtxMma.bf16(otherA2, otherB0.x(), otherB0.y(), sum20);
            sum21 = PtxMma.bf16(otherA2, otherB0.z(), otherB0.w(), sum21);
            sum22 = PtxMma.bf16(otherA2, otherB1.x(), otherB1.y(), sum22);
            sum23 = PtxMma.bf16(otherA2, otherB1.z(), otherB1.w(), sum23);
            sum30 = PtxMma.bf16(otherA3, otherB0.x(), otherB0.y(), sum30);
            sum31 = PtxMma.bf16(otherA3, otherB0.z(), otherB0.w(), sum31);
            sum32 = PtxMma.bf16(otherA3, otherB1.x(), otherB1.y(), sum32);
            sum33 = PtxMma.bf16(otherA3, otherB1.z(), otherB1.w(), sum33);
            if (rowTiles > 4) {
                sum04 = PtxMma.bf16(otherA0, otherB2.x(), otherB2.y(), sum04);
                sum05 = PtxMma.bf16(otherA0, otherB2.z(), otherB2.w(), sum05);
                sum06 = PtxMma.bf16(otherA0, otherB3.x(), otherB3.y(), sum06);
                sum07 = PtxMma.bf16(otherA0, otherB3.z(), otherB3.w(), sum07);
                sum14 = PtxMma.bf16(otherA1, otherB2.x(), otherB2.y(), sum14);
                sum15 = PtxMma.bf16(otherA1, otherB2.z(), otherB2.w(), sum15);
                sum16 = PtxMma.bf16(otherA1, otherB3.x(), otherB3.y(), sum16);
                sum17 = PtxMma.bf16(otherA1, otherB3.z(), otherB3.w(), sum17);
                sum24 = PtxMma.bf16(otherA2, otherB2.x(), otherB2.y(), sum24);
                sum25 = PtxMma.bf16(otherA2, otherB2.z(), otherB2.w(), sum25);
                sum26 = PtxMma.bf16(otherA2, otherB3.x(), otherB3.y(), sum26);
                sum27 = PtxMma.bf16(otherA2, otherB3.z(), otherB3.w(), sum27);
                sum34 = PtxMma.bf16(otherA3, otherB2.x(), otherB2.y(), sum34);
                sum35 = PtxMma.bf16(otherA3, otherB2.z(), otherB2.w(), sum35);
                sum36 = PtxMma.bf16(otherA3, otherB3.x(), otherB3.y(), sum36);
                sum37 = PtxMma.bf16(otherA3, otherB3.z(), otherB3.w(), sum37);
            }
        }
        PtxShared.awaitCopies(0);

        int ticket = splits - 1;
        if (splits > 1) {
            int warps = batchWarps * rowWarps;
            int warpSums = tiles * warps * WARP_SUMS;
            int first = (tile * warps + warp) * WARP_SUMS + (lane << 2);
            int own = split * warpSums + first;
            PrefillSums.storePartial(partials, own + 0 * 128, sum00);
            PrefillSums.storePartial(partials, own + 1 * 128, sum01);
            PrefillSums.storePartial(partials, own + 2 * 128, sum02);
            PrefillSums.storePartial(partials, own + 3 * 128, sum03);
            PrefillSums.storePartial(partials, own + 8 * 128, sum10);
            PrefillSums.storePartial(partials, own + 9 * 128, sum11);
            PrefillSums.storePartial(partials, own + 10 * 128, sum12);
            PrefillSums.storePartial(partials, own + 11 * 128, sum13);
            PrefillSums.storePartial(partials, own + 16 * 128, sum20);
            PrefillSums.storePartial(partials, own + 17 * 128, sum21);
            PrefillSums.storePartial(partials, own + 18 * 128, sum22);
            PrefillSums.storePartial(partials, own + 19 * 128, sum23);
            PrefillSums.storePartial(partials, own + 24 * 128, sum30);
            PrefillSums.storePartial(partials, own + 25 * 128, sum31);
            PrefillSums.storePartial(partials, own + 26 * 128, sum32);
            PrefillSums.storePartial(partials, own + 27 * 128, sum33);
            if (rowTiles > 4) {
                PrefillSums.storePartial(partials, own + 4 * 128, sum04);
                PrefillSums.storePartial(partials, own + 5 * 128, sum05);
                PrefillSums.storePartial(partials, own + 6 * 128, sum06);
                PrefillSums.storePartial(partials, own + 7 * 128, sum07);
                PrefillSums.storePartial(partials, own + 12 * 128, sum14);
                PrefillSums.storePartial(partials, own + 13 * 128, sum15);
                PrefillSums.storePartial(partials, own + 14 * 128, sum16);
                PrefillSums.storePartial(partials, own + 15 * 128, sum17);
                PrefillSums.storePartial(partials, own + 20 * 128, sum24);
                PrefillSums.storePartial(partials, own + 21 * 128, sum25);
                PrefillSums.storePartial(partials, own + 22 * 128, sum26);
                PrefillSums.storePartial(partials, own + 23 * 128, sum27);
                PrefillSums.storePartial(partials, own + 28 * 128, sum34);
                PrefillSums.storePartial(partials, own + 29 * 128, sum35);
                PrefillSums.storePartial(partials, own + 30 * 128, sum36);
                PrefillSums.storePartial(partials, own + 31 * 128, sum37);
            }
            PtxSync.fence();
            context.localBarrier();
            if (context.localIdx == 0) {
                PtxShared.store32(shared, PtxSync.fetchAdd(tickets, tile, 1));
            }
            context.localBarrier();
            ticket = PtxShared.load32(shared);
            if (ticket == splits - 1) {
                PtxSync.fence();
                if (context.localIdx == 0) {
                    tickets.set(tile, 0);
                }
                sum00 = PrefillSums.joined(partials, first + 0 * 128, warpSums, splits);
                sum01 = PrefillSums.joined(partials, first + 1 * 128, warpSums, splits);
                sum02 = PrefillSums.joined(partials, first + 2 * 128, warpSums, splits);
                sum03 = PrefillSums.joined(partials, first + 3 * 128, warpSums, splits);
                sum10 = PrefillSums.joined(partials, first + 8 * 128, warpSums, splits);
                sum11 = PrefillSums.joined(partials, first + 9 * 128, warpSums, splits);
                sum12 = PrefillSums.joined(partials, first + 10 * 128, warpSums, splits);
                sum13 = PrefillSums.joined(partials, first + 11 * 128, warpSums, splits);
                sum20 = PrefillSums.joined(partials, first + 16 * 128, warpSums, splits);
                sum21 = PrefillSums.joined(partials, first + 17 * 128, warpSums, splits);
                sum22 = PrefillSums.joined(partials, first + 18 * 128, warpSums, splits);
                sum23 = PrefillSums.joined(partials, first + 19 * 128, warpSums, splits);
                sum30 = PrefillSums.joined(partials, first + 24 * 128, warpSums, splits);
                sum31 = PrefillSums.joined(partials, first + 25 * 128, warpSums, splits);
                sum32 = PrefillSums.joined(partials, first + 26 * 128, warpSums, splits);
                sum33 = PrefillSums.joined(partials, first + 27 * 128, warpSums, splits);
                if (rowTiles > 4) {
                    sum04 = PrefillSums.joined(partials, first + 4 * 128, warpSums, splits);
                    sum05 = PrefillSums.joined(partials, first + 5 * 128, warpSums, splits);
                    sum06 = PrefillSums.joined(partials, first + 6 * 128, warpSums, splits);
                    sum07 = PrefillSums.joined(partials, first + 7 * 128, warpSums, splits);
                    sum14 = PrefillSums.joined(partials, first + 12 * 128, warpSums, splits);
                    sum15 = PrefillSums.joined(partials, first + 13 * 128, warpSums, splits);
                    sum16 = PrefillSums.joined(partials, first + 14 * 128, warpSums, splits);
                    sum17 = PrefillSums.joined(partials, first + 15 * 128, warpSums, splits);
                    sum24 = PrefillSums.joined(partials, first + 20 * 128, warpSums, splits);
                    sum25 = PrefillSums.joined(partials, first + 21 * 128, warpSums, splits);
                    sum26 = PrefillSums.joined(partials, first + 22 * 128, warpSums, splits);
                    sum27 = PrefillSums.joined(partials, first + 23 * 128, warpSums, splits);
                    sum34 = PrefillSums.joined(partials, first + 28 * 128, warpSums, splits);
                    sum35 = PrefillSums.joined(partials, first + 29 * 128, warpSums, splits);
                    sum36 = PrefillSums.joined(partials, first + 30 * 128, warpSums, splits);
                    sum37 = PrefillSums.joined(partials, first + 31 * 128, warpSums, splits);
                }
            }
        }
        int row = firstRow + warpRow * 8 * rowTiles;
        int n = firstN + (warpN << 6) + (lane >>> 2);
        if (ticket == splits - 1) {
            PrefillSums.store(y, n + 0, row, rows, batch, bf16, lane, sum00.c0(), sum00.c1(), sum01.c0(), sum01.c1(),
                    sum02.c0(), sum02.c1(), sum03.c0(), sum03.c1());
            PrefillSums.store(y, n + 8, row, rows, batch, bf16, lane, sum00.c2(), sum00.c3(), sum01.c2(), sum01.c3(),
                    sum02.c2(), sum02.c3(), sum03.c2(), sum03.c3());
            PrefillSums.store(y, n + 16, row, rows, batch, bf16, lane, sum10.c0(), sum10.c1(), sum11.c0(), sum11.c1(),
                    sum12.c0(), sum12.c1(), sum13.c0(), sum13.c1());
            PrefillSums.store(y, n + 24, row, rows, batch, bf16, lane, sum10.c2(), sum10.c3(), sum11.c2(), sum11.c3(),
                    sum12.c2(), sum12.c3(), sum13.c2(), sum13.c3());
            PrefillSums.store(y, n + 32, row, rows, batch, bf16, lane, sum20.c0(), sum20.c1(), sum21.c0(), sum21.c1(),
                    sum22.c0(), sum22.c1(), sum23.c0(), sum23.c1());
            PrefillSums.store(y, n + 40, row, rows, batch, bf16, lane, sum20.c2(), sum20.c3(), sum21.c2(), sum21.c3(),
                    sum22.c2(), sum22.c3(), sum23.c2(), sum23.c3());
            PrefillSums.store(y, n + 48, row, rows, batch, bf16, lane, sum30.c0(), sum30.c1(), sum31.c0(), sum31.c1(),
                    sum32.c0(), sum32.c1(), sum33.c0(), sum33.c1());
            PrefillSums.store(y, n + 56, row, rows, batch, bf16, lane, sum30.c2(), sum30.c3(), sum31.c2(), sum31.c3(),
                    sum32.c2(), sum32.c3(), sum33.c2(), sum33.c3());
            if (rowTiles > 4) {
                PrefillSums.store(y, n + 0, row + 32, rows, batch, bf16, lane, sum04.c0(), sum04.c1(), sum05.c0(),
                        sum05.c1(), sum06.c0(), sum06.c1(), sum07.c0(), sum07.c1());
                PrefillSums.store(y, n + 8, row + 32, rows, batch, bf16, lane, sum04.c2(), sum04.c3(), sum05.c2(),
                        sum05.c3(), sum06.c2(), sum06.c3(), sum07.c2(), sum07.c3());
                PrefillSums.store(y, n + 16, row + 32, rows, batch, bf16, lane, sum14.c0(), sum14.c1(), sum15.c0(),
                        sum15.c1(), sum16.c0(), sum16.c1(), sum17.c0(), sum17.c1());
                PrefillSums.store(y, n + 24, row + 32, rows, batch, bf16, lane, sum14.c2(), sum14.c3(), sum15.c2(),
                        sum15.c3(), sum16.c2(), sum16.c3(), sum17.c2(), sum17.c3());
                PrefillSums.store(y, n + 32, row + 32, rows, batch, bf16, lane, sum24.c0(), sum24.c1(), sum25.c0(),
                        sum25.c1(), sum26.c0(), sum26.c1(), sum27.c0(), sum27.c1());
                PrefillSums.store(y, n + 40, row + 32, rows, batch, bf16, lane, sum24.c2(), sum24.c3(), sum25.c2(),
                        sum25.c3(), sum26.c2(), sum26.c3(), sum27.c2(), sum27.c3());
                PrefillSums.store(y, n + 48, row + 32, rows, batch, bf16, lane, sum34.c0(), sum34.c1(), sum35.c0(),
                        sum35.c1(), sum36.c0(), sum36.c1(), sum37.c0(), sum37.c1());
                PrefillSums.store(y, n + 56, row + 32, rows, batch, bf16, lane, sum34.c2(), sum34.c3(), sum35.c2(),
                        sum35.c3(), sum36.c2(), sum36.c3(), sum37.c2(), sum37.c3());
            }
        }
    }

    /** Place of a unit of 16 bytes within an operand's stage. */
    private static int address(int row, int unit) {
        return row * ROW_BYTES + ((unit ^ row >>> 1 & 3) << 4);
    }

    /**
     * Starts this thread's copies of an operand's stage: one unit each of every {@code threads / 4}th row; rows behind
     * the matrix become zeros.
     */
    private static void copy(IntArray from, int to, int row, int rows, int blockRows, int threads, int rowWords,
            int word) {
        int stride = threads / ROW_UNITS;
        for (int i = 0; i < blockRows / stride; i++) {
            long index = (long) row * rowWords + word + (long) i * stride * rowWords;
            if (rows % blockRows == 0) {
                PtxShared.copyAsync128(to + i * stride * ROW_BYTES, from, index);
            } else {
                PtxShared.copyAsyncOrZero128(to + i * stride * ROW_BYTES, from, index,
                        row + i * stride < rows ? 16 : 0);
            }
        }
    }
}
