package org.stoneware.tomcat;

import java.nio.file.Path;
import org.jspecify.annotations.Nullable;
import org.stoneware.client.ClientSettings;
import org.stoneware.client.SessionClient;

/** Where valves get the session client of this JVM from. */
interface ClientSource {
    /**
     * Gives the client for an array, opening it for the first caller, with that caller's key.
     * <p>
     * <b>Ownership:</b> the caller gives it back with {@link #release}, once, and never closes it.
     *
     * @param arrayKey file of the array's key; null when there is none.
     * @throws ClientSourceException when there can be none in this JVM; the message is for the operator.
     */
    SessionClient acquire(ClientSettings settings, @Nullable Path arrayKey) throws ClientSourceException;

    /** Gives a client back; the last one closes it. */
    void release(SessionClient client);

    /** No client can be had in this JVM; the message says what the operator does. */
    final class ClientSourceException extends Exception {
        private static final long serialVersionUID = 1L;

        ClientSourceException(String message) {
            super(message);
        }
    }
}
