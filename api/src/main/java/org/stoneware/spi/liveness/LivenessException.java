package org.stoneware.spi.liveness;

import org.jspecify.annotations.Nullable;

/** A port can't be bound; the message says which and what to do. */
public final class LivenessException extends RuntimeException {
    private static final long serialVersionUID = 1L;

    public LivenessException(String message, @Nullable Throwable cause) {
        super(message, cause);
    }
}
