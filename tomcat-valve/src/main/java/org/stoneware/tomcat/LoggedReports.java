package org.stoneware.tomcat;

import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Supplier;
import org.stoneware.api.session.SessionKey;

/** Reports about attributes in the log, one line per attribute name and kind of trouble. */
final class LoggedReports implements AttributeReports {
    private static final Logger LOGGER = System.getLogger(LoggedReports.class.getName());
    /** Names remembered; what comes after them is not reported. */
    static final int MAX_NAMES = 256;

    private final Supplier<String> application;
    private final Set<String> reported = ConcurrentHashMap.newKeySet();

    LoggedReports(Supplier<String> application) {
        this.application = application;
    }

    @Override
    public void quarantined(String name, Exception cause) {
        if (isFirst("quarantined " + name)) {
            LOGGER.log(
                    Level.WARNING,
                    "session attribute can not be read here and is kept as it is: application=" + application.get()
                            + " attribute=" + name + " cause=" + cause);
        }
    }

    @Override
    public void keptLocal(String name, Object value, Exception cause) {
        if (isFirst("local " + name)) {
            LOGGER.log(
                    Level.WARNING,
                    "session attribute can not be serialized and stays in this Tomcat alone: application="
                            + application.get() + " attribute=" + name + " class="
                            + value.getClass().getName() + " cause=" + cause);
        }
    }

    @Override
    public void droppedLocal(String name) {
        if (isFirst("dropped " + name)) {
            LOGGER.log(
                    Level.WARNING,
                    "session attribute that can not be serialized was dropped with the local copy of its session:"
                            + " application=" + application.get() + " attribute=" + name);
        }
    }

    @Override
    public void notActivated(Object value, Throwable cause) {
        String type = value.getClass().getName();
        if (isFirst("activation " + type)) {
            LOGGER.log(
                    Level.WARNING,
                    "session attribute failed when it was activated: application=" + application.get() + " class="
                            + type,
                    cause);
        }
    }

    // With the stack, once per kind of trouble: it may be a defect of ours.
    @Override
    public void notCommitted(SessionKey key, Throwable cause) {
        if (isFirst("commit " + cause)) {
            LOGGER.log(
                    Level.ERROR,
                    "session changes can not be written: application=" + application.get() + " session=" + key,
                    cause);
        }
    }

    private boolean isFirst(String what) {
        return reported.size() < MAX_NAMES && reported.add(what);
    }
}
