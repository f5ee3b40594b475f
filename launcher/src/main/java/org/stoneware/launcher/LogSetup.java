package org.stoneware.launcher;

import java.io.IOException;
import java.io.PrintStream;
import java.util.logging.Handler;
import java.util.logging.Level;
import java.util.logging.LogManager;
import java.util.logging.LogRecord;
import java.util.logging.Logger;
import org.stoneware.api.config.ServerSettings;

/**
 * Sends java.util.logging, and what is printed to standard error, to the console and to the rotated file in the logs directory.
 * <p>
 * With system property {@code java.util.logging.config.file} set, the logging of the JVM is left as that file says.
 */
final class LogSetup {
    private static final String OWN_PROPERTY = "java.util.logging.config.file";
    /** Kept here: java.util.logging forgets the level of a logger nobody refers to. */
    private static final Logger OURS = Logger.getLogger("org.stoneware");

    private LogSetup() {}

    /** @return why there is no log file; empty when there is one or none is wanted. */
    static String install(ServerSettings server, PrintStream console) {
        if (System.getProperty(OWN_PROPERTY) != null) {
            return "";
        }
        LogManager.getLogManager().reset();
        Logger root = Logger.getLogger("");
        root.setLevel(Level.WARNING);
        OURS.setLevel(Level.INFO);
        root.addHandler(new ConsoleHandler(console));
        StandardErrorLog.install();
        if (server.logsToConsole()) {
            return "";
        }
        try {
            root.addHandler(new RotatingLogFile(server.logsDirectory(), RotatingLogFile.MAX_BYTES));
            return "";
        } catch (IOException e) {
            return "no log file: " + server.logsDirectory() + " can't be used: " + ConfigLocator.reason(e)
                    + "; logging to the console only";
        }
    }

    /** Writes every line at once; unlike the JDK's, to the stream people look at. */
    private static final class ConsoleHandler extends Handler {
        private final PrintStream console;

        private ConsoleHandler(PrintStream console) {
            this.console = console;
            setFormatter(new LogLineFormat());
            setLevel(Level.INFO);
        }

        @Override
        public void publish(LogRecord event) {
            if (isLoggable(event)) {
                console.print(getFormatter().format(event));
                console.flush();
            }
        }

        @Override
        public void flush() {
            console.flush();
        }

        @Override
        public void close() {
            // the console belongs to the JVM
        }
    }
}
