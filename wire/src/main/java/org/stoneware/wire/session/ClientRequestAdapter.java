package org.stoneware.wire.session;

import static java.nio.ByteOrder.LITTLE_ENDIAN;

import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import org.agrona.DirectBuffer;
import org.agrona.concurrent.UnsafeBuffer;
import org.jspecify.annotations.Nullable;
import org.stoneware.api.session.SessionDelta;
import org.stoneware.api.session.SessionKey;
import org.stoneware.wire.session.codec.ApplicationDecoder;
import org.stoneware.wire.session.codec.ExpiryDoneDecoder;
import org.stoneware.wire.session.codec.GetOwnDecoder;
import org.stoneware.wire.session.codec.MessageHeaderDecoder;
import org.stoneware.wire.session.codec.NameDecoder;
import org.stoneware.wire.session.codec.RegisterDecoder;
import org.stoneware.wire.session.codec.ReleaseDecoder;
import org.stoneware.wire.session.codec.RemoveDecoder;
import org.stoneware.wire.session.codec.RenameDecoder;
import org.stoneware.wire.session.codec.RenewDecoder;
import org.stoneware.wire.session.codec.TouchDecoder;
import org.stoneware.wire.session.codec.WriteDecoder;

/**
 * Decodes what a Tomcat sends and calls {@link ClientRequestListener}.
 * <p>
 * <b>Threading:</b> one thread at a time.
 * <p>
 * <b>Failure:</b> bytes that are no message of this schema throw {@link WireException} before the listener is called.
 */
public final class ClientRequestAdapter {
    private static final int MAX_APPLICATIONS = 10_000;

    private final UnsafeBuffer message = new UnsafeBuffer(new byte[0]);
    private final UnsafeBuffer part = new UnsafeBuffer(new byte[0]);
    private final MessageHeaderDecoder header = new MessageHeaderDecoder();
    private final RegisterDecoder register = new RegisterDecoder();
    private final NameDecoder naming = new NameDecoder();
    private final RenewDecoder renew = new RenewDecoder();
    private final GetOwnDecoder getOwn = new GetOwnDecoder();
    private final WriteDecoder write = new WriteDecoder();
    private final RemoveDecoder remove = new RemoveDecoder();
    private final RenameDecoder rename = new RenameDecoder();
    private final ReleaseDecoder release = new ReleaseDecoder();
    private final TouchDecoder touch = new TouchDecoder();
    private final ExpiryDoneDecoder expiryDone = new ExpiryDoneDecoder();
    private final ApplicationDecoder application = new ApplicationDecoder();
    private final SessionDelta delta = new SessionDelta();

    /** True for a message that only keeps a lease; it may overtake others of its sender. */
    public static boolean isRenewal(DirectBuffer buffer, int offset, int length) {
        return length >= MessageHeaderDecoder.ENCODED_LENGTH
                && buffer.getShort(offset + MessageHeaderDecoder.templateIdEncodingOffset(), LITTLE_ENDIAN)
                        == RenewDecoder.TEMPLATE_ID;
    }

    /** Decodes one message. */
    public void onMessage(DirectBuffer buffer, int offset, int length, ClientRequestListener listener) {
        // A view of exactly the message makes every read beyond its end fail instead of showing a neighbour's bytes.
        if (length < MessageHeaderDecoder.ENCODED_LENGTH) {
            throw new WireException("shorter than a header: length=" + length);
        }
        message.wrap(buffer, offset, length);
        try {
            dispatch(listener);
        } catch (IndexOutOfBoundsException | IllegalArgumentException e) {
            throw new WireException("malformed request: template=" + header.templateId() + " length=" + length
                    + " cause=" + e.getMessage());
        }
    }

    private void dispatch(ClientRequestListener listener) {
        MessageBounds.check(header.wrap(message, 0), message, SessionProtocol.SCHEMA_ID);
        switch (header.templateId()) {
            case RegisterDecoder.TEMPLATE_ID -> decodeRegister(listener);
            case NameDecoder.TEMPLATE_ID -> decodeName(listener);
            case RenewDecoder.TEMPLATE_ID -> {
                MessageBounds.checkBlock(header, RenewDecoder.BLOCK_LENGTH);
                renew.wrapAndApplyHeader(message, 0, header);
                listener.onRenew(renew.epoch(), renew.registration(), renew.sequence());
            }
            case GetOwnDecoder.TEMPLATE_ID -> {
                MessageBounds.checkBlock(header, GetOwnDecoder.BLOCK_LENGTH);
                getOwn.wrapAndApplyHeader(message, 0, header);
                getOwn.wrapKey(part);
                listener.onGetOwn(getOwn.epoch(), getOwn.requestId(), getOwn.knownVersion(), getOwn.maxWaitMs(), key());
            }
            case WriteDecoder.TEMPLATE_ID -> decodeWrite(listener);
            case RemoveDecoder.TEMPLATE_ID -> {
                MessageBounds.checkBlock(header, RemoveDecoder.BLOCK_LENGTH);
                remove.wrapAndApplyHeader(message, 0, header);
                remove.wrapKey(part);
                listener.onRemove(
                        remove.epoch(),
                        remove.requestId(),
                        remove.answeredBelow(),
                        remove.token(),
                        remove.baseVersion(),
                        key());
            }
            case RenameDecoder.TEMPLATE_ID -> {
                MessageBounds.checkBlock(header, RenameDecoder.BLOCK_LENGTH);
                rename.wrapAndApplyHeader(message, 0, header);
                rename.wrapFrom(part);
                SessionKey from = key();
                rename.wrapTo(part);
                listener.onRename(
                        rename.epoch(),
                        rename.requestId(),
                        rename.answeredBelow(),
                        rename.token(),
                        rename.baseVersion(),
                        from,
                        key());
            }
            case ReleaseDecoder.TEMPLATE_ID -> {
                MessageBounds.checkBlock(header, ReleaseDecoder.BLOCK_LENGTH);
                release.wrapAndApplyHeader(message, 0, header);
                release.wrapKey(part);
                listener.onRelease(release.epoch(), release.token(), release.accessAgeMs(), release.grant(), key());
            }
            case TouchDecoder.TEMPLATE_ID -> decodeTouch(listener);
            case ExpiryDoneDecoder.TEMPLATE_ID -> {
                MessageBounds.checkBlock(header, ExpiryDoneDecoder.BLOCK_LENGTH);
                expiryDone.wrapAndApplyHeader(message, 0, header);
                listener.onExpiryDone(expiryDone.epoch(), expiryDone.jobId());
            }
            case ApplicationDecoder.TEMPLATE_ID -> {
                MessageBounds.checkBlock(header, ApplicationDecoder.BLOCK_LENGTH);
                application.wrapAndApplyHeader(message, 0, header);
                application.wrapName(part);
                listener.onApplication(application.epoch(), application.isAdded() != 0, text());
            }
            default -> throw new WireException("unknown request: template=" + header.templateId());
        }
    }

