package zipserv.tornado.kernels;

import zipserv.codec.Frag11Layout;
import zipserv.tornado.ptx.Pair;
import zipserv.tornado.ptx.PtxBits;
import zipserv.tornado.ptx.Quad;

/**
 * The registers a0 .. a3 of a strip's four mma instructions, as {@link StripLayout} assigns them, from a lane's eleven
 * words of it: 22 of the 32 elements take one LOP3 and one addition for two, the others three shifts and two LOP3 more.
 * A patch has the escaped bits of four pairs ({@link Frag11Escapes#patches}).
 */
final class Frag11Fragments {

    private Frag11Fragments() {
    }

    /** Pairs 0, 1, 4 and 5. */
    static Quad first(int w0, int w1, int w4, int w5, int bias, Pair patch0, Pair patch1) {
        return Quad.of(whole(w0, patch0.x(), bias), whole(w1, Frag11Escapes.second(patch0.x()), bias),
                whole(w4, patch1.x(), bias), whole(w5, Frag11Escapes.second(patch1.x()), bias));
    }

    /** Pairs 8, 9, 12 and 13. */
    static Quad second(int w2, int w3, int w4, int w5, int w8, int w9, int w10, int bias, Pair patch2, Pair patch3) {
        return Quad.of(whole(w8, patch2.x(), bias), whole(w9, Frag11Escapes.second(patch2.x()), bias),
                spare(1, w2, w3, w10, patch3.x(), bias),
                spare(2, w4, w5, w10, Frag11Escapes.second(patch3.x()), bias));
    }

    /** Pairs 2, 3, 6 and 7. */
    static Quad third(int w2, int w3, int w6, int w7, int bias, Pair patch0, Pair patch1) {
        return Quad.of(whole(w2, patch0.y(), bias), whole(w3, Frag11Escapes.second(patch0.y()), bias),
                whole(w6, patch1.y(), bias), whole(w7, Frag11Escapes.second(patch1.y()), bias));
    }

    /** Pairs 10, 11, 14 and 15. */
    static Quad fourth(int w0, int w1, int w6, int w7, int w8, int w9, int w10, int bias, Pair patch2, Pair patch3) {
        return Quad.of(whole(w10, patch2.y(), bias),
                spare(0, w0, w1, w10, Frag11Escapes.second(patch2.y()), bias),
                spare(3, w6, w7, w10, patch3.y(), bias),
                spare(4, w8, w9, w10, Frag11Escapes.second(patch3.y()), bias));
    }

    /**
     * One of pairs 0 .. 10.
     *
     * @param patch has the pair's escaped bits, and anything in the other bits
     */
    static int whole(int word, int patch, int bias) {
        return Frag11Layout.pair(PtxBits.lop3(word, patch, Frag11Layout.FIELD, PtxBits.SELECT), bias);
    }

    /**
     * Pair 11 + j, see {@link Frag11Layout#spareField}. What the shifts bring beside the bits that are wanted, the
     * selections drop.
     *
     * @param patch has the pair's escaped bits, and anything in the other bits
     */
    static int spare(int j, int even, int odd, int last, int patch, int bias) {
        int codeMantissa = PtxBits.lop3(odd >>> 10, even >>> 5, Frag11Layout.FIELD_LOW, PtxBits.SELECT);
        int signEscaped = PtxBits.lop3(last << 5 - j, patch, Frag11Layout.SIGN, PtxBits.SELECT);
        return Frag11Layout.pair(
                PtxBits.lop3(codeMantissa, signEscaped, Frag11Layout.CODE_MANTISSA, PtxBits.SELECT), bias);
    }
}
