package org.stoneware.server.agent;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.util.HashMap;
import java.util.Locale;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.stoneware.spi.storage.Durability;
import org.stoneware.spi.storage.StorageException;

/**
 * The files beside the generations of a store that say which of them a restart opens, and whether a server runs on them. Replaced as a
 * whole: the file is forced, renamed, the directory forced. Lines of {@code name=value}:
 *
 * <pre>
 *  CURRENT  version=1  generation=number of the directory  mode=of the store  suspect=true|false
 *           provider=bundle and version that wrote it; absent where it is not known
 *  RUNNING  version=1  boot=what the machine calls the time since it was started
 *           durability=fsync|replicated: when the server that runs calls a change durable; absent where an older one wrote it
 *           the file is absent after an orderly stop
 * </pre>
 */
final class GenerationMarker {
    static final String CURRENT = "CURRENT";
    static final String RUNNING = "RUNNING";

    private static final String VERSION = "1";

    private final Path directory;
    private final Forcing forcing;

    /** Makes what was renamed or deleted in a directory durable. */
    @FunctionalInterface
    interface Forcing {
        void force(Path directory) throws IOException;
    }

    /**
     * The generation in force.
     *
     * @param number    name of its directory.
     * @param mode      mode of the store that wrote it.
     * @param maker     bundle and version of that store, see {@link StoreOffer#maker}; empty when not known.
     * @param isSuspect what was acknowledged last may be missing.
     */
    record Current(int number, String mode, String maker, boolean isSuspect) {
        Current(int number, String mode, boolean isSuspect) {
            this(number, mode, "", isSuspect);
        }

        Current suspect() {
            return new Current(number, mode, maker, true);
        }
    }

    /** @param directory where the generations are; exists. */
    GenerationMarker(Path directory) {
        this(directory, GenerationMarker::force);
    }

    GenerationMarker(Path directory, Forcing forcing) {
        this.directory = directory;
        this.forcing = forcing;
    }

    /** The generation in force; null when there never was one. */
    @Nullable
    Current current() {
        Map<String, String> lines = read(CURRENT);
        if (lines == null) {
            return null;
        }
        try {
            return new Current(
                    Integer.parseInt(lines.getOrDefault("generation", "")),
                    lines.getOrDefault("mode", ""),
                    lines.getOrDefault("provider", ""),
                    Boolean.parseBoolean(lines.getOrDefault("suspect", "true")));
        } catch (NumberFormatException e) {
            throw unreadable(CURRENT, "generation=" + lines.get("generation"));
        }
    }

    void write(Current current) throws IOException {
        replace(
                CURRENT,
                "version=" + VERSION + "\ngeneration=" + current.number + "\nmode=" + current.mode + "\nsuspect="
                        + current.isSuspect + "\n"
                        + (current.maker.isEmpty() ? "" : "provider=" + current.maker + "\n"));
    }

    /** No generation is in force any more. */
    void forget() throws IOException {
        Files.deleteIfExists(directory.resolve(CURRENT));
        forceDirectory();
    }

    /**
     * Whether the machine went down under a server that had not stopped, and that did not force what it acknowledged, or may not have:
     * some of that may be gone. Where the machine does not say when it was started, any end without a stop counts.
     */
    boolean mayLackAcknowledged(String boot) {
        Map<String, String> lines = read(RUNNING);
        return lines != null
                && (boot.isEmpty() || !boot.equals(lines.get("boot")))
                && !name(Durability.FSYNC).equals(lines.get("durability"));
    }

    /** A server runs on the generations. */
    void running(String boot, Durability durability) throws IOException {
        replace(RUNNING, "version=" + VERSION + "\nboot=" + boot + "\ndurability=" + name(durability) + "\n");
    }

    private static String name(Durability durability) {
        return durability.name().toLowerCase(Locale.ROOT);
    }

    /** It has stopped in an orderly way. */
    void stopped() throws IOException {
        Files.deleteIfExists(directory.resolve(RUNNING));
        forceDirectory();
    }

    private @Nullable Map<String, String> read(String name) {
        Path file = directory.resolve(name);
        if (!Files.exists(file)) {
            return null;
        }
        Map<String, String> lines = new HashMap<>();
        try {
            for (String line : Files.readAllLines(file)) {
                int at = line.indexOf('=');
                if (at > 0) {
                    lines.put(line.substring(0, at), line.substring(at + 1));
                }
            }
        } catch (IOException e) {
            throw new UncheckedIOException("cannot read " + file, e);
        }
        if (!VERSION.equals(lines.get("version"))) {
            throw unreadable(name, "version=" + lines.get("version"));
        }
        return lines;
    }

    private StorageException unreadable(String name, String found) {
        return new StorageException(directory.resolve(name) + " can't be understood: " + found + ", expected version="
                + VERSION
                + " and a number. It says which of the directories beside it holds the sessions of this server. Was it"
                + " written by a newer version? If it is damaged, write the number of the newest complete directory"
                + " into it, or start with an empty data directory beside another server that has the sessions");
    }

    private void replace(String name, String content) throws IOException {
        Path fresh = directory.resolve(name + ".new");
        try (FileChannel channel = FileChannel.open(
                fresh, StandardOpenOption.CREATE, StandardOpenOption.TRUNCATE_EXISTING, StandardOpenOption.WRITE)) {
            ByteBuffer bytes = ByteBuffer.wrap(content.getBytes(StandardCharsets.UTF_8));
            while (bytes.hasRemaining()) {
                channel.write(bytes);
            }
            channel.force(true);
        }
        Files.move(fresh, directory.resolve(name), StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
        forceDirectory();
    }

    /** Makes durable what was renamed or deleted last. */
    void forceDirectory() throws IOException {
        forcing.force(directory);
    }

    /** Makes what was created, renamed or deleted in a directory durable. */
    static void force(@Nullable Path directory) throws IOException {
        if (directory == null
                || !directory.getFileSystem().supportedFileAttributeViews().contains("posix")) {
            // Windows can't open a directory; its file systems make renames durable themselves.
            return;
        }
        try (FileChannel channel = FileChannel.open(directory, StandardOpenOption.READ)) {
            channel.force(true);
        }
    }

    /** Sessions a restart would find below a data directory; null when there are none. */
    static @Nullable Current kept(Path dataDirectory) {
        Path store = dataDirectory.resolve("store");
        return Files.isDirectory(store) ? new GenerationMarker(store).current() : null;
    }
}
