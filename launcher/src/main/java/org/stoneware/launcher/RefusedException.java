package org.stoneware.launcher;

/** What the user asked for is not done; the message says why and what to do instead. */
final class RefusedException extends Exception {
    private static final long serialVersionUID = 1L;

    RefusedException(String message) {
        super(message);
    }
}
