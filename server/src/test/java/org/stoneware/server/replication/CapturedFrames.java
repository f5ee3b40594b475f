package org.stoneware.server.replication;

import java.util.ArrayList;
import java.util.List;
import org.agrona.DirectBuffer;
import org.agrona.concurrent.UnsafeBuffer;
import org.stoneware.wire.replication.FrameOrigin;
import org.stoneware.wire.replication.MismatchKind;
import org.stoneware.wire.replication.RecordKind;
import org.stoneware.wire.replication.ReplicationAdapter;
import org.stoneware.wire.replication.ReplicationListener;

/** Keeps the frames of one end as bytes, and says in words what they are. */
final class CapturedFrames implements FrameOutput, ReplicationListener {
    final List<byte[]> frames = new ArrayList<>();
    final List<String> messages = new ArrayList<>();
    String closed = "";
    boolean hasRoom = true;
    long seenNs;

    @Override
    public boolean send(DirectBuffer frame, int offset, int length) {
        if (!hasRoom) {
            return false;
        }
        byte[] copy = new byte[length];
        frame.getBytes(offset, copy);
        frames.add(copy);
        new ReplicationAdapter().onFrame(new UnsafeBuffer(copy), 0, length, this);
        return true;
    }

    @Override
    public void close(String reason) {
        closed = reason;
    }

    @Override
    public boolean onOrigin(FrameOrigin origin) {
        return true;
    }

    @Override
    public void onSyncRequest(FrameOrigin origin, long lastIndex, long lastEpoch, long acknowledged) {
        messages.add("sync " + lastIndex + " of " + lastEpoch);
    }

    @Override
    public void onSnapshotBegin(FrameOrigin origin, long snapshotId) {
        messages.add("begin");
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
        messages.add(kind + " " + index);
    }

    @Override
    public void onSnapshotEnd(
            FrameOrigin origin, long snapshotId, long lastIndex, long lastEpoch, long logTimeMs, long sessions) {
        messages.add("end " + lastIndex);
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
        messages.add("entry " + index);
    }

    @Override
    public void onAck(FrameOrigin origin, long index, long seenNs) {
        messages.add("ack " + index);
        this.seenNs = seenNs;
    }

    @Override
    public void onMismatch(FrameOrigin origin, long index, MismatchKind kind, int firstSlot, int slotCount) {
        messages.add("mismatch " + kind);
    }

    @Override
    public void onStale(FrameOrigin origin, long promisedEpoch) {
        messages.add("stale " + promisedEpoch);
    }

    @Override
    public void onCommit(FrameOrigin origin, long lastIndex, long commitIndex, long logTimeMs, long sentNs) {
        messages.add("commit " + commitIndex + " of " + lastIndex);
    }

    @Override
    public void unexpected(FrameOrigin origin) {
        messages.add("unexpected");
    }
}
