package org.stoneware.spi.storage;

import org.osgi.annotation.versioning.ConsumerType;

/**
 * What a storage bundle registers as a service, with the property {@code storage.mode} equal to {@link #mode()}.
 * <p>
 * <b>Threading:</b> callable from any thread.
 */
@ConsumerType
public interface SessionStoreProvider {
    /** Persistence mode, for example {@code memory} or {@code permanent-store}. */
    String mode();

    /**
     * Opens a store. The store belongs to the server: it lives on when the provider's component is deactivated and is closed by
     * the server once drained.
     *
     * @throws StorageException when it can't be opened; the message says what is wrong and what to do.
     */
    SessionStore open(StoreContext context);
}
