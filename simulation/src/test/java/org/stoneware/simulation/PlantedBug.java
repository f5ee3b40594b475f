package org.stoneware.simulation;

import java.nio.ByteOrder;
import org.agrona.concurrent.UnsafeBuffer;

/** Faults put in on purpose, to see that the simulation finds them. */
public enum PlantedBug {
    NONE,
    /** The server takes a release for good although a grant it has not crossed is on its way. */
    RELEASE_IGNORES_GRANT,
    /** A Tomcat goes on using what it owns after its lease. */
    LEASE_NEVER_LAPSES,
    /** A request sent again counts as a new one. */
    DUPLICATE_NOT_RECOGNISED,
    /** Owners are never asked to release. */
    RECALL_NEVER_ARRIVES,
    /** The server gives a session away under its owner. */
    GRANT_WHILE_OWNER_ALIVE,
    /** A request that lost its token writes with the token of a later one. */
    FENCE_IGNORED,
    /** A renewal answered after the lease gives back what was owned. */
    RENEWAL_REVIVES,
    /** A grant asked for under a lease that broke since counts like any other. */
    LATE_GRANT,
    /** A new active gives sessions away at once. */
    GRANT_BEFORE_REGISTERED,
    /** A new active gives sessions away once the first Tomcat is back. */
    GRANT_AFTER_ONE_REGISTERED,
    /** A new active waits for no longer than a lease by its own clock. */
    WAIT_WITHOUT_MARGIN,
    /** A registration that arrives twice takes over once more what it names. */
    REGISTER_NOT_IDEMPOTENT,
    /** Answers, those to requests sent again too, show what is not committed. */
    ANSWERED_BEFORE_COMMIT,
    /** A write under a lapsed lease is taken whatever was written since. */
    NO_BASE_CHECK,
    /** A write under a lapsed lease is taken although somebody owns the session. */
    LATE_WRITE_UNDER_AN_OWNER,
    /** An active that woke up renews leases before it has heard from its standby. */
    READ_GATE_IGNORED;

    private static final int WRITE = 4;
    private static final int RELEASE = 7;

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
        return message;
    }

    /** The id a spoiled id stands for. */
    public static long unspoiled(long requestId) {
        return requestId & 0xFFFF_FFFFL;
    }
}
