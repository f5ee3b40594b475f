package org.stoneware.server.agent;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Comparator;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;

/**
 * The directories in which generations of the sessions lie, one number each, and beside them what was set aside: {@code
 * kept-<mode>-<number>}.
 * <p>
 * <b>Threading:</b> any thread, which may wait for the disk.
 */
final class GenerationDirectories {
    /** In place of the mode where nothing says which one it was. */
    static final String UNKNOWN = "unknown";

    private static final String KEPT = "kept-";
    /** With the number in the first group; what follows it tells equal ones apart. */
    private static final Pattern SET_ASIDE = Pattern.compile(KEPT + ".*?-([0-9]{1,9})(-[0-9]+)?");

    private final Path directory;

    GenerationDirectories(Path directory) {
        this.directory = directory;
    }

    Path of(int number) {
        return directory.resolve(String.valueOf(number));
    }

    /** Of the generations that lie there. */
    List<Integer> numbers() throws IOException {
        try (Stream<Path> all = Files.list(directory)) {
            return all.map(each -> each.getFileName().toString())
                    .filter(each -> each.matches("[0-9]{1,9}"))
                    .map(Integer::valueOf)
                    .toList();
        }
    }

    /** @return where it lies now; no start deletes it there. */
    Path moveAside(int number, String mode) throws IOException {
        String name = KEPT + mode + "-" + number;
        Path aside = directory.resolve(name);
        // What was set aside before is nobody's to delete either.
        for (int i = 2; Files.exists(aside); i++) {
            aside = directory.resolve(name + "-" + i);
        }
        return Files.move(of(number), aside);
    }

    /** A number that was set aside is not given again, so that no two copies of a mode ever have the same one; 0 when there is none. */
    int highestSetAside() throws IOException {
        try (Stream<Path> all = Files.list(directory)) {
            return all.map(each -> SET_ASIDE.matcher(each.getFileName().toString()))
                    .filter(Matcher::matches)
                    .mapToInt(aside -> Integer.parseInt(aside.group(1)))
                    .max()
                    .orElse(0);
        }
    }

    /** Deletes a directory and all that is in it, if it is there. */
    static void delete(Path where) throws IOException {
        if (!Files.exists(where)) {
            return;
        }
        try (Stream<Path> files = Files.walk(where)) {
            for (Path each : files.sorted(Comparator.reverseOrder()).toList()) {
                Files.delete(each);
            }
        }
    }
}
