package zipserv.tornado.kernels;

import uk.ac.manchester.tornado.api.types.arrays.FloatArray;
import uk.ac.manchester.tornado.api.types.arrays.IntArray;
import zipserv.tornado.ptx.Accumulator;
import zipserv.tornado.ptx.PtxBits;
import zipserv.tornado.ptx.PtxFloat;
import zipserv.tornado.ptx.PtxMemory;
import zipserv.tornado.ptx.PtxWarp;
import zipserv.tornado.ptx.Quad;

/** What becomes of the sums of {@link PrefillGemm}: partial sums of splits, rows of the result. */
final class PrefillSums {

    private PrefillSums() {
    }

    /** Leaves a lane's part of an accumulator for {@link #joined}. */
    static void storePartial(FloatArray partials, int at, Accumulator sum) {
        PtxMemory.store128(partials, at, sum.c0(), sum.c1(), sum.c2(), sum.c3());
    }

    /** The sum of all splits' partial sums, in their order. */
    static Accumulator joined(FloatArray partials, int first, int stride, int splits) {
        Accumulator sum = partial(partials, first);
        for (int split = 1; split < splits; split++) {
            Accumulator next = partial(partials, first + split * stride);
            sum = Accumulator.of(PtxFloat.add(sum.c0(), next.c0()), PtxFloat.add(sum.c1(), next.c1()),
                    PtxFloat.add(sum.c2(), next.c2()), PtxFloat.add(sum.c3(), next.c3()));
        }
        return sum;
    }

    private static Accumulator partial(FloatArray partials, int at) {
        Quad four = PtxMemory.load128(partials, at);
        return Accumulator.of(PtxBits.asFloat(four.x()), PtxBits.asFloat(four.y()), PtxBits.asFloat(four.z()),
                PtxBits.asFloat(four.w()));
    }

    /** Writes what a lane has of activation row n and 32 weight rows: two neighbours of each 8. */
    static void store(IntArray y, int n, int row, int rows, int batch, int bf16, int lane, float sum00,
            float sum01, float sum10, float sum11, float sum20, float sum21, float sum30, float sum31) {
        if (bf16 == 0) {
            int own = row + ((lane & 3) << 1);
            storePair(y, n, own, rows, batch, sum00, sum01);
            storePair(y, n, own + 8, rows, batch, sum10, sum11);
            storePair(y, n, own + 16, rows, batch, sum20, sum21);
            storePair(y, n, own + 24, rows, batch, sum30, sum31);
        } else {
            storeWords(y, n, row, rows, batch, lane, PtxFloat.packBf16(sum00, sum01), PtxFloat.packBf16(sum10, sum11),
                    PtxFloat.packBf16(sum20, sum21), PtxFloat.packBf16(sum30, sum31));
        }
    }

    private static void storePair(IntArray y, int n, int row, int rows, int batch, float first, float second) {
        long at = (long) n * rows + row;
        if (n < batch && row < rows) {
            if ((rows & 1) == 0) {
                PtxMemory.store64(y, at, PtxBits.asInt(first), PtxBits.asInt(second));
            } else {
                PtxMemory.store32(y, at, PtxBits.asInt(first));
                if (row + 1 < rows) {
                    PtxMemory.store32(y, at + 1, PtxBits.asInt(second));
                }
            }
        }
    }

    /**
     * Writes four words of BF16 pairs of one activation row, 8 weight rows apart: a transposition of 4 x 4 words among
     * the four lanes of the row gives each lane 8 neighbouring elements.
     */
    private static void storeWords(IntArray y, int n, int row, int rows, int batch, int lane, int word0, int word1,
            int word2, int word3) {
        int rowWords = rows + 1 >>> 1;
        if ((rows & 7) == 0) {
            boolean odd = (lane & 1) != 0;
            int other01 = PtxWarp.shuffleXor(odd ? word0 : word1, 1);
            int other23 = PtxWarp.shuffleXor(odd ? word2 : word3, 1);
            int low0 = odd ? other01 : word0;
            int low1 = odd ? word1 : other01;
            int high0 = odd ? other23 : word2;
            int high1 = odd ? word3 : other23;
            boolean upper = (lane & 2) != 0;
            int other0 = PtxWarp.shuffleXor(upper ? low0 : high0, 2);
            int other1 = PtxWarp.shuffleXor(upper ? low1 : high1, 2);
            int own = row + ((lane & 3) << 3);
            if (n < batch && own < rows) {
                PtxMemory.store128(y, (long) n * rowWords + (own >>> 1), upper ? other0 : low0, upper ? other1 : low1,
                        upper ? high0 : other0, upper ? high1 : other1);
            }
        } else {
            int own = row + ((lane & 3) << 1);
            storeWord(y, n, own, rows, batch, word0);
            storeWord(y, n, own + 8, rows, batch, word1);
            storeWord(y, n, own + 16, rows, batch, word2);
            storeWord(y, n, own + 24, rows, batch, word3);
        }
    }

    private static void storeWord(IntArray y, int n, int row, int rows, int batch, int word) {
        if (n < batch && row < rows) {
            PtxMemory.store32(y, (long) n * (rows + 1 >>> 1) + (row >>> 1), row + 1 < rows ? word : word & 0xFFFF);
        }
    }
}
