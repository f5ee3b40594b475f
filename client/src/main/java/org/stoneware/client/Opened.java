package org.stoneware.client;

import org.jspecify.annotations.Nullable;
import org.stoneware.api.session.SessionRecord;

/**
 * Outcome of {@link SessionClient#open}.
 *
 * @param status             what happened.
 * @param version            version of the session, when current or loaded.
 * @param record             the session when loaded, else null; a copy that belongs to the caller.
 * @param logTimeMs          log time of the array when it answered: {@code logTimeMs - record.creationTimeMs()} is the age of the session
 *                           whatever the clocks of the machines say. Only with {@link Status#LOADED}, or with {@code lastAccessedTimeMs}.
 * @param lastAccessedTimeMs log time of the last access of the session when the copy is current, which others may have read since;
 *                           {@link #NOT_TOLD} when this Tomcat has owned the session all the time. With a record, that has it.
 * @param detail             for people, when neither current nor loaded.
 */
public record Opened(
        Status status,
        long version,
        @Nullable SessionRecord record,
        long logTimeMs,
        long lastAccessedTimeMs,
        String detail) {
    /** Value of {@code lastAccessedTimeMs} when nobody but this Tomcat can have used the session, or the array did not say. */
    public static final long NOT_TOLD = 0;

    /** An outcome that tells the last access with the record only. */
    public Opened(Status status, long version, @Nullable SessionRecord record, long logTimeMs, String detail) {
        this(status, version, record, logTimeMs, NOT_TOLD, detail);
    }

    /** What happened. */
    public enum Status {
        /** Owned, and the caller's copy is up to date. */
        CURRENT,
        /** Owned, and here is the session. */
        LOADED,
        /** There is no such session (any more). */
        ABSENT,
        /** Another Tomcat kept the session for longer than the owner wait. */
        BUSY,
        /** No active server answered in time. */
        UNAVAILABLE
    }
}
