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
    public void onSyncRequest(FrameOrigin origin, long lastIndex, long lastEpoch) {
        messages.add("sync " + lastIndex + " " + lastEpoch);
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
            DirectBuffer content,
            int offset,
            int length) {
        messages.add("entry " + index + " " + entryEpoch + " " + prevEpoch + " " + commitIndex + " " + logTimeMs + " "
                + text(content, offset, length));
    }

    @Override
    public void onAck(FrameOrigin origin, long index) {
        messages.add("ack " + index);
    }

    @Override
    public void onStale(FrameOrigin origin, long promisedEpoch) {
        messages.add("stale " + promisedEpoch);
    }

    @Override
    public void onCommit(FrameOrigin origin, long lastIndex, long commitIndex, long logTimeMs) {
        messages.add("commit " + lastIndex + " " + commitIndex + " " + logTimeMs);
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
