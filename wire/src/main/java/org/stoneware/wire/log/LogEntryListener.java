package org.stoneware.wire.log;

import org.jspecify.annotations.Nullable;
import org.stoneware.api.session.SessionDelta;
import org.stoneware.api.session.SessionKey;
import org.stoneware.api.session.SessionRecord;

/** Hears decoded log entries. Flyweights are views valid until the call returns. */
public interface LogEntryListener {
    void onClientRegistered(long clientIdHigh, long clientIdLow, long incarnation);

    void onClientForgotten(long clientIdHigh, long clientIdLow);

    void onSessionWritten(
            long clientIdHigh,
            long clientIdLow,
            long requestId,
            long answeredBelow,
            long lastAccessedTimeMs,
            int flags,
            SessionKey key,
            SessionDelta delta);

    void onSessionRemoved(long clientIdHigh, long clientIdLow, long requestId, long answeredBelow, SessionKey key);

    void onSessionRenamed(
            long clientIdHigh, long clientIdLow, long requestId, long answeredBelow, SessionKey from, SessionKey to);

    void onSessionTouched(long lastAccessedTimeMs, SessionKey key);

    void onSessionExpired(long lastAccessedTimeMs, SessionKey key);

    void onExpiryDelivered(long jobId);

    /** @param origin key the session had here until now; null when it is the same, or the session was not here. */
    void onSessionAdopted(@Nullable SessionKey origin, SessionRecord record);

    void onSessionWithdrawn(SessionKey key);
}
