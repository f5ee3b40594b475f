package org.stoneware.tomcat;

import org.stoneware.api.session.SessionRecord;
import org.stoneware.client.Committed;
import org.stoneware.client.Opened;
import org.stoneware.client.SessionClient;

/**
 * How sessions end: by the application, by an operator, or by the array for lack of use.
 * <p>
 * <b>Threading:</b> callable from any thread.
 */
final class SessionEndings {
    /** What the array knows of a last access may be off by that much: accesses are reported within a second. */
    private static final long ACCESS_TOLERANCE_MS = 2_000;

    private final SessionManager sessions;

    SessionEndings(SessionManager sessions) {
        this.sessions = sessions;
    }

    /** Takes a session away from the array that has ended here. */
    void removeFromArray(ClusteredSession session) {
        if (!session.isStored() || session.isRemoved()) {
            session.removed();
            return;
        }
        boolean needsUse = !session.isUsed();
        Opened opened = null;
        if (needsUse) {
            // Somebody ends a session no request of this Tomcat is using: the manager application, or JMX.
            opened = sessions.client().open(session.key(), session.version());
        }
        if (opened != null && opened.status() == Opened.Status.ABSENT) {
            session.removed();
        } else if (opened != null && opened.record() == null && opened.status() != Opened.Status.CURRENT) {
            SessionManager.fail(sessions.unavailable("remove", session.key(), opened.status(), opened.detail()));
        } else {
            Committed removed = session.removeFromArray();
            if (needsUse) {
                sessions.end(session.key(), 0);
            }
            if (!removed.isCommitted() && removed.status() != Committed.Status.ABSENT) {
                // Not thrown: Catalina is in the middle of ending the session here. The response does not leave.
                SessionManager.fail(sessions.unavailable("remove", session.key(), removed.status(), removed.detail()));
            }
        }
    }

    /**
     * The array has ended a session for lack of use.
     *
     * @return false when the application's listeners may lack what they use, or did not run.
     */
    boolean expired(SessionRecord record, long logTimeMs) {
        if (!sessions.takesExpiries()) {
            return false;
        }
        ClusteredSession session = sessions.copy(record.key().id());
        if (session == null || session.isUsed() || session.version() != record.version()) {
            if (session != null) {
                // Unless somebody uses it.
                session.drop();
            }
            session = new ClusteredSession(sessions);
            session.refresh(record, logTimeMs);
        }
        // As Catalina does, to tell the application.
        session.removed();
        session.expire(true);
        sessions.giveBackWhenNotKept(record.key());
        return sessions.takesExpiries();
    }

    /**
     * True when a session that seems idle here is used at another Tomcat, or has been since it was used here, or nobody knows. The copy
     * takes in when.
     */
    boolean isUsedSince(ClusteredSession session) {
        if (session.isUsed()) {
            return true;
        }
        if (!session.isStored() || session.isRemoved()) {
            return false;
        }
        // Without a version: the answer has the times.
        Opened opened = sessions.client().open(session.key(), SessionClient.NO_VERSION);
        SessionRecord record = opened.record();
        if (record == null) {
            return opened.status() != Opened.Status.ABSENT;
        }
        long sinceMs =
                accessTimeMs(record.lastAccessedTimeMs(), opened.logTimeMs()) - session.getThisAccessedTimeInternal();
        boolean isUsedSince = record.version() > session.version() || sinceMs > ACCESS_TOLERANCE_MS;
        // To look is no use: the array keeps the last access it knows.
        long idleMs = Math.max(0, opened.logTimeMs() - record.lastAccessedTimeMs());
        if (session.refresh(record, opened.logTimeMs())) {
            session.endUse(idleMs);
        } else {
            sessions.end(session.key(), idleMs);
        }
        return isUsedSince;
    }

    /** The last access the array knows of, by the clock of this machine: an age counts, since clocks may differ. */
    static long accessTimeMs(long lastAccessedTimeMs, long logTimeMs) {
        return System.currentTimeMillis() - (logTimeMs - lastAccessedTimeMs);
    }
}
