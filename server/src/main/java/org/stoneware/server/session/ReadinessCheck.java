package org.stoneware.server.session;

import org.agrona.DirectBuffer;
import org.jspecify.annotations.Nullable;
import org.stoneware.api.session.SessionDelta;
import org.stoneware.api.session.SessionKey;
import org.stoneware.api.session.SessionRecord;
import org.stoneware.spi.storage.LoadResult;
import org.stoneware.spi.storage.SessionStore;
import org.stoneware.wire.log.LogEntryAdapter;
import org.stoneware.wire.log.LogEntryListener;

/**
 * Asks the store for the sessions an entry reads or changes; those that are not in memory are on their way there afterwards. What an entry
 * only removes or touches need not be there.
 * <p>
 * <b>Threading:</b> the agent thread.
 */
final class ReadinessCheck implements LogEntryListener {
    /** Nobody waits for one load by name: an entry is asked for again until it is ready. */
    private static final long LOAD_TICKET = 0;

    private final LogEntryAdapter adapter = new LogEntryAdapter();
    private @Nullable SessionStore store;
    private boolean isReady;

    boolean isReady(SessionStore of, DirectBuffer entry, int offset, int length) {
        if (of.isBehind()) {
            return false;
        }
        store = of;
        isReady = true;
        adapter.onEntry(entry, offset, length, this);
        return isReady;
    }

    private void need(SessionKey key) {
        SessionStore of = store;
        if (of != null) {
            LoadResult found = of.load(key, LOAD_TICKET);
            isReady &= found == LoadResult.RESIDENT || found == LoadResult.ABSENT;
        }
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
        need(key);
    }

    @Override
    public void onSessionRemoved(
            long clientIdHigh, long clientIdLow, long requestId, long answeredBelow, SessionKey key) {}

    @Override
    public void onSessionRenamed(
            long clientIdHigh, long clientIdLow, long requestId, long answeredBelow, SessionKey from, SessionKey to) {
        need(from);
        need(to);
    }

    @Override
    public void onSessionTouched(long lastAccessedTimeMs, SessionKey key) {}

    @Override
    public void onSessionExpired(long lastAccessedTimeMs, SessionKey key) {
        need(key);
    }

    @Override
    public void onExpiryDelivered(long jobId) {}

    @Override
    public void onSessionAdopted(@Nullable SessionKey origin, SessionRecord record) {
        need(record.key());
    }

    @Override
    public void onSessionWithdrawn(SessionKey key) {}
}
