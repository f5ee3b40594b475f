package org.stoneware.spi.transport;

import org.jspecify.annotations.Nullable;

/** A transport can't do its duty; the message says why and what to do about it. */
public final class TransportException extends RuntimeException {
    private static final long serialVersionUID = 1L;

    public TransportException(String message) {
        super(message);
    }

    public TransportException(String message, @Nullable Throwable cause) {
        super(message, cause);
    }
}
