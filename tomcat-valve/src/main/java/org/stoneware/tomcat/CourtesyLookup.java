package org.stoneware.tomcat;

import org.apache.catalina.Context;
import org.apache.catalina.authenticator.AuthenticatorBase;
import org.apache.catalina.authenticator.NonLoginAuthenticator;
import org.apache.catalina.connector.Request;
import org.jspecify.annotations.Nullable;
import org.stoneware.api.session.SessionKey;

/**
 * A look for a session on Catalina's own account only: in an application without a login, every request passes an authenticator that
 * likes to know who is there. Such a request must not fail for want of the array, nor wait long for another Tomcat. When its page asks
 * for the session, and gets it, the request learns who is there all the same.
 */
final class CourtesyLookup {
    private static final StackWalker STACK = StackWalker.getInstance();
    private static final String CATALINA_REQUEST = Request.class.getName();

    /** How long a page that may need no session waits for one another Tomcat uses. */
    private static final long WAIT_MS = 500;

    private CourtesyLookup() {}

    /** True when the session manager that calls this was asked out of courtesy. */
    static boolean isOngoing(Context context) {
        return context.getAuthenticator() instanceof NonLoginAuthenticator
                && STACK.walk(frames -> frames.map(StackWalker.StackFrame::getClassName)
                        .filter(name -> !CATALINA_REQUEST.equals(name)
                                && !SessionManager.class.getName().equals(name)
                                && !CourtesyLookup.class.getName().equals(name))
                        .findFirst()
                        .filter(AuthenticatorBase.class.getName()::equals)
                        .isPresent());
    }

    /** Opens a session, unless the array can't give it soon: the page may not need it. */
    static @Nullable ClusteredSession open(SessionManager sessions, SessionKey key, RequestScope scope) {
        if (sessions.isConnected()) {
            try {
                return sessions.found(sessions.open(key, WAIT_MS), key, scope);
            } catch (UngrantedException e) {
                // As if there were none; a page that needs it asks again.
            }
        }
        scope.missedInCourtesy();
        return null;
    }
}
