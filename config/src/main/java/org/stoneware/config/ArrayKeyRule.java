package org.stoneware.config;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.stoneware.api.config.ArrayKey;

/**
 * Which file holds the array's key: the one that tc-property {@code stoneware.array-key} names, else {@code array.key} beside the
 * configuration, else the one in the installation's {@code conf/}. Only the last two may be missing, and then there is no key.
 */
final class ArrayKeyRule {
    /** Value of the property by which a key that is there is not used. */
    static final String NONE = "none";

    private ArrayKeyRule() {}

    /**
     * @param named value of the property; null when the file has none.
     * @param home  installation directory; null when there is none.
     */
    static @Nullable Path locate(@Nullable String named, ConfigText text, @Nullable Path home) {
        if (named != null) {
            return named.equals(NONE)
                    ? null
                    : text.baseDirectory().resolve(named).toAbsolutePath().normalize();
        }
        for (Path directory : directories(text, home)) {
            Path file = directory.resolve(ArrayKey.FILE_NAME).toAbsolutePath().normalize();
            // One that can't be looked at is not missing: reading it will say what is wrong.
            if (!Files.notExists(file)) {
                return file;
            }
        }
        return null;
    }

    private static List<Path> directories(ConfigText text, @Nullable Path home) {
        boolean isFile = !text.source().equals(ConfigText.BUILT_IN);
        if (home == null) {
            return isFile ? List.of(text.baseDirectory()) : List.of();
        }
        Path conf = home.resolve("conf");
        return isFile ? List.of(text.baseDirectory(), conf) : List.of(conf);
    }
}
