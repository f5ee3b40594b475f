package org.stoneware.server.agent;

import java.io.BufferedInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.channels.FileLock;
import java.nio.channels.OverlappingFileLockException;
import java.nio.file.AccessDeniedException;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.FileSystemException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.BasicFileAttributes;
import java.nio.file.attribute.PosixFilePermission;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.Objects;
import java.util.Set;
import org.agrona.concurrent.UnsafeBuffer;
import org.jspecify.annotations.Nullable;
import org.stoneware.api.backup.BackupEncoder;
import org.stoneware.api.backup.BackupException;
import org.stoneware.api.backup.BackupHeader;
import org.stoneware.api.backup.BackupReader;
import org.stoneware.api.backup.BackupSummary;
import org.stoneware.api.session.SessionRecord;
import org.stoneware.server.admin.RecordBatch;

/**
 * A backup on its way to disk. It has a name of its own until it is whole: read back, forced, then given its name, and the directory forced. Only its
 * owner may read it, since whoever can holds everybody's sessions.
 * <p>
 * <b>Threading:</b> one thread.
 * <p>
 * <b>Failure:</b> {@link IOException} of the disk. {@link #close()} without {@link #complete} leaves no file behind; the end of the process
 * leaves one that ends in {@value #PART}, which the next backup of this name takes over.
 */
final class BackupFile implements AutoCloseable {
    static final String PART = ".part";

    /** Times a name is looked at that another backup takes or leaves meanwhile. */
    private static final int MAX_OPENS = 5;

    private static final int BUFFER_BYTES = 1 << 20;
    private static final Set<PosixFilePermission> OWNER_ONLY = PosixFilePermissions.fromString("rw-------");

    private final Path file;
    private final Path part;
    private final FileChannel channel;
    private final FileLock lock;
    private final BackupEncoder encoder = new BackupEncoder();
    private ByteBuffer waiting = ByteBuffer.allocate(BUFFER_BYTES);
    private long length;
    private boolean isComplete;

    /** The file has its name and is whole; whether it is there after an end of the machine is not known. */
    static final class UnforcedException extends IOException {
        private static final long serialVersionUID = 1L;

        UnforcedException(String message, IOException cause) {
            super(message, cause);
        }
    }

    private BackupFile(Path file, Path part, FileChannel channel, FileLock lock) {
        this.file = file;
        this.part = part;
        this.channel = channel;
        this.lock = lock;
    }

    /**
     * Begins.
     *
     * @param file must not exist.
     */
    static BackupFile create(Path file) throws IOException {
        requireAbsent(file);
        Path part = file.resolveSibling(file.getFileName() + PART);
        for (int i = 0; i < MAX_OPENS; i++) {
            BackupFile begun = begin(file, part);
            if (begun != null) {
                return begun;
            }
        }
        throw new IOException(part + " comes and goes; wait for the end of other backups or name another file");
    }

    /** Null when the name stands for another file by now, or did for one that is whole: then once more. */
    private static @Nullable BackupFile begin(Path file, Path part) throws IOException {
        createPart(part);
        FileChannel channel = null;
        boolean isBegun = false;
        try {
            @Nullable Object before = key(part);
            channel = FileChannel.open(part, StandardOpenOption.WRITE, LinkOption.NOFOLLOW_LINKS);
            FileLock lock = lock(channel);
            if (lock == null) {
                throw new IOException(
                        part + " is being written by another backup; wait for its end or name another file");
            }
            if (!Objects.equals(before, key(part))) {
                // What is locked is a backup that was whole between the look and the lock.
                return null;
            }
            if (names(part) > 1) {
                // A whole backup that the end of a process has left its second name; it keeps the other one.
                Files.delete(part);
                return null;
            }
            if (isPosix(part)) {
                // One that was left behind may have been opened to others.
                Files.setPosixFilePermissions(part, OWNER_ONLY);
            }
            channel.truncate(0);
            isBegun = true;
            return new BackupFile(file, part, channel, lock);
        } catch (NoSuchFileException e) {
            return null;
        } finally {
            if (channel != null && !isBegun) {
                channel.close();
            }
        }
    }

    private static void createPart(Path part) throws IOException {
        try {
            if (isPosix(part)) {
                Files.createFile(part, PosixFilePermissions.asFileAttribute(OWNER_ONLY));
            } else {
                Files.createFile(part);
            }
        } catch (FileAlreadyExistsException e) {
            // Left behind, or being written.
        }
    }

    /** What tells a file from another one that had its name; null where the system knows no such thing. */
    private static @Nullable Object key(Path path) throws IOException {
        return Files.readAttributes(path, BasicFileAttributes.class, LinkOption.NOFOLLOW_LINKS)
                .fileKey();
    }

    private static int names(Path path) throws IOException {
        return path.getFileSystem().supportedFileAttributeViews().contains("unix")
                ? (Integer) Files.getAttribute(path, "unix:nlink", LinkOption.NOFOLLOW_LINKS)
                : 1;
    }

