package org.stoneware.server.request;

import java.util.concurrent.TimeUnit;
import org.agrona.DirectBuffer;
import org.agrona.concurrent.UnsafeBuffer;
import org.stoneware.server.replication.FrameOutput;
import org.stoneware.server.replication.ReplicaIdentity;
import org.stoneware.server.replication.ReplicatedState;
import org.stoneware.server.replication.ReplicationEvents;
import org.stoneware.server.replication.ReplicationLimits;
import org.stoneware.server.replication.Standbys;
import org.stoneware.server.replication.SyncState;
import org.stoneware.wire.replication.ReplicationPublisher;

/** An in-sync standby that acknowledges when it is told to. */
final class SlowStandby {
    private static final int MEMBER = 1;
    private static final long INCARNATION = 55;
    private static final long LAST_EPOCH = 1;

    final Standbys standbys;
    private final ReplicationPublisher frames = new ReplicationPublisher(1, MEMBER, INCARNATION, 0);
    private final UnsafeBuffer frame = new UnsafeBuffer(new byte[128]);

    SlowStandby(long epoch, ReplicatedState state, int windowBytes) {
        long ms = TimeUnit.MILLISECONDS.toNanos(1);
        ReplicationLimits limits = new ReplicationLimits(
                windowBytes, 60_000 * ms, 60_000 * ms, ms, ms, 1 << 20, 1 << 20, ms, 60_000 * ms, 100);
        standbys = new Standbys(new ReplicaIdentity(1, 0, 44), epoch, state, LAST_EPOCH, limits, new NothingToDecide());
        standbys.inSync(MEMBER, INCARNATION);
        standbys.onConnected(MEMBER, new FrameOutput() {
            @Override
            public boolean send(DirectBuffer buffer, int offset, int length) {
                return true;
            }

            @Override
            public void close(String reason) {
                throw new AssertionError(reason);
            }
        });
        frames.epoch(epoch);
        receive(frames.syncRequest(frame, state.lastApplied(), LAST_EPOCH, 0));
    }

    /** Says it holds all entries up to this one, which must have been sent to it. */
    void acknowledge(long index) {
        receive(frames.ack(frame, index, 0));
    }

    private void receive(int length) {
        standbys.onFrame(MEMBER, frame, 0, length, 0);
        frames.sent();
    }

    private static final class NothingToDecide implements ReplicationEvents {
        @Override
        public void onSynced(int memberId, long incarnation, long index) {}

        @Override
        public void onDropRequested(int memberId, long incarnation, String reason) {
            throw new AssertionError(reason);
        }

        @Override
        public void onHigherEpoch(long epoch) {}

        @Override
        public void onSyncState(int memberId, SyncState from, SyncState to, String reason) {}
    }
}
