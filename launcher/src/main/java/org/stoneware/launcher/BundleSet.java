package org.stoneware.launcher;

import java.io.IOException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;

/**
 * Which bundles are started, and when.
 * <p>
 * A list file holds one bundle a line: {@code startlevel jar}, where {@code jar} is a file name in {@code bundles/}, a name without version
 * ({@code stoneware-api}) or a glob ({@code stoneware-api-*.jar}) that fits exactly one. {@code #} begins a comment.
 *
 * @param name    for people.
 * @param file    the list file.
 * @param entries in file order.
 */
record BundleSet(String name, Path file, List<Entry> entries) {
    static final String DEFAULT = "default";
    static final int MAX_START_LEVEL = 100;
    private static final Pattern LINE = Pattern.compile("(\\d{1,3})\\s+(\\S+)");

    BundleSet {
        entries = List.copyOf(entries);
    }

    /** One bundle. */
    record Entry(int startLevel, Path jar) {}

    /** @param nameOrFile name of a list in {@code conf/bundle-sets}, or a path of one. */
    static BundleSet load(Terminal terminal, String nameOrFile) throws ProgramException {
        Path directory = terminal.home().resolve("conf").resolve("bundle-sets");
        Path file = file(terminal, directory, nameOrFile);
        List<String> lines;
        try {
            lines = Files.readAllLines(file);
        } catch (IOException e) {
            throw wrong(file + " can't be read: " + ConfigLocator.reason(e));
        }
        Path bundles = terminal.home().resolve("bundles");
        List<Entry> entries = new ArrayList<>();
        List<String> faults = new ArrayList<>();
        for (int number = 1; number <= lines.size(); number++) {
            String line = lines.get(number - 1);
            int comment = line.indexOf('#');
            String content = (comment < 0 ? line : line.substring(0, comment)).strip();
            if (!content.isEmpty()) {
                addEntry(file + ":" + number, content, bundles, entries, faults);
            }
        }
        if (entries.isEmpty() && faults.isEmpty()) {
            faults.add(file + ": no bundle is listed");
        }
        if (!faults.isEmpty()) {
            throw wrong(String.join(System.lineSeparator(), faults));
        }
        return new BundleSet(nameOrFile, file, entries);
    }

    int highestStartLevel() {
        return entries.stream().mapToInt(Entry::startLevel).max().orElse(1);
    }

    private static Path file(Terminal terminal, Path directory, String nameOrFile) throws ProgramException {
        try {
            Path named = directory.resolve(nameOrFile + ".list");
            if (nameOrFile.matches("[\\w.-]+") && Files.isRegularFile(named)) {
                return named;
            }
            Path file = terminal.workingDirectory().resolve(nameOrFile);
            if (Files.isRegularFile(file)) {
                return file;
            }
        } catch (InvalidPathException e) {
            throw wrong("'" + nameOrFile + "' is not a path: " + e.getReason());
        }
        throw wrong("there is no bundle set '" + nameOrFile + "'; allowed: " + known(directory)
                + ", or the path of a list file");
    }

    private static String known(Path directory) {
        List<String> names = new ArrayList<>();
        try (DirectoryStream<Path> files = Files.newDirectoryStream(directory, "*.list")) {
            for (Path file : files) {
                names.add(fileName(file).replace(".list", ""));
            }
        } catch (IOException e) {
            return "nothing in " + directory;
        }
        names.sort(null);
        return String.join(", ", names) + " (in " + directory + ")";
    }

    private static void addEntry(String place, String content, Path bundles, List<Entry> entries, List<String> faults)
            throws ProgramException {
        Matcher matcher = LINE.matcher(content);
        int level = matcher.matches() ? Integer.parseInt(matcher.group(1)) : 0;
        if (level < 1 || level > MAX_START_LEVEL) {
            faults.add(place + ": '" + content + "' is not a bundle; allowed: a start level from 1 to "
                    + MAX_START_LEVEL + ", blanks, a jar in " + bundles);
            return;
        }
        List<Path> jars = matching(bundles, matcher.group(2));
        if (jars.size() == 1) {
            entries.add(new Entry(level, jars.get(0)));
        } else if (jars.isEmpty()) {
            faults.add(place + ": no jar '" + matcher.group(2) + "' in " + bundles + "; add it, or delete the line");
        } else {
            faults.add(place + ": '" + matcher.group(2) + "' fits several jars: " + jars + "; name one of them");
        }
    }

    private static List<Path> matching(Path bundles, String name) throws ProgramException {
        Pattern pattern = name.contains("*")
                ? Pattern.compile(Stream.of(name.split("\\*", -1))
                        .map(Pattern::quote)
                        .reduce((a, b) -> a + ".*" + b)
                        .orElse(""))
                : Pattern.compile(Pattern.quote(name) + "|" + Pattern.quote(name) + "\\.jar|" + Pattern.quote(name)
                        + "-\\d.*\\.jar");
        List<Path> jars = new ArrayList<>();
        try (DirectoryStream<Path> files = Files.newDirectoryStream(bundles)) {
            for (Path file : files) {
                if (pattern.matcher(fileName(file)).matches()) {
                    jars.add(file);
                }
            }
        } catch (IOException e) {
            throw wrong(bundles + " can't be read: " + ConfigLocator.reason(e));
        }
        jars.sort(null);
        return jars;
    }

    private static String fileName(Path file) {
        return String.valueOf(file.getFileName());
    }

    private static ProgramException wrong(String message) {
        return new ProgramException(ExitCode.CONFIGURATION, "bundle set: " + message);
    }
}
