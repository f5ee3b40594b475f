package org.stoneware.server.request;

import java.util.List;
import org.agrona.ExpandableArrayBuffer;
import org.stoneware.api.session.SessionRecord;
import org.stoneware.server.session.GrownBuffer;
import org.stoneware.wire.session.ClientResponsePublisher;
import org.stoneware.wire.session.LogStart;
import org.stoneware.wire.session.OwnStatus;
import org.stoneware.wire.session.OwnedSession;
import org.stoneware.wire.session.SessionProtocol;
import org.stoneware.wire.session.WriteStatus;

/**
 * Says to Tomcats what was decided, in the epoch of its processor. Who is away is told nothing: it asks again when it is back.
 * <p>
 * <b>Threading:</b> the agent thread.
 */
final class ClientReplies {
    private final long epoch;
    private final LogStart logStart;
    private final ClientResponsePublisher responses = new ClientResponsePublisher();
    private ExpandableArrayBuffer out = new ExpandableArrayBuffer(4096);

    ClientReplies(long epoch, LogStart logStart) {
        this.epoch = epoch;
        this.logStart = logStart;
    }

    void registered(ClientPort to, long registration, RequestLimits limits, List<OwnedSession> refused) {
        to.send(
                out,
                responses.registered(
                        out,
                        epoch,
                        registration,
                        SessionProtocol.LEASE_MS,
                        limits.maxSessionBytes(),
                        logStart,
                        limits.serverName(),
                        limits.clientLogs(),
                        refused));
    }

    void named(ClientPort to, long registration, int part, List<OwnedSession> refused) {
        to.send(out, responses.named(out, epoch, registration, part, refused));
    }

    void mustRegister(ClientPort to) {
        to.send(out, responses.mustRegister(out, epoch));
    }

    void renewed(ClientPort to, long sequence) {
        to.send(out, responses.renewed(out, epoch, sequence));
    }

    void written(ClientPort to, long requestId, long token, long version, WriteStatus status, int hints) {
        to.send(out, responses.written(out, epoch, requestId, token, version, status, hints));
    }

    /** Answers that nothing was granted. */
    void notOwned(ClientRow to, long requestId, long logTimeMs, OwnStatus status) {
        if (to.port != null) {
            to.port.send(out, responses.owned(out, epoch, requestId, 0, 0, logTimeMs, status, 0, 0, 0, null));
        }
    }

    /**
     * @param session   what the Tomcat gets to use.
     * @param isCurrent it has this version of the session.
     */
    void granted(
            ClientRow to,
            long requestId,
            SessionOwnership.Row row,
            SessionRecord session,
            long logTimeMs,
            int hints,
            boolean isCurrent) {
        if (to.port != null) {
            to.port.send(
                    out,
                    responses.owned(
                            out,
                            epoch,
                            requestId,
                            row.token,
                            session.version(),
                            logTimeMs,
                            isCurrent ? OwnStatus.CURRENT : OwnStatus.LOADED,
                            hints,
                            row.grant,
                            session.lastAccessedTimeMs(),
                            isCurrent ? null : session));
            out = GrownBuffer.afterUse(out);
        }
    }

    void recall(SessionOwnership.Row row) {
        if (row.owner != null && row.owner.port != null) {
            row.owner.port.send(out, responses.recall(out, epoch, row.token, row.grant, row.key));
        }
    }

    void expired(ClientRow to, long jobId, long logTimeMs, SessionRecord record) {
        if (to.port != null) {
            to.port.send(out, responses.expired(out, epoch, jobId, logTimeMs, record));
            out = GrownBuffer.afterUse(out);
        }
    }
}
