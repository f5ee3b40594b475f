package org.stoneware.wire.replication;

import java.util.List;
import org.agrona.DirectBuffer;
import org.agrona.MutableDirectBuffer;
import org.stoneware.wire.replication.codec.AckEncoder;
import org.stoneware.wire.replication.codec.CommitEncoder;
import org.stoneware.wire.replication.codec.DivergedAckEncoder;
import org.stoneware.wire.replication.codec.DivergedEncoder;
import org.stoneware.wire.replication.codec.DivergedEndEncoder;
import org.stoneware.wire.replication.codec.EntryEncoder;
import org.stoneware.wire.replication.codec.FrameEncoder;
import org.stoneware.wire.replication.codec.LineageEncoder;
import org.stoneware.wire.replication.codec.MessageHeaderEncoder;
import org.stoneware.wire.replication.codec.MismatchEncoder;
import org.stoneware.wire.replication.codec.ReconciledEncoder;
import org.stoneware.wire.replication.codec.SnapshotBeginEncoder;
import org.stoneware.wire.replication.codec.SnapshotEndEncoder;
import org.stoneware.wire.replication.codec.SnapshotRecordEncoder;
import org.stoneware.wire.replication.codec.StaleEncoder;
import org.stoneware.wire.replication.codec.StateDigestEncoder;
import org.stoneware.wire.replication.codec.SyncRequestEncoder;

/**
 * Encodes what one end of one replication connection sends. Each method writes one message from offset 0 of a buffer the caller
 * gives and returns its length. The number in the stream rises only by {@link #sent()}, so a message the connection had no room
 * for can be encoded again.
 * <p>
 * <b>Threading:</b> one thread at a time.
 */
public final class ReplicationPublisher {
    private final MessageHeaderEncoder header = new MessageHeaderEncoder();
    private final SyncRequestEncoder syncRequest = new SyncRequestEncoder();
    private final SnapshotBeginEncoder snapshotBegin = new SnapshotBeginEncoder();
    private final SnapshotRecordEncoder snapshotRecord = new SnapshotRecordEncoder();
    private final SnapshotEndEncoder snapshotEnd = new SnapshotEndEncoder();
    private final EntryEncoder entry = new EntryEncoder();
    private final AckEncoder ack = new AckEncoder();
    private final StaleEncoder stale = new StaleEncoder();
    private final CommitEncoder commit = new CommitEncoder();
    private final StateDigestEncoder stateDigest = new StateDigestEncoder();
    private final MismatchEncoder mismatch = new MismatchEncoder();
    private final LineageEncoder lineage = new LineageEncoder();
    private final DivergedEncoder diverged = new DivergedEncoder();
    private final DivergedAckEncoder divergedAck = new DivergedAckEncoder();
    private final DivergedEndEncoder divergedEnd = new DivergedEndEncoder();
    private final ReconciledEncoder reconciled = new ReconciledEncoder();
    private final ContentChecksum checksum = new ContentChecksum();
    private final int groupId;
    private final int senderId;
    private final long senderIncarnation;
    private long epoch;
    private long streamSeq = 1;

    public ReplicationPublisher(int groupId, int senderId, long senderIncarnation, long epoch) {
        this.groupId = groupId;
        this.senderId = senderId;
        this.senderIncarnation = senderIncarnation;
        this.epoch = epoch;
    }

    /** Epoch of the messages encoded from now on. */
    public void epoch(long epoch) {
        this.epoch = epoch;
    }

    /** The message encoded last has gone out. */
    public void sent() {
        streamSeq++;
    }

    /** A new connection begins. */
    public void restart() {
        streamSeq = 1;
    }

    public int syncRequest(MutableDirectBuffer out, long lastIndex, long lastEpoch, long acknowledged) {
        frame(syncRequest.wrapAndApplyHeader(out, 0, header).frame());
        syncRequest.lastIndex(lastIndex).lastEpoch(lastEpoch).acknowledged(acknowledged);
        return MessageHeaderEncoder.ENCODED_LENGTH + syncRequest.encodedLength();
    }

    public int snapshotBegin(MutableDirectBuffer out, long snapshotId) {
        frame(snapshotBegin.wrapAndApplyHeader(out, 0, header).frame());
        snapshotBegin.snapshotId(snapshotId);
        return MessageHeaderEncoder.ENCODED_LENGTH + snapshotBegin.encodedLength();
    }

    public int snapshotRecord(
            MutableDirectBuffer out,
            long snapshotId,
            long index,
            RecordKind kind,
            DirectBuffer content,
            int offset,
            int length) {
        frame(snapshotRecord.wrapAndApplyHeader(out, 0, header).frame());
        snapshotRecord
                .snapshotId(snapshotId)
                .index(index)
                .crc32c(checksum.of(snapshotId, index, kind.code(), 0, 0, 0, content, offset, length))
                .kind((short) kind.code())
                .putContent(content, offset, length);
        return MessageHeaderEncoder.ENCODED_LENGTH + snapshotRecord.encodedLength();
    }

    public int snapshotEnd(
            MutableDirectBuffer out, long snapshotId, long lastIndex, long lastEpoch, long logTimeMs, long sessions) {
        frame(snapshotEnd.wrapAndApplyHeader(out, 0, header).frame());
        snapshotEnd
                .snapshotId(snapshotId)
                .lastIndex(lastIndex)
                .lastEpoch(lastEpoch)
                .logTimeMs(logTimeMs)
                .sessions(sessions);
        return MessageHeaderEncoder.ENCODED_LENGTH + snapshotEnd.encodedLength();
    }

