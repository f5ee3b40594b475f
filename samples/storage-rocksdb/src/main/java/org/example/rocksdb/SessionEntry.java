package org.example.rocksdb;

import org.agrona.concurrent.UnsafeBuffer;
import org.jspecify.annotations.Nullable;
import org.stoneware.api.session.SessionKey;

/** One session as the agent knows it. <b>Threading:</b> the agent's; only {@link #key} is read by others. */
final class SessionEntry {
    /** Bytes of memory besides those of the key, roughly: this object, its facts, its places in the index. */
    private static final int BYTES = 320;

    final SessionKey key;
    /** Parts sessions that expire at the same moment. */
    final long sequence;

    SessionFacts facts;
    /** The record, or null while it is on disk only. */
    @Nullable UnsafeBuffer record;

    /** Position of the change that made the record what it is. */
    long recordPosition;
    /** Duty cycle of the last use. */
    long usedCycle;
    /** False once the session was removed, for those who remember this object. */
    boolean isHeld = true;

    SessionEntry(SessionKey key, long sequence, SessionFacts facts) {
        this.key = key;
        this.sequence = sequence;
        this.facts = facts;
    }

    long indexBytes() {
        return BYTES + 2L * key.encodedLength();
    }

    boolean isResident() {
        return record != null;
    }
}
