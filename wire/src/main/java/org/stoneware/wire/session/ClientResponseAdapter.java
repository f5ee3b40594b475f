package org.stoneware.wire.session;

import org.agrona.DirectBuffer;
import org.agrona.concurrent.UnsafeBuffer;
import org.jspecify.annotations.Nullable;
import org.stoneware.api.session.SessionKey;
import org.stoneware.api.session.SessionRecord;
import org.stoneware.wire.session.codec.ExpiredDecoder;
import org.stoneware.wire.session.codec.MessageHeaderDecoder;
import org.stoneware.wire.session.codec.MustRegisterDecoder;
import org.stoneware.wire.session.codec.NamedDecoder;
import org.stoneware.wire.session.codec.OwnedDecoder;
import org.stoneware.wire.session.codec.RecallDecoder;
import org.stoneware.wire.session.codec.RegisteredDecoder;
import org.stoneware.wire.session.codec.RenewedDecoder;
import org.stoneware.wire.session.codec.WrittenDecoder;

/**
 * Decodes what the active server sends and calls {@link ClientResponseListener}.
 * <p>
 * <b>Threading:</b> one thread at a time.
 * <p>
 * <b>Failure:</b> bytes that are no message of this schema throw {@link WireException} before the listener is called.
 */
public final class ClientResponseAdapter {
    private final UnsafeBuffer message = new UnsafeBuffer(new byte[0]);
    private final UnsafeBuffer part = new UnsafeBuffer(new byte[0]);
    private final MessageHeaderDecoder header = new MessageHeaderDecoder();
    private final RegisteredDecoder registered = new RegisteredDecoder();
    private final NamedDecoder named = new NamedDecoder();
    private final RenewedDecoder renewed = new RenewedDecoder();
    private final OwnedDecoder owned = new OwnedDecoder();
    private final WrittenDecoder written = new WrittenDecoder();
    private final RecallDecoder recall = new RecallDecoder();
    private final ExpiredDecoder expired = new ExpiredDecoder();
    private final MustRegisterDecoder mustRegister = new MustRegisterDecoder();
    private final SessionRecord record = new SessionRecord();

    /** Decodes one message. */
    public void onMessage(DirectBuffer buffer, int offset, int length, ClientResponseListener listener) {
        if (length < MessageHeaderDecoder.ENCODED_LENGTH) {
            throw new WireException("shorter than a header: length=" + length);
        }
        message.wrap(buffer, offset, length);
        try {
            dispatch(listener);
        } catch (IndexOutOfBoundsException | IllegalArgumentException e) {
            throw new WireException("malformed response: template=" + header.templateId() + " length=" + length
                    + " cause=" + e.getMessage());
        }
    }

    private void dispatch(ClientResponseListener listener) {
        MessageBounds.check(header.wrap(message, 0), message, SessionProtocol.SCHEMA_ID);
        switch (header.templateId()) {
            case RegisteredDecoder.TEMPLATE_ID -> {
                MessageBounds.checkBlock(header, RegisteredDecoder.BLOCK_LENGTH);
                registered.wrapAndApplyHeader(message, 0, header);
                registered.wrapServerName(part);
                String serverName = part.getStringWithoutLengthUtf8(0, part.capacity());
                registered.wrapClientLogs(part);
                String clientLogs = part.getStringWithoutLengthUtf8(0, part.capacity());
                registered.wrapRefused(part);
                listener.onLogStart(new LogStart(registered.inheritedEpoch(), registered.inheritedIndex()));
                listener.onRegistered(
                        registered.epoch(),
                        registered.registration(),
                        registered.leaseMs(),
                        registered.maxSessionBytes(),
                        serverName,
                        clientLogs,
                        OwnedSessionRun.decode(part, registered.refusedCount()));
            }
            case NamedDecoder.TEMPLATE_ID -> {
                MessageBounds.checkBlock(header, NamedDecoder.BLOCK_LENGTH);
                named.wrapAndApplyHeader(message, 0, header);
                named.wrapRefused(part);
                listener.onNamed(
                        named.epoch(),
                        named.registration(),
                        named.part(),
                        OwnedSessionRun.decode(part, named.refusedCount()));
            }
            case RenewedDecoder.TEMPLATE_ID -> {
                MessageBounds.checkBlock(header, RenewedDecoder.BLOCK_LENGTH);
                renewed.wrapAndApplyHeader(message, 0, header);
                listener.onRenewed(renewed.epoch(), renewed.sequence());
            }
            case OwnedDecoder.TEMPLATE_ID -> decodeOwned(listener);
            case WrittenDecoder.TEMPLATE_ID -> {
                MessageBounds.checkBlock(header, WrittenDecoder.BLOCK_LENGTH);
                written.wrapAndApplyHeader(message, 0, header);
                listener.onWritten(
                        written.epoch(),
                        written.requestId(),
                        written.token(),
                        written.version(),
                        WriteStatus.ofCode(written.status()),
                        written.hints());
            }
            case RecallDecoder.TEMPLATE_ID -> {
                MessageBounds.checkBlock(header, RecallDecoder.BLOCK_LENGTH);
                recall.wrapAndApplyHeader(message, 0, header);
                recall.wrapKey(part);
                listener.onRecall(
                        recall.epoch(), recall.token(), recall.grant(), SessionKey.decode(part, 0, part.capacity()));
            }
            case ExpiredDecoder.TEMPLATE_ID -> {
                MessageBounds.checkBlock(header, ExpiredDecoder.BLOCK_LENGTH);
                expired.wrapAndApplyHeader(message, 0, header);
                expired.wrapRecord(part);
                listener.onExpired(expired.epoch(), expired.jobId(), expired.logTimeMs(), record());
            }
            case MustRegisterDecoder.TEMPLATE_ID -> {
                MessageBounds.checkBlock(header, MustRegisterDecoder.BLOCK_LENGTH);
                mustRegister.wrapAndApplyHeader(message, 0, header);
                listener.onMustRegister(mustRegister.epoch());
            }
            default -> throw new WireException("unknown response: template=" + header.templateId());
        }
    }

    private void decodeOwned(ClientResponseListener listener) {
        MessageBounds.checkBlock(header, OwnedDecoder.BLOCK_LENGTH);
        owned.wrapAndApplyHeader(message, 0, header);
        owned.wrapRecord(part);
        OwnStatus status = OwnStatus.ofCode(owned.status());
        @Nullable SessionRecord loaded = status == OwnStatus.LOADED ? record() : null;
        listener.onOwned(
                owned.epoch(),
                owned.requestId(),
                owned.token(),
                owned.version(),
                owned.logTimeMs(),
                status,
                owned.hints(),
                owned.grant(),
                owned.lastAccessedTimeMs(),
                loaded);
    }

    private SessionRecord record() {
        @Nullable String problem = SessionRecord.problem(part, 0, part.capacity());
        if (problem != null) {
            throw new WireException("malformed record: problem=" + problem);
        }
        return record.wrap(part, 0);
    }
}
