package zipserv.tornado.kernels;

import zipserv.codec.Frag11Layout;
import zipserv.tornado.ptx.Pair;
import zipserv.tornado.ptx.Quad;

/**
 * The registers a0 .. a3 of a strip's four mma instructions, as {@link StripLayout} assigns them, from a lane's eleven
 * words of it: 22 of the 32 elements take one AND and one addition for two, the others about four operations more. A
 * patch tells what the escapes of four pairs change ({@link Frag11Escapes#patches}).
 */
final class Frag11Fragments {

    private Frag11Fragments() {
    }

    /** Pairs 0, 1, 4 and 5. */
    static Quad first(int w0, int w1, int w4, int w5, int bias, Pair patch0, Pair patch1) {
        return Quad.of(pair(Frag11Layout.field(w0), bias, Frag11Escapes.patch0(patch0.x())),
                pair(Frag11Layout.field(w1), bias, Frag11Escapes.patch1(patch0.x())),
                pair(Frag11Layout.field(w4), bias, Frag11Escapes.patch0(patch1.x())),
                pair(Frag11Layout.field(w5), bias, Frag11Escapes.patch1(patch1.x())));
    }

    /** Pairs 8, 9, 12 and 13. */
    static Quad second(int w2, int w3, int w4, int w5, int w8, int w9, int w10, int bias, Pair patch2, Pair patch3) {
        return Quad.of(pair(Frag11Layout.field(w8), bias, Frag11Escapes.patch0(patch2.x())),
                pair(Frag11Layout.field(w9), bias, Frag11Escapes.patch1(patch2.x())),
                pair(Frag11Layout.spareField(1, w2, w3, w10), bias, Frag11Escapes.patch0(patch3.x())),
                pair(Frag11Layout.spareField(2, w4, w5, w10), bias, Frag11Escapes.patch1(patch3.x())));
    }

    /** Pairs 2, 3, 6 and 7. */
    static Quad third(int w2, int w3, int w6, int w7, int bias, Pair patch0, Pair patch1) {
        return Quad.of(pair(Frag11Layout.field(w2), bias, Frag11Escapes.patch0(patch0.y())),
                pair(Frag11Layout.field(w3), bias, Frag11Escapes.patch1(patch0.y())),
                pair(Frag11Layout.field(w6), bias, Frag11Escapes.patch0(patch1.y())),
                pair(Frag11Layout.field(w7), bias, Frag11Escapes.patch1(patch1.y())));
    }

    /** Pairs 10, 11, 14 and 15. */
    static Quad fourth(int w0, int w1, int w6, int w7, int w8, int w9, int w10, int bias, Pair patch2, Pair patch3) {
        return Quad.of(pair(Frag11Layout.field(w10), bias, Frag11Escapes.patch0(patch2.y())),
                pair(Frag11Layout.spareField(0, w0, w1, w10), bias, Frag11Escapes.patch1(patch2.y())),
                pair(Frag11Layout.spareField(3, w6, w7, w10), bias, Frag11Escapes.patch0(patch3.y())),
                pair(Frag11Layout.spareField(4, w8, w9, w10), bias, Frag11Escapes.patch1(patch3.y())));
    }

    private static int pair(int field, int bias, int patch) {
        return Frag11Layout.pair(field, bias) ^ patch;
    }
}
