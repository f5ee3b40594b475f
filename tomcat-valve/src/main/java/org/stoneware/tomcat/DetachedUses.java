package org.stoneware.tomcat;

import java.util.Objects;
import org.jspecify.annotations.Nullable;
import org.stoneware.client.Committed;
import org.stoneware.client.Opened;
import org.stoneware.client.SessionClient;

/**
 * Uses of sessions by code outside any request scope: earlier valves, listeners, threads of the application. They have a copy in hands
 * that must not be exchanged for another, and no response that could be held back. See ADR 0063.
 * <p>
 * <b>Threading:</b> callable from any thread.
 * <p>
 * <b>Failure:</b> {@link SessionUnavailableException} when the array does not grant the session, or does not take a change.
 */
final class DetachedUses {
    /** Commits before the last use ends, while a thread of the application goes on changing the session all the time. */
    private static final int MAX_LAST_COMMITS = 8;

    private final SessionManager sessions;

    DetachedUses(SessionManager sessions) {
        this.sessions = sessions;
    }

    /** Begins the use of callers outside any request scope; they end it with {@code endAccess}. */
    void begin(ClusteredSession session) {
        if (!session.isValid()) {
            return;
        }
        if (!session.uses().hasDetached()) {
            openAgain(session);
            if (!session.uses().beginDetached()) {
                session.endUse(0);
            }
        }
        // The use may be another request's, or that of the session's creation; this request must hold the session all
        // the same, or nobody looks for what it changes in place.
        RequestScope.accessedOutside(session);
    }

    /**
     * Ends the use of callers outside any request scope when none of them is left, and hands over what they changed in place. No
     * response waits for that any more: what the array does not take is lost, and said so.
     */
    void end(ClusteredSession session) {
        if (!session.uses().isStray()) {
            return;
        }
        commitUnanswered(session, true);
        if (session.uses().endStray()) {
            session.endUse(0);
        }
    }

    /** Hands over what no response waits for, unless it is lost already. */
    void commitUnanswered(ClusteredSession session, boolean lookInside) {
        Committed outcome = session.hasLostChanges() ? null : session.commit(lookInside, null);
        if (outcome != null && !outcome.isCommitted()) {
            sessions.lost(session.key(), outcome.status(), outcome.detail());
        }
    }

    /**
     * Ends one use once the array holds what was changed behind the last commit of the last request that uses the session.
     *
     * @param user the request whose it is; null when it is no request's, or has changed nothing.
     */
    void endUse(ClusteredSession session, long ageMs, @Nullable RequestScope user) {
        for (int commits = 0; !session.endUse(ageMs, user, commits == MAX_LAST_COMMITS); commits++) {
            if (session.isUsed()) {
                commitUnanswered(session, false);
            } else {
                // Given up: the array must be asked again, and it may be this use another Tomcat waits for.
                session.endUse(ageMs, user, true);
                commitAnew(session);
                return;
            }
        }
    }

    /** Lets a request use a session that was touched before the request reached the valve. */
    void adopt(RequestScope scope, ClusteredSession session) {
        try {
            openAgain(session);
        } catch (SessionUnavailableException e) {
            throw scope.fail(e);
        }
        scope.hold(session);
    }

    /** One more use of a copy somebody has in hands. */
    private void openAgain(ClusteredSession session) {
        SessionClient client = sessions.client();
        // Not by way of the array while the copy is in use: another Tomcat may wait there for the very use of this
        // thread.
        if (session.isUsed() && client.share(session.key())) {
            if (!session.beginUse()) {
                sessions.end(session.key(), 0);
                throw sessions.unavailable(
                        "open", session.key(), Committed.Status.FENCED, "the array has another copy");
            }
            return;
        }
        Opened opened = client.open(session.key(), session.version());
        boolean isGranted = opened.status() == Opened.Status.CURRENT || opened.status() == Opened.Status.LOADED;
        if (!isGranted || !session.useAgain(opened)) {
            if (isGranted) {
                sessions.end(session.key(), 0);
            }
            throw sessions.unavailable("open", session.key(), opened.status(), opened.detail());
        }
    }

