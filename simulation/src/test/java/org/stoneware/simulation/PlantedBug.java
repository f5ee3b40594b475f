package org.stoneware.simulation;

import static org.stoneware.simulation.Violation.Kind.IMPOSSIBLE_ANSWER;
import static org.stoneware.simulation.Violation.Kind.LOST_UPDATE;
import static org.stoneware.simulation.Violation.Kind.NOT_ONE_COPY;
import static org.stoneware.simulation.Violation.Kind.NOT_SERVED;
import static org.stoneware.simulation.Violation.Kind.STALE_READ;
import static org.stoneware.simulation.Violation.Kind.TWO_OWNERS;
import static org.stoneware.simulation.Violation.Kind.WRONG_TOTAL;

import java.nio.ByteOrder;
import java.util.Set;
import org.agrona.concurrent.UnsafeBuffer;

/**
 * Faults put in on purpose, to see that the simulation finds them. Each names by what it may be found: whatever else goes wrong with it is
 * passed over, so that a bug is never found by an accident of the harness.
 */
public enum PlantedBug {
    NONE,
    /** The server takes a release for good although a grant it has not crossed is on its way. */
    RELEASE_IGNORES_GRANT(TWO_OWNERS, STALE_READ, LOST_UPDATE, NOT_ONE_COPY),
    /** A Tomcat goes on using what it owns after its lease. */
    LEASE_NEVER_LAPSES(TWO_OWNERS, STALE_READ, NOT_ONE_COPY),
    /** A request sent again counts as a new one. */
    DUPLICATE_NOT_RECOGNISED(LOST_UPDATE, WRONG_TOTAL, IMPOSSIBLE_ANSWER, NOT_ONE_COPY),
    /** Owners are never asked to release. */
    RECALL_NEVER_ARRIVES(NOT_SERVED),
    /** The server gives a session away under its owner. */
    GRANT_WHILE_OWNER_ALIVE(TWO_OWNERS, STALE_READ, NOT_ONE_COPY),
    /** A request that lost its token writes with the token of a later one. */
    FENCE_IGNORED(LOST_UPDATE, WRONG_TOTAL, NOT_ONE_COPY),
    /** A renewal answered after the lease gives back what was owned. */
    RENEWAL_REVIVES(TWO_OWNERS, STALE_READ, NOT_ONE_COPY),
    /** A grant asked for under a lease that broke since counts like any other. */
    LATE_GRANT(TWO_OWNERS, STALE_READ, LOST_UPDATE, NOT_ONE_COPY),
    /** A new active gives sessions away at once. */
    GRANT_BEFORE_REGISTERED(TWO_OWNERS, STALE_READ, NOT_ONE_COPY),
    /** A new active gives sessions away once the first Tomcat is back. */
    GRANT_AFTER_ONE_REGISTERED(TWO_OWNERS, STALE_READ, NOT_ONE_COPY),
    /** A Tomcat gives a session back because an active asked for it that has a successor. Does no harm. */
    OLD_RECALL,
    /** A new active gives a session away once the Tomcat that wrote it last is back; others may have been granted it since. */
    GRANT_AFTER_LAST_WRITER_ONLY(TWO_OWNERS, STALE_READ, NOT_ONE_COPY),
    /** A new active waits for no longer than a lease by its own clock. */
    WAIT_WITHOUT_MARGIN(TWO_OWNERS, STALE_READ, NOT_ONE_COPY),
    /** A new active counts leases from its activation, though on its own word the one before it renews them for longer. */
    WORD_IGNORED(TWO_OWNERS, STALE_READ, NOT_ONE_COPY),
    /** A registration that arrives twice takes over once more what it names. */
    REGISTER_NOT_IDEMPOTENT(TWO_OWNERS, STALE_READ, LOST_UPDATE, NOT_SERVED, NOT_ONE_COPY),
    /** A new active takes what a registration names for all its Tomcat owns, although that has more to name. */
    ALL_NAMED_WITH_REGISTRATION(TWO_OWNERS, STALE_READ, NOT_ONE_COPY),
    /** A Tomcat says of the newest session it has not named yet that it has named it. */
    NAMED_FROM_OFF_BY_ONE(TWO_OWNERS, STALE_READ, NOT_ONE_COPY),
    /** A Tomcat that is registered uses what it has not named yet. */
    USED_BEFORE_NAMED(TWO_OWNERS, STALE_READ, NOT_ONE_COPY),
    /** Answers, those to requests sent again too, show what is not committed. */
    ANSWERED_BEFORE_COMMIT(TWO_OWNERS, STALE_READ, LOST_UPDATE, WRONG_TOTAL, NOT_ONE_COPY),
    /** A write under a lapsed lease is taken whatever was written since. */
    NO_BASE_CHECK(LOST_UPDATE, WRONG_TOTAL, NOT_ONE_COPY),
    /** A write under a lapsed lease is taken although somebody owns the session. */
    LATE_WRITE_UNDER_AN_OWNER(TWO_OWNERS, STALE_READ, LOST_UPDATE, WRONG_TOTAL, NOT_ONE_COPY),
    /** An active that woke up renews leases before it has heard from its standby. */
    READ_GATE_IGNORED(TWO_OWNERS, STALE_READ, NOT_ONE_COPY),
    /** A machine that slept while its monotonic clock stood still goes on as if no time had passed. */
    SLEEP_UNNOTICED(TWO_OWNERS, STALE_READ, NOT_ONE_COPY),
    /** Requests of the same Tomcat show a change that no server has answered for; if it is refused it is taken back. */
    SHOWN_BEFORE_ANSWERED(Violation.Kind.values()),
    /** A new active says of a session it may not give away yet that there is none. */
    DENIED_BEFORE_REGISTERED(Violation.Kind.values()),
    /** A late change to a session that has ended makes it anew. */
    ENDED_SESSION_WRITTEN(Violation.Kind.values());

