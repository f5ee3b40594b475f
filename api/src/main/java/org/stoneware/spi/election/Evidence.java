package org.stoneware.spi.election;

import org.stoneware.api.cluster.ServerRole;

/**
 * Something this server has learned about a peer.
 *
 * @param kind        what was seen.
 * @param memberId    the peer's position in the configuration file.
 * @param incarnation the peer's incarnation, 0 when the evidence has none.
 * @param role        the peer's role with {@link Kind#HELLO}, {@link Kind#HEARTBEAT} and {@link Kind#WITNESS_ROLE}, else
 *                    {@link ServerRole#START}.
 * @param epoch       the peer's epoch with the same kinds, else 0.
 * @param valueNs     silence for {@link Kind#SILENT}, stall for {@link Kind#LOCAL_STALL}, number of Tomcats for the witness kinds
 *                    (see {@link #count()}), else 0.
 */
public record Evidence(Kind kind, int memberId, long incarnation, ServerRole role, long epoch, long valueNs) {
    /** What can be seen. */
    public enum Kind {
        /** An authenticated hello told incarnation, role and epoch; the peer can be talked to. */
        HELLO,
        /** A heartbeat told role and epoch. */
        HEARTBEAT,
        /** The peer's kernel refused a new connection: nothing listens there now. */
        REFUSED,
        /** An attempt to connect got no answer, or the host can't be found or reached. */
        UNREACHABLE,
        /** The peer's kernel closed an established connection. Mere suspicion until a new connection is {@link #REFUSED}. */
        CLOSED,
        /** The peer said it is leaving. */
        GOODBYE,
        /** Nothing has been heard on an open connection for the time given. */
        SILENT,
        /** This server itself did not run for the time given; silence measured over it proves nothing. */
        LOCAL_STALL,
        /** So many Tomcats are registered with the array, whether they can be reached or not; {@code memberId} is not looked at. */
        WITNESSES,
        /** So many Tomcats, asked through {@link ElectionOutput#askWitnesses}, have heard the peer after they were asked. */
        WITNESS_ALIVE,
        /** So many Tomcats, asked through {@link ElectionOutput#askWitnesses}, answer and do not hear the peer. */
        WITNESS_DEAD,
        /**
         * So many Tomcats, asked through {@link ElectionOutput#askWitnesses}, have heard from the peer last that it acknowledges alone:
         * a standby of it has missed what it acknowledged since.
         */
        WITNESS_SOLO,
        /**
         * A Tomcat, asked through {@link ElectionOutput#askWitnesses}, has heard this process of the peer after it was asked, and was told by
         * it last that it has this role and epoch. It may be another process than the one asked about, and the Tomcat one that is not
         * registered and counts in no other kind. Told before that Tomcat's answer; one of an older version never tells it.
         */
        WITNESS_ROLE,
        /** So many Tomcats have a link to this server, registered or not: all are asked, and may tell {@link #WITNESS_ROLE}. */
        WITNESSES_LINKED
    }

    /** What one Tomcat has been told by a server it hears. */
    public static Evidence ofWitnessedRole(int memberId, long incarnation, ServerRole role, long epoch) {
        return new Evidence(Kind.WITNESS_ROLE, memberId, incarnation, role, epoch, 1);
    }

    /** What Tomcats tell: of the kinds {@link Kind#WITNESSES}, {@link Kind#WITNESS_ALIVE}, {@link Kind#WITNESS_DEAD} and {@link Kind#WITNESS_SOLO}. */
    public static Evidence ofWitnesses(Kind kind, int memberId, int count) {
        return new Evidence(kind, memberId, 0, ServerRole.START, 0, count);
    }

    /** Whether it is one of the witness kinds. */
    public boolean isOfWitnesses() {
        return kind == Kind.WITNESSES
                || kind == Kind.WITNESS_ALIVE
                || kind == Kind.WITNESS_DEAD
                || kind == Kind.WITNESS_SOLO
                || kind == Kind.WITNESS_ROLE
                || kind == Kind.WITNESSES_LINKED;
    }

    /** Number of Tomcats with the witness kinds. */
    public int count() {
        return (int) valueNs;
    }
}
