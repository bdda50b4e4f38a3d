package zipserv.tornado.emulation;

/** A barrier at which a thread can wait without the rest of its warp. */
interface BarrierWait {

    /** Names the barrier and what it still waits for. */
    String missing();
}
