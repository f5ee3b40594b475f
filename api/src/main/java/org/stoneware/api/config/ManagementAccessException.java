package org.stoneware.api.config;

/** A password or access file can't be used; the message says which, why, and what to do, and holds no password. */
public final class ManagementAccessException extends Exception {
    private static final long serialVersionUID = 1L;

    ManagementAccessException(String message) {
        super(message);
    }

    /** The message; never null. */
    public String text() {
        return String.valueOf(getMessage());
    }
}
