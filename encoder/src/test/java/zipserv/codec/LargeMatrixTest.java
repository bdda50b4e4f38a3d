package zipserv.codec;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.nio.channels.FileChannel;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.LinkedHashMap;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A matrix of more than 2^31 elements, most of it holes of sparse files. */
class LargeMatrixTest {

    private static final int ROWS = (1 << 16) + 1;
    private static final int COLUMNS = 1 << 15;

    @Test
    void decodesBehind32Bits(@TempDir Path folder) throws IOException {
        long blocks = FragmentLayout.blocks(ROWS, COLUMNS);
        long elements = blocks * FragmentLayout.BLOCK_ELEMENTS;
        assertTrue(2 * elements > 1L << 32);
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment zeros = sparse(folder.resolve("bitmap"), 8 * TcaTbeLayout.bitmapWords(blocks), arena);
            MemorySegment fallback = sparse(folder.resolve("fallback"), 2 * elements, arena);
            MemorySegment blockOffsets = arena.allocate(8 * TcaTbeLayout.blockOffsetsLength(blocks));
            MemorySegment stripOffsets = arena.allocate(4 * TcaTbeLayout.stripOffsetsLength(blocks));
            for (long block = 0; block <= blocks; block++) {
                blockOffsets.set(TcaTbeMatrix.I64, 8 * TcaTbeLayout.blockOffset(block) + 8,
                        block * FragmentLayout.BLOCK_ELEMENTS);
            }
            for (long block = 0; block < blocks; block++) {
                for (int strip = 0; strip < FragmentLayout.STRIPS; strip++) {
                    stripOffsets.set(TcaTbeMatrix.I32, 4 * TcaTbeLayout.stripOffset(block, strip) + 4, 1024 * strip);
                }
            }
            long lastBlock = (blocks - 1) * FragmentLayout.BLOCK_ELEMENTS;
            fallback.set(Bf16Matrix.ELEMENT, 2 * lastBlock, (short) 0x1234);
            fallback.set(Bf16Matrix.ELEMENT, 2 * (elements - 1), (short) 0x5678);

            Map<String, MatrixPart> parts = new LinkedHashMap<>();
            put(parts, TcaTbeLayout.BITMAP1, MatrixPart.Type.I64, zeros);
            put(parts, TcaTbeLayout.BITMAP2, MatrixPart.Type.I64, zeros);
            put(parts, TcaTbeLayout.BITMAP3, MatrixPart.Type.I64, zeros);
            put(parts, TcaTbeLayout.SIGN_MANTISSA, MatrixPart.Type.U8, MemorySegment.NULL);
            put(parts, TcaTbeLayout.FALLBACK, MatrixPart.Type.U8, fallback);
            put(parts, TcaTbeLayout.BLOCK_OFFSETS, MatrixPart.Type.I64, blockOffsets);
            put(parts, TcaTbeLayout.STRIP_OFFSETS, MatrixPart.Type.I32, stripOffsets);
            CompressedMatrix matrix = Codecs.of(WeightFormat.TCA_TBE)
                    .open(ROWS, COLUMNS, parts, Map.of(TcaTbeLayout.BASE_EXPONENT, "0"));

            short[] tile = new short[FragmentLayout.BLOCK_ELEMENTS];
            matrix.decodeTile(ROWS / 64, COLUMNS / 64 - 1, tile);
            assertEquals(0x1234, tile[0]);
            assertEquals(0x5678, tile[tile.length - 1]);
        }
    }

    /** Words and escapes of more than 2^32 bytes; all elements but the last tile's are escapes, never looked at. */
    @Test
    void decodesFrag11Behind32Bits(@TempDir Path folder) throws IOException {
        int rows = 2 * ROWS;
        int strips = Frag11Layout.strips(COLUMNS);
        int lastRowBlock = Frag11Layout.rowBlocks(rows) - 1;
        long lastStrip = Frag11Layout.strip(lastRowBlock, strips - 1, strips);
        long escapesBefore = 512 * (lastStrip - 3);
        assertTrue(4 * escapesBefore > 1L << 32);
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment words = sparse(folder.resolve("words"), 4 * Frag11Layout.wordsLength(rows, COLUMNS), arena);
            MemorySegment escapes = sparse(folder.resolve("escapes"), 4 * (escapesBefore + 1), arena);
            MemorySegment starts = arena.allocate(8 * Frag11Layout.rowBlockEscapesLength(rows));
            MemorySegment ends = arena.allocate(4 * Frag11Layout.stripEndsLength(rows, COLUMNS));
            for (int rowBlock = 0; rowBlock <= lastRowBlock; rowBlock++) {
                starts.set(Frag11Matrix.I64, 8L * rowBlock, 512L * strips * rowBlock);
            }
            for (long strip = 0; strip < lastStrip; strip++) {
                int full = (int) (strip % strips) + 1;
                ends.set(Frag11Matrix.I32, 4 * strip, 512 * (strip <= lastStrip - 4 ? full : strips - 4));
            }
            starts.set(Frag11Matrix.I64, 8L * (lastRowBlock + 1), escapesBefore + 1);
            ends.set(Frag11Matrix.I32, 4 * lastStrip, 512 * (strips - 4) + 1);
            long lastWord = Frag11Layout.stripWord(lastStrip);
            assertTrue(4 * lastWord > 1L << 32);
            words.set(Frag11Matrix.I32, 4 * lastWord, 0x8021_0012);
            escapes.set(Frag11Matrix.U16, 4 * escapesBefore, (short) Frag11Layout.escape(0, 0, 5 << 10));

            Map<String, MatrixPart> parts = new LinkedHashMap<>();
            put(parts, Frag11Layout.WORDS, MatrixPart.Type.I32, words);
            put(parts, Frag11Layout.BASES, MatrixPart.Type.U8, arena.allocate(lastRowBlock + 1));
            put(parts, Frag11Layout.ESCAPES, MatrixPart.Type.I32, escapes);
            put(parts, Frag11Layout.ROW_BLOCK_ESCAPES, MatrixPart.Type.I64, starts);
            put(parts, Frag11Layout.STRIP_ENDS, MatrixPart.Type.I32, ends);
            CompressedMatrix matrix = Codecs.of(WeightFormat.FRAG11).open(rows, COLUMNS, parts, Map.of());

            short[] tile = new short[4096];
            matrix.decodeTile(lastRowBlock, strips / 4 - 1, tile);
            assertEquals(5 << 10 | 0x0012, tile[192]);
            assertEquals((short) 0x8021, tile[193]);
        }
    }

    private static void put(Map<String, MatrixPart> parts, String name, MatrixPart.Type type, MemorySegment data) {
        parts.put(name, new MatrixPart(name, type, data));
    }

    private static MemorySegment sparse(Path file, long bytes, Arena arena) throws IOException {
        try (FileChannel channel = FileChannel.open(file, StandardOpenOption.CREATE_NEW, StandardOpenOption.SPARSE,
                StandardOpenOption.READ, StandardOpenOption.WRITE)) {
            return channel.map(FileChannel.MapMode.READ_WRITE, 0, bytes, arena);
        }
    }
}
