package zipserv.tornado.emulation;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/**
 * Shared memory by byte address, in words, for intrinsics. Every access must be aligned, in range, to written memory,
 * ordered by barriers, not to where an asynchronous copy is under way, and no write to what an asynchronous
 * multiplication reads.
 */
final class SharedMemory {

    private static final int ALIGNMENT = 128;
    /** In {@link #pending}: the word belongs to an mbarrier. */
    private static final short BARRIER = Short.MIN_VALUE;

    private final Block block;
    private final List<Integer> bases = new ArrayList<>();
    private int[] words;
    /** Of bytes, which is what the narrowest store writes. */
    private AccessHistory history;
    /** Per word the thread whose copy into it is under way, plus 1; negative if it is a bulk copy. */
    private short[] pending;
    /** Per word how many warps have multiplications under way that read it. */
    private short[] reading;
    private int usedBytes;
    private boolean large;

    SharedMemory(Block block) {
        this.block = block;
    }

    void reset() {
        bases.clear();
        usedBytes = 0;
        if (pending != null) {
            Arrays.fill(pending, (short) 0);
            Arrays.fill(reading, (short) 0);
        }
        large = false;
    }

    /** Returns the address of the block's n-th buffer. */
    int allocate(int ordinal, int bytes) {
        if (ordinal < bases.size()) {
            return bases.get(ordinal);
        }
        int rounded = Math.ceilDiv(bytes, ALIGNMENT) * ALIGNMENT;
        block.shared().addBytes(rounded);
        return take(Math.ceilDiv(usedBytes, ALIGNMENT) * ALIGNMENT, rounded);
    }

    /** Returns the address of the block's n-th buffer, the only one that is asked for at the launch. */
    int allocateLarge(int ordinal, int bytes) {
        if (ordinal < bases.size()) {
            return bases.get(ordinal);
        }
        if (large) {
            throw new AccessFault("shared memory: a second large buffer");
        }
        large = true;
        block.shared().addDynamicBytes(bytes);
        return take(Math.ceilDiv(usedBytes, SharedArrays.DYNAMIC_ALIGNMENT) * SharedArrays.DYNAMIC_ALIGNMENT, bytes);
    }

    private int take(int base, int bytes) {
        bases.add(base);
        usedBytes = base + bytes;
        makeRoom((large ? SharedArrays.MAX_DYNAMIC_BYTES : SharedArrays.MAX_BYTES) / Integer.BYTES);
        return base;
    }

    private void makeRoom(int size) {
        if (words == null) {
            words = new int[size];
            history = new AccessHistory(Integer.BYTES * size);
            pending = new short[size];
            reading = new short[size];
        } else if (words.length < size) {
            words = Arrays.copyOf(words, size);
            history.grow(Integer.BYTES * size);
            pending = Arrays.copyOf(pending, size);
            reading = Arrays.copyOf(reading, size);
        }
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

    /** Adds to a word atomically; returns the value before. */
    int add(EmulatedThread thread, int address, int value) {
        int word = checked(address, "atomic update");
        checkNotRead(word, address);
        for (int cell = Integer.BYTES * word; cell < Integer.BYTES * (word + 1); cell++) {
            report(history.update(cell, thread), address);
        }
        int before = words[word];
        words[word] = before + value;
        return before;
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
        report(history.read(cell, bytes, thread), address);
    }

    private void noteWrite(int cell, int bytes, EmulatedThread thread, int address) {
        checkNotRead(cell / Integer.BYTES, address);
        for (int i = 0; i < bytes; i++) {
            report(history.write(cell + i, thread), address);
        }
    }

    private void checkNotRead(int word, int address) {
        if (reading[word] != 0) {
            throw new AccessFault("write at shared address " + address
                    + ", which a wgmma reads that was not yet waited for");
        }
    }

    /** Reads for an asynchronous multiplication. */
    int readAsync(EmulatedThread thread, int address) {
        int word = checked(address, "wgmma");
        for (int cell = Integer.BYTES * word; cell < Integer.BYTES * (word + 1); cell++) {
            report(history.checkRead(cell, thread), address);
            if (!history.fenced(cell, thread)) {
                report("wgmma without a fence.proxy.async between it and the write of ", address);
            }
        }
        return words[word];
    }

    /** From now on a warp's multiplication reads words, which may not be written. */
    void startReading(int[] addresses) {
        for (int address : addresses) {
            reading[address / Integer.BYTES]++;
        }
    }

    /** A warp has waited for a multiplication that read words. */
    void endReading(EmulatedThread thread, int[] addresses, int agent) {
        for (int address : addresses) {
            reading[address / Integer.BYTES]--;
            history.readByAgent(address, Integer.BYTES, thread, agent);
        }
    }

    /** Gives two words to an mbarrier. */
    void takeForBarrier(EmulatedThread thread, int address) {
        for (int at = address; at < address + Long.BYTES; at += Integer.BYTES) {
            store(thread, at, 0);
            pending[at / Integer.BYTES] = BARRIER;
        }
    }

    /** Notes that a thread's bulk copy writes a word from now on, until {@link #completeBulkCopy}. */
    void startBulkCopy(EmulatedThread thread, int address) {
        int word = checked(address, "bulk copy");
        checkNotRead(word, address);
        for (int cell = Integer.BYTES * word; cell < Integer.BYTES * (word + 1); cell++) {
            report(history.checkWrite(cell, thread), address);
        }
        pending[word] = (short) -(thread.thread + 1);
    }

    /** Makes a copied word visible to the threads that wait for the copy's mbarrier. */
    void completeBulkCopy(EmulatedThread thread, int address, int value, int agent) {
        int word = address / Integer.BYTES;
        pending[word] = 0;
        words[word] = value;
        for (int cell = Integer.BYTES * word; cell < Integer.BYTES * (word + 1); cell++) {
            history.written(cell, thread, agent);
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
        if (pending[word] == BARRIER) {
            throw new AccessFault(access + " at shared address " + address + ", where an mbarrier is");
        }
        if (pending[word] < 0) {
            throw new AccessFault(access + " at shared address " + address + ", into which a bulk copy of thread "
                    + block.grid().threadName(-pending[word] - 1) + " is under way");
        }
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
