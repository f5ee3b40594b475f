package org.stoneware.wire.session;

import static java.nio.ByteOrder.LITTLE_ENDIAN;

import java.nio.charset.StandardCharsets;
import java.util.Collection;
import org.agrona.DirectBuffer;
import org.agrona.ExpandableArrayBuffer;
import org.agrona.MutableDirectBuffer;
import org.stoneware.api.session.SessionKey;
import org.stoneware.wire.session.codec.ApplicationEncoder;
import org.stoneware.wire.session.codec.ExpiryDoneEncoder;
import org.stoneware.wire.session.codec.GetOwnEncoder;
import org.stoneware.wire.session.codec.MessageHeaderEncoder;
import org.stoneware.wire.session.codec.NameEncoder;
import org.stoneware.wire.session.codec.RegisterEncoder;
import org.stoneware.wire.session.codec.ReleaseEncoder;
import org.stoneware.wire.session.codec.RemoveEncoder;
import org.stoneware.wire.session.codec.RenameEncoder;
import org.stoneware.wire.session.codec.RenewEncoder;
import org.stoneware.wire.session.codec.TouchEncoder;
import org.stoneware.wire.session.codec.WriteEncoder;

/**
 * Encodes what a Tomcat asks. Each method writes one message from offset 0 of a buffer the caller gives and returns its length.
 * <p>
 * The epoch, the id and {@code answeredBelow} of a request kept for sending can be set anew with {@link #restamp}.
 * <p>
 * <b>Threading:</b> one thread at a time.
 */
public final class ClientRequestPublisher {
    /** Every request message has its epoch here. */
    private static final int EPOCH_OFFSET = MessageHeaderEncoder.ENCODED_LENGTH;

    private final MessageHeaderEncoder header = new MessageHeaderEncoder();
    private final RegisterEncoder register = new RegisterEncoder();
    private final NameEncoder naming = new NameEncoder();
    private final RenewEncoder renew = new RenewEncoder();
    private final GetOwnEncoder getOwn = new GetOwnEncoder();
    private final WriteEncoder write = new WriteEncoder();
    private final RemoveEncoder remove = new RemoveEncoder();
    private final RenameEncoder rename = new RenameEncoder();
    private final ReleaseEncoder release = new ReleaseEncoder();
    private final TouchEncoder touch = new TouchEncoder();
    private final ExpiryDoneEncoder expiryDone = new ExpiryDoneEncoder();
    private final ApplicationEncoder application = new ApplicationEncoder();
    private final ExpandableArrayBuffer keyBytes = new ExpandableArrayBuffer(256);
    private final OwnedSessionRun ownedRun = new OwnedSessionRun();

    /** The registration of a Tomcat that was told nothing yet. */
    public int register(
            MutableDirectBuffer out,
            long epoch,
            long clientIdHigh,
            long clientIdLow,
            long incarnation,
            long registration,
            String name,
            String productVersion,
            Collection<String> applications,
            Collection<OwnedSession> owned) {
        return register(
                out,
                epoch,
                clientIdHigh,
                clientIdLow,
                incarnation,
                registration,
                name,
                productVersion,
                ToldVersions.NOTHING,
                applications,
                owned,
                0);
    }

    /**
     * @param told  what this Tomcat was told in the epoch it was registered in last.
     * @param owned what this Tomcat owns under a lease that holds now; of an earlier epoch.
     * @param namedFrom what of that has this version or a later one is named, the rest with {@link #name}; 0 when all is.
     */
    public int register(
            MutableDirectBuffer out,
            long epoch,
            long clientIdHigh,
            long clientIdLow,
            long incarnation,
            long registration,
            String name,
            String productVersion,
            ToldVersions told,
            Collection<String> applications,
            Collection<OwnedSession> owned,
            long namedFrom) {
        StringBuilder names = new StringBuilder();
        for (String each : applications) {
            names.append(each).append('\0');
        }
        byte[] nameBytes = names.toString().getBytes(StandardCharsets.UTF_8);
        register.wrapAndApplyHeader(out, 0, header)
                .epoch(epoch)
                .clientIdHigh(clientIdHigh)
                .clientIdLow(clientIdLow)
                .incarnation(incarnation)
                .registration(registration)
                .ownedCount(owned.size())
                .toldEpoch(told.epoch())
                .toldVersion(told.version())
                .namedFrom(namedFrom)
                .name(name)
                .productVersion(productVersion)
                .putApplications(nameBytes, 0, nameBytes.length);
        int runLength = ownedRun.encode(owned);
        register.putOwned(ownedRun.buffer(), 0, runLength);
        return MessageHeaderEncoder.ENCODED_LENGTH + register.encodedLength();
    }

