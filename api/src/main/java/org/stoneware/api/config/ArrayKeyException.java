package org.stoneware.api.config;

/** A key file can't be used; the message says which, why, and what to do, and holds nothing of the key. */
public final class ArrayKeyException extends Exception {
    private static final long serialVersionUID = 1L;

    ArrayKeyException(String message) {
        super(message);
    }

    /** The message; never null. */
    public String text() {
        return String.valueOf(getMessage());
    }
}
