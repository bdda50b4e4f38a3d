package zipserv.tornado.kernels;

import zipserv.codec.Frag11Layout;
import zipserv.tornado.ptx.Quad;

/**
 * The registers a0 .. a3 of a strip's four mma instructions, from a lane's eleven words of it: 22 of the 32 elements take
 * one AND and one addition for two, the others about four operations more. {@code patch} holds what the escapes of the
 * four pairs change, 0 where there are none.
 */
final class Frag11Fragments {

    private Frag11Fragments() {
    }

    /** Pairs 0 .. 3, of the first instruction. */
    static Quad first(int w0, int w1, int w2, int w3, int bias, Quad patch) {
        return patched(Frag11Layout.field(w0), Frag11Layout.field(w1), Frag11Layout.field(w2), Frag11Layout.field(w3),
                bias, patch);
    }

    /** Pairs 4 .. 7. */
    static Quad second(int w4, int w5, int w6, int w7, int bias, Quad patch) {
        return first(w4, w5, w6, w7, bias, patch);
    }

    /** Pairs 8 .. 11. */
    static Quad third(int w8, int w9, int w10, int w0, int w1, int bias, Quad patch) {
        return patched(Frag11Layout.field(w8), Frag11Layout.field(w9), Frag11Layout.field(w10),
                Frag11Layout.spareField(0, w0, w1, w10), bias, patch);
    }

    /** Pairs 12 .. 15. */
    static Quad fourth(int w2, int w3, int w4, int w5, int w6, int w7, int w8, int w9, int w10, int bias, Quad patch) {
        return patched(Frag11Layout.spareField(1, w2, w3, w10), Frag11Layout.spareField(2, w4, w5, w10),
                Frag11Layout.spareField(3, w6, w7, w10), Frag11Layout.spareField(4, w8, w9, w10), bias, patch);
    }

    private static Quad patched(int f0, int f1, int f2, int f3, int bias, Quad patch) {
        return Quad.of(Frag11Layout.pair(f0, bias) ^ patch.x(), Frag11Layout.pair(f1, bias) ^ patch.y(),
                Frag11Layout.pair(f2, bias) ^ patch.z(), Frag11Layout.pair(f3, bias) ^ patch.w());
    }
}
