package org.stoneware.shell.command;

import org.stoneware.shell.link.ShellExit;

/** A command did not do what it was asked for; the message says why and what to do. */
public final class CommandFailure extends RuntimeException {
    private static final long serialVersionUID = 1L;

    private final int exitCode;

    public CommandFailure(int exitCode, String message) {
        super(message);
        this.exitCode = exitCode;
    }

    static CommandFailure failed(String message) {
        return new CommandFailure(ShellExit.FAILED, message);
    }

    static CommandFailure usage(String message) {
        return new CommandFailure(ShellExit.USAGE, message);
    }

    public int exitCode() {
        return exitCode;
    }
}
