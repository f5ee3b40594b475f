package org.stoneware.wire.replication;

import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.List;
import org.agrona.DirectBuffer;
import org.agrona.concurrent.UnsafeBuffer;
import org.stoneware.api.session.SessionKey;
import org.stoneware.wire.replication.codec.AckDecoder;
import org.stoneware.wire.replication.codec.CommitDecoder;
import org.stoneware.wire.replication.codec.DivergedAckDecoder;
import org.stoneware.wire.replication.codec.DivergedDecoder;
import org.stoneware.wire.replication.codec.DivergedEndDecoder;
import org.stoneware.wire.replication.codec.EntryDecoder;
import org.stoneware.wire.replication.codec.FrameDecoder;
import org.stoneware.wire.replication.codec.LineageDecoder;
import org.stoneware.wire.replication.codec.MessageHeaderDecoder;
import org.stoneware.wire.replication.codec.MismatchDecoder;
import org.stoneware.wire.replication.codec.ReconciledDecoder;
import org.stoneware.wire.replication.codec.SnapshotBeginDecoder;
import org.stoneware.wire.replication.codec.SnapshotEndDecoder;
import org.stoneware.wire.replication.codec.SnapshotRecordDecoder;
import org.stoneware.wire.replication.codec.StaleDecoder;
import org.stoneware.wire.replication.codec.StateDigestDecoder;
import org.stoneware.wire.replication.codec.SyncRequestDecoder;
import org.stoneware.wire.session.WireException;

/**
 * Decodes one replication frame and calls the listener: first {@link ReplicationListener#onOrigin}, then the message.
 * <p>
 * <b>Threading:</b> one thread at a time.
 * <p>
 * <b>Failure:</b> bytes that are no message of this schema, that end early or late, or whose checksum is wrong throw
 * {@link WireException}: what follows on that connection can't be trusted. A listener's own exception passes through.
 */
public final class ReplicationAdapter {
    private static final int LENGTH_LENGTH = Integer.BYTES;

    private final UnsafeBuffer message = new UnsafeBuffer(new byte[0]);
    private final MessageHeaderDecoder header = new MessageHeaderDecoder();
    private final SyncRequestDecoder syncRequest = new SyncRequestDecoder();
    private final SnapshotBeginDecoder snapshotBegin = new SnapshotBeginDecoder();
    private final SnapshotRecordDecoder snapshotRecord = new SnapshotRecordDecoder();
    private final SnapshotEndDecoder snapshotEnd = new SnapshotEndDecoder();
    private final EntryDecoder entry = new EntryDecoder();
    private final AckDecoder ack = new AckDecoder();
    private final StaleDecoder stale = new StaleDecoder();
    private final CommitDecoder commit = new CommitDecoder();
    private final StateDigestDecoder stateDigest = new StateDigestDecoder();
    private final MismatchDecoder mismatch = new MismatchDecoder();
    private final LineageDecoder lineage = new LineageDecoder();
    private final DivergedDecoder diverged = new DivergedDecoder();
    private final DivergedAckDecoder divergedAck = new DivergedAckDecoder();
    private final DivergedEndDecoder divergedEnd = new DivergedEndDecoder();
    private final ReconciledDecoder reconciled = new ReconciledDecoder();
    private final FrameDecoder frame = new FrameDecoder();
    private final FrameOrigin origin = new FrameOrigin();
    private final ContentChecksum checksum = new ContentChecksum();

    /** Decodes one frame. */
    public void onFrame(DirectBuffer buffer, int offset, int length, ReplicationListener listener) {
        if (length < MessageHeaderDecoder.ENCODED_LENGTH || offset < 0 || length > buffer.capacity() - offset) {
            throw new WireException("frame too short: length=" + length);
        }
        message.wrap(buffer, offset, length);
        header.wrap(message, 0);
        checkHeader(length);
        frame.wrap(message, MessageHeaderDecoder.ENCODED_LENGTH);
        origin.set(frame.groupId(), frame.senderId(), frame.epoch(), frame.senderIncarnation(), frame.streamSeq());
        if (listener.onOrigin(origin)) {
            dispatch(length, listener);
        }
    }