    private static void requireAbsent(Path file) throws IOException {
        if (Files.exists(file, LinkOption.NOFOLLOW_LINKS)) {
            throw isThere(file);
        }
    }

    private static FileAlreadyExistsException isThere(Path file) {
        return new FileAlreadyExistsException(
                file.toString(), null, "is there already; name another file, or remove it");
    }

    private static boolean isPosix(Path path) {
        return path.getFileSystem().supportedFileAttributeViews().contains("posix");
    }

    /** Null for a lock that another backup has. */
    private static @Nullable FileLock lock(FileChannel channel) throws IOException {
        try {
            return channel.tryLock();
        } catch (OverlappingFileLockException e) {
            return null;
        }
    }

    void header(BackupHeader header) throws IOException {
        int bytes = BackupEncoder.headerLength(header);
        encoder.header(header, room(bytes), waiting.position());
        advance(bytes);
    }

    void sessions(RecordBatch batch) throws IOException {
        IOException[] failure = new IOException[1];
        batch.forEach(record -> {
            if (failure[0] == null) {
                try {
                    session(record);
                } catch (IOException e) {
                    failure[0] = e;
                }
            }
        });
        if (failure[0] != null) {
            throw failure[0];
        }
    }

    private void session(SessionRecord record) throws IOException {
        int bytes = BackupEncoder.FRAME_LENGTH + record.length();
        encoder.session(record, room(bytes), waiting.position());
        advance(bytes);
    }

    /** Ends the backup and gives the file its name. */
    BackupSummary complete() throws IOException, BackupException {
        encoder.end(room(BackupEncoder.END_LENGTH), waiting.position());
        advance(BackupEncoder.END_LENGTH);
        flush();
        channel.force(true);
        BackupSummary written = encoder.summary();
        BackupSummary readBack = check(part).summary();
        if (!written.equals(readBack)) {
            throw new BackupException("what was read back differs: written=" + written + " read=" + readBack);
        }
        giveName();
        isComplete = true;
        try {
            forceDirectory();
        } catch (IOException e) {
            throw new UnforcedException(
                    file
                            + " is whole, but its directory could not be forced to disk, so the end of the machine may take it away: "
                            + reason(e),
                    e);
        }
        return written;
    }

    /** By a link, since that never takes the place of another file, which a move does. */
    private void giveName() throws IOException {
        try {
            Files.createLink(file, part);
        } catch (FileAlreadyExistsException e) {
            throw isThere(file);
        } catch (UnsupportedOperationException | FileSystemException e) {
            // A file system without links.
            requireAbsent(file);
            Files.move(part, file, StandardCopyOption.ATOMIC_MOVE);
            return;
        }
        Files.delete(part);
    }

    /** Bytes written. */
    long length() {
        return length + waiting.position();
    }

    /** Reads a whole backup and returns its reader, which knows what was in it. */
    static BackupReader check(Path file) throws IOException, BackupException {
        try (InputStream in = new BufferedInputStream(Files.newInputStream(file), BUFFER_BYTES)) {
            BackupReader reader = new BackupReader(in);
            while (reader.next() != null) {
                // Checked, which is all.
            }
            return reader;
        }
    }

    /** What is wrong with a file, for people. */
    static String reason(IOException e) {
        if (e instanceof NoSuchFileException) {
            return e.getMessage() + ": there is no such file or directory";
        }
        if (e instanceof AccessDeniedException) {
            return e.getMessage() + ": the user who runs the server may not use it";
        }
        if (e instanceof FileSystemException known && known.getReason() != null) {
            return known.getFile() + " " + known.getReason();
        }
        return e.getMessage() == null ? e.getClass().getSimpleName() : e.getMessage();
    }

    private UnsafeBuffer room(int bytes) throws IOException {
        if (waiting.remaining() < bytes) {
            flush();
            if (waiting.capacity() < bytes) {
                waiting = ByteBuffer.allocate(bytes);
            }
        }
        return new UnsafeBuffer(waiting.array());
    }

    private void advance(int bytes) {
        waiting.position(waiting.position() + bytes);
    }

    private void flush() throws IOException {
        length += waiting.position();
        waiting.flip();
        while (waiting.hasRemaining()) {
            channel.write(waiting);
        }
        waiting.clear();
    }

    private void forceDirectory() throws IOException {
        if (isPosix(file)) {
            Path directory = file.toAbsolutePath().getParent();
            try (FileChannel opened = FileChannel.open(directory, StandardOpenOption.READ)) {
                opened.force(true);
            }
        }
    }

    @Override
    public void close() throws IOException {
        try {
            if (!isComplete) {
                Files.deleteIfExists(part);
            }
        } finally {
            if (lock.isValid()) {
                lock.release();
            }
            channel.close();
        }
    }
}
