package org.stoneware.shell.client;

import java.io.InputStream;
import java.io.PrintStream;

/**
 * What {@code bin/shell} was started with.
 *
 * @param in         lines, or a person's keys.
 * @param out        answers.
 * @param err        complaints.
 * @param isInputTty a person types.
 * @param isOutputTty a person reads.
 * @param width      columns of the terminal; 0 when unknown.
 * @param isColoured answers may have colours.
 */
public record ShellTerminal(
        InputStream in,
        PrintStream out,
        PrintStream err,
        boolean isInputTty,
        boolean isOutputTty,
        int width,
        boolean isColoured) {
    /** Set by the script, which can tell a terminal from a pipe on every Java: {@code in}, {@code out} or both. */
    private static final String TTY_PROPERTY = "stoneware.shell.tty";

    private static final String COLUMNS_PROPERTY = "stoneware.shell.columns";

    /** That of this process. */
    public static ShellTerminal ofProcess() {
        String tty = System.getProperty(TTY_PROPERTY, "");
        boolean isOutputTty = tty.contains("out");
        boolean isDumb = "dumb".equals(System.getenv("TERM")) || System.getenv("NO_COLOR") != null;
        return new ShellTerminal(
                System.in,
                System.out,
                System.err,
                tty.contains("in"),
                isOutputTty,
                isOutputTty ? Integer.getInteger(COLUMNS_PROPERTY, 0) : 0,
                isOutputTty && !isDumb);
    }
}
