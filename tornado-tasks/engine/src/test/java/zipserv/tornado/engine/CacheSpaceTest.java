package zipserv.tornado.engine;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.BitSet;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import org.junit.jupiter.api.Test;
import zipserv.model.ModelException;

class CacheSpaceTest {

    @Test
    void firstFit() {
        CacheSpace space = new CacheSpace(10);
        assertEquals(0, space.take(4));
        assertEquals(4, space.take(3));
        assertEquals(7, space.take(3));
        space.giveBack(0);
        space.giveBack(7);
        assertEquals(7, space.free());
        assertEquals(4, space.largest());
        String message = assertThrows(ModelException.class, () -> space.take(5)).getMessage();
        assertTrue(message.contains("7 of 10 are free, but not side by side"), message);
        assertEquals(0, space.take(4));
    }

    @Test
    void rangesNeverOverlapAndNothingIsLost() {
        CacheSpace space = new CacheSpace(200);
        Random random = new Random(11);
        Map<Integer, Integer> ranges = new HashMap<>();
        BitSet used = new BitSet();
        for (int i = 0; i < 5000; i++) {
            if (random.nextInt(3) > 0) {
                int count = 1 + random.nextInt(30);
                try {
                    int first = space.take(count);
                    assertEquals(-1, firstUsed(used, first, first + count));
                    assertTrue(first + count <= 200);
                    used.set(first, first + count);
                    ranges.put(first, count);
                } catch (ModelException e) {
                    assertTrue(used.cardinality() > 0);
                }
            } else if (!ranges.isEmpty()) {
                int first = List.copyOf(ranges.keySet()).get(random.nextInt(ranges.size()));
                used.clear(first, first + ranges.remove(first));
                space.giveBack(first);
            }
            assertEquals(200 - used.cardinality(), space.free());
            assertEquals(longestGap(used), space.largest());
        }
        ranges.keySet().forEach(space::giveBack);
        assertEquals(0, space.take(200));
    }

    private static int longestGap(BitSet used) {
        int longest = 0;
        for (int from = used.nextClearBit(0); from < 200; from = used.nextClearBit(from)) {
            int to = used.nextSetBit(from) < 0 ? 200 : used.nextSetBit(from);
            longest = Math.max(longest, to - from);
            from = to;
        }
        return longest;
    }

    private static int firstUsed(BitSet used, int from, int to) {
        int next = used.nextSetBit(from);
        return next < to ? next : -1;
    }
}
