package org.stoneware.wire.session;

import java.util.List;
import org.stoneware.api.session.SessionDelta;
import org.stoneware.api.session.SessionKey;

/** Hears the requests of one Tomcat, on the agent thread. Flyweights are views valid until the call returns. */
public interface ClientRequestListener {
    /** What the Tomcat that registers was told before; told right before {@link #onRegister}. */
    default void onTold(ToldVersions told) {}

    /**
     * @param owned     what the Tomcat owns since before this epoch, under a lease that held when it sent this.
     * @param namedFrom what of that has this version or a later one is in {@code owned}, the rest is told with {@link #onName}; 0 when
     *                  there is no rest.
     */
    void onRegister(
            long epoch,
            long clientIdHigh,
            long clientIdLow,
            long incarnation,
            long registration,
            String name,
            String productVersion,
            List<String> applications,
            List<OwnedSession> owned,
            long namedFrom);

    /**
     * @param part      counts the messages that belong to one registration from 1.
     * @param namedFrom as in {@link #onRegister}, with this part and those before it; 0 with the last.
     */
    void onName(long epoch, long registration, int part, long namedFrom, List<OwnedSession> owned);

    void onRenew(long epoch, long registration, long sequence);

    void onGetOwn(long epoch, long requestId, long knownVersion, int maxWaitMs, SessionKey key);

    void onWrite(
            long epoch,
            long requestId,
            long answeredBelow,
            long token,
            long accessAgeMs,
            int flags,
            long grant,
            long baseVersion,
            SessionKey key,
            SessionDelta delta);

    void onRemove(long epoch, long requestId, long answeredBelow, long token, long baseVersion, SessionKey key);

    void onRename(
            long epoch,
            long requestId,
            long answeredBelow,
            long token,
            long baseVersion,
            SessionKey from,
            SessionKey to);

    void onRelease(long epoch, long token, long accessAgeMs, long grant, SessionKey key);

    void onTouch(long epoch, long accessAgeMs, SessionKey key);

    void onExpiryDone(long epoch, long jobId);

    void onApplication(long epoch, boolean isAdded, String name);
}
