package org.stoneware.testkit.storage;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.attribute.BasicFileAttributes;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.locks.LockSupport;
import java.util.stream.Stream;

/** Copies the files of a store that is still open, as a kill of its process would leave them. */
final class StoreFiles {
    private static final int MAX_ATTEMPTS = 10_000;
    private static final long PAUSE_NS = 2_000_000;

    private StoreFiles() {}

    /**
     * Copies a directory at a moment at which none of its files changes: lengths and times are the same before and after.
     *
     * @return {@code target}.
     */
    static Path copyAtRest(Path source, Path target) throws IOException {
        for (int attempt = 0; attempt < MAX_ATTEMPTS; attempt++) {
            try {
                Map<Path, String> before = facts(source);
                // Not a wait for an event: writes that are about to come get the time to show in the second look.
                LockSupport.parkNanos(PAUSE_NS);
                empty(target);
                copy(source, target);
                if (facts(source).equals(before)) {
                    return target;
                }
            } catch (NoSuchFileException e) {
                // A file went while it was copied: not at rest yet.
                continue;
            }
        }
        throw new IOException("the files of the store never come to rest: directory=" + source);
    }

    private static Map<Path, String> facts(Path directory) throws IOException {
        Map<Path, String> facts = new TreeMap<>();
        for (Path file : files(directory)) {
            BasicFileAttributes attributes = Files.readAttributes(file, BasicFileAttributes.class);
            facts.put(file, attributes.size() + " " + attributes.lastModifiedTime());
        }
        return facts;
    }

    private static void copy(Path source, Path target) throws IOException {
        for (Path file : files(source)) {
            Path copy = target.resolve(source.relativize(file).toString());
            Files.createDirectories(copy.getParent());
            Files.copy(file, copy, StandardCopyOption.REPLACE_EXISTING);
        }
    }

    private static void empty(Path directory) throws IOException {
        for (Path file : files(directory)) {
            Files.delete(file);
        }
    }

    private static List<Path> files(Path directory) throws IOException {
        try (Stream<Path> files = Files.walk(directory)) {
            return files.filter(Files::isRegularFile).toList();
        } catch (java.io.UncheckedIOException e) {
            throw e.getCause();
        }
    }
}