    private void decodeRegister(ClientRequestListener listener) {
        MessageBounds.checkBlock(header, RegisterDecoder.BLOCK_LENGTH);
        register.wrapAndApplyHeader(message, 0, header);
        register.wrapName(part);
        String name = text();
        register.wrapProductVersion(part);
        String productVersion = text();
        register.wrapApplications(part);
        List<String> applications = new ArrayList<>();
        int start = 0;
        for (int i = 0; i < part.capacity(); i++) {
            if (part.getByte(i) == 0) {
                byte[] text = new byte[i - start];
                part.getBytes(start, text);
                applications.add(new String(text, StandardCharsets.UTF_8));
                start = i + 1;
                if (applications.size() > MAX_APPLICATIONS) {
                    throw new WireException("too many applications: max=" + MAX_APPLICATIONS);
                }
            }
        }
        register.wrapOwned(part);
        listener.onTold(new ToldVersions(register.toldEpoch(), register.toldVersion()));
        listener.onRegister(
                register.epoch(),
                register.clientIdHigh(),
                register.clientIdLow(),
                register.incarnation(),
                register.registration(),
                name,
                productVersion,
                applications,
                OwnedSessionRun.decode(part, register.ownedCount()),
                register.namedFrom());
    }

    private void decodeName(ClientRequestListener listener) {
        MessageBounds.checkBlock(header, NameDecoder.BLOCK_LENGTH);
        naming.wrapAndApplyHeader(message, 0, header);
        naming.wrapOwned(part);
        listener.onName(
                naming.epoch(),
                naming.registration(),
                naming.part(),
                naming.namedFrom(),
                OwnedSessionRun.decode(part, naming.ownedCount()));
    }

    private void decodeWrite(ClientRequestListener listener) {
        MessageBounds.checkBlock(header, WriteDecoder.BLOCK_LENGTH);
        write.wrapAndApplyHeader(message, 0, header);
        write.wrapKey(part);
        SessionKey key = key();
        write.wrapDelta(part);
        @Nullable String problem = SessionDelta.problem(part, 0, part.capacity());
        if (problem != null) {
            throw new WireException("malformed delta: key=" + key + " problem=" + problem);
        }
        listener.onWrite(
                write.epoch(),
                write.requestId(),
                write.answeredBelow(),
                write.token(),
                write.accessAgeMs(),
                write.flags(),
                write.grant(),
                write.baseVersion(),
                key,
                delta.wrap(part, 0));
    }

    private void decodeTouch(ClientRequestListener listener) {
        MessageBounds.checkBlock(header, TouchDecoder.BLOCK_LENGTH);
        touch.wrapAndApplyHeader(message, 0, header);
        int count = touch.count();
        long epoch = touch.epoch();
        touch.wrapEntries(part);
        if (count < 0 || count > part.capacity() / Long.BYTES) {
            throw new WireException("wrong number of touches: count=" + count + " length=" + part.capacity());
        }
        long[] agesMs = new long[count];
        SessionKey[] keys = new SessionKey[count];
        int at = 0;
        for (int i = 0; i < count; i++) {
            agesMs[i] = part.getLong(at, LITTLE_ENDIAN);
            keys[i] = SessionKey.decode(part, at + Long.BYTES, part.capacity() - at - Long.BYTES);
            at += Long.BYTES + keys[i].encodedLength();
        }
        for (int i = 0; i < count; i++) {
            listener.onTouch(epoch, agesMs[i], keys[i]);
        }
    }

    /** The generated getters of text trust the length they read; a view of the part is checked against the message. */
    private String text() {
        return part.getStringWithoutLengthUtf8(0, part.capacity());
    }

    private SessionKey key() {
        return SessionKey.decode(part, 0, part.capacity());
    }
}
