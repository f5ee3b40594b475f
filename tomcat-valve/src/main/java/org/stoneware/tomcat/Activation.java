package org.stoneware.tomcat;

import static java.lang.invoke.MethodType.methodType;

import java.lang.invoke.MethodHandle;
import java.lang.invoke.MethodHandles;
import org.apache.catalina.Session;
import org.apache.tomcat.util.ExceptionUtils;

/**
 * Tells values that were made by another Tomcat, and are {@code HttpSessionActivationListener}s, that their session is here now.
 * <p>
 * By method handles: the servlet types are javax in Tomcat 9 and jakarta from Tomcat 10 on.
 * <p>
 * <b>Threading:</b> callable from any thread; the listener runs on the caller's.
 */
final class Activation {
    private static final Class<?> LISTENER;
    /** Takes a listener and its session. */
    private static final MethodHandle TELL;

    static {
        try {
            Class<?> httpSession = Session.class.getMethod("getSession").getReturnType();
            ClassLoader loader = httpSession.getClassLoader();
            LISTENER = Class.forName(httpSession.getName() + "ActivationListener", false, loader);
            Class<?> event = Class.forName(httpSession.getName() + "Event", false, loader);
            MethodHandles.Lookup lookup = MethodHandles.publicLookup();
            MethodHandle getSession = lookup.findVirtual(Session.class, "getSession", methodType(httpSession));
            MethodHandle newEvent = lookup.findConstructor(event, methodType(void.class, httpSession));
            MethodHandle tell = lookup.findVirtual(LISTENER, "sessionDidActivate", methodType(void.class, event));
            TELL = MethodHandles.collectArguments(tell, 1, MethodHandles.filterReturnValue(getSession, newEvent))
                    .asType(methodType(void.class, Object.class, Session.class));
        } catch (ReflectiveOperationException e) {
            throw new ExceptionInInitializerError(e);
        }
    }

    private Activation() {}

    static boolean isWanted(Object value) {
        return LISTENER.isInstance(value);
    }

    /** Calls a listener; one that fails is reported, and its value shown all the same, as in Catalina. */
    static void tell(Object listener, Session session, AttributeReports reports) {
        try {
            TELL.invokeExact(listener, session);
        } catch (Throwable e) {
            // The application's code may throw anything, and a handle declares it.
            ExceptionUtils.handleThrowable(e);
            reports.notActivated(listener, e);
        }
    }
}
