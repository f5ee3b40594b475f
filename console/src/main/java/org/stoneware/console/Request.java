package org.stoneware.console;

import java.net.InetSocketAddress;
import org.jspecify.annotations.Nullable;

/**
 * What a route may know of a request. Nothing in it can be trusted but the two addresses.
 *
 * @param method        HTTP method.
 * @param path          raw path; null when absent.
 * @param query         raw query without the question mark; null when absent.
 * @param remote        where it came from.
 * @param local         the address of ours it came to.
 * @param host          Host header; null when absent.
 * @param authorization Authorization header; null when absent.
 * @param accept        Accept header; null when absent.
 * @param lastEventId   Last-Event-ID header; null when absent.
 * @param requestedBy   X-Requested-By header; null when absent.
 */
record Request(
        String method,
        @Nullable String path,
        @Nullable String query,
        InetSocketAddress remote,
        InetSocketAddress local,
        @Nullable String host,
        @Nullable String authorization,
        @Nullable String accept,
        @Nullable String lastEventId,
        @Nullable String requestedBy) {

    /** True when the other end of the connection is a program on this machine. */
    boolean isFromThisMachine() {
        return remote.getAddress().isLoopbackAddress() || remote.getAddress().equals(local.getAddress());
    }
}
