package org.stoneware.tomcat;

import java.util.List;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;
import org.stoneware.api.session.AttributeKind;
import org.stoneware.api.session.SessionRecord;

/**
 * What a copy shows of its session's content, and what of that the array may not hold yet: the attributes of the application, those of
 * the container, and the interval.
 * <p>
 * <b>Threading:</b> callable from any thread, but for {@link #load} and {@link #held}, which the session calls one at a time.
 */
final class SessionContent {
    private final ClusteredSession session;
    private final SessionAttributes application;
    private final SessionAttributes container;
    private volatile boolean isIntervalChanged;
    private volatile long approximateBytes;

    /**
     * What a delta says of a session, to be remembered once the array holds it.
     *
     * @param hasInterval the interval is part of the delta.
     * @param interval    {@code maxInactiveInterval} in seconds.
     */
    record Collected(
            boolean hasInterval,
            int interval,
            SessionAttributes.Collected application,
            SessionAttributes.Collected container) {}

    private final class Owner implements SessionAttributes.Owner {
        private final boolean isContainer;

        Owner(boolean isContainer) {
            this.isContainer = isContainer;
        }

        @Override
        public boolean isShared(String name, Object value) {
            return isContainer || session.isShared(name, value);
        }

        @Override
        public void changed(AttributeChange change) {
            session.changed(change);
        }

        @Override
        public void activate(Object value) {
            Activation.tell(value, session, session.sessions().reports());
        }
    }

    SessionContent(ClusteredSession session, SessionManager sessions) {
        this.session = session;
        application = new SessionAttributes(
                AttributeKind.APPLICATION, sessions.codec(), sessions.reports(), new Owner(false));
        container =
                new SessionAttributes(AttributeKind.CONTAINER, sessions.codec(), sessions.reports(), new Owner(true));
    }

    SessionAttributes application() {
        return application;
    }

    SessionAttributes container() {
        return container;
    }

    void intervalChanged() {
        isIntervalChanged = true;
    }

    boolean isIntervalChanged() {
        return isIntervalChanged;
    }

    boolean hasChanges() {
        return isIntervalChanged || application.hasChanges() || container.hasChanges();
    }

    /** Names of attributes the array does not hold, because they can't leave this Tomcat. */
    List<String> localNames() {
        return application.localNames();
    }

    /** True when nothing has changed since that was collected. */
    boolean isAll(Collected changes) {
        return isIntervalChanged == changes.hasInterval
                && session.intervalSec() == changes.interval
                && changes.application.isAll()
                && changes.container.isAll();
    }

    /** Forgets what the array may not hold, but for one change, and for the interval: the next record taken in replaces it. */
    void dropChanges(@Nullable AttributeChange kept) {
        application.dropChanges(kept);
        container.dropChanges(kept);
    }

    /**
     * Makes what the array does not hold yet a change of another copy of the session, which answers for it.
     *
     * @param which the changes of attributes to hand over.
     */
    void passOn(SessionContent other, Predicate<AttributeChange> which) {
        if (isIntervalChanged) {
            isIntervalChanged = false;
            other.session.setMaxInactiveInterval(session.intervalSec());
        }
        application.passOn(other.application, which);
        container.passOn(other.container, which);
    }

    /** What the content takes in the array, about. */
    long approximateBytes() {
        return approximateBytes;
    }

    /** Takes in a record, but for what has been changed here and the array does not hold yet. */
    void load(SessionRecord record) {
        approximateBytes = record.length();
        SessionAttributes.Loading ours = application.replaceAll();
        SessionAttributes.Loading theirs = container.replaceAll();
        record.forEach((kind, name, removed, buffer, offset, length) ->
                (kind == AttributeKind.CONTAINER ? theirs : ours).put(name, buffer, offset, length));
        ours.finish();
        theirs.finish();
    }

    /** Adds to a delta what the array does not hold yet. Runs code of the application, see {@link SessionAttributes#collect}. */
    Collected collect(DeltaBuffers.Buffer buffer, boolean lookInside) {
        buffer.builder.reset();
        boolean hasInterval = isIntervalChanged;
        int interval = session.intervalSec();
        if (hasInterval) {
            buffer.builder.maxInactiveIntervalSec(interval);
        }
        return new Collected(
                hasInterval,
                interval,
                application.collect(buffer.builder, buffer.value(), lookInside),
                container.collect(buffer.builder, buffer.value(), false));
    }

    /** The array holds what was collected. */
    void held(Collected changes) {
        if (changes.hasInterval) {
            isIntervalChanged = false;
            if (session.intervalSec() != changes.interval) {
                // Set again meanwhile, and marked before this forgot the mark. Never unmarked here: it may be set right
                // now.
                isIntervalChanged = true;
            }
        }
        changes.application.held();
        changes.container.held();
        approximateBytes = application.approximateBytes() + container.approximateBytes();
    }
}
