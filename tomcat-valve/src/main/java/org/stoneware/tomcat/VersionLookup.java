package org.stoneware.tomcat;

import java.util.List;
import java.util.stream.Collectors;
import org.apache.catalina.connector.CoyoteAdapter;
import org.apache.catalina.connector.Request;
import org.jspecify.annotations.Nullable;
import org.stoneware.api.session.SessionKey;
import org.stoneware.client.Opened;

/**
 * What Catalina asks about a session id before a request has a context: with several versions of an application side by side, which of
 * them has the session; with several session cookies, whether an id is a valid one. There is no response yet that could say that the
 * array can't answer. The valve says it: at once when the version is not known, for the request would be served by any; when the page
 * asks for the session while an id is in doubt.
 * <p>
 * <b>Threading:</b> the lookup and the valve run on one thread.
 */
final class VersionLookup {
    private static final StackWalker STACK = StackWalker.getInstance();
    private static final String ADAPTER = CoyoteAdapter.class.getName();
    private static final String REQUEST = Request.class.getName();
    private static final String ASKS_FOR_VALIDITY = "isRequestedSessionIdValid";
    private static final long NO_WAIT_MS = 0;
    private static final ThreadLocal<@Nullable Failure> FAILURE = new ThreadLocal<>();

    /** What is asked. */
    enum Question {
        NONE,
        /** Has this version of the application the session? */
        VERSION,
        /** Is this id, which came with others, that of a session? */
        VALIDITY
    }

    /**
     * A lookup the array did not answer.
     *
     * @param reason null when only the validity of the id is in doubt.
     */
    private record Failure(String id, @Nullable SessionUnavailableException reason) {}

    private VersionLookup() {}

    /** What Catalina asks the session manager that calls this, in front of the valve. */
    static Question ongoing() {
        List<StackWalker.StackFrame> callers = STACK.walk(
                frames -> frames.filter(frame -> !VersionLookup.class.getName().equals(frame.getClassName())
                                && !SessionManager.class.getName().equals(frame.getClassName()))
                        .limit(2)
                        .collect(Collectors.toList()));
        if (isIn(callers, 0, ADAPTER)) {
            return Question.VERSION;
        }
        return isIn(callers, 0, REQUEST)
                        && ASKS_FOR_VALIDITY.equals(callers.get(0).getMethodName())
                        && isIn(callers, 1, ADAPTER)
                ? Question.VALIDITY
                : Question.NONE;
    }

    private static boolean isIn(List<StackWalker.StackFrame> callers, int index, String className) {
        return index < callers.size() && className.equals(callers.get(index).getClassName());
    }

    /** The session if it is there: any but null will do for an answer, and is good for nothing else. Waits for no other Tomcat. */
    static @Nullable ClusteredSession session(SessionManager sessions, SessionKey key, Question question) {
        Failure earlier = FAILURE.get();
        if (earlier != null && !earlier.id.equals(key.id())) {
            // What an earlier request may have left here is over. What another version did not answer for this one is
            // not.
            FAILURE.remove();
        }
        return question == Question.VERSION ? ofVersion(sessions, key) : ifValid(sessions, key);
    }

    private static @Nullable ClusteredSession ofVersion(SessionManager sessions, SessionKey key) {
        try {
            return look(sessions, key);
        } catch (UngrantedException e) {
            FAILURE.set(new Failure(key.id(), sessions.unavailable("open", key, e.status(), e.detail())));
        } catch (SessionUnavailableException e) {
            FAILURE.set(new Failure(key.id(), e));
        }
        return null;
    }

    // An id in doubt stays: a browser sends the cookie of the longer path first, which is the application's own.
    private static @Nullable ClusteredSession ifValid(SessionManager sessions, SessionKey key) {
        if (sessions.isConnected()) {
            try {
                return look(sessions, key);
            } catch (UngrantedException e) {
                // Said to whoever needs the session.
            }
        }
        FAILURE.set(new Failure(key.id(), null));
        return standIn(sessions);
    }

    private static @Nullable ClusteredSession look(SessionManager sessions, SessionKey key) throws UngrantedException {
        ClusteredSession found;
        try {
            found = sessions.open(key, NO_WAIT_MS);
        } catch (UngrantedException e) {
            if (e.status() != Opened.Status.BUSY) {
                throw e;
            }
            // Another Tomcat uses it, so it is there.
            FAILURE.remove();
            return standIn(sessions);
        }
        if (found != null) {
            FAILURE.remove();
            found.endUse(ClusteredSession.RESTS);
        }
        return found;
    }

    private static ClusteredSession standIn(SessionManager sessions) {
        ClusteredSession session = new ClusteredSession(sessions);
        session.setValid(true);
        return session;
    }

    /** Fails a request whose version is not known; lets its scope know of an id in doubt. */
    static void tell(RequestScope scope, @Nullable String requestedId) {
        Failure failure = FAILURE.get();
        if (failure == null) {
            return;
        }
        FAILURE.remove();
        if (!failure.id.equals(requestedId)) {
            return;
        }
        if (failure.reason != null) {
            throw scope.fail(failure.reason);
        }
        scope.doubt(failure.id);
    }
}
