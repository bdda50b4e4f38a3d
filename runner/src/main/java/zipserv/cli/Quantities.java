package zipserv.cli;

import java.util.Locale;

import zipserv.model.MemoryUse;

/** Numbers with units, short enough for a line of text; decimal prefixes, as disks and networks have them. */
final class Quantities {

    private static final String[] PREFIXES = {"B", "kB", "MB", "GB", "TB", "PB", "EB"};

    private Quantities() {
    }

    /** "10.96 MB". */
    static String bytes(long bytes) {
        double value = bytes;
        int prefix = 0;
        while (value >= 999.995 && prefix < PREFIXES.length - 1) {
            value /= 1000;
            prefix++;
        }
        return prefix == 0 ? bytes + " B" : String.format(Locale.ROOT, "%.2f %s", value, PREFIXES[prefix]);
    }

    /** "16.28 GB (weights 11.48 GB, cache 4.29 GB, work 506.00 MB)". */
    static String memory(MemoryUse memory) {
        return "%s (weights %s, cache %s, work %s)".formatted(bytes(memory.total()), bytes(memory.weights()),
                bytes(memory.cache()), bytes(memory.work()));
    }

    /** "2 h 05 min", "3 min 20 s", "7.1 s". */
    static String duration(double seconds) {
        if (seconds < 9.95) {
            return String.format(Locale.ROOT, "%.1f s", seconds);
        }
        long whole = Math.round(seconds);
        if (whole >= 3600) {
            return "%d h %02d min".formatted(whole / 3600, whole / 60 % 60);
        }
        return whole >= 60 ? "%d min %02d s".formatted(whole / 60, whole % 60) : whole + " s";
    }

    /** "8.03 billion", "5.48 million", "1234". */
    static String count(long count) {
        if (count >= 1_000_000_000) {
            return String.format(Locale.ROOT, "%.2f billion", count / 1e9);
        }
        return count >= 1_000_000 ? String.format(Locale.ROOT, "%.2f million", count / 1e6) : Long.toString(count);
    }
}
