package org.stoneware.launcher;

import java.io.ByteArrayOutputStream;
import java.io.OutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.util.logging.Level;
import java.util.logging.Logger;
import java.util.regex.Pattern;
import org.stoneware.config.FrameworkProperties;

/**
 * Brings into the log what libraries print to standard error; Declarative Services reports its failures nowhere else.
 * <p>
 * Stack frames get {@link Level#CONFIG}, which the file shows and the console does not: an expected failure must not bury its one line.
 * <p>
 * <b>Threading:</b> called from any thread; lines of two threads may alternate, but are never mixed up.
 */
final class StandardErrorLog extends OutputStream {
    private static final int MAX_LINE = 8192;
    private static final Pattern FRAME = Pattern.compile("\\s+(at |\\.\\.\\. ).*|Caused by: .*|\\s*");
    /** Kept here: java.util.logging forgets the level of a logger nobody refers to. */
    private static final Logger LOGGER = Logger.getLogger("org.stoneware.stderr");

    private final ThreadLocal<ByteArrayOutputStream> line = ThreadLocal.withInitial(ByteArrayOutputStream::new);

    private StandardErrorLog() {}

    static void install() {
        LOGGER.setLevel(Level.ALL);
        System.setErr(new PrintStream(new StandardErrorLog(), true, StandardCharsets.UTF_8));
    }

    @Override
    public void write(int character) {
        ByteArrayOutputStream buffer = line.get();
        if (character != '\n' && buffer.size() < MAX_LINE) {
            buffer.write(character);
            return;
        }
        String text = buffer.toString(StandardCharsets.UTF_8).stripTrailing();
        buffer.reset();
        // Once somebody has set the exit code, the reason has been said; what follows are its echoes.
        boolean isEcho = System.getProperty(FrameworkProperties.EXIT_CODE) != null;
        LOGGER.log(isEcho || FRAME.matcher(text).matches() ? Level.CONFIG : Level.WARNING, text);
    }
}
