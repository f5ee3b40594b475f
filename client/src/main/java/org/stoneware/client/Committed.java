package org.stoneware.client;

/**
 * Outcome of a change.
 *
 * @param status     what happened.
 * @param version    version of the session afterwards, with {@link Status#COMMITTED}.
 * @param detail     for people, when not committed.
 * @param isReleased with {@link Status#COMMITTED}: the change was the last of its use and another Tomcat wants the session, so it is this
 *                   Tomcat's no more. The use is yet to be ended ({@link SessionClient#endGivenUp}), but nothing can be changed in it;
 *                   {@link SessionClient#open} asks for the session anew.
 */
public record Committed(Status status, long version, String detail, boolean isReleased) {
    /** An outcome that takes the session from nobody. */
    public Committed(Status status, long version, String detail) {
        this(status, version, detail, false);
    }

    /** What happened. */
    public enum Status {
        /** Every in-sync server holds the change. */
        COMMITTED,
        /** This Tomcat lost the session to another one meanwhile; nothing was changed. */
        FENCED,
        /** The session is gone (invalidated or expired); nothing was changed. */
        ABSENT,
        /** A session with that id exists; nothing was created or renamed. */
        EXISTS,
        /** The array has no room for the change. */
        FULL,
        /** The session would be larger than the array accepts. */
        TOO_LARGE,
        /** No active server answered in time; the change may or may not be held. */
        UNAVAILABLE
    }

    public boolean isCommitted() {
        return status == Status.COMMITTED;
    }
}
