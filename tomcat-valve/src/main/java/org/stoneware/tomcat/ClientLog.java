package org.stoneware.tomcat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;
import java.util.logging.FileHandler;
import java.util.logging.Logger;
import java.util.logging.SimpleFormatter;
import org.jspecify.annotations.Nullable;
import org.stoneware.api.config.LocalPlaceholderValues;
import org.stoneware.api.config.Substitution;

/**
 * A log file of the session client beside Tomcat's own log, where the operator asked for one. One per JVM; what is logged goes to
 * Tomcat's log as well.
 */
final class ClientLog {
    private static final String LOGGER_NAME = "org.stoneware";
    private static final String FILE_NAME = "stoneware-client.%g.log";
    private static final int MAX_FILE_BYTES = 32 * 1024 * 1024;
    private static final int MAX_FILES = 5;

    /** Held here: java.util.logging forgets loggers nobody refers to, with their handlers. */
    private static @Nullable Logger logger;

    private ClientLog() {}

    /** Begins to write where {@code clients/logs} of the array's tc-config says, unless the Valve has named a directory already. */
    static void openAsConfigured(String path) {
        Substitution.Result expanded = new Substitution(new LocalPlaceholderValues()).apply(path);
        for (String fault : expanded.faults()) {
            Logger.getLogger(LOGGER_NAME).warning("clients/logs \"" + path + "\" of the array's tc-config: " + fault);
        }
        if (expanded.faults().isEmpty()) {
            open(expanded.text()).ifPresent(Logger.getLogger(LOGGER_NAME)::warning);
        }
    }

    /**
     * Begins to write the log into a directory, made if absent; a later call with another directory has no effect.
     *
     * @return what is wrong, for the operator; empty when the log is written.
     */
    static synchronized Optional<String> open(String directory) {
        if (logger != null) {
            return Optional.empty();
        }
        try {
            Path path = Path.of(directory);
            Files.createDirectories(path);
            // A percent sign in the path would be a pattern to the handler.
            String pattern = path.toString().replace("%", "%%") + '/' + FILE_NAME;
            FileHandler handler = new FileHandler(pattern, MAX_FILE_BYTES, MAX_FILES, true);
            handler.setFormatter(new SimpleFormatter());
            handler.setEncoding("UTF-8");
            Logger stoneware = Logger.getLogger(LOGGER_NAME);
            stoneware.addHandler(handler);
            logger = stoneware;
            return Optional.empty();
        } catch (IOException | RuntimeException e) {
            return Optional.of("logs=\"" + directory + "\" can not be written, Tomcat's own log is used: " + e);
        }
    }
}
