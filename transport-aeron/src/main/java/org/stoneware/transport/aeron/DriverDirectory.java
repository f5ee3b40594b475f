package org.stoneware.transport.aeron;

import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.channels.FileLock;
import java.nio.channels.OverlappingFileLockException;
import java.nio.file.DirectoryStream;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.FileAttribute;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.function.Consumer;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.stoneware.spi.transport.TransportException;

/**
 * The directory of one media driver: {@code stoneware-<name>-<pid>} in shared memory, or in the temporary directory where that
 * lacks room. It holds {@code lock}, locked as long as its process lives, and {@code driver/}, which is Aeron's.
 */
final class DriverDirectory implements AutoCloseable {
    private static final Pattern NAME = Pattern.compile("stoneware-.+-(\\d+)(?:~\\d+)?");
    private static final int MAX_PER_PROCESS = 64;
    private static final String LOCK = "lock";

    private final Path root;
    private final FileChannel lock;

    private DriverDirectory(Path root, FileChannel lock) {
        this.root = root;
        this.lock = lock;
    }

    /**
     * Takes a directory in the first parent that has room, and deletes those whose process is dead.
     *
     * @throws TransportException when no parent will do; the message says why for each.
     */
    static DriverDirectory claim(List<Path> parents, String name, long requiredBytes, Consumer<String> notices) {
        List<String> refusals = new ArrayList<>();
        for (Path parent : parents) {
            String refusal = refusal(parent, requiredBytes);
            if (refusal == null) {
                deleteLeftovers(parent, notices);
                DriverDirectory claimed = claimIn(parent, name);
                if (claimed != null) {
                    if (!refusals.isEmpty()) {
                        notices.accept("transport files go to " + parent + ": " + String.join("; ", refusals)
                                + "; more shared memory (for a container: --shm-size) is faster");
                    }
                    return claimed;
                }
                refusal = parent + " takes no directory of this process";
            }
            refusals.add(refusal);
        }
        throw new TransportException("no place for the transport's files: " + String.join("; ", refusals));
    }

    /** What Aeron may use and delete. */
    Path driverPath() {
        return root.resolve("driver");
    }

    /** Bytes that may still be written here; {@link Long#MAX_VALUE} when the system does not say. */
    long usableBytes() {
        try {
            return Files.getFileStore(root).getUsableSpace();
        } catch (IOException e) {
            return Long.MAX_VALUE;
        }
    }

    Path root() {
        return root;
    }

    @Override
    public void close() {
        deleteTree(root);
        try {
            lock.close();
        } catch (IOException e) {
            // The file is gone and nobody else knows its descriptor.
        }
    }

    private static @Nullable String refusal(Path parent, long requiredBytes) {
        if (!Files.isDirectory(parent) || !Files.isWritable(parent)) {
            return parent + " is not a writable directory";
        }
        try {
            long usable = Files.getFileStore(parent).getUsableSpace();
            return usable >= requiredBytes
                    ? null
                    : parent + " has too little room: free=" + usable + " needed=" + requiredBytes;
        } catch (IOException e) {
            return parent + " can't be examined: " + e.getMessage();
        }
    }

    private static @Nullable DriverDirectory claimIn(Path parent, String name) {
        String first = "stoneware-" + name + "-" + ProcessHandle.current().pid();
        for (int i = 1; i <= MAX_PER_PROCESS; i++) {
            Path root = parent.resolve(i == 1 ? first : first + "~" + i);
            FileChannel lock = tryLock(root);
            if (lock != null) {
                DriverDirectory claimed = new DriverDirectory(root, lock);
                deleteTree(claimed.driverPath());
                return claimed;
            }
        }
        return null;
    }

    private static @Nullable FileChannel tryLock(Path root) {
        FileChannel channel = null;
        try {
            createPrivate(root);
            channel = FileChannel.open(root.resolve(LOCK), StandardOpenOption.CREATE, StandardOpenOption.WRITE);
            FileLock taken = channel.tryLock();
            if (taken != null) {
                return channel;
            }
        } catch (IOException | OverlappingFileLockException e) {
            // Held by this process already, or by somebody whose files are not ours to touch: either way not free.
        }
        if (channel != null) {
            closeQuietly(channel);
        }
        return null;
    }

    private static void createPrivate(Path root) throws IOException {
        try {
            FileAttribute<?>[] attributes =
                    root.getFileSystem().supportedFileAttributeViews().contains("posix")
                            ? new FileAttribute<?>[] {
                                PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rwx------"))
                            }
                            : new FileAttribute<?>[0];
            Files.createDirectory(root, attributes);
        } catch (FileAlreadyExistsException e) {
            // A leftover of a dead process with our process id, or our own first transport; the lock tells.
        }
    }

    private static void deleteLeftovers(Path parent, Consumer<String> notices) {
        try (DirectoryStream<Path> candidates = Files.newDirectoryStream(parent, "stoneware-*")) {
            for (Path candidate : candidates) {
                Matcher matcher = NAME.matcher(candidate.getFileName().toString());
                if (matcher.matches() && Files.isDirectory(candidate) && isDead(matcher.group(1))) {
                    deleteLeftover(candidate, notices);
                }
            }
        } catch (IOException e) {
            notices.accept("leftovers in " + parent + " can't be listed: " + e.getMessage());
        }
    }

    private static boolean isDead(String processId) {
        try {
            return ProcessHandle.of(Long.parseLong(processId)).isEmpty();
        } catch (NumberFormatException e) {
            return false;
        }
    }

    /** The process id alone does not convict: its owner may live in another container. The lock does. */
    private static void deleteLeftover(Path leftover, Consumer<String> notices) {
        FileChannel lock = tryLock(leftover);
        if (lock != null) {
            deleteTree(leftover);
            closeQuietly(lock);
            notices.accept("deleted " + leftover + ", left behind by a process that is gone");
        }
    }

    private static void deleteTree(Path root) {
        if (!Files.exists(root)) {
            return;
        }
        try (Stream<Path> all = Files.walk(root)) {
            for (Path path : all.sorted(Comparator.reverseOrder()).toList()) {
                Files.deleteIfExists(path);
            }
        } catch (IOException | java.io.UncheckedIOException e) {
            // What is left is deleted by the next process that starts here.
        }
    }

    private static void closeQuietly(FileChannel channel) {
        try {
            channel.close();
        } catch (IOException e) {
            // Nothing was written.
        }
    }
}
