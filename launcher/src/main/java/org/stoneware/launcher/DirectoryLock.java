package org.stoneware.launcher;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.channels.FileLock;
import java.nio.channels.OverlappingFileLockException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import org.jspecify.annotations.Nullable;

/**
 * Keeps a data directory for one process: {@code stoneware.lock}, locked as long as the process lives, with its process id inside.
 * <p>
 * The operating system gives the lock back however the process ends, so a file left behind locks nobody out.
 */
final class DirectoryLock implements AutoCloseable {
    static final String FILE_NAME = "stoneware.lock";
    /** Far beyond the content: on some systems a locked region can't be read by others. */
    private static final long LOCKED_OFFSET = 1L << 40;

    private static final int MAX_CONTENT = 64;

    private final FileChannel channel;
    private final FileLock lock;

    private DirectoryLock(FileChannel channel, FileLock lock) {
        this.channel = channel;
        this.lock = lock;
    }

    /** Locks the directory, or returns null when another process has it. */
    static @Nullable DirectoryLock acquire(Path directory) throws IOException {
        FileChannel channel =
                FileChannel.open(directory.resolve(FILE_NAME), StandardOpenOption.CREATE, StandardOpenOption.WRITE);
        FileLock lock = tryLock(channel);
        if (lock == null) {
            channel.close();
            return null;
        }
        channel.truncate(0);
        channel.write(ByteBuffer.wrap((ProcessHandle.current().pid() + "\n").getBytes(StandardCharsets.US_ASCII)), 0);
        return new DirectoryLock(channel, lock);
    }

    /** True while a process holds the directory. */
    static boolean isHeld(Path directory) throws IOException {
        Path file = directory.resolve(FILE_NAME);
        if (!Files.exists(file)) {
            return false;
        }
        try (FileChannel channel = FileChannel.open(file, StandardOpenOption.WRITE)) {
            FileLock lock = tryLock(channel);
            if (lock != null) {
                lock.release();
            }
            return lock == null;
        }
    }

    /** Process id of the last holder; 0 when none is written there. */
    static long holder(Path directory) {
        Path file = directory.resolve(FILE_NAME);
        try {
            if (Files.size(file) > MAX_CONTENT) {
                return 0;
            }
            String content = Files.readString(file, StandardCharsets.US_ASCII).strip();
            return content.matches("\\d{1,10}") ? Long.parseLong(content) : 0;
        } catch (IOException e) {
            return 0;
        }
    }

    @Override
    public void close() throws IOException {
        channel.truncate(0);
        lock.release();
        channel.close();
    }

    private static @Nullable FileLock tryLock(FileChannel channel) throws IOException {
        try {
            return channel.tryLock(LOCKED_OFFSET, 1, false);
        } catch (OverlappingFileLockException e) {
            return null; // held by this very process
        }
    }
}
