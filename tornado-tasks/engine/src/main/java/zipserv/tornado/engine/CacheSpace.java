package zipserv.tornado.engine;

import java.util.Map;
import java.util.TreeMap;

import zipserv.model.ModelException;

/**
 * Who has which slots of the key/value cache. A slot holds one token's keys and values of all layers; a sequence gets
 * neighbouring slots, so that a position is found by adding it to the first. First fit.
 */
final class CacheSpace {

    private final int slots;
    /** First slot of each range in use, and how many there are. */
    private final TreeMap<Integer, Integer> used = new TreeMap<>();

    CacheSpace(int slots) {
        this.slots = slots;
    }

    /**
     * Takes a range of slots.
     *
     * @return the first
     * @throws ModelException if there is no such range
     */
    int take(int count) {
        int candidate = 0;
        for (Map.Entry<Integer, Integer> range : used.entrySet()) {
            if (range.getKey() - candidate >= count) {
                break;
            }
            candidate = range.getKey() + range.getValue();
        }
        if (slots - candidate < count) {
            throw new ModelException("no room for " + count + " tokens in the key/value cache: " + free() + " of "
                    + slots
                    + " are free" + (free() >= count ? ", but not side by side" : "")
                    + "; close other sequences or start with a larger -D" + EngineLimits.CACHE_TOKENS);
        }
        used.put(candidate, count);
        return candidate;
    }

    /** Gives a range back. */
    void giveBack(int first) {
        used.remove(first);
    }

    /** The most slots that {@link #take} can give at this moment. */
    int largest() {
        int largest = 0;
        int end = 0;
        for (Map.Entry<Integer, Integer> range : used.entrySet()) {
            largest = Math.max(largest, range.getKey() - end);
            end = range.getKey() + range.getValue();
        }
        return Math.max(largest, slots - end);
    }

    /** Slots that nobody has. */
    int free() {
        return slots - used.values().stream().mapToInt(Integer::intValue).sum();
    }
}
