package org.stoneware.voting;

import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.List;
import org.agrona.DirectBuffer;
import org.agrona.MutableDirectBuffer;
import org.jspecify.annotations.Nullable;

/**
 * The bytes of a {@link RegisterValue}, the same in messages and in the election file. Little endian.
 *
 * <pre>
 *  offset length field
 *       0      8 epoch
 *       8      8 mapEpoch
 *      16      2 activeId
 *      18      2 number of former voters
 *      20      2 number of in-sync entries
 *      22      2 number of voters
 *      24     28 each: memberId 4, identity 16, incarnation 8
 *       …     20 each: memberId 4, identity 16
 *       …     20 the same for each former voter
 * </pre>
 */
public final class RegisterValueCodec {
    /** Longest encoded value. */
    public static final int MAX_LENGTH = 24 + RegisterValue.MAX_ENTRIES * (28 + 20 + 20);

    public static final ByteOrder ORDER = ByteOrder.LITTLE_ENDIAN;
    private static final int HEADER_LENGTH = 24;
    private static final int IN_SYNC_LENGTH = 28;
    private static final int VOTER_LENGTH = 20;

    private RegisterValueCodec() {}

    /** Writes the value and returns its length. */
    public static int encode(RegisterValue value, MutableDirectBuffer buffer, int offset) {
        assert value.inSync().size() <= RegisterValue.MAX_ENTRIES
                && value.voters().size() <= RegisterValue.MAX_ENTRIES
                && value.former().size() <= RegisterValue.MAX_ENTRIES;
        buffer.putLong(offset, value.epoch(), ORDER);
        buffer.putLong(offset + 8, value.mapEpoch(), ORDER);
        buffer.putShort(offset + 16, (short) value.activeId(), ORDER);
        buffer.putShort(offset + 18, (short) value.former().size(), ORDER);
        buffer.putShort(offset + 20, (short) value.inSync().size(), ORDER);
        buffer.putShort(offset + 22, (short) value.voters().size(), ORDER);
        int position = offset + HEADER_LENGTH;
        for (RegisterValue.InSync member : value.inSync()) {
            buffer.putInt(position, member.memberId(), ORDER);
            putIdentity(buffer, position + 4, member.identity());
            buffer.putLong(position + 20, member.incarnation(), ORDER);
            position += IN_SYNC_LENGTH;
        }
        position = putVoters(value.voters(), buffer, position);
        position = putVoters(value.former(), buffer, position);
        return position - offset;
    }

    private static int putVoters(List<RegisterValue.Voter> voters, MutableDirectBuffer buffer, int offset) {
        int position = offset;
        for (RegisterValue.Voter voter : voters) {
            buffer.putInt(position, voter.memberId(), ORDER);
            putIdentity(buffer, position + 4, voter.identity());
            position += VOTER_LENGTH;
        }
        return position;
    }

    /** Reads a value that fills exactly {@code length} bytes; null when the bytes are not one. */
    public static @Nullable RegisterValue decode(DirectBuffer buffer, int offset, int length) {
        if (length < HEADER_LENGTH || length > MAX_LENGTH) {
            return null;
        }
        long epoch = buffer.getLong(offset, ORDER);
        long mapEpoch = buffer.getLong(offset + 8, ORDER);
        int activeId = buffer.getShort(offset + 16, ORDER);
        int formerCount = buffer.getShort(offset + 18, ORDER) & 0xFFFF;
        int inSyncCount = buffer.getShort(offset + 20, ORDER) & 0xFFFF;
        int voterCount = buffer.getShort(offset + 22, ORDER) & 0xFFFF;
        if (epoch <= 0 || Epoch.counter(epoch) == 0 || mapEpoch < 0 || !isPosition(activeId)) {
            return null;
        }
        if (inSyncCount > RegisterValue.MAX_ENTRIES
                || voterCount > RegisterValue.MAX_ENTRIES
                || formerCount > RegisterValue.MAX_ENTRIES
                || length != HEADER_LENGTH + inSyncCount * IN_SYNC_LENGTH + (voterCount + formerCount) * VOTER_LENGTH) {
            return null;
        }
        int position = offset + HEADER_LENGTH;
        List<RegisterValue.InSync> inSync = new ArrayList<>(inSyncCount);
        for (int i = 0; i < inSyncCount; i++, position += IN_SYNC_LENGTH) {
            int memberId = buffer.getInt(position, ORDER);
            if (!isPosition(memberId)) {
                return null;
            }
            inSync.add(new RegisterValue.InSync(
                    memberId, identity(buffer, position + 4), buffer.getLong(position + 20, ORDER)));
        }
        List<RegisterValue.Voter> voters = voters(buffer, position, voterCount);
        List<RegisterValue.Voter> former = voters(buffer, position + voterCount * VOTER_LENGTH, formerCount);
        return voters == null || former == null
                ? null
                : new RegisterValue(epoch, activeId, inSync, voters, former, mapEpoch);
    }

    private static @Nullable List<RegisterValue.Voter> voters(DirectBuffer buffer, int offset, int count) {
        List<RegisterValue.Voter> voters = new ArrayList<>(count);
        for (int i = 0; i < count; i++) {
            int position = offset + i * VOTER_LENGTH;
            int memberId = buffer.getInt(position, ORDER);
            if (memberId != RegisterValue.Voter.NOT_A_SERVER && !isPosition(memberId)) {
                return null;
            }
            voters.add(new RegisterValue.Voter(memberId, identity(buffer, position + 4)));
        }
        return voters;
    }

    public static void putBallot(MutableDirectBuffer buffer, int offset, Ballot ballot) {
        buffer.putLong(offset, ballot.counter(), ORDER);
        putIdentity(buffer, offset + 8, ballot.proposer());
    }

    /** Reads a ballot; null when its counter is out of range. */
    public static @Nullable Ballot ballot(DirectBuffer buffer, int offset) {
        long counter = buffer.getLong(offset, ORDER);
        if (counter < 0 || counter > Epoch.MAX_COUNTER) {
            return null;
        }
        return new Ballot(counter, identity(buffer, offset + 8));
    }

    public static void putIdentity(MutableDirectBuffer buffer, int offset, VoterId identity) {
        buffer.putLong(offset, identity.high(), ORDER);
        buffer.putLong(offset + 8, identity.low(), ORDER);
    }

    public static VoterId identity(DirectBuffer buffer, int offset) {
        return new VoterId(buffer.getLong(offset, ORDER), buffer.getLong(offset + 8, ORDER));
    }

    private static boolean isPosition(int memberId) {
        return memberId >= 0 && memberId < Epoch.MAX_SERVERS;
    }
}
