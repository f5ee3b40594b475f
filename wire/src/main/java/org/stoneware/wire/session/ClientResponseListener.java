package org.stoneware.wire.session;

import java.util.List;
import org.jspecify.annotations.Nullable;
import org.stoneware.api.session.SessionKey;
import org.stoneware.api.session.SessionRecord;

/** Hears what the active server answers and tells, on the agent thread. Flyweights are views valid until the call returns. */
public interface ClientResponseListener {
    /**
     * @param refused    what the registration named and this Tomcat does not own in this epoch.
     * @param clientLogs where the configuration wants the client's log, placeholders not replaced; empty when it does not say.
     */
    void onRegistered(
            long epoch,
            long registration,
            int leaseMs,
            int maxSessionBytes,
            String serverName,
            String clientLogs,
            List<OwnedSession> refused);

    /** @param refused what that part of the names held and this Tomcat does not own in this epoch. */
    void onNamed(long epoch, long registration, int part, List<OwnedSession> refused);

    /** Where the log of the active begins that has answered a registration; told right before {@link #onRegistered}. */
    default void onLogStart(LogStart logStart) {}

    void onRenewed(long epoch, long sequence);

    /**
     * @param lastAccessedTimeMs log time of the last access of the session, by whatever Tomcat; 0 when it is not granted.
     * @param record             null unless the status is {@link OwnStatus#LOADED}.
     */
    void onOwned(
            long epoch,
            long requestId,
            long token,
            long version,
            long logTimeMs,
            OwnStatus status,
            int hints,
            long grant,
            long lastAccessedTimeMs,
            @Nullable SessionRecord record);

    void onWritten(long epoch, long requestId, long token, long version, WriteStatus status, int hints);

    void onRecall(long epoch, long token, long grant, SessionKey key);

    void onExpired(long epoch, long jobId, long logTimeMs, SessionRecord record);

    void onMustRegister(long epoch);
}
