package org.stoneware.launcher;

import java.io.IOException;
import java.io.StringReader;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Properties;

/** What the running server was told to use as persistence mode, in place of the configured one, and keeps for its next start. */
final class ChosenStorage {
    /** Written by the server into its data directory. */
    static final String FILE_NAME = "storage-choice.properties";

    private ChosenStorage() {}

    /** @return one line for people; empty when nothing was chosen. */
    static String inWords(Path dataDirectory) {
        Path file = dataDirectory.resolve(FILE_NAME);
        if (!Files.exists(file)) {
            return "";
        }
        Properties properties = new Properties();
        try {
            properties.load(new StringReader(Files.readString(file)));
        } catch (IOException | IllegalArgumentException e) {
            return file + " can't be read: " + e.getMessage();
        }
        return "the server will use " + properties.getProperty("mode", "nothing")
                + ", chosen by command in place of the configured mode; delete " + file + " to undo it";
    }
}
