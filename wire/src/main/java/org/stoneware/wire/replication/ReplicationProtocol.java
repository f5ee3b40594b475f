package org.stoneware.wire.replication;

/** Numbers both ends of a replication connection must agree on. Codes never change meaning. */
public final class ReplicationProtocol {
    public static final int SCHEMA_ID = 904;
    public static final int SCHEMA_VERSION = 3;

    /** {@code SyncRequest} index of a standby that holds nothing complete. */
    public static final long NOTHING_HELD = -1;

    /** {@code Ack} stamp of a standby that has not received any yet. */
    public static final long NO_STAMP = Long.MIN_VALUE;

    /** {@code SyncRequest} of a server that never acknowledged anything as active. */
    public static final long NOTHING_ACKNOWLEDGED = 0;

    /** Longest content of an entry or record, bytes. */
    public static final int MAX_CONTENT_LENGTH = 64 * 1024 * 1024;

    private ReplicationProtocol() {}
}
