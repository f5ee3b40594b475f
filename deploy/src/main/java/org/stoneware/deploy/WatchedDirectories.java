package org.stoneware.deploy;

import java.io.File;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/** The directories FileInstall watches. */
final class WatchedDirectories {
    /** FileInstall's own property: paths, separated by commas. */
    static final String PROPERTY = "felix.fileinstall.dir";

    /** Name of the directory beside a jar that holds those nobody shall install any more. */
    static final String RETIRED = "retired";

    private WatchedDirectories() {}

    /**
     * Moves a jar to where it is not watched, in place of an older one of that name.
     *
     * @return where it lies now; empty when there is no such jar.
     */
    static String retire(Path jar) throws IOException {
        if (!Files.exists(jar)) {
            return "";
        }
        Path retired = Files.createDirectories(jar.resolveSibling(RETIRED)).resolve(jar.getFileName());
        Files.move(jar, retired, StandardCopyOption.REPLACE_EXISTING);
        return retired.toString();
    }

    /**
     * Jars that lie there, in the order of their names.
     *
     * @param directories value of {@link #PROPERTY}; null when nothing is watched.
     */
    static List<File> jars(@Nullable String directories) {
        List<File> all = new ArrayList<>();
        for (String each : paths(directories)) {
            File[] found = new File(each).listFiles((directory, name) -> name.endsWith(".jar"));
            if (found != null) {
                Arrays.sort(found);
                all.addAll(Arrays.asList(found));
            }
        }
        return all;
    }

    /** @param directories as of {@link #jars}. */
    static List<String> paths(@Nullable String directories) {
        return Stream.of(directories == null ? new String[0] : directories.split(",", -1))
                .map(String::trim)
                .filter(each -> !each.isEmpty())
                .toList();
    }
}
