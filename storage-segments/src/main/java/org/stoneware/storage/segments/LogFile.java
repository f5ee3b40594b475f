package org.stoneware.storage.segments;

import static java.nio.ByteOrder.LITTLE_ENDIAN;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.Arrays;
import java.util.zip.CRC32C;
import org.jspecify.annotations.Nullable;

/**
 * The file {@value #NAME}, which names the log; written once.
 * <pre>
 * offset  length  field
 *      0       8  {@code STWLOG\r\n}
 *      8       4  format version
 *     12       4  0
 *     16       8  log id
 *     24       4  checksum: CRC32C of bytes 0 to 23
 *     28       4  0
 * </pre>
 */
final class LogFile {
    static final String NAME = "LOG";

    private static final byte[] MAGIC = {'S', 'T', 'W', 'L', 'O', 'G', '\r', '\n'};
    private static final int LENGTH = 32;

    private LogFile() {}

    static ByteBuffer encode(long logId) {
        ByteBuffer buffer = ByteBuffer.allocate(LENGTH).order(LITTLE_ENDIAN);
        buffer.put(MAGIC).putInt(SegmentHeader.FORMAT_VERSION).putInt(0).putLong(logId);
        CRC32C crc = new CRC32C();
        crc.update(buffer.array(), 0, 24);
        return buffer.putInt((int) crc.getValue()).putInt(0).flip();
    }

    static void write(SegmentFiles files, long logId) throws IOException {
        NewFile.write(files, NAME, encode(logId), true);
    }

    /** @return the log id, or null when the file is not whole. */
    static @Nullable Long read(SegmentFiles files) throws IOException {
        ByteBuffer buffer = ByteBuffer.allocate(LENGTH).order(LITTLE_ENDIAN);
        try (SegmentFiles.File file = files.openToRead(NAME)) {
            if (file.read(0, buffer) < LENGTH) {
                return null;
            }
        }
        CRC32C crc = new CRC32C();
        crc.update(buffer.array(), 0, 24);
        if (!Arrays.equals(Arrays.copyOf(buffer.array(), MAGIC.length), MAGIC)
                || buffer.getInt(24) != (int) crc.getValue()) {
            return null;
        }
        if (buffer.getInt(8) != SegmentHeader.FORMAT_VERSION) {
            throw new SegmentHeader.LaterFormatException("file LOG", buffer.getInt(8));
        }
        return buffer.getLong(16);
    }
}
