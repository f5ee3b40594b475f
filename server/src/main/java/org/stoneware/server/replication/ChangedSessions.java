package org.stoneware.server.replication;

import java.util.Iterator;
import java.util.LinkedHashSet;
import java.util.Set;
import org.agrona.DirectBuffer;
import org.jspecify.annotations.Nullable;
import org.stoneware.api.session.SessionDelta;
import org.stoneware.api.session.SessionKey;
import org.stoneware.api.session.SessionRecord;
import org.stoneware.wire.log.LogEntryAdapter;
import org.stoneware.wire.log.LogEntryListener;

/** Sessions named by log entries and not sent since, each once, in the order they were first named. */
final class ChangedSessions implements LogEntryListener {
    private final Set<SessionKey> keys = new LinkedHashSet<>();
    private final LogEntryAdapter adapter = new LogEntryAdapter();

    /** Notes the sessions an entry may have changed. */
    void note(DirectBuffer entry, int offset, int length) {
        adapter.onEntry(entry, offset, length, this);
    }

    void note(SessionKey key) {
        keys.add(key);
    }

    Iterator<SessionKey> iterator() {
        return keys.iterator();
    }

    int size() {
        return keys.size();
    }

    @Override
    public void onClientRegistered(long clientIdHigh, long clientIdLow, long incarnation) {}

    @Override
    public void onClientForgotten(long clientIdHigh, long clientIdLow) {}

    @Override
    public void onSessionWritten(
            long clientIdHigh,
            long clientIdLow,
            long requestId,
            long answeredBelow,
            long lastAccessedTimeMs,
            int flags,
            SessionKey key,
            SessionDelta delta) {
        keys.add(key);
    }

    @Override
    public void onSessionRemoved(
            long clientIdHigh, long clientIdLow, long requestId, long answeredBelow, SessionKey key) {
        keys.add(key);
    }

    @Override
    public void onSessionRenamed(
            long clientIdHigh, long clientIdLow, long requestId, long answeredBelow, SessionKey from, SessionKey to) {
        keys.add(from);
        keys.add(to);
    }

    @Override
    public void onSessionTouched(long lastAccessedTimeMs, SessionKey key) {
        keys.add(key);
    }

    @Override
    public void onSessionExpired(long lastAccessedTimeMs, SessionKey key) {
        keys.add(key);
    }

    @Override
    public void onExpiryDelivered(long jobId) {}

    @Override
    public void onSessionAdopted(@Nullable SessionKey origin, SessionRecord record) {
        if (origin != null) {
            keys.add(origin);
        }
        keys.add(record.key());
    }

    @Override
    public void onSessionWithdrawn(SessionKey key) {
        keys.add(key);
    }
}
