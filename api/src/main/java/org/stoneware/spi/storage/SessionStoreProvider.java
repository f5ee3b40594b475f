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
     * True when stores of this mode keep sessions over the end of the process: opening one over a directory that an earlier run of it
     * left shows what that run held.
     */
    default boolean keepsSessions() {
        return false;
    }

    /**
     * Opens a store. Returns when every session it holds is known, if need be without its record: {@link SessionStore#load} brings
     * that, and what is not asked for follows in the background. The store belongs to the server: it lives on when the provider's component is deactivated and is closed by
     * the server once drained.
     *
     * @throws StorageException when it can't be opened; the message says what is wrong and what to do.
     */
    SessionStore open(StoreContext context);
}
