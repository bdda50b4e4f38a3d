package zipserv.model.sampling;

/**
 * Steele, Lea and Flood's SplitMix64 (OOPSLA 2014). Written out because the sequence belongs to a seed's meaning: it
 * must be the same with every JDK and on every device. A number follows from its place in the sequence alone.
 */
public final class SplitMix64 {

    /** From a state to the next. */
    public static final long GAMMA = 0x9E3779B97F4A7C15L;
    private static final long FACTOR_1 = 0xBF58476D1CE4E5B9L;
    private static final long FACTOR_2 = 0x94D049BB133111EBL;

    private SplitMix64() {
    }

    /** The state that gives a seed's n-th number, counted from 0. */
    static long state(long seed, long n) {
        return seed + (n + 1) * GAMMA;
    }

    /** The number of a state: 64 random bits. */
    public static long number(long state) {
        long z = state;
        z = (z ^ (z >>> 30)) * FACTOR_1;
        z = (z ^ (z >>> 27)) * FACTOR_2;
        return z ^ (z >>> 31);
    }
}
