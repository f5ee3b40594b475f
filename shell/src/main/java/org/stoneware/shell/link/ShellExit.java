package org.stoneware.shell.link;

/** How a command ended, as the exit code of {@code bin/shell}. Codes never change meaning. */
public final class ShellExit {
    /** What was asked for is done. */
    public static final int DONE = 0;
    /** It is not: refused, absent, in use, failed. */
    public static final int FAILED = 1;
    /** No such command, or wrong arguments. */
    public static final int USAGE = 2;
    /** No server could be reached, or it went away in the middle. */
    public static final int UNREACHABLE = 3;
    /** Only the active does this, and this server is not the active. */
    public static final int NOT_HERE = 4;
    /** Interrupted from the keyboard. */
    public static final int INTERRUPTED = 130;

    private ShellExit() {}
}