    public int entry(
            MutableDirectBuffer out,
            long index,
            long entryEpoch,
            long prevEpoch,
            long commitIndex,
            long logTimeMs,
            long outcome,
            long sentNs,
            DirectBuffer content,
            int offset,
            int length) {
        frame(entry.wrapAndApplyHeader(out, 0, header).frame());
        entry.index(index)
                .entryEpoch(entryEpoch)
                .prevEpoch(prevEpoch)
                .commitIndex(commitIndex)
                .logTimeMs(logTimeMs)
                .crc32c(checksum.of(index, entryEpoch, prevEpoch, logTimeMs, outcome, sentNs, content, offset, length))
                .outcome(outcome)
                .sentNs(sentNs)
                .putContent(content, offset, length);
        return MessageHeaderEncoder.ENCODED_LENGTH + entry.encodedLength();
    }

    public int ack(MutableDirectBuffer out, long index, long seenNs) {
        frame(ack.wrapAndApplyHeader(out, 0, header).frame());
        ack.index(index).seenNs(seenNs);
        return MessageHeaderEncoder.ENCODED_LENGTH + ack.encodedLength();
    }

    public int stale(MutableDirectBuffer out, long promisedEpoch) {
        frame(stale.wrapAndApplyHeader(out, 0, header).frame());
        stale.promisedEpoch(promisedEpoch);
        return MessageHeaderEncoder.ENCODED_LENGTH + stale.encodedLength();
    }

    public int commit(MutableDirectBuffer out, long lastIndex, long commitIndex, long logTimeMs, long sentNs) {
        frame(commit.wrapAndApplyHeader(out, 0, header).frame());
        commit.lastIndex(lastIndex)
                .commitIndex(commitIndex)
                .logTimeMs(logTimeMs)
                .sentNs(sentNs);
        return MessageHeaderEncoder.ENCODED_LENGTH + commit.encodedLength();
    }

    public int stateDigest(
            MutableDirectBuffer out,
            long index,
            int firstSlot,
            int slotCount,
            int part,
            int parts,
            long count,
            long digest) {
        frame(stateDigest.wrapAndApplyHeader(out, 0, header).frame());
        stateDigest
                .index(index)
                .firstSlot(firstSlot)
                .slotCount(slotCount)
                .part(part)
                .parts(parts)
                .count(count)
                .digest(digest);
        return MessageHeaderEncoder.ENCODED_LENGTH + stateDigest.encodedLength();
    }

    public int mismatch(MutableDirectBuffer out, long index, MismatchKind kind, int firstSlot, int slotCount) {
        frame(mismatch.wrapAndApplyHeader(out, 0, header).frame());
        mismatch.index(index).kind((short) kind.code()).firstSlot(firstSlot).slotCount(slotCount);
        return MessageHeaderEncoder.ENCODED_LENGTH + mismatch.encodedLength();
    }

    public int lineage(MutableDirectBuffer out, boolean isFromEmpty, List<LineageEpoch> epochs) {
        frame(lineage.wrapAndApplyHeader(out, 0, header).frame());
        lineage.isFromEmpty((short) (isFromEmpty ? 1 : 0));
        LineageEncoder.EpochsEncoder rows = lineage.epochsCount(epochs.size());
        for (LineageEpoch each : epochs) {
            rows.next().epoch(each.epoch()).lastIndex(each.lastIndex()).startTimeMs(each.startTimeMs());
        }
        return MessageHeaderEncoder.ENCODED_LENGTH + lineage.encodedLength();
    }

    public int diverged(MutableDirectBuffer out, Divergence divergence, DirectBuffer content, int offset, int length) {
        frame(diverged.wrapAndApplyHeader(out, 0, header).frame());
        diverged.number(divergence.number())
                .forkIndex(divergence.forkIndex())
                .logTimeMs(divergence.logTimeMs())
                .lastAccessedTimeMs(divergence.lastAccessedTimeMs())
                .crc32c(checksum.of(divergence, content, offset, length))
                .originLength(divergence.originLength())
                .kind((short) divergence.kind().code())
                .isNew((short) (divergence.isNew() ? 1 : 0))
                .putContent(content, offset, length);
        return MessageHeaderEncoder.ENCODED_LENGTH + diverged.encodedLength();
    }

    public int divergedAck(MutableDirectBuffer out, long number) {
        frame(divergedAck.wrapAndApplyHeader(out, 0, header).frame());
        divergedAck.number(number);
        return MessageHeaderEncoder.ENCODED_LENGTH + divergedAck.encodedLength();
    }

    public int divergedEnd(MutableDirectBuffer out, long number, long discarded) {
        frame(divergedEnd.wrapAndApplyHeader(out, 0, header).frame());
        divergedEnd.number(number).discarded(discarded);
        return MessageHeaderEncoder.ENCODED_LENGTH + divergedEnd.encodedLength();
    }

    public int reconciled(MutableDirectBuffer out, long adopted, long conflicts, long removed, long refused) {
        frame(reconciled.wrapAndApplyHeader(out, 0, header).frame());
        reconciled.adopted(adopted).conflicts(conflicts).removed(removed).refused(refused);
        return MessageHeaderEncoder.ENCODED_LENGTH + reconciled.encodedLength();
    }

    private void frame(FrameEncoder frame) {
        frame.groupId(groupId)
                .senderId(senderId)
                .epoch(epoch)
                .senderIncarnation(senderIncarnation)
                .streamSeq(streamSeq);
    }
}
