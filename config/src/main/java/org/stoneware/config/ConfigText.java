package org.stoneware.config;

import java.nio.file.Path;

/**
 * The text of a configuration and where it came from.
 *
 * @param source        for people: a path, a URL, or {@link #BUILT_IN}.
 * @param baseDirectory where relative paths start.
 * @param text          the text.
 */
public record ConfigText(String source, Path baseDirectory, String text) {
    /** Source of the configuration used when there is no file. */
    public static final String BUILT_IN = "built-in default";

    /** One server on this machine, data and logs below the user's home. */
    public static ConfigText builtIn(Path workingDirectory) {
        return new ConfigText(
                BUILT_IN,
                workingDirectory,
                """
                <?xml version="1.0" encoding="UTF-8"?>
                <tc:tc-config xmlns:tc="http://www.terracotta.org/config">
                  <servers>
                    <server host="127.0.0.1" name="Server1">
                      <data>%(user.home)/stoneware/server-data</data>
                      <logs>%(user.home)/stoneware/server-logs</logs>
                    </server>
                  </servers>
                </tc:tc-config>
                """);
    }
}
