package org.stoneware.storage.segments;

import java.io.Closeable;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.channels.FileLock;
import java.nio.channels.OverlappingFileLockException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.util.List;
import java.util.Locale;
import java.util.Objects;
import java.util.stream.Stream;

/** The files of a directory of the operating system. */
public final class RealSegmentFiles implements SegmentFiles {
    /** Less than this left on the file system: a write that failed without a known message failed for want of room. */
    private static final long NEARLY_NOTHING = 4096;
    /** The JDK copies what is on the heap through memory outside it, as long as the longest transfer of a thread, and keeps that. */
    private static final int MAX_TRANSFER = 256 << 10;

    private final Path directory;

    /** @param directory exists. */
    public RealSegmentFiles(Path directory) {
        this.directory = directory;
    }

    @Override
    public String name() {
        return directory.toString();
    }

    @Override
    public List<String> list() throws IOException {
        try (Stream<Path> paths = Files.list(directory)) {
            return paths.filter(Files::isRegularFile)
                    .map(path -> Objects.requireNonNull(path.getFileName()).toString())
                    .toList();
        }
    }

    @Override
    public File open(String name) throws IOException {
        return new RealFile(
                FileChannel.open(directory.resolve(name), StandardOpenOption.READ, StandardOpenOption.WRITE));
    }

    @Override
    public File openToRead(String name) throws IOException {
        return new RealFile(FileChannel.open(directory.resolve(name), StandardOpenOption.READ));
    }

    @Override
    public File create(String name) throws IOException {
        try {
            return new RealFile(FileChannel.open(
                    directory.resolve(name),
                    StandardOpenOption.READ,
                    StandardOpenOption.WRITE,
                    StandardOpenOption.CREATE,
                    StandardOpenOption.TRUNCATE_EXISTING));
        } catch (IOException e) {
            throw classified(e);
        }
    }

    @Override
    public void rename(String from, String to) throws IOException {
        try {
            Files.move(
                    directory.resolve(from),
                    directory.resolve(to),
                    StandardCopyOption.ATOMIC_MOVE,
                    StandardCopyOption.REPLACE_EXISTING);
        } catch (IOException e) {
            throw classified(e);
        }
    }

    @Override
    public void delete(String name) throws IOException {
        Files.deleteIfExists(directory.resolve(name));
    }

    @Override
    public void forceDirectory() throws IOException {
        // Windows can't open a directory and keeps names without being told.
        if (java.io.File.separatorChar == '\\') {
            return;
        }
        try (FileChannel channel = FileChannel.open(directory, StandardOpenOption.READ)) {
            channel.force(true);
        }
    }

    @Override
    public long usableBytes() throws IOException {
        return Files.getFileStore(directory).getUsableSpace();
    }

    @Override
    public Closeable lock(String name) throws IOException {
        FileChannel channel =
                FileChannel.open(directory.resolve(name), StandardOpenOption.CREATE, StandardOpenOption.WRITE);
        FileLock lock = null;
        try {
            lock = channel.tryLock();
        } catch (OverlappingFileLockException e) {
            // another log of this process: told below
        } finally {
            if (lock == null) {
                channel.close();
            }
        }
        if (lock == null) {
            throw new IOException("directory is in use by another server: directory=" + directory);
        }
        return channel;
    }

    private IOException classified(IOException failure) {
        String message = failure.getMessage();
        String lower = message == null ? "" : message.toLowerCase(Locale.ROOT);
        if (lower.contains("no space left") || lower.contains("quota exceeded") || isNearlyNothingLeft()) {
            NoSpaceException noSpace = new NoSpaceException(message == null ? "no space left" : message);
            noSpace.initCause(failure);
            return noSpace;
        }
        return failure;
    }

    // The operating system words its errors in the language of the machine.
    private boolean isNearlyNothingLeft() {
        try {
            return usableBytes() < NEARLY_NOTHING;
        } catch (IOException e) {
            return false;
        }
    }

    private final class RealFile implements File {
        private final FileChannel channel;

        RealFile(FileChannel channel) {
            this.channel = channel;
        }

        @Override
        public void write(long offset, ByteBuffer source) throws IOException {
            long at = offset;
            int limit = source.limit();
            try {
                while (source.position() < limit) {
                    source.limit(Math.min(limit, source.position() + MAX_TRANSFER));
                    at += channel.write(source, at);
                }
            } catch (IOException e) {
                throw classified(e);
            } finally {
                source.limit(limit);
            }
        }

        @Override
        public int read(long offset, ByteBuffer target) throws IOException {
            int total = 0;
            int limit = target.limit();
            try {
                while (target.position() < limit) {
                    target.limit(Math.min(limit, target.position() + MAX_TRANSFER));
                    int read = channel.read(target, offset + total);
                    if (read < 0) {
                        break;
                    }
                    total += read;
                }
            } finally {
                target.limit(limit);
            }
            return total;
        }

        @Override
        public long length() throws IOException {
            return channel.size();
        }

        @Override
        public void truncate(long length) throws IOException {
            channel.truncate(length);
        }

        @Override
        public void force() throws IOException {
            channel.force(false);
        }

        @Override
        public void close() throws IOException {
            channel.close();
        }
    }
}
