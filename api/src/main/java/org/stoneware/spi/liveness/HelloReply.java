package org.stoneware.spi.liveness;

import java.net.InetSocketAddress;
import org.jspecify.annotations.Nullable;
import org.stoneware.api.cluster.ServerRole;

/**
 * Answer to a {@link Hello}.
 *
 * @param status          whether the caller is taken in.
 * @param serverName      configured name of the answering server.
 * @param incarnation     random number of its process start.
 * @param role            its role.
 * @param epoch           its epoch.
 * @param activeAddress   {@code host:port} for Tomcats of the active as the answering server knows it; empty when it knows none.
 * @param transport       transport chosen; empty unless a data connection was granted.
 * @param connectionId    identity of the data connection; 0 unless granted.
 * @param keyHigh         upper half of its session key.
 * @param keyLow          lower half of its session key.
 * @param dataAddress     where the answering server's transport is bound; null unless granted.
 * @param heartbeatMs     interval at which both ends will send heartbeats; 0 lets the network choose by the kind of caller.
 * @param silenceMs       silence that both ends will report; 0 lets the network choose.
 * @param reason          why not, for people; empty when accepted.
 */
public record HelloReply(
        Status status,
        String serverName,
        long incarnation,
        ServerRole role,
        long epoch,
        String activeAddress,
        String transport,
        int connectionId,
        long keyHigh,
        long keyLow,
        @Nullable InetSocketAddress dataAddress,
        int heartbeatMs,
        int silenceMs,
        String reason) {
    /** The same reply with another session key. */
    public HelloReply withKey(long high, long low) {
        return new HelloReply(
                status,
                serverName,
                incarnation,
                role,
                epoch,
                activeAddress,
                transport,
                connectionId,
                high,
                low,
                dataAddress,
                heartbeatMs,
                silenceMs,
                reason);
    }

    /** Whether a caller is taken in. Codes are sent on the wire and never change meaning. */
    public enum Status {
        /** Taken in. */
        ACCEPTED,
        /** Not the active; see the active's address. */
        NOT_ACTIVE,
        /** No protocol version or transport in common. */
        INCOMPATIBLE,
        /** Not known, or wrong credentials. */
        REFUSED,
        /** No room for one more. */
        BUSY
    }
}