    private static final int REGISTER = 1;
    private static final int WRITE = 4;
    private static final int RELEASE = 7;
    private static final int NAME = 11;

    private final Set<Violation.Kind> symptoms;

    PlantedBug(Violation.Kind... symptoms) {
        this.symptoms = Set.of(symptoms);
    }

    /** Whether a run ends with this; with nothing planted each one counts. */
    boolean isFoundBy(Violation.Kind kind) {
        return this == NONE || symptoms.contains(kind);
    }

    /** What a Tomcat with this fault sends instead of a message. */
    public byte[] spoil(byte[] message, long transmission) {
        UnsafeBuffer buffer = new UnsafeBuffer(message);
        int template = buffer.getShort(2, ByteOrder.LITTLE_ENDIAN);
        if (this == RELEASE_IGNORES_GRANT && template == RELEASE) {
            buffer.putInt(32, Integer.MAX_VALUE, ByteOrder.LITTLE_ENDIAN);
        } else if (this == RELEASE_IGNORES_GRANT && template == WRITE) {
            buffer.putInt(52, Integer.MAX_VALUE, ByteOrder.LITTLE_ENDIAN);
        } else if (this == DUPLICATE_NOT_RECOGNISED && template == WRITE) {
            long requestId = buffer.getLong(16, ByteOrder.LITTLE_ENDIAN) & 0xFFFF_FFFFL;
            // The message is a copy; the number of its transmission makes its id another one each time.
            buffer.putLong(16, transmission << 32 | requestId, ByteOrder.LITTLE_ENDIAN);
        }
        int namedFromAt = template == REGISTER ? 68 : 28;
        if (this == NAMED_FROM_OFF_BY_ONE
                && (template == REGISTER || template == NAME)
                && buffer.getLong(namedFromAt, ByteOrder.LITTLE_ENDIAN) > 0) {
            buffer.putLong(
                    namedFromAt, buffer.getLong(namedFromAt, ByteOrder.LITTLE_ENDIAN) - 1, ByteOrder.LITTLE_ENDIAN);
        }
        return message;
    }

    /** The id a spoiled id stands for. */
    public static long unspoiled(long requestId) {
        return requestId & 0xFFFF_FFFFL;
    }
}