    /**
     * @param part      counts these messages from 1.
     * @param namedFrom what is owned and has this version or a later one has been named; 0 when all has.
     */
    public int name(
            MutableDirectBuffer out,
            long epoch,
            long registration,
            int part,
            long namedFrom,
            Collection<OwnedSession> owned) {
        naming.wrapAndApplyHeader(out, 0, header)
                .epoch(epoch)
                .registration(registration)
                .part(part)
                .namedFrom(namedFrom)
                .ownedCount(owned.size());
        int runLength = ownedRun.encode(owned);
        naming.putOwned(ownedRun.buffer(), 0, runLength);
        return MessageHeaderEncoder.ENCODED_LENGTH + naming.encodedLength();
    }

    public int renew(MutableDirectBuffer out, long epoch, long registration, long sequence) {
        renew.wrapAndApplyHeader(out, 0, header)
                .epoch(epoch)
                .registration(registration)
                .sequence(sequence);
        return MessageHeaderEncoder.ENCODED_LENGTH + renew.encodedLength();
    }

    public int getOwn(
            MutableDirectBuffer out, long epoch, long requestId, long knownVersion, int maxWaitMs, SessionKey key) {
        getOwn.wrapAndApplyHeader(out, 0, header)
                .epoch(epoch)
                .requestId(requestId)
                .knownVersion(knownVersion)
                .maxWaitMs(maxWaitMs)
                .putKey(keyBytes, 0, key.encode(keyBytes, 0));
        return MessageHeaderEncoder.ENCODED_LENGTH + getOwn.encodedLength();
    }

    /** Length of what {@link #write} writes, for a buffer of just that size. */
    public static int writeLength(SessionKey key, int deltaLength) {
        return MessageHeaderEncoder.ENCODED_LENGTH
                + WriteEncoder.BLOCK_LENGTH
                + WriteEncoder.keyHeaderLength()
                + key.encodedLength()
                + WriteEncoder.deltaHeaderLength()
                + deltaLength;
    }

    /** @param baseVersion version of the copy the changes were made to; decides when the token counts no more. */
    public int write(
            MutableDirectBuffer out,
            long epoch,
            long requestId,
            long token,
            long accessAgeMs,
            int flags,
            long grant,
            long baseVersion,
            SessionKey key,
            DirectBuffer delta,
            int deltaOffset,
            int deltaLength) {
        write.wrapAndApplyHeader(out, 0, header)
                .epoch(epoch)
                .requestId(requestId)
                .answeredBelow(0)
                .token(token)
                .accessAgeMs(accessAgeMs)
                .flags(flags)
                .grant(grant)
                .baseVersion(baseVersion)
                .putKey(keyBytes, 0, key.encode(keyBytes, 0))
                .putDelta(delta, deltaOffset, deltaLength);
        return MessageHeaderEncoder.ENCODED_LENGTH + write.encodedLength();
    }

    public int remove(
            MutableDirectBuffer out, long epoch, long requestId, long token, long baseVersion, SessionKey key) {
        remove.wrapAndApplyHeader(out, 0, header)
                .epoch(epoch)
                .requestId(requestId)
                .answeredBelow(0)
                .token(token)
                .baseVersion(baseVersion)
                .putKey(keyBytes, 0, key.encode(keyBytes, 0));
        return MessageHeaderEncoder.ENCODED_LENGTH + remove.encodedLength();
    }

    public int rename(
            MutableDirectBuffer out,
            long epoch,
            long requestId,
            long token,
            long baseVersion,
            SessionKey from,
            SessionKey to) {
        rename.wrapAndApplyHeader(out, 0, header)
                .epoch(epoch)
                .requestId(requestId)
                .answeredBelow(0)
                .token(token)
                .baseVersion(baseVersion)
                .putFrom(keyBytes, 0, from.encode(keyBytes, 0));
        rename.putTo(keyBytes, 0, to.encode(keyBytes, 0));
        return MessageHeaderEncoder.ENCODED_LENGTH + rename.encodedLength();
    }

    public int release(MutableDirectBuffer out, long epoch, long token, long accessAgeMs, long grant, SessionKey key) {
        release.wrapAndApplyHeader(out, 0, header)
                .epoch(epoch)
                .token(token)
                .accessAgeMs(accessAgeMs)
                .grant(grant)
                .putKey(keyBytes, 0, key.encode(keyBytes, 0));
        return MessageHeaderEncoder.ENCODED_LENGTH + release.encodedLength();
    }

    /**
     * Appends one last access to a run that {@link #touch} will send.
     *
     * @return length of the run afterwards.
     */
    public int appendTouch(MutableDirectBuffer run, int runLength, long accessAgeMs, SessionKey key) {
        run.putLong(runLength, accessAgeMs, LITTLE_ENDIAN);
        return runLength + Long.BYTES + key.encode(run, runLength + Long.BYTES);
    }

    public int touch(MutableDirectBuffer out, long epoch, int count, DirectBuffer run, int runLength) {
        touch.wrapAndApplyHeader(out, 0, header).epoch(epoch).count(count).putEntries(run, 0, runLength);
        return MessageHeaderEncoder.ENCODED_LENGTH + touch.encodedLength();
    }

