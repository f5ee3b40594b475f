package org.stoneware.tomcat;

import org.apache.catalina.session.StandardSession;

/**
 * Tomcat's manager application ends sessions that have been idle for some time, by what this Tomcat's copy says. Everybody else who ends a
 * session means it.
 */
final class IdleExpiry {
    private static final StackWalker STACK = StackWalker.getInstance();
    private static final String MANAGER = "org.apache.catalina.manager.ManagerServlet";

    private IdleExpiry() {}

    /** True when the session that calls this is ended because it seems idle. */
    static boolean isOngoing() {
        return STACK.walk(frames -> frames.map(StackWalker.StackFrame::getClassName)
                .filter(name -> !IdleExpiry.class.getName().equals(name)
                        && !ClusteredSession.class.getName().equals(name)
                        && !StandardSession.class.getName().equals(name))
                .findFirst()
                .filter(MANAGER::equals)
                .isPresent());
    }
}
