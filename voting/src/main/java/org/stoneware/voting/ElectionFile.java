package org.stoneware.voting;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import org.agrona.concurrent.UnsafeBuffer;
import org.stoneware.spi.election.ElectionException;

/**
 * The election file: two halves of one disk block each, written in turn, so a write torn by a power failure leaves the state before it
 * readable. See docs/adr/0040.
 */
public final class ElectionFile implements ElectionStore {
    /** Name of the file in the election's directory. */
    public static final String FILE_NAME = "election.register";

    private static final String NEW_FILE_NAME = FILE_NAME + ".new";

    private final Path file;
    private final FileChannel channel;
    private final UnsafeBuffer half = newHalf();
    private SavedRegister register;
    private long generation;
    private boolean isFailed;

    private ElectionFile(Path file, FileChannel channel, SavedRegister register, long generation) {
        this.file = file;
        this.channel = channel;
        this.register = register;
        this.generation = generation;
    }

    /**
     * Opens the file of a directory, or makes a new one.
     *
     * @param newIdentity identity of the voter if the file does not exist yet.
     * @throws ElectionException when it can't be read or made; the message names the file and what to do.
     */
    public static ElectionFile open(Path directory, VoterId newIdentity) {
        Path file = directory.resolve(FILE_NAME);
        try {
            Files.deleteIfExists(directory.resolve(NEW_FILE_NAME));
            if (!Files.exists(file)) {
                create(directory, file, newIdentity);
            }
            return open(file);
        } catch (IOException e) {
            throw new ElectionException(
                    "election file can't be opened: file=" + file + " cause=" + e
                            + "; check that the directory exists and belongs to the user that runs the server",
                    e);
        }
    }

    private static ElectionFile open(Path file) throws IOException {
        FileChannel channel = FileChannel.open(file, StandardOpenOption.READ, StandardOpenOption.WRITE);
        UnsafeBuffer first = read(channel, 0);
        UnsafeBuffer second = read(channel, SavedRegisterCodec.HALF_LENGTH);
        SavedRegister firstRegister = SavedRegisterCodec.decode(first);
        SavedRegister secondRegister = SavedRegisterCodec.decode(second);
        long firstGeneration = firstRegister == null ? 0 : SavedRegisterCodec.generation(first);
        long secondGeneration = secondRegister == null ? 0 : SavedRegisterCodec.generation(second);
        SavedRegister newest = firstGeneration >= secondGeneration ? firstRegister : secondRegister;
        if (newest == null) {
            channel.close();
            throw new ElectionException("election file is damaged, neither half can be read: file=" + file
                    + "; this server may have promised its vote and must not vote again under the same identity."
                    + " With another server of the array running, move the file away and start again;"
                    + " otherwise restore the file from before the damage");
        }
        return new ElectionFile(file, channel, newest, Math.max(firstGeneration, secondGeneration));
    }

    private static void create(Path directory, Path file, VoterId identity) throws IOException {
        Path newFile = directory.resolve(NEW_FILE_NAME);
        UnsafeBuffer bytes = newHalf();
        SavedRegisterCodec.encode(SavedRegister.empty(identity), 1, bytes);
        try (FileChannel channel = FileChannel.open(newFile, StandardOpenOption.CREATE_NEW, StandardOpenOption.WRITE)) {
            // The generation says where a half lies: odd ones in the second. The first is written as zeros.
            write(channel, newHalf(), 0);
            write(channel, bytes, offset(1));
            channel.force(true);
        }
        Files.move(newFile, file, StandardCopyOption.ATOMIC_MOVE);
        forceDirectory(directory);
    }

    @Override
    public SavedRegister load() {
        return register;
    }

    @Override
    public void force(SavedRegister next) {
        if (isFailed) {
            throw new ElectionException("election file has failed before: file=" + file + "; restart the server");
        }
        try {
            SavedRegisterCodec.encode(next, generation + 1, half);
            write(channel, half, offset(generation + 1));
            channel.force(false);
        } catch (IOException e) {
            // A failed force may have dropped the dirty page: a second one could succeed without having written
            // anything.
            isFailed = true;
            throw new ElectionException(
                    "election file can't be written: file=" + file + " cause=" + e
                            + "; free space or repair the disk, then restart the server",
                    e);
        }
        generation++;
        register = next;
    }

    @Override
    public void close() {
        try {
            channel.close();
        } catch (IOException e) {
            throw new ElectionException("election file can't be closed: file=" + file + " cause=" + e, e);
        }
    }

    private static long offset(long generation) {
        return (generation & 1) * SavedRegisterCodec.HALF_LENGTH;
    }

    private static UnsafeBuffer newHalf() {
        return new UnsafeBuffer(ByteBuffer.allocate(SavedRegisterCodec.HALF_LENGTH));
    }

    private static void write(FileChannel channel, UnsafeBuffer half, long offset) throws IOException {
        ByteBuffer bytes = half.byteBuffer().duplicate().clear();
        while (bytes.hasRemaining()) {
            channel.write(bytes, offset + bytes.position());
        }
    }

    private static UnsafeBuffer read(FileChannel channel, long offset) throws IOException {
        UnsafeBuffer half = newHalf();
        ByteBuffer bytes = half.byteBuffer().duplicate().clear();
        while (bytes.hasRemaining() && channel.read(bytes, offset + bytes.position()) >= 0) {
            // A short file leaves zeros, which are no half.
        }
        return half;
    }

    private static void forceDirectory(Path directory) throws IOException {
        if (!directory.getFileSystem().supportedFileAttributeViews().contains("posix")) {
            // Windows can't open a directory; its file systems make renames durable themselves.
            return;
        }
        try (FileChannel channel = FileChannel.open(directory, StandardOpenOption.READ)) {
            channel.force(true);
        }
    }
}
