package org.stoneware.launcher;

/** Exit codes of all programs. 11 is reserved: Terracotta's script read it as "restart me". */
final class ExitCode {
    /** Clean end. */
    static final int CLEAN = 0;
    /** start-server: the data directory is locked by another process. Tools: what was asked for did not happen, or a server is down. */
    static final int FAILED = 1;
    /** Bad option or configuration, or a port that can't be bound. */
    static final int CONFIGURATION = 2;
    /** The server can't go on. */
    static final int FATAL = 3;

    private ExitCode() {}
}
