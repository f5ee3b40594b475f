package org.stoneware.spi.storage;

import org.jspecify.annotations.Nullable;

/** A store can't be opened or can no longer be trusted. */
public final class StorageException extends RuntimeException {
    private static final long serialVersionUID = 1L;

    public StorageException(String message) {
        super(message);
    }

    public StorageException(String message, @Nullable Throwable cause) {
        super(message, cause);
    }
}
