package org.stoneware.shell.command;

import java.util.ArrayList;
import java.util.Collections;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.TreeSet;
import java.util.logging.LogManager;
import java.util.logging.Logger;
import org.jspecify.annotations.Nullable;

/**
 * Levels of loggers, in the words of {@link System.Logger}. The file and the console take {@code info} and what is graver; what is set
 * lower is taken by handlers a logging configuration of one's own has.
 * <p>
 * <b>Threading:</b> any thread.
 */
final class LogLevels {
    private static final Map<String, java.util.logging.Level> BY_NAME = Map.of(
            "error", java.util.logging.Level.SEVERE,
            "warning", java.util.logging.Level.WARNING,
            "info", java.util.logging.Level.INFO,
            "debug", java.util.logging.Level.FINE,
            "trace", java.util.logging.Level.FINER,
            "off", java.util.logging.Level.OFF);
    private static final String INHERIT = "inherit";

    /** Kept: java.util.logging forgets the level of a logger nobody refers to. */
    private final Map<String, Logger> set = new HashMap<>();

    /** A logger; the root's name is empty. */
    record Level(String logger, String level, boolean isSet) {}

    /** Loggers with a level of their own, and the one named. */
    synchronized List<Level> list(String named) {
        List<Level> levels = new ArrayList<>();
        for (String name :
                new TreeSet<>(Collections.list(LogManager.getLogManager().getLoggerNames()))) {
            @Nullable Logger logger = LogManager.getLogManager().getLogger(name);
            boolean isMeant = named.isEmpty() ? logger != null && logger.getLevel() != null : name.equals(named);
            if (logger != null && isMeant) {
                levels.add(new Level(name, word(effective(logger)), logger.getLevel() != null));
            }
        }
        return levels;
    }

    /** Returns why the level can't be set; empty when it is. */
    synchronized String set(String name, String level) {
        String word = level.toLowerCase(Locale.ROOT);
        java.util.logging.@Nullable Level wanted = BY_NAME.get(word);
        if (wanted == null && !word.equals(INHERIT)) {
            return "level '" + SafeText.of(level)
                    + "' is unknown; allowed: error, warning, info, debug, trace, off, inherit";
        }
        if (LogManager.getLogManager().getLogger(name) == null && !name.startsWith("org.")) {
            return "there is no logger '" + SafeText.of(name) + "' yet";
        }
        Logger logger = Logger.getLogger(name);
        logger.setLevel(wanted);
        set.put(name, logger);
        return "";
    }

    private static java.util.logging.Level effective(Logger logger) {
        for (Logger each = logger; each != null; each = each.getParent()) {
            java.util.logging.@Nullable Level level = each.getLevel();
            if (level != null) {
                return level;
            }
        }
        return java.util.logging.Level.INFO;
    }

    private static String word(java.util.logging.Level level) {
        for (Map.Entry<String, java.util.logging.Level> each : BY_NAME.entrySet()) {
            if (each.getValue().equals(level)) {
                return each.getKey();
            }
        }
        return level.getName().toLowerCase(Locale.ROOT);
    }
}