    private void checkHeader(int length) {
        if (header.schemaId() != ReplicationProtocol.SCHEMA_ID
                || header.version() != ReplicationProtocol.SCHEMA_VERSION) {
            throw new WireException("unknown schema: schemaId=" + header.schemaId() + " version=" + header.version());
        }
        int templateId = header.templateId();
        int blockLength = blockLength(templateId);
        int bodyLength = length - MessageHeaderDecoder.ENCODED_LENGTH;
        boolean hasContent = templateId == SnapshotRecordDecoder.TEMPLATE_ID
                || templateId == EntryDecoder.TEMPLATE_ID
                || templateId == DivergedDecoder.TEMPLATE_ID;
        boolean isLonger = hasContent || templateId == LineageDecoder.TEMPLATE_ID;
        if (header.blockLength() != blockLength
                || (isLonger ? bodyLength < blockLength + LENGTH_LENGTH : bodyLength != blockLength)) {
            throw new WireException("bad length: template=" + templateId + " blockLength=" + header.blockLength()
                    + " length=" + length);
        }
        if (hasContent) {
            long contentLength =
                    message.getInt(MessageHeaderDecoder.ENCODED_LENGTH + blockLength, ByteOrder.LITTLE_ENDIAN)
                            & 0xFFFF_FFFFL;
            if (contentLength != bodyLength - blockLength - LENGTH_LENGTH
                    || contentLength > ReplicationProtocol.MAX_CONTENT_LENGTH) {
                throw new WireException("bad content: template=" + templateId + " contentLength=" + contentLength);
            }
        }
    }

    private static int blockLength(int templateId) {
        return switch (templateId) {
            case SyncRequestDecoder.TEMPLATE_ID -> SyncRequestDecoder.BLOCK_LENGTH;
            case SnapshotBeginDecoder.TEMPLATE_ID -> SnapshotBeginDecoder.BLOCK_LENGTH;
            case SnapshotRecordDecoder.TEMPLATE_ID -> SnapshotRecordDecoder.BLOCK_LENGTH;
            case SnapshotEndDecoder.TEMPLATE_ID -> SnapshotEndDecoder.BLOCK_LENGTH;
            case EntryDecoder.TEMPLATE_ID -> EntryDecoder.BLOCK_LENGTH;
            case AckDecoder.TEMPLATE_ID -> AckDecoder.BLOCK_LENGTH;
            case StaleDecoder.TEMPLATE_ID -> StaleDecoder.BLOCK_LENGTH;
            case CommitDecoder.TEMPLATE_ID -> CommitDecoder.BLOCK_LENGTH;
            case StateDigestDecoder.TEMPLATE_ID -> StateDigestDecoder.BLOCK_LENGTH;
            case MismatchDecoder.TEMPLATE_ID -> MismatchDecoder.BLOCK_LENGTH;
            case LineageDecoder.TEMPLATE_ID -> LineageDecoder.BLOCK_LENGTH;
            case DivergedDecoder.TEMPLATE_ID -> DivergedDecoder.BLOCK_LENGTH;
            case DivergedAckDecoder.TEMPLATE_ID -> DivergedAckDecoder.BLOCK_LENGTH;
            case DivergedEndDecoder.TEMPLATE_ID -> DivergedEndDecoder.BLOCK_LENGTH;
            case ReconciledDecoder.TEMPLATE_ID -> ReconciledDecoder.BLOCK_LENGTH;
            default -> throw new WireException("unknown replication message: template=" + templateId);
        };
    }

