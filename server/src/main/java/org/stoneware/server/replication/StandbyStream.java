package org.stoneware.server.replication;

import org.agrona.DirectBuffer;
import org.agrona.ExpandableArrayBuffer;
import org.stoneware.server.session.GrownBuffer;
import org.stoneware.wire.replication.RecordKind;
import org.stoneware.wire.replication.ReplicationProtocol;
import org.stoneware.wire.replication.ReplicationPublisher;

/**
 * What the active sends over one connection to one standby. Each method sends one frame or answers false: no room now.
 * <p>
 * <b>Threading:</b> the agent thread.
 */
final class StandbyStream {
    private final ReplicationPublisher publisher;
    private final FrameOutput output;
    private ExpandableArrayBuffer frame = new ExpandableArrayBuffer(4096);
    private boolean isStamped;
    private long stampNs;

    StandbyStream(ReplicaIdentity self, long epoch, FrameOutput output) {
        this.publisher = new ReplicationPublisher(self.groupId(), self.memberId(), self.incarnation(), epoch);
        this.output = output;
    }

    boolean lineage(LogHistory history) {
        return send(publisher.lineage(frame, history.isFromEmpty(), history.epochs()));
    }

    boolean divergedAck(long number) {
        return send(publisher.divergedAck(frame, number));
    }

    boolean reconciled(ReconcileResult result) {
        return send(
                publisher.reconciled(frame, result.adopted(), result.conflicts(), result.removed(), result.refused()));
    }

    boolean snapshotBegin(long snapshotId) {
        return send(publisher.snapshotBegin(frame, snapshotId));
    }

    boolean record(long snapshotId, long index, RecordKind kind, DirectBuffer content, int offset, int length) {
        return send(publisher.snapshotRecord(frame, snapshotId, index, kind, content, offset, length));
    }

    boolean snapshotEnd(long snapshotId, long lastIndex, long lastEpoch, long logTimeMs, long sessions) {
        return send(publisher.snapshotEnd(frame, snapshotId, lastIndex, lastEpoch, logTimeMs, sessions));
    }

    boolean entry(EntryRing ring, long index, long commitIndex, long nowNs) {
        return sendStamped(
                nowNs,
                publisher.entry(
                        frame,
                        index,
                        ring.epochAt(index),
                        ring.epochAt(index - 1),
                        commitIndex,
                        ring.logTimeMsAt(index),
                        ring.outcomeAt(index),
                        nowNs,
                        ring.bufferAt(index),
                        ring.offsetAt(index),
                        ring.lengthAt(index)));
    }

    boolean commit(long lastIndex, long commitIndex, long logTimeMs, long nowNs) {
        return sendStamped(nowNs, publisher.commit(frame, lastIndex, commitIndex, logTimeMs, nowNs));
    }

    /** True when a frame sent over this connection said so, or may have. */
    boolean mayHaveSent(long seenNs) {
        return isStamped && seenNs != ReplicationProtocol.NO_STAMP && stampNs - seenNs >= 0;
    }

    boolean digest(StateDigest digest) {
        return send(publisher.stateDigest(
                frame,
                digest.index(),
                digest.firstSlot(),
                digest.slotCount(),
                digest.part(),
                digest.parts(),
                digest.count(),
                digest.digest()));
    }

    boolean stale(long promisedEpoch) {
        return send(publisher.stale(frame, promisedEpoch));
    }

    void close(String reason) {
        output.close(reason);
    }

    private boolean sendStamped(long nowNs, int length) {
        boolean isSent = send(length);
        if (isSent) {
            isStamped = true;
            stampNs = nowNs;
        }
        return isSent;
    }

    private boolean send(int length) {
        boolean isSent = output.send(frame, 0, length);
        if (isSent) {
            publisher.sent();
            frame = GrownBuffer.afterUse(frame);
        }
        return isSent;
    }
}
