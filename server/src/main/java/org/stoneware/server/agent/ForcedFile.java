package org.stoneware.server.agent;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;

/**
 * Small files that must say after a crash what they said before: forced, renamed, their directory forced.
 * <p>
 * <b>Threading:</b> any thread, which may wait for the disk; one at a time for a file.
 */
final class ForcedFile {
    private ForcedFile() {}

    /** Replaces a file as a whole. */
    static void replace(Path file, String content) throws IOException {
        Path next = file.resolveSibling(file.getFileName() + ".next");
        try (FileChannel channel = FileChannel.open(
                next, StandardOpenOption.CREATE, StandardOpenOption.WRITE, StandardOpenOption.TRUNCATE_EXISTING)) {
            ByteBuffer bytes = ByteBuffer.wrap(content.getBytes(StandardCharsets.UTF_8));
            while (bytes.hasRemaining()) {
                channel.write(bytes);
            }
            channel.force(true);
        }
        Files.move(next, file, StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
        GenerationMarker.force(file.toAbsolutePath().getParent());
    }

    /** Deletes a file, if it is there. */
    static void delete(Path file) throws IOException {
        if (Files.deleteIfExists(file)) {
            GenerationMarker.force(file.toAbsolutePath().getParent());
        }
    }
}