    private void dispatch(int length, ReplicationListener listener) {
        switch (header.templateId()) {
            case SyncRequestDecoder.TEMPLATE_ID -> {
                syncRequest.wrapAndApplyHeader(message, 0, header);
                listener.onSyncRequest(
                        origin, syncRequest.lastIndex(), syncRequest.lastEpoch(), syncRequest.acknowledged());
            }
            case SnapshotBeginDecoder.TEMPLATE_ID -> {
                snapshotBegin.wrapAndApplyHeader(message, 0, header);
                listener.onSnapshotBegin(origin, snapshotBegin.snapshotId());
            }
            case SnapshotRecordDecoder.TEMPLATE_ID -> decodeRecord(length, listener);
            case SnapshotEndDecoder.TEMPLATE_ID -> {
                snapshotEnd.wrapAndApplyHeader(message, 0, header);
                listener.onSnapshotEnd(
                        origin,
                        snapshotEnd.snapshotId(),
                        snapshotEnd.lastIndex(),
                        snapshotEnd.lastEpoch(),
                        snapshotEnd.logTimeMs(),
                        snapshotEnd.sessions());
            }
            case EntryDecoder.TEMPLATE_ID -> decodeEntry(length, listener);
            case AckDecoder.TEMPLATE_ID -> {
                ack.wrapAndApplyHeader(message, 0, header);
                listener.onAck(origin, ack.index(), ack.seenNs());
            }
            case StaleDecoder.TEMPLATE_ID -> {
                stale.wrapAndApplyHeader(message, 0, header);
                listener.onStale(origin, stale.promisedEpoch());
            }
            case CommitDecoder.TEMPLATE_ID -> {
                commit.wrapAndApplyHeader(message, 0, header);
                listener.onCommit(
                        origin, commit.lastIndex(), commit.commitIndex(), commit.logTimeMs(), commit.sentNs());
            }
            case StateDigestDecoder.TEMPLATE_ID -> decodeDigest(listener);
            case MismatchDecoder.TEMPLATE_ID -> {
                mismatch.wrapAndApplyHeader(message, 0, header);
                MismatchKind kind = kindOfMismatch(mismatch.kind());
                listener.onMismatch(origin, mismatch.index(), kind, mismatch.firstSlot(), mismatch.slotCount());
            }
            default -> dispatchReconciliation(length, listener);
        }
    }

    private void dispatchReconciliation(int length, ReplicationListener listener) {
        switch (header.templateId()) {
            case LineageDecoder.TEMPLATE_ID -> decodeLineage(length, listener);
            case DivergedDecoder.TEMPLATE_ID -> decodeDiverged(length, listener);
            case DivergedAckDecoder.TEMPLATE_ID -> {
                divergedAck.wrapAndApplyHeader(message, 0, header);
                listener.onDivergedAck(origin, divergedAck.number());
            }
            case DivergedEndDecoder.TEMPLATE_ID -> {
                divergedEnd.wrapAndApplyHeader(message, 0, header);
                listener.onDivergedEnd(origin, divergedEnd.number(), divergedEnd.discarded());
            }
            default -> {
                reconciled.wrapAndApplyHeader(message, 0, header);
                listener.onReconciled(
                        origin,
                        reconciled.adopted(),
                        reconciled.conflicts(),
                        reconciled.removed(),
                        reconciled.refused());
            }
        }
    }

    private void decodeLineage(int length, ReplicationListener listener) {
        lineage.wrapAndApplyHeader(message, 0, header);
        LineageDecoder.EpochsDecoder rows = lineage.epochs();
        int count = rows.count();
        int rowLength = LineageDecoder.EpochsDecoder.sbeBlockLength();
        int rowsLength = length - MessageHeaderDecoder.ENCODED_LENGTH - LineageDecoder.BLOCK_LENGTH - LENGTH_LENGTH;
        if (rows.actingBlockLength() != rowLength || count * rowLength != rowsLength) {
            throw new WireException("bad lineage: epochs=" + count + " length=" + length);
        }
        List<LineageEpoch> epochs = new ArrayList<>(count);
        while (rows.hasNext()) {
            rows.next();
            epochs.add(new LineageEpoch(rows.epoch(), rows.lastIndex(), rows.startTimeMs()));
        }
        listener.onLineage(origin, lineage.isFromEmpty() == 1, epochs);
    }

