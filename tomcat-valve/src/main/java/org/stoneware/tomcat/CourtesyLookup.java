package org.stoneware.tomcat;

import java.util.Set;
import org.apache.catalina.Context;
import org.apache.catalina.authenticator.AuthenticatorBase;
import org.apache.catalina.authenticator.NonLoginAuthenticator;
import org.apache.catalina.connector.Request;
import org.stoneware.api.session.SessionKey;

/**
 * A look for a session on Catalina's own account only: in an application without a login, every request passes an authenticator that
 * likes to know who is there. Such a request must not fail for want of the array, nor wait long for another Tomcat, nor use the session:
 * a stream or a download whose page never asks for it would keep it from other Tomcats. When the page does ask, it gets the session by a
 * look of its own, and the request learns who is there if it did not yet.
 */
final class CourtesyLookup {
    private static final StackWalker STACK = StackWalker.getInstance();
    private static final String AUTHENTICATOR = AuthenticatorBase.class.getName();
    private static final Set<String> BETWEEN =
            Set.of(Request.class.getName(), SessionManager.class.getName(), CourtesyLookup.class.getName());
    /** The method of the authenticator every request passes. */
    private static final String EACH_REQUEST = "invoke";
    /** Its method behind {@code login}, {@code logout} and whatever else decides who is there. */
    private static final String LOGIN = "register";

    /** How long a page that may need no session waits for one another Tomcat uses. */
    private static final long WAIT_MS = 500;

    private CourtesyLookup() {}

    /** True when the session manager that calls this was asked out of courtesy. */
    static boolean isOngoing(Context context) {
        return context.getAuthenticator() instanceof NonLoginAuthenticator && isAskedBy(EACH_REQUEST);
    }

    /** True when the session manager that calls this was asked in order to change who is logged in. */
    static boolean isLoginOngoing() {
        return isAskedBy(LOGIN);
    }

    private static boolean isAskedBy(String method) {
        return STACK.walk(frames -> frames.filter(frame -> !BETWEEN.contains(frame.getClassName()))
                .findFirst()
                .filter(frame -> AUTHENTICATOR.equals(frame.getClassName()) && method.equals(frame.getMethodName()))
                .isPresent());
    }

    /**
     * Tells a request who is logged in by its session, as the authenticator does that gets one; or notes that it is to be told later,
     * when the array can't give the session soon: the page may not need it.
     */
    static void logIn(SessionManager sessions, SessionKey key, RequestScope scope) {
        ClusteredSession session = null;
        boolean isAnswered = false;
        if (sessions.isConnected()) {
            try {
                session = sessions.open(key, WAIT_MS);
                isAnswered = true;
            } catch (UngrantedException e) {
                // As if there were none; a page that needs it asks again.
            }
        }
        if (session != null) {
            try {
                scope.logIn(session);
            } finally {
                session.endUse(ClusteredSession.RESTS);
            }
        } else if (isAnswered && !scope.isInDoubt(key.id())) {
            scope.absent(sessions, key.id());
        } else {
            scope.missedInCourtesy();
        }
    }
}
