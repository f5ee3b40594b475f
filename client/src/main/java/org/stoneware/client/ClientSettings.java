package org.stoneware.client;

import java.util.List;

/**
 * Settings of a {@link SessionClient}.
 *
 * @param servers            {@code host:port} of the servers, in any order; dead ones are passed over.
 * @param name               name of this Tomcat, for people.
 * @param productVersion     Stoneware version.
 * @param operationTimeoutMs longest wait for an answer of the array.
 * @param ownerWaitMs        longest wait for a session another Tomcat is using.
 * @param maxSessionBytes    largest session that is sent; a larger one is {@link Committed.Status#TOO_LARGE}.
 */
public record ClientSettings(
        List<String> servers,
        String name,
        String productVersion,
        long operationTimeoutMs,
        long ownerWaitMs,
        int maxSessionBytes) {
    public ClientSettings {
        servers = List.copyOf(servers);
    }
}
