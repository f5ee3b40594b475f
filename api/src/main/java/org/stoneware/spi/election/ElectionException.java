package org.stoneware.spi.election;

import org.jspecify.annotations.Nullable;

/** The register can't be read or written; the server must not take part. */
public final class ElectionException extends RuntimeException {
    private static final long serialVersionUID = 1L;

    public ElectionException(String message) {
        super(message);
    }

    public ElectionException(String message, @Nullable Throwable cause) {
        super(message, cause);
    }
}
