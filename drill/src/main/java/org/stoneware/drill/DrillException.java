package org.stoneware.drill;

/** The drill can't be held, or not to its end; the message says why and what to do. */
final class DrillException extends Exception {
    static final int FAILED = 1;
    static final int CONFIGURATION = 2;
    private static final long serialVersionUID = 1L;

    private final int exitCode;

    DrillException(int exitCode, String message) {
        super(message);
        this.exitCode = exitCode;
    }

    int exitCode() {
        return exitCode;
    }
}