    private void decodeDiverged(int length, ReplicationListener listener) {
        diverged.wrapAndApplyHeader(message, 0, header);
        Divergence divergence = new Divergence(
                diverged.number(),
                diverged.forkIndex(),
                diverged.logTimeMs(),
                diverged.lastAccessedTimeMs(),
                diverged.originLength(),
                kindOfDivergence(diverged.kind()),
                diverged.isNew() == 1);
        int contentOffset = contentOffset(DivergedDecoder.BLOCK_LENGTH);
        int contentLength = length - contentOffset;
        if (checksum.of(divergence, message, contentOffset, contentLength) != diverged.crc32c()) {
            throw new WireException("wrong checksum of divergence: number=" + divergence.number());
        }
        if (divergence.originLength() < 0 || divergence.originLength() > contentLength) {
            throw new WireException("bad divergence: number=" + divergence.number() + " originLength="
                    + divergence.originLength() + " contentLength=" + contentLength);
        }
        listener.onDiverged(origin, divergence, message, contentOffset, contentLength);
    }

    private void decodeDigest(ReplicationListener listener) {
        stateDigest.wrapAndApplyHeader(message, 0, header);
        int first = stateDigest.firstSlot();
        int slots = stateDigest.slotCount();
        if (first < 0
                || slots < 0
                || slots > SessionKey.SLOT_COUNT - first
                || stateDigest.part() < 0
                || stateDigest.part() >= stateDigest.parts()
                || Integer.bitCount(stateDigest.parts()) != 1) {
            throw new WireException("no part of the state: firstSlot=" + first + " slotCount=" + slots + " part="
                    + stateDigest.part() + " parts=" + stateDigest.parts());
        }
        listener.onStateDigest(
                origin,
                stateDigest.index(),
                first,
                slots,
                stateDigest.part(),
                stateDigest.parts(),
                stateDigest.count(),
                stateDigest.digest());
    }

    private void decodeRecord(int length, ReplicationListener listener) {
        snapshotRecord.wrapAndApplyHeader(message, 0, header);
        RecordKind kind = kind(snapshotRecord.kind());
        int contentOffset = contentOffset(SnapshotRecordDecoder.BLOCK_LENGTH);
        int contentLength = length - contentOffset;
        long snapshotId = snapshotRecord.snapshotId();
        long index = snapshotRecord.index();
        int actual = checksum.of(snapshotId, index, kind.code(), 0, 0, 0, message, contentOffset, contentLength);
        if (actual != snapshotRecord.crc32c()) {
            throw new WireException("wrong checksum of snapshot record: index=" + index + " length=" + contentLength);
        }
        listener.onSnapshotRecord(origin, snapshotId, index, kind, message, contentOffset, contentLength);
    }

    private void decodeEntry(int length, ReplicationListener listener) {
        entry.wrapAndApplyHeader(message, 0, header);
        int contentOffset = contentOffset(EntryDecoder.BLOCK_LENGTH);
        int contentLength = length - contentOffset;
        long index = entry.index();
        int actual = checksum.of(
                index,
                entry.entryEpoch(),
                entry.prevEpoch(),
                entry.logTimeMs(),
                entry.outcome(),
                entry.sentNs(),
                message,
                contentOffset,
                contentLength);
        if (actual != entry.crc32c()) {
            throw new WireException("wrong checksum of entry: index=" + index + " length=" + contentLength);
        }
        listener.onEntry(
                origin,
                index,
                entry.entryEpoch(),
                entry.prevEpoch(),
                entry.commitIndex(),
                entry.logTimeMs(),
                entry.outcome(),
                entry.sentNs(),
                message,
                contentOffset,
                contentLength);
    }

    private static int contentOffset(int blockLength) {
        return MessageHeaderDecoder.ENCODED_LENGTH + blockLength + LENGTH_LENGTH;
    }

    private static RecordKind kind(int code) {
        try {
            return RecordKind.ofCode(code);
        } catch (IllegalArgumentException e) {
            throw new WireException(String.valueOf(e.getMessage()));
        }
    }

    private static DivergedKind kindOfDivergence(int code) {
        try {
            return DivergedKind.ofCode(code);
        } catch (IllegalArgumentException e) {
            throw new WireException(String.valueOf(e.getMessage()));
        }
    }

    private static MismatchKind kindOfMismatch(int code) {
        try {
            return MismatchKind.ofCode(code);
        } catch (IllegalArgumentException e) {
            throw new WireException(String.valueOf(e.getMessage()));
        }
    }
}
