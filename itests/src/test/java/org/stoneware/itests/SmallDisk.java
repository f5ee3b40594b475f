package org.stoneware.itests;

import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.io.OutputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import org.stoneware.demo.ChildProcess;

/**
 * A file system in memory, small enough to be filled.
 * <p>
 * <b>Ownership:</b> {@link #close()} takes it away with all that is on it, after the programs that used it have ended.
 * <p>
 * <b>Failure:</b> without root, or on another system than Linux, {@link #mount} skips the test.
 */
final class SmallDisk implements AutoCloseable {
    private static final Duration PATIENCE = Duration.ofSeconds(30);
    private static final int BLOCK = 4096;

    private final Path directory;
    private final long sizeBytes;

    private SmallDisk(Path directory, long sizeBytes) {
        this.directory = directory;
        this.sizeBytes = sizeBytes;
    }

    /** @param directory made if it is not there. */
    static SmallDisk mount(Path directory, long sizeBytes) throws IOException {
        SmallDisk disk = new SmallDisk(Files.createDirectories(directory), sizeBytes);
        assumeTrue(
                disk.run("mount", "-t", "tmpfs", "-o", "size=" + sizeBytes, "tmpfs", directory.toString()),
                "mounting a tmpfs needs root on Linux");
        return disk;
    }

    /** Somebody else takes all there is, to the last block. */
    void fill() throws IOException {
        fillBut(0);
    }

    /** Somebody else takes what there is but for the last so many bytes. */
    void fillBut(long leftBytes) throws IOException {
        byte[] block = new byte[BLOCK];
        try (OutputStream out = Files.newOutputStream(others())) {
            for (long written = 0; written < sizeBytes; written += BLOCK) {
                if (leftBytes > 0 && Files.getFileStore(directory).getUsableSpace() <= leftBytes) {
                    return;
                }
                out.write(block);
            }
        } catch (IOException e) {
            return; // full, as it should be
        }
        throw new IllegalStateException("the file system is larger than asked for: " + directory);
    }

    /** Gives back what {@link #fill()} took. */
    void makeRoom() throws IOException {
        Files.delete(others());
    }

    private Path others() {
        return directory.resolve("others");
    }

    private boolean run(String... command) throws IOException {
        Path out = directory.resolveSibling(directory.getFileName() + ".mount.txt");
        try (ChildProcess program =
                ChildProcess.start(command[0], List.of(command), Map.of(), directory.getParent(), out)) {
            return program.awaitExit(PATIENCE) == 0;
        }
    }

    @Override
    public void close() throws IOException {
        if (!run("umount", directory.toString())) {
            throw new IOException("can't unmount: " + directory);
        }
    }
}
