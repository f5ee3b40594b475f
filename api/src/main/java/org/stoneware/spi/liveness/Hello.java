package org.stoneware.spi.liveness;

import java.net.InetSocketAddress;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * First message on every TCP connection, sent by the end that connected.
 *
 * @param kind            who calls.
 * @param protocolVersion version the caller speaks.
 * @param idHigh          upper half of the 128-bit identity of a valve or voter; 0 for others.
 * @param idLow           lower half of it; for a server its position in the configuration file.
 * @param incarnation     random number of the caller's process start; 0 only for a probe.
 * @param name            name of the caller, for people; for a server its configured name.
 * @param productVersion  Stoneware version of the caller.
 * @param transports      transports the caller can use, best first.
 * @param dataAddress     where the caller's transport is bound, or null when it wants no data connection.
 * @param credentials     by what a caller that holds the array's key asks for a proof. The network puts it in and checks it; whoever
 *                        sends a hello leaves it empty.
 */
public record Hello(
        Kind kind,
        int protocolVersion,
        long idHigh,
        long idLow,
        long incarnation,
        String name,
        String productVersion,
        List<String> transports,
        @Nullable InetSocketAddress dataAddress,
        byte[] credentials) {
    /** Version this build speaks. */
    public static final int PROTOCOL_VERSION = 3;

    public Hello {
        transports = List.copyOf(transports);
    }

    /** The same hello with other credentials. */
    public Hello withCredentials(byte[] other) {
        return new Hello(
                kind,
                protocolVersion,
                idHigh,
                idLow,
                incarnation,
                name,
                productVersion,
                transports,
                dataAddress,
                other);
    }

    /** Who may call. Codes are sent on the wire and never change meaning. */
    public enum Kind {
        /** A Tomcat. */
        VALVE,
        /** Another server of the array. */
        SERVER,
        /** A tool that only asks for role and active. */
        PROBE,
        /** A Tomcat on a standing link: it wants no sessions, hears of role and epoch, and tells what it hears of other servers. */
        WITNESS,
        /** An external voter; its identity is the one it votes as, and keeps across restarts. */
        VOTER
    }
}
