package org.stoneware.server.role;

/**
 * Makes empty generations.
 * <p>
 * <b>Threading:</b> the agent thread. <b>Ownership:</b> what is made belongs to the caller.
 */
@FunctionalInterface
public interface GenerationSource {
    /** One to begin with. */
    SessionGeneration get();

    /**
     * One for a copy of an active's sessions, beside what this server holds.
     *
     * @throws org.stoneware.spi.storage.StorageException when no more copies can be begun now; the message says why.
     */
    default SessionGeneration forCopy() {
        return get();
    }
}