    /**
     * Hands over a change made outside any request scope, at once.
     *
     * @param change of an attribute; null when it is another, or more than one.
     */
    void commit(ClusteredSession session, @Nullable AttributeChange change) {
        try {
            Committed outcome = tryCommit(session, change);
            if (outcome != null && !outcome.isCommitted()) {
                throw sessions.unavailable("commit", session.key(), outcome.status(), outcome.detail());
            }
        } catch (UngrantedException e) {
            throw sessions.unavailable("open", session.key(), e.status(), e.detail());
        }
        if (change != null && change.isDropped()) {
            throw sessions.unavailable(
                    "commit", session.key(), Committed.Status.FENCED, "dropped with changes the array did not take");
        }
    }

    /**
     * Hands over what was changed in a use behind the commit that gave the session up. What the array does not take is said; the copy keeps it for
     * its next use.
     */
    void commitAnew(ClusteredSession session) {
        try {
            Committed outcome = session.isLost() ? session.lostCopy() : tryCommit(session, null);
            if (outcome != null && !outcome.isCommitted()) {
                sessions.lost(session.key(), outcome.status(), outcome.detail());
            }
        } catch (UngrantedException e) {
            sessions.lost(session.key(), e.status(), e.detail());
        }
    }

    private @Nullable Committed tryCommit(ClusteredSession session, @Nullable AttributeChange change)
            throws UngrantedException {
        SessionClient client = sessions.client();
        boolean isOpen = session.uses().hasDetached();
        boolean isUsed = isOpen || session.isUsed();
        if (isUsed && session.isLost()) {
            // Those who use it fail, and nobody else must.
            return session.lostCopy();
        }
        if (!isUsed && passOn(session, change)) {
            return null;
        }
        boolean isShared = !isOpen && isUsed && client.share(session.key());
        long granted = isOpen || isShared ? SessionClient.NO_VERSION : openToCommit(client, session, change);
        try {
            return isOpen || isShared ? session.commit(false, null) : session.commitOnTop(granted);
        } finally {
            if (!isOpen) {
                sessions.end(session.key(), 0);
            }
        }
    }

    /**
     * Makes a change of a copy that is not this Tomcat's one of the copy that is, while requests use that. Otherwise that one is dropped.
     *
     * @return false when there is no other copy any more.
     */
    private boolean passOn(ClusteredSession session, @Nullable AttributeChange change) {
        ClusteredSession other = sessions.copy(session.key().id());
        if (other == null || other == session) {
            return false;
        }
        boolean mayGo = other.content().localNames().isEmpty();
        if (mayGo && other.drop()) {
            return false;
        }
        session.passOn(other, change);
        return true;
    }

    /** Returns the version the array has granted. */
    private long openToCommit(SessionClient client, ClusteredSession session, @Nullable AttributeChange change)
            throws UngrantedException {
        // For a lost copy without a version: nobody knows what it is a copy of.
        long known = session.isLost() ? SessionClient.NO_VERSION : session.version();
        Opened opened = client.open(session.key(), known);
        switch (opened.status()) {
            case CURRENT -> {
                if (!session.comeBack()) {
                    // Another copy may be about to commit: then this one will have a newer version without knowing
                    // that.
                    session.fallBehind();
                }
            }
            case LOADED -> {
                if (!session.takeIn(Objects.requireNonNull(opened.record()), opened.logTimeMs(), change)) {
                    // The changed attributes go on top of what others made of the session; this copy does not know
                    // that.
                    session.fallBehind();
                    sessions.forget(session);
                }
            }
            default -> throw new UngrantedException(opened.status(), opened.detail());
        }
        ClusteredSession other = sessions.copy(session.key().id());
        if (other != null && other != session && !session.isLost()) {
            // It will not know what is committed now; whoever uses it must not write over that.
            other.lose();
        }
        return opened.version();
    }
}
