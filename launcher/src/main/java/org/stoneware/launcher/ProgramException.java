package org.stoneware.launcher;

/** An expected reason to end a program: one clear message for the user and an exit code, never a stack trace. */
final class ProgramException extends Exception {
    private static final long serialVersionUID = 1L;
    private final int exitCode;

    ProgramException(int exitCode, String message) {
        super(message);
        this.exitCode = exitCode;
    }

    int exitCode() {
        return exitCode;
    }

    /** The message; never null. */
    String text() {
        return String.valueOf(getMessage());
    }
}
