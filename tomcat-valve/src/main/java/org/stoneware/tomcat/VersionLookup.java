package org.stoneware.tomcat;

import org.apache.catalina.connector.CoyoteAdapter;
import org.jspecify.annotations.Nullable;
import org.stoneware.api.session.SessionKey;
import org.stoneware.client.Opened;

/**
 * With several versions of an application side by side, Catalina asks the manager of each for the session before it chooses one. There
 * is no response yet that could say that the array can't answer; whatever version is chosen then, its valve says it.
 * <p>
 * <b>Threading:</b> the lookup and the valve run on one thread.
 */
final class VersionLookup {
    private static final StackWalker STACK = StackWalker.getInstance();
    private static final String ADAPTER = CoyoteAdapter.class.getName();
    private static final long NO_WAIT_MS = 0;
    private static final ThreadLocal<@Nullable Failure> FAILURE = new ThreadLocal<>();

    /** A lookup the array did not answer. */
    private record Failure(String id, SessionUnavailableException reason) {}

    private VersionLookup() {}

    /** True when Catalina asks the session manager that calls this which version has a session. */
    static boolean isOngoing() {
        return STACK.walk(frames -> frames.map(StackWalker.StackFrame::getClassName)
                .filter(name -> !VersionLookup.class.getName().equals(name)
                        && !SessionManager.class.getName().equals(name))
                .findFirst()
                .filter(ADAPTER::equals)
                .isPresent());
    }

    /** The session if its version has it: any but null will do for an answer, and is good for nothing else. */
    static @Nullable ClusteredSession session(SessionManager sessions, SessionKey key) {
        // What an earlier request may have left here is over.
        FAILURE.remove();
        try {
            ClusteredSession session = sessions.open(key, NO_WAIT_MS);
            if (session != null) {
                session.endUse(0);
            }
            return session;
        } catch (UngrantedException e) {
            if (e.status() == Opened.Status.BUSY) {
                // Another Tomcat uses it, so it is there.
                return new ClusteredSession(sessions);
            }
            FAILURE.set(new Failure(key.id(), sessions.unavailable("open", key, e.status(), e.detail())));
        } catch (SessionUnavailableException e) {
            FAILURE.set(new Failure(key.id(), e));
        }
        return null;
    }

    /** Fails a request whose version is not known. */
    static void throwFailure(RequestScope scope, @Nullable String requestedId) {
        Failure failure = FAILURE.get();
        if (failure != null) {
            FAILURE.remove();
            if (failure.id.equals(requestedId)) {
                throw scope.fail(failure.reason);
            }
        }
    }
}
