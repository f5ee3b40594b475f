package org.stoneware.wire.replication;

import java.util.List;
import org.agrona.DirectBuffer;

/** Hears decoded frames. Buffers and origins are views valid until the call returns. */
public interface ReplicationListener {
    /**
     * Comes before each message.
     *
     * @return false: the message is not to be decoded further.
     */
    boolean onOrigin(FrameOrigin origin);

    default void onSyncRequest(FrameOrigin origin, long lastIndex, long lastEpoch, long acknowledged) {
        unexpected(origin);
    }

    default void onSnapshotBegin(FrameOrigin origin, long snapshotId) {
        unexpected(origin);
    }

    default void onSnapshotRecord(
            FrameOrigin origin,
            long snapshotId,
            long index,
            RecordKind kind,
            DirectBuffer content,
            int offset,
            int length) {
        unexpected(origin);
    }

    default void onSnapshotEnd(
            FrameOrigin origin, long snapshotId, long lastIndex, long lastEpoch, long logTimeMs, long sessions) {
        unexpected(origin);
    }

    default void onEntry(
            FrameOrigin origin,
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
        unexpected(origin);
    }

    default void onAck(FrameOrigin origin, long index, long seenNs) {
        unexpected(origin);
    }

    default void onStale(FrameOrigin origin, long promisedEpoch) {
        unexpected(origin);
    }

    default void onCommit(FrameOrigin origin, long lastIndex, long commitIndex, long logTimeMs, long sentNs) {
        unexpected(origin);
    }

    default void onStateDigest(
            FrameOrigin origin,
            long index,
            int firstSlot,
            int slotCount,
            int part,
            int parts,
            long count,
            long digest) {
        unexpected(origin);
    }

    default void onMismatch(FrameOrigin origin, long index, MismatchKind kind, int firstSlot, int slotCount) {
        unexpected(origin);
    }

    default void onLineage(FrameOrigin origin, boolean isFromEmpty, List<LineageEpoch> epochs) {
        unexpected(origin);
    }

    default void onDiverged(FrameOrigin origin, Divergence divergence, DirectBuffer content, int offset, int length) {
        unexpected(origin);
    }

    default void onDivergedAck(FrameOrigin origin, long number) {
        unexpected(origin);
    }

    default void onDivergedEnd(FrameOrigin origin, long number, long discarded) {
        unexpected(origin);
    }

    default void onReconciled(FrameOrigin origin, long adopted, long conflicts, long removed, long refused) {
        unexpected(origin);
    }

    /** A message this end does not expect; counted as an error of the sender. */
    void unexpected(FrameOrigin origin);
}
