package org.stoneware.wire.session;

/** Bytes from outside are not a message of a schema and version this build knows. The message is counted and dropped. */
public final class WireException extends RuntimeException {
    private static final long serialVersionUID = 1L;

    public WireException(String message) {
        super(message);
    }
}