    public int expiryDone(MutableDirectBuffer out, long epoch, long jobId) {
        expiryDone.wrapAndApplyHeader(out, 0, header).epoch(epoch).jobId(jobId);
        return MessageHeaderEncoder.ENCODED_LENGTH + expiryDone.encodedLength();
    }

    public int application(MutableDirectBuffer out, long epoch, boolean isAdded, String name) {
        application
                .wrapAndApplyHeader(out, 0, header)
                .epoch(epoch)
                .isAdded((short) (isAdded ? 1 : 0))
                .name(name);
        return MessageHeaderEncoder.ENCODED_LENGTH + application.encodedLength();
    }

    /**
     * Sets the epoch and the id of a kept request, and {@code answeredBelow} where the message has one.
     *
     * @param message       a request that is answered: GetOwn, Write, Remove or Rename.
     * @param answeredBelow replies to changes below this id have arrived, or nobody waits for them.
     */
    public void restamp(MutableDirectBuffer message, long epoch, long requestId, long answeredBelow) {
        message.putLong(EPOCH_OFFSET, epoch, LITTLE_ENDIAN);
        message.putLong(EPOCH_OFFSET + WriteEncoder.requestIdEncodingOffset(), requestId, LITTLE_ENDIAN);
        int template = message.getShort(MessageHeaderEncoder.templateIdEncodingOffset(), LITTLE_ENDIAN);
        if (template == WriteEncoder.TEMPLATE_ID
                || template == RemoveEncoder.TEMPLATE_ID
                || template == RenameEncoder.TEMPLATE_ID) {
            // The same place in all three messages; a golden-bytes test holds it.
            message.putLong(EPOCH_OFFSET + WriteEncoder.answeredBelowEncodingOffset(), answeredBelow, LITTLE_ENDIAN);
        }
    }

    /** The version a message names: of the copy known, or of the one a change was made to; 0 for a message that names none. */
    public static long copyVersion(DirectBuffer message) {
        int offset = copyVersionOffset(message);
        return offset == 0 ? 0 : message.getLong(offset, LITTLE_ENDIAN);
    }

    /** Sets anew what {@link #copyVersion} reads; does nothing with a message that names no version. */
    public static void copyVersion(MutableDirectBuffer message, long version) {
        int offset = copyVersionOffset(message);
        if (offset != 0) {
            message.putLong(offset, version, LITTLE_ENDIAN);
        }
    }

    /**
     * Takes the token out of a change, so that it is answered if it has taken effect and refused if it has not; does nothing with another
     * message.
     */
    public static void withdrawToken(MutableDirectBuffer message) {
        int offset =
                switch (message.getShort(MessageHeaderEncoder.templateIdEncodingOffset(), LITTLE_ENDIAN)) {
                    case WriteEncoder.TEMPLATE_ID -> EPOCH_OFFSET + WriteEncoder.tokenEncodingOffset();
                    case RemoveEncoder.TEMPLATE_ID -> EPOCH_OFFSET + RemoveEncoder.tokenEncodingOffset();
                    case RenameEncoder.TEMPLATE_ID -> EPOCH_OFFSET + RenameEncoder.tokenEncodingOffset();
                    default -> 0;
                };
        if (offset != 0) {
            message.putLong(offset, SessionProtocol.NO_TOKEN, LITTLE_ENDIAN);
        }
    }

    /**
     * A write that was made before its Tomcat saw this grant of its token does not give the session up: a request that has not ended may use it.
     * Does nothing with another message.
     */
    public static void keepIfGrantedSince(MutableDirectBuffer message, long grant) {
        int grantOffset = EPOCH_OFFSET + WriteEncoder.grantEncodingOffset();
        int flagsOffset = EPOCH_OFFSET + WriteEncoder.flagsEncodingOffset();
        boolean isWrite = message.getShort(MessageHeaderEncoder.templateIdEncodingOffset(), LITTLE_ENDIAN)
                == WriteEncoder.TEMPLATE_ID;
        if (isWrite && message.getLong(grantOffset, LITTLE_ENDIAN) < grant) {
            int flags = message.getInt(flagsOffset, LITTLE_ENDIAN);
            message.putInt(flagsOffset, flags & ~SessionProtocol.WRITE_RELEASE, LITTLE_ENDIAN);
        }
    }

    private static int copyVersionOffset(DirectBuffer message) {
        return switch (message.getShort(MessageHeaderEncoder.templateIdEncodingOffset(), LITTLE_ENDIAN)) {
            case GetOwnEncoder.TEMPLATE_ID -> EPOCH_OFFSET + GetOwnEncoder.knownVersionEncodingOffset();
            case WriteEncoder.TEMPLATE_ID -> EPOCH_OFFSET + WriteEncoder.baseVersionEncodingOffset();
            case RemoveEncoder.TEMPLATE_ID -> EPOCH_OFFSET + RemoveEncoder.baseVersionEncodingOffset();
            case RenameEncoder.TEMPLATE_ID -> EPOCH_OFFSET + RenameEncoder.baseVersionEncodingOffset();
            default -> 0;
        };
    }
}
