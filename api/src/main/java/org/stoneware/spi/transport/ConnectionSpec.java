package org.stoneware.spi.transport;

import java.net.InetSocketAddress;

/**
 * Identity of one connection, agreed in the hello; both ends hold the same id and key.
 *
 * @param connectionId  chosen by the server, unique among its connections, positive.
 * @param keyHigh       upper half of the session key, random for every hello; a frame that does not carry it is foreign.
 * @param keyLow        lower half of the session key.
 * @param isInitiator   true on the end that sent the hello.
 * @param localAddress  an address returned by {@link Transport#bind}.
 * @param remoteAddress the other end's bound address.
 * @param purpose       what the connection carries; sizes buffers.
 */
public record ConnectionSpec(
        int connectionId,
        long keyHigh,
        long keyLow,
        boolean isInitiator,
        InetSocketAddress localAddress,
        InetSocketAddress remoteAddress,
        Purpose purpose) {

    /** What a connection carries. */
    public enum Purpose {
        /** Requests and replies of one Tomcat. */
        CLIENT,
        /** Replication between two servers. */
        REPLICATION
    }
}
