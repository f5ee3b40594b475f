package org.stoneware.wire.replication;

import java.util.ArrayList;
import java.util.List;
import org.agrona.DirectBuffer;

/** Keeps what an adapter decoded, as text. */
final class RecordedFrames implements ReplicationListener {
    final List<String> messages = new ArrayList<>();
    boolean isWanted = true;

    @Override
    public boolean onOrigin(FrameOrigin origin) {
        messages.add(origin.toString());
        return isWanted;
    }

    @Override
    public void onSyncRequest(FrameOrigin origin, long lastIndex, long lastEpoch, long acknowledged) {
        messages.add("sync " + lastIndex + " " + lastEpoch + " " + acknowledged);
    }

    @Override
    public void onSnapshotBegin(FrameOrigin origin, long snapshotId) {
        messages.add("begin " + snapshotId);
    }

    @Override
    public void onSnapshotRecord(
            FrameOrigin origin,
            long snapshotId,
            long index,
            RecordKind kind,
            DirectBuffer content,
            int offset,
            int length) {
        messages.add("record " + snapshotId + " " + index + " " + kind + " " + text(content, offset, length));
    }

    @Override
    public void onSnapshotEnd(
            FrameOrigin origin, long snapshotId, long lastIndex, long lastEpoch, long logTimeMs, long sessions) {
        messages.add("end " + snapshotId + " " + lastIndex + " " + lastEpoch + " " + logTimeMs + " " + sessions);
    }

    @Override
    public void onEntry(
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
        messages.add("entry " + index + " " + entryEpoch + " " + prevEpoch + " " + commitIndex + " " + logTimeMs + " "
                + outcome + " " + sentNs + " " + text(content, offset, length));
    }

    @Override
    public void onAck(FrameOrigin origin, long index, long seenNs) {
        messages.add("ack " + index + " " + seenNs);
    }

    @Override
    public void onStale(FrameOrigin origin, long promisedEpoch) {
        messages.add("stale " + promisedEpoch);
    }

    @Override
    public void onCommit(FrameOrigin origin, long lastIndex, long commitIndex, long logTimeMs, long sentNs) {
        messages.add("commit " + lastIndex + " " + commitIndex + " " + logTimeMs + " " + sentNs);
    }

    @Override
    public void onStateDigest(
            FrameOrigin origin,
            long index,
            int firstSlot,
            int slotCount,
            int part,
            int parts,
            long count,
            long digest) {
        messages.add("digest " + index + " " + firstSlot + " " + slotCount + " " + part + " " + parts + " " + count
                + " " + digest);
    }

    @Override
    public void onMismatch(FrameOrigin origin, long index, MismatchKind kind, int firstSlot, int slotCount) {
        messages.add("mismatch " + index + " " + kind + " " + firstSlot + " " + slotCount);
    }

    @Override
    public void onLineage(FrameOrigin origin, boolean isFromEmpty, List<LineageEpoch> epochs) {
        messages.add("lineage " + isFromEmpty + " " + epochs);
    }

    @Override
    public void onDiverged(FrameOrigin origin, Divergence divergence, DirectBuffer content, int offset, int length) {
        messages.add("diverged " + divergence + " " + text(content, offset, length));
    }

    @Override
    public void onDivergedAck(FrameOrigin origin, long number) {
        messages.add("diverged ack " + number);
    }

    @Override
    public void onDivergedEnd(FrameOrigin origin, long number, long discarded) {
        messages.add("diverged end " + number + " " + discarded);
    }

    @Override
    public void onReconciled(FrameOrigin origin, long adopted, long conflicts, long removed, long refused) {
        messages.add("reconciled " + adopted + " " + conflicts + " " + removed + " " + refused);
    }

    @Override
    public void unexpected(FrameOrigin origin) {
        messages.add("unexpected");
    }

    private static String text(DirectBuffer content, int offset, int length) {
        StringBuilder text = new StringBuilder();
        for (int i = 0; i < length; i++) {
            text.append(content.getByte(offset + i));
        }
        return text.toString();
    }
}
