package org.stoneware.tomcat;

import org.apache.catalina.Context;
import org.apache.catalina.authenticator.AuthenticatorBase;
import org.apache.catalina.authenticator.NonLoginAuthenticator;
import org.apache.catalina.connector.Request;

/**
 * A look for a session on Catalina's own account only: in an application without a login, every request passes an authenticator that
 * likes to know who is there. Such a request must not fail for want of the array.
 */
final class CourtesyLookup {
    private static final StackWalker STACK = StackWalker.getInstance();
    private static final String CATALINA_REQUEST = Request.class.getName();

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
}
