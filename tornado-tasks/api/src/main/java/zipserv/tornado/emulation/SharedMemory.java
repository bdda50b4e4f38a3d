package zipserv.tornado.emulation;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/**
 * Shared memory by byte address, in words, for intrinsics. Every access must be aligned, in range, to written memory,
 * ordered by barriers, and not to where an asynchronous copy is under way.
 */
final class SharedMemory {

    private static final int ALIGNMENT = 128;
    private static final int WORDS = SharedArrays.MAX_BYTES / Integer.BYTES;

    private final Block block;
    private final List<Integer> bases = new ArrayList<>();
    private int[] words;
    /** Of bytes, which is what the narrowest store writes. */
    private AccessHistory history;
    /** Per word the thread whose copy into it is under way, plus 1. */
    private short[] pending;
    private int usedBytes;

    SharedMemory(Block block) {
        this.block = block;
    }

    void reset() {
        bases.clear();
        usedBytes = 0;
        if (pending != null) {
            Arrays.fill(pending, (short) 0);
        }
    }

    /** Returns the address of the block's n-th buffer. */
    int allocate(int ordinal, int bytes) {
        if (ordinal < bases.size()) {
            return bases.get(ordinal);
        }
        if (words == null) {
            words = new int[WORDS];
            history = new AccessHistory(Integer.BYTES * WORDS);
            pending = new short[WORDS];
        }
        int rounded = Math.ceilDiv(bytes, ALIGNMENT) * ALIGNMENT;
        block.shared().addBytes(rounded);
        int base = usedBytes;
        bases.add(base);
        usedBytes += rounded;
        return base;
    }

    int load(EmulatedThread thread, int address) {
        int word = checked(address, "read");
        noteRead(Integer.BYTES * word, Integer.BYTES, thread, address);
        return words[word];
    }

    /** Reads the half word at an even address. */
    int loadHalf(EmulatedThread thread, int address) {
        if (address % Short.BYTES != 0) {
            throw new AccessFault("read at shared address " + address + ", not a multiple of " + Short.BYTES);
        }
        int half = address >>> 1 & 1;
        int word = checked(address - Short.BYTES * half, "read");
        noteRead(Integer.BYTES * word + Short.BYTES * half, Short.BYTES, thread, address);
        return words[word] >>> 16 * half & 0xFFFF;
    }

    void store(EmulatedThread thread, int address, int value) {
        int word = checked(address, "write");
        noteWrite(Integer.BYTES * word, Integer.BYTES, thread, address);
        words[word] = value;
    }

    /** Writes the half word at an even address. */
    void storeHalf(EmulatedThread thread, int address, int value) {
        if (address % Short.BYTES != 0) {
            throw new AccessFault("write at shared address " + address + ", not a multiple of " + Short.BYTES);
        }
        int half = address >>> 1 & 1;
        int word = checked(address - Short.BYTES * half, "write");
        noteWrite(Integer.BYTES * word + Short.BYTES * half, Short.BYTES, thread, address);
        words[word] = words[word] & ~(0xFFFF << 16 * half) | (value & 0xFFFF) << 16 * half;
    }

    /** Writes the byte at an address. */
    void storeByte(EmulatedThread thread, int address, int value) {
        int part = address & 3;
        int word = checked(address - part, "write");
        noteWrite(Integer.BYTES * word + part, 1, thread, address);
        words[word] = words[word] & ~(0xFF << 8 * part) | (value & 0xFF) << 8 * part;
    }

    private void noteRead(int cell, int bytes, EmulatedThread thread, int address) {
        for (int i = 0; i < bytes; i++) {
            report(history.read(cell + i, thread), address);
        }
    }

    private void noteWrite(int cell, int bytes, EmulatedThread thread, int address) {
        for (int i = 0; i < bytes; i++) {
            report(history.write(cell + i, thread), address);
        }
    }

    /** Notes that a thread's asynchronous copy writes a word from now on, until {@link #complete}. */
    void startCopy(EmulatedThread thread, int address) {
        int word = checked(address, "asynchronous copy");
        noteWrite(Integer.BYTES * word, Integer.BYTES, thread, address);
        pending[word] = (short) (thread.thread + 1);
    }

    /** Makes a copied word visible to the thread that waited for it. */
    void complete(EmulatedThread thread, int address, int value) {
        pending[address / Integer.BYTES] = 0;
        store(thread, address, value);
    }

    private int checked(int address, String access) {
        if (address < 0 || address > usedBytes - Integer.BYTES) {
            throw new AccessFault(access + " at shared address " + address + " out of range of " + usedBytes
                    + " bytes");
        }
        if (address % Integer.BYTES != 0) {
            throw new AccessFault(access + " at shared address " + address + ", not a multiple of " + Integer.BYTES);
        }
        int word = address / Integer.BYTES;
        if (pending[word] != 0) {
            throw new AccessFault(access + " at shared address " + address + ", into which thread "
                    + block.grid().threadName(pending[word] - 1)
                    + " copies asynchronously and has not yet waited for it");
        }
        return word;
    }

    private void report(String problem, int address) {
        if (problem != null) {
            int buffer = bases.size() - 1;
            while (bases.get(buffer) > address) {
                buffer--;
            }
            throw new AccessFault(problem + "shared memory at address " + address + ", byte "
                    + (address - bases.get(buffer)) + " of the kernel's shared buffer " + buffer);
        }
    }
}
