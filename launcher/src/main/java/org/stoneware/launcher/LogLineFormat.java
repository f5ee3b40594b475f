package org.stoneware.launcher;

import java.io.PrintWriter;
import java.io.StringWriter;
import java.time.ZoneId;
import java.time.format.DateTimeFormatter;
import java.util.logging.Formatter;
import java.util.logging.Level;
import java.util.logging.LogRecord;

/**
 * One line per message: time, level, source, text. A text of several lines is indented from the second on, so that nothing a client sends can
 * look like a line of ours.
 */
final class LogLineFormat extends Formatter {
    private static final DateTimeFormatter TIME = DateTimeFormatter.ofPattern("yyyy-MM-dd HH:mm:ss.SSS");
    private static final String INDENT = "    ";
    private static final String OWN_PREFIX = "org.stoneware.";

    @Override
    public String format(LogRecord event) {
        StringBuilder line = new StringBuilder(160);
        line.append(TIME.format(event.getInstant().atZone(ZoneId.systemDefault())));
        line.append(' ').append(level(event.getLevel())).append(' ');
        line.append(source(event.getLoggerName())).append(": ");
        line.append(harmless(formatMessage(event))).append('\n');
        if (event.getThrown() != null) {
            StringWriter trace = new StringWriter();
            event.getThrown().printStackTrace(new PrintWriter(trace));
            line.append(INDENT).append(harmless(trace.toString().strip())).append('\n');
        }
        return line.toString();
    }

    private static String level(Level level) {
        if (level.intValue() >= Level.SEVERE.intValue()) {
            return "ERROR";
        }
        if (level.intValue() >= Level.WARNING.intValue()) {
            return "WARN ";
        }
        return level.intValue() >= Level.INFO.intValue() ? "INFO " : "DEBUG";
    }

    private static String source(String logger) {
        return logger == null ? "" : logger.startsWith(OWN_PREFIX) ? logger.substring(OWN_PREFIX.length()) : logger;
    }

    /** Characters that are not shown could rewrite a terminal, turn a line around or forge one. */
    private static String harmless(String text) {
        StringBuilder result = new StringBuilder(text.length());
        text.codePoints().forEach(character -> {
            if (character == '\n') {
                result.append('\n').append(INDENT);
            } else if (character != '\r') {
                boolean isShown = character == '\t' || !PrintableText.isHarmful(character);
                result.appendCodePoint(isShown ? character : '?');
            }
        });
        return result.toString();
    }
}
