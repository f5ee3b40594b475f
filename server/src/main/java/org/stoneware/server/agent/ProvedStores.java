package org.stoneware.server.agent;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.Map;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/**
 * Which bundle of each mode has held the sessions well beyond its probation, in {@value #FILE_NAME} of the data directory: a start begins
 * with it, and not with an older one from which the sessions would have to move again. Only a preference: when the file is lost, or can't be
 * read, a start begins with the bundle of the set.
 * <p>
 * <b>Threading:</b> one thread at a time.
 */
final class ProvedStores {
    static final String FILE_NAME = "storage-proved.properties";
    private static final String COMMENT =
            "# The bundle that held the sessions of a mode last; a start begins with it. Safe to delete.\n";

    private final Path file;

    ProvedStores(Path dataDirectory) {
        this.file = dataDirectory.resolve(FILE_NAME);
    }

    /**
     * The bundle and version a start begins with, as {@link StoreOffer#maker}; empty when it is not known.
     *
     * @param mode mode the server begins with.
     * @param kept sessions that are found; who wrote them reads them best.
     */
    String maker(String mode, GenerationMarker.@Nullable Current kept) {
        return kept != null && kept.mode().equals(mode) && !kept.maker().isEmpty()
                ? kept.maker()
                : read().getOrDefault(mode, "");
    }

    /** The probation of a store is over. */
    void proved(String mode, String maker) throws IOException {
        Map<String, String> all = read();
        if (maker.isEmpty() || maker.equals(all.put(mode, maker))) {
            return;
        }
        StringBuilder text = new StringBuilder(COMMENT);
        all.forEach((each, by) -> text.append(each).append('=').append(by).append('\n'));
        Path next = file.resolveSibling(FILE_NAME + ".next");
        Files.writeString(next, text, StandardCharsets.UTF_8);
        Files.move(next, file, StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
    }

    private Map<String, String> read() {
        Map<String, String> all = new TreeMap<>();
        try {
            if (Files.exists(file)) {
                for (String line : Files.readAllLines(file)) {
                    int at = line.lastIndexOf('=');
                    if (at > 0 && !line.startsWith("#")) {
                        all.put(line.substring(0, at), line.substring(at + 1));
                    }
                }
            }
        } catch (IOException e) {
            System.getLogger("org.stoneware.server")
                    .log(System.Logger.Level.WARNING, file + " can't be read and is not used: " + e.getMessage());
        }
        return all;
    }
}
