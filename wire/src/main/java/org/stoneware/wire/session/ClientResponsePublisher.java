package org.stoneware.wire.session;

import java.util.Collection;
import org.agrona.DirectBuffer;
import org.agrona.ExpandableArrayBuffer;
import org.agrona.MutableDirectBuffer;
import org.agrona.concurrent.UnsafeBuffer;
import org.jspecify.annotations.Nullable;
import org.stoneware.api.session.SessionKey;
import org.stoneware.api.session.SessionRecord;
import org.stoneware.wire.session.codec.ExpiredEncoder;
import org.stoneware.wire.session.codec.MessageHeaderEncoder;
import org.stoneware.wire.session.codec.MustRegisterEncoder;
import org.stoneware.wire.session.codec.NamedEncoder;
import org.stoneware.wire.session.codec.OwnedEncoder;
import org.stoneware.wire.session.codec.RecallEncoder;
import org.stoneware.wire.session.codec.RegisteredEncoder;
import org.stoneware.wire.session.codec.RenewedEncoder;
import org.stoneware.wire.session.codec.WrittenEncoder;

/**
 * Encodes what the active server answers and tells. Each method writes one message from offset 0 of a buffer the caller gives and
 * returns its length.
 * <p>
 * <b>Threading:</b> one thread at a time.
 */
public final class ClientResponsePublisher {
    private final MessageHeaderEncoder header = new MessageHeaderEncoder();
    private final RegisteredEncoder registered = new RegisteredEncoder();
    private final NamedEncoder named = new NamedEncoder();
    private final RenewedEncoder renewed = new RenewedEncoder();
    private final OwnedEncoder owned = new OwnedEncoder();
    private final WrittenEncoder written = new WrittenEncoder();
    private final RecallEncoder recall = new RecallEncoder();
    private final ExpiredEncoder expired = new ExpiredEncoder();
    private final MustRegisterEncoder mustRegister = new MustRegisterEncoder();
    private final ExpandableArrayBuffer keyBytes = new ExpandableArrayBuffer(256);
    private final OwnedSessionRun refusedRun = new OwnedSessionRun();
    private final DirectBuffer empty = new UnsafeBuffer(new byte[0]);

    /** @param refused what the registration named and its Tomcat does not own. */
    public int registered(
            MutableDirectBuffer out,
            long epoch,
            long registration,
            int leaseMs,
            int maxSessionBytes,
            LogStart logStart,
            String serverName,
            String clientLogs,
            Collection<OwnedSession> refused) {
        registered
                .wrapAndApplyHeader(out, 0, header)
                .epoch(epoch)
                .registration(registration)
                .leaseMs(leaseMs)
                .maxSessionBytes(maxSessionBytes)
                .refusedCount(refused.size())
                .inheritedEpoch(logStart.inheritedEpoch())
                .inheritedIndex(logStart.inheritedIndex())
                .serverName(serverName)
                .clientLogs(clientLogs);
        int runLength = refusedRun.encode(refused);
        registered.putRefused(refusedRun.buffer(), 0, runLength);
        return MessageHeaderEncoder.ENCODED_LENGTH + registered.encodedLength();
    }

    /** @param refused what that part named and its Tomcat does not own. */
    public int named(
            MutableDirectBuffer out, long epoch, long registration, int part, Collection<OwnedSession> refused) {
        named.wrapAndApplyHeader(out, 0, header)
                .epoch(epoch)
                .registration(registration)
                .part(part)
                .refusedCount(refused.size());
        int runLength = refusedRun.encode(refused);
        named.putRefused(refusedRun.buffer(), 0, runLength);
        return MessageHeaderEncoder.ENCODED_LENGTH + named.encodedLength();
    }

    public int renewed(MutableDirectBuffer out, long epoch, long sequence) {
        renewed.wrapAndApplyHeader(out, 0, header).epoch(epoch).sequence(sequence);
        return MessageHeaderEncoder.ENCODED_LENGTH + renewed.encodedLength();
    }

    /** @param record the session with {@link OwnStatus#LOADED}, else null. */
    public int owned(
            MutableDirectBuffer out,
            long epoch,
            long requestId,
            long token,
            long version,
            long logTimeMs,
            OwnStatus status,
            int hints,
            long grant,
            long lastAccessedTimeMs,
            @Nullable SessionRecord record) {
        owned.wrapAndApplyHeader(out, 0, header)
                .epoch(epoch)
                .requestId(requestId)
                .token(token)
                .version(version)
                .logTimeMs(logTimeMs)
                .status(status.code())
                .hints(hints)
                .grant(grant)
                .lastAccessedTimeMs(lastAccessedTimeMs);
        if (record == null) {
            owned.putRecord(empty, 0, 0);
        } else {
            owned.putRecord(record.buffer(), record.offset(), record.length());
        }
        return MessageHeaderEncoder.ENCODED_LENGTH + owned.encodedLength();
    }

    public int written(
            MutableDirectBuffer out,
            long epoch,
            long requestId,
            long token,
            long version,
            WriteStatus status,
            int hints) {
        written.wrapAndApplyHeader(out, 0, header)
                .epoch(epoch)
                .requestId(requestId)
                .token(token)
                .version(version)
                .status(status.code())
                .hints(hints);
        return MessageHeaderEncoder.ENCODED_LENGTH + written.encodedLength();
    }

    public int recall(MutableDirectBuffer out, long epoch, long token, long grant, SessionKey key) {
        recall.wrapAndApplyHeader(out, 0, header)
                .epoch(epoch)
                .token(token)
                .grant(grant)
                .putKey(keyBytes, 0, key.encode(keyBytes, 0));
        return MessageHeaderEncoder.ENCODED_LENGTH + recall.encodedLength();
    }

    public int expired(MutableDirectBuffer out, long epoch, long jobId, long logTimeMs, SessionRecord record) {
        expired.wrapAndApplyHeader(out, 0, header)
                .epoch(epoch)
                .jobId(jobId)
                .logTimeMs(logTimeMs)
                .putRecord(record.buffer(), record.offset(), record.length());
        return MessageHeaderEncoder.ENCODED_LENGTH + expired.encodedLength();
    }

    public int mustRegister(MutableDirectBuffer out, long epoch) {
        mustRegister.wrapAndApplyHeader(out, 0, header).epoch(epoch);
        return MessageHeaderEncoder.ENCODED_LENGTH + mustRegister.encodedLength();
    }
}
