package org.stoneware.wire.log;

import org.agrona.ExpandableArrayBuffer;
import org.agrona.MutableDirectBuffer;
import org.jspecify.annotations.Nullable;
import org.stoneware.api.session.SessionDelta;
import org.stoneware.api.session.SessionKey;
import org.stoneware.api.session.SessionRecord;
import org.stoneware.wire.log.codec.ClientForgottenEncoder;
import org.stoneware.wire.log.codec.ClientRegisteredEncoder;
import org.stoneware.wire.log.codec.ExpiryDeliveredEncoder;
import org.stoneware.wire.log.codec.MessageHeaderEncoder;
import org.stoneware.wire.log.codec.SessionAdoptedEncoder;
import org.stoneware.wire.log.codec.SessionExpiredEncoder;
import org.stoneware.wire.log.codec.SessionRemovedEncoder;
import org.stoneware.wire.log.codec.SessionRenamedEncoder;
import org.stoneware.wire.log.codec.SessionTouchedEncoder;
import org.stoneware.wire.log.codec.SessionWithdrawnEncoder;
import org.stoneware.wire.log.codec.SessionWrittenEncoder;

/**
 * Encodes log entries. Each method writes one entry from offset 0 of a buffer the caller gives and returns its length.
 * <p>
 * <b>Threading:</b> one thread at a time.
 */
public final class LogEntryPublisher {
    private final MessageHeaderEncoder header = new MessageHeaderEncoder();
    private final ClientRegisteredEncoder clientRegistered = new ClientRegisteredEncoder();
    private final ClientForgottenEncoder clientForgotten = new ClientForgottenEncoder();
    private final SessionWrittenEncoder written = new SessionWrittenEncoder();
    private final SessionRemovedEncoder removed = new SessionRemovedEncoder();
    private final SessionRenamedEncoder renamed = new SessionRenamedEncoder();
    private final SessionTouchedEncoder touched = new SessionTouchedEncoder();
    private final SessionExpiredEncoder expired = new SessionExpiredEncoder();
    private final ExpiryDeliveredEncoder delivered = new ExpiryDeliveredEncoder();
    private final SessionAdoptedEncoder adopted = new SessionAdoptedEncoder();
    private final SessionWithdrawnEncoder withdrawn = new SessionWithdrawnEncoder();
    private final ExpandableArrayBuffer keyBytes = new ExpandableArrayBuffer(256);

    public int clientRegistered(MutableDirectBuffer out, long clientIdHigh, long clientIdLow, long incarnation) {
        clientRegistered
                .wrapAndApplyHeader(out, 0, header)
                .clientIdHigh(clientIdHigh)
                .clientIdLow(clientIdLow)
                .incarnation(incarnation);
        return MessageHeaderEncoder.ENCODED_LENGTH + clientRegistered.encodedLength();
    }

    public int clientForgotten(MutableDirectBuffer out, long clientIdHigh, long clientIdLow) {
        clientForgotten
                .wrapAndApplyHeader(out, 0, header)
                .clientIdHigh(clientIdHigh)
                .clientIdLow(clientIdLow);
        return MessageHeaderEncoder.ENCODED_LENGTH + clientForgotten.encodedLength();
    }

    public int sessionWritten(
            MutableDirectBuffer out,
            long clientIdHigh,
            long clientIdLow,
            long requestId,
            long answeredBelow,
            long lastAccessedTimeMs,
            int flags,
            SessionKey key,
            SessionDelta delta) {
        written.wrapAndApplyHeader(out, 0, header)
                .clientIdHigh(clientIdHigh)
                .clientIdLow(clientIdLow)
                .requestId(requestId)
                .answeredBelow(answeredBelow)
                .lastAccessedTimeMs(lastAccessedTimeMs)
                .flags(flags)
                .putKey(keyBytes, 0, key.encode(keyBytes, 0))
                .putDelta(delta.buffer(), delta.offset(), delta.length());
        return MessageHeaderEncoder.ENCODED_LENGTH + written.encodedLength();
    }

    public int sessionRemoved(
            MutableDirectBuffer out,
            long clientIdHigh,
            long clientIdLow,
            long requestId,
            long answeredBelow,
            SessionKey key) {
        removed.wrapAndApplyHeader(out, 0, header)
                .clientIdHigh(clientIdHigh)
                .clientIdLow(clientIdLow)
                .requestId(requestId)
                .answeredBelow(answeredBelow)
                .putKey(keyBytes, 0, key.encode(keyBytes, 0));
        return MessageHeaderEncoder.ENCODED_LENGTH + removed.encodedLength();
    }

    public int sessionRenamed(
            MutableDirectBuffer out,
            long clientIdHigh,
            long clientIdLow,
            long requestId,
            long answeredBelow,
            SessionKey from,
            SessionKey to) {
        renamed.wrapAndApplyHeader(out, 0, header)
                .clientIdHigh(clientIdHigh)
                .clientIdLow(clientIdLow)
                .requestId(requestId)
                .answeredBelow(answeredBelow)
                .putFrom(keyBytes, 0, from.encode(keyBytes, 0));
        renamed.putTo(keyBytes, 0, to.encode(keyBytes, 0));
        return MessageHeaderEncoder.ENCODED_LENGTH + renamed.encodedLength();
    }

    public int sessionTouched(MutableDirectBuffer out, long lastAccessedTimeMs, SessionKey key) {
        touched.wrapAndApplyHeader(out, 0, header)
                .lastAccessedTimeMs(lastAccessedTimeMs)
                .putKey(keyBytes, 0, key.encode(keyBytes, 0));
        return MessageHeaderEncoder.ENCODED_LENGTH + touched.encodedLength();
    }

    public int sessionExpired(MutableDirectBuffer out, long lastAccessedTimeMs, SessionKey key) {
        expired.wrapAndApplyHeader(out, 0, header)
                .lastAccessedTimeMs(lastAccessedTimeMs)
                .putKey(keyBytes, 0, key.encode(keyBytes, 0));
        return MessageHeaderEncoder.ENCODED_LENGTH + expired.encodedLength();
    }

    public int expiryDelivered(MutableDirectBuffer out, long jobId) {
        delivered.wrapAndApplyHeader(out, 0, header).jobId(jobId);
        return MessageHeaderEncoder.ENCODED_LENGTH + delivered.encodedLength();
    }

    /** @param origin key the session has here until now; null when it is the same, or the session is not here. */
    public int sessionAdopted(MutableDirectBuffer out, @Nullable SessionKey origin, SessionRecord record) {
        adopted.wrapAndApplyHeader(out, 0, header)
                .putOrigin(keyBytes, 0, origin == null ? 0 : origin.encode(keyBytes, 0))
                .putRecord(record.buffer(), record.offset(), record.length());
        return MessageHeaderEncoder.ENCODED_LENGTH + adopted.encodedLength();
    }

    public int sessionWithdrawn(MutableDirectBuffer out, SessionKey key) {
        withdrawn.wrapAndApplyHeader(out, 0, header).putKey(keyBytes, 0, key.encode(keyBytes, 0));
        return MessageHeaderEncoder.ENCODED_LENGTH + withdrawn.encodedLength();
    }
}
