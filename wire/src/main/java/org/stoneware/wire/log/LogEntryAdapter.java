package org.stoneware.wire.log;

import org.agrona.DirectBuffer;
import org.agrona.concurrent.UnsafeBuffer;
import org.jspecify.annotations.Nullable;
import org.stoneware.api.session.SessionDelta;
import org.stoneware.api.session.SessionKey;
import org.stoneware.api.session.SessionRecord;
import org.stoneware.wire.log.codec.ClientForgottenDecoder;
import org.stoneware.wire.log.codec.ClientRegisteredDecoder;
import org.stoneware.wire.log.codec.ExpiryDeliveredDecoder;
import org.stoneware.wire.log.codec.MessageHeaderDecoder;
import org.stoneware.wire.log.codec.SessionAdoptedDecoder;
import org.stoneware.wire.log.codec.SessionExpiredDecoder;
import org.stoneware.wire.log.codec.SessionRemovedDecoder;
import org.stoneware.wire.log.codec.SessionRenamedDecoder;
import org.stoneware.wire.log.codec.SessionTouchedDecoder;
import org.stoneware.wire.log.codec.SessionWithdrawnDecoder;
import org.stoneware.wire.log.codec.SessionWrittenDecoder;
import org.stoneware.wire.session.WireException;

/**
 * Decodes a log entry and calls {@link LogEntryListener}.
 * <p>
 * <b>Threading:</b> one thread at a time.
 * <p>
 * <b>Failure:</b> an entry of an unknown schema or template throws {@link WireException}: a replica that can't apply an entry must
 * stop being one.
 */
public final class LogEntryAdapter {
    private final UnsafeBuffer entry = new UnsafeBuffer(new byte[0]);
    private final UnsafeBuffer part = new UnsafeBuffer(new byte[0]);
    private final MessageHeaderDecoder header = new MessageHeaderDecoder();
    private final ClientRegisteredDecoder clientRegistered = new ClientRegisteredDecoder();
    private final ClientForgottenDecoder clientForgotten = new ClientForgottenDecoder();
    private final SessionWrittenDecoder written = new SessionWrittenDecoder();
    private final SessionRemovedDecoder removed = new SessionRemovedDecoder();
    private final SessionRenamedDecoder renamed = new SessionRenamedDecoder();
    private final SessionTouchedDecoder touched = new SessionTouchedDecoder();
    private final SessionExpiredDecoder expired = new SessionExpiredDecoder();
    private final ExpiryDeliveredDecoder delivered = new ExpiryDeliveredDecoder();
    private final SessionAdoptedDecoder adopted = new SessionAdoptedDecoder();
    private final SessionWithdrawnDecoder withdrawn = new SessionWithdrawnDecoder();
    private final SessionDelta delta = new SessionDelta();
    private final SessionRecord record = new SessionRecord();

    /** Decodes one entry. */
    public void onEntry(DirectBuffer buffer, int offset, int length, LogEntryListener listener) {
        if (length < MessageHeaderDecoder.ENCODED_LENGTH) {
            throw new WireException("shorter than a header: length=" + length);
        }
        entry.wrap(buffer, offset, length);
        try {
            dispatch(listener);
        } catch (IndexOutOfBoundsException | IllegalArgumentException e) {
            throw new WireException("malformed log entry: template=" + header.templateId() + " length=" + length
                    + " cause=" + e.getMessage());
        }
    }

    private void dispatch(LogEntryListener listener) {
        header.wrap(entry, 0);
        if (header.schemaId() != LogProtocol.SCHEMA_ID) {
            throw new WireException("unknown schema: schemaId=" + header.schemaId());
        }
        switch (header.templateId()) {
            case ClientRegisteredDecoder.TEMPLATE_ID -> {
                clientRegistered.wrapAndApplyHeader(entry, 0, header);
                listener.onClientRegistered(
                        clientRegistered.clientIdHigh(),
                        clientRegistered.clientIdLow(),
                        clientRegistered.incarnation());
            }
            case ClientForgottenDecoder.TEMPLATE_ID -> {
                clientForgotten.wrapAndApplyHeader(entry, 0, header);
                listener.onClientForgotten(clientForgotten.clientIdHigh(), clientForgotten.clientIdLow());
            }
            case SessionWrittenDecoder.TEMPLATE_ID -> decodeWritten(listener);
            case SessionRemovedDecoder.TEMPLATE_ID -> {
                removed.wrapAndApplyHeader(entry, 0, header);
                removed.wrapKey(part);
                listener.onSessionRemoved(
                        removed.clientIdHigh(),
                        removed.clientIdLow(),
                        removed.requestId(),
                        removed.answeredBelow(),
                        key());
            }
            case SessionRenamedDecoder.TEMPLATE_ID -> {
                renamed.wrapAndApplyHeader(entry, 0, header);
                renamed.wrapFrom(part);
                SessionKey from = key();
                renamed.wrapTo(part);
                listener.onSessionRenamed(
                        renamed.clientIdHigh(),
                        renamed.clientIdLow(),
                        renamed.requestId(),
                        renamed.answeredBelow(),
                        from,
                        key());
            }
            case SessionTouchedDecoder.TEMPLATE_ID -> {
                touched.wrapAndApplyHeader(entry, 0, header);
                touched.wrapKey(part);
                listener.onSessionTouched(touched.lastAccessedTimeMs(), key());
            }
            case SessionExpiredDecoder.TEMPLATE_ID -> {
                expired.wrapAndApplyHeader(entry, 0, header);
                expired.wrapKey(part);
                listener.onSessionExpired(expired.lastAccessedTimeMs(), key());
            }
            case ExpiryDeliveredDecoder.TEMPLATE_ID -> {
                delivered.wrapAndApplyHeader(entry, 0, header);
                listener.onExpiryDelivered(delivered.jobId());
            }
            case SessionAdoptedDecoder.TEMPLATE_ID -> decodeAdopted(listener);
            case SessionWithdrawnDecoder.TEMPLATE_ID -> {
                withdrawn.wrapAndApplyHeader(entry, 0, header);
                withdrawn.wrapKey(part);
                listener.onSessionWithdrawn(key());
            }
            default -> throw new WireException("unknown log entry: template=" + header.templateId());
        }
    }

    private void decodeWritten(LogEntryListener listener) {
        written.wrapAndApplyHeader(entry, 0, header);
        written.wrapKey(part);
        SessionKey key = key();
        written.wrapDelta(part);
        listener.onSessionWritten(
                written.clientIdHigh(),
                written.clientIdLow(),
                written.requestId(),
                written.answeredBelow(),
                written.lastAccessedTimeMs(),
                written.flags(),
                key,
                delta.wrap(part, 0));
    }

    private void decodeAdopted(LogEntryListener listener) {
        adopted.wrapAndApplyHeader(entry, 0, header);
        adopted.wrapOrigin(part);
        @Nullable SessionKey origin = part.capacity() == 0 ? null : key();
        adopted.wrapRecord(part);
        @Nullable String problem = SessionRecord.problem(part, 0, part.capacity());
        if (problem != null) {
            throw new WireException("malformed session in log entry: problem=" + problem);
        }
        listener.onSessionAdopted(origin, record.wrap(part, 0));
    }

    private SessionKey key() {
        return SessionKey.decode(part, 0, part.capacity());
    }
}
