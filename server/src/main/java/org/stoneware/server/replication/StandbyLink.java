package org.stoneware.server.replication;

import org.agrona.DirectBuffer;
import org.jspecify.annotations.Nullable;
import org.stoneware.server.latency.LatencyHistogram;
import org.stoneware.spi.replication.Replicator;
import org.stoneware.wire.replication.Divergence;
import org.stoneware.wire.replication.FrameOrigin;
import org.stoneware.wire.replication.MismatchKind;
import org.stoneware.wire.replication.ReplicationAdapter;
import org.stoneware.wire.replication.ReplicationListener;
import org.stoneware.wire.replication.ReplicationProtocol;
import org.stoneware.wire.session.WireException;

/**
 * The active's view of one standby: whether it counts for commit, what it has acknowledged, the connection to it and what is sent
 * next. An acknowledgement counts only in the epoch of the active and from the very process that is in the in-sync set.
 * <p>
 * <b>Threading:</b> the agent thread.
 */
final class StandbyLink implements ReplicationListener {
    private static final long NOT_SENDING = 0;
    /** A copy broken off by the network is not the standby's fault, so its hold-off is this many times shorter. */
    private static final int SHORTER_AFTER_LOSS = 10;
    /** How often the rate of a copy is halved at most, since the standby could not take it in as fast. */
    private static final int MAX_HALVINGS = 4;

    private final int memberId;
    private final ReplicaIdentity self;
    private final long epoch;
    private final ReplicatedState state;
    private final EntryRing ring;
    private final ReplicationLimits limits;
    private final ReplicationEvents events;
    /** After a drop that was asked for, or a copy that failed, of a process; the next process is copied at once. */
    private final HoldOff holdOff;

    private long heldOffIncarnation;
    /** After a connection lost while a process was being copied; its next process is copied at once. */
    private final HoldOff lossHoldOff;

    private long lostIncarnation;
    private int halvings;
    private final ReadLease lease = new ReadLease();
    private final ReplicationAdapter adapter = new ReplicationAdapter();
    private final LatencyHistogram acknowledgements = new LatencyHistogram();

    private boolean isInSync;
    private boolean isLacking;
    private long incarnation;
    private long acknowledged;
    private @Nullable StandbyStream stream;
    private @Nullable PassiveSyncSession sync;
    private long expectedSeq;
    private long nextIndex = NOT_SENDING;
    private long heartbeatNs;
    private boolean isHeartbeatSent;
    private long fullSinceNs;
    private boolean isFull;
    private int refusedLength;
    private long snapshots;
    private long refusedFrames;
    private long mismatches;
    private @Nullable StateDigest digest;
    private long nowNs;

    StandbyLink(
            int memberId,
            ReplicaIdentity self,
            long epoch,
            ReplicatedState state,
            EntryRing ring,
            ReplicationLimits limits,
            ReplicationEvents events) {
        this.memberId = memberId;
        this.self = self;
        this.epoch = epoch;
        this.state = state;
        this.ring = ring;
        this.limits = limits;
        this.events = events;
        this.holdOff = new HoldOff(limits.holdOffMinNs(), limits.holdOffMaxNs());
        this.lossHoldOff =
                new HoldOff(limits.holdOffMinNs() / SHORTER_AFTER_LOSS, limits.holdOffMaxNs() / SHORTER_AFTER_LOSS);
    }

    int memberId() {
        return memberId;
    }

    boolean isInSync() {
        return isInSync;
    }

    /** Whether it counts and holds everything it has acknowledged, as far as this server knows. */
    boolean isWhole() {
        return isInSync && !isLacking;
    }

    /** Last entry the counted process has acknowledged. */
    long acknowledged() {
        return acknowledged;
    }

    boolean holdsCommits() {
        PassiveSyncSession session = sync;
        return session != null && session.holdsCommits();
    }

    @Nullable
    PassiveSyncSession sync() {
        return sync;
    }

    long refusedFrames() {
        return refusedFrames;
    }

    long mismatches() {
        return mismatches;
    }

    /** True while this standby follows and counts, so that it is to hold the same. */
    boolean isComparing() {
        return isInSync && nextIndex != NOT_SENDING;
    }

    /** A digest waits for the entries before it. */
    boolean hasUnsentDigest() {
        return digest != null && isComparing();
    }

    /** Takes a digest of the state after the last entry. */
    void offer(StateDigest taken) {
        digest = isComparing() ? taken : null;
    }

    void inSync(long incarnation) {
        this.isInSync = true;
        this.isLacking = false;
        this.incarnation = incarnation;
        this.acknowledged = 0;
    }

    void added(long incarnation) {
        PassiveSyncSession session = sync;
        if (session == null || session.incarnation() != incarnation) {
            throw new IllegalStateException("standby was not asked for: memberId=" + memberId);
        }
        session.added();
        this.isInSync = true;
        this.isLacking = false;
        this.incarnation = incarnation;
        this.acknowledged = session.acknowledged();
        this.nextIndex = stream == null || session.state() != SyncState.SYNCED ? NOT_SENDING : session.nextIndex();
        this.isFull = false;
        this.sync = null;
        this.halvings = 0;
    }

    void refused(long nowNs) {
        PassiveSyncSession session = sync;
        if (session != null) {
            session.refused();
            holdOff(session.incarnation(), nowNs);
        }
        sync = null;
        close("not taken into the in-sync set");
    }

    void dropped(long nowNs) {
        holdOff(incarnation, nowNs);
        gone();
    }

    private void holdOff(long ofIncarnation, long nowNs) {
        heldOffIncarnation = ofIncarnation;
        holdOff.begin(nowNs);
    }

    /** Counts no longer; without a hold-off, since nothing speaks against copying the next process at once. */
    void gone() {
        isInSync = false;
        isFull = false;
        nextIndex = NOT_SENDING;
        close("dropped from the in-sync set");
    }

    void onConnected(FrameOutput output) {
        onConnectionLost("replaced");
        stream = new StandbyStream(self, epoch, output);
        expectedSeq = 1;
        isHeartbeatSent = false;
    }

    void onConnectionLost(String reason) {
        if (limits.readsNeedConnection()) {
            // Commits wait until it is connected again or given up; so do reads, for it may have taken this server for
            // dead.
            lease.distrust(nowNs);
        }
        stream = null;
        nextIndex = NOT_SENDING;
        PassiveSyncSession session = sync;
        if (session != null) {
            if (session.isCopying()) {
                lostIncarnation = session.incarnation();
                lossHoldOff.begin(nowNs);
            }
            session.fail("connection lost: " + reason);
            if (!session.awaitsDecision()) {
                sync = null;
            }
        }
    }

    /** Nothing is sent any more, whoever decides what. */
    void end() {
        onConnectionLost("the epoch is over");
        sync = null;
    }

    void onFrame(DirectBuffer frame, int offset, int length, long nowNs) {
        this.nowNs = nowNs;
        if (stream == null) {
            return;
        }
        try {
            adapter.onFrame(frame, offset, length, this);
        } catch (WireException e) {
            refuse(String.valueOf(e.getMessage()));
        }
    }

    @Override
    public boolean onOrigin(FrameOrigin origin) {
        if (origin.streamSeq() != expectedSeq || origin.groupId() != self.groupId() || origin.senderId() != memberId) {
            refuse("frame out of place: expectedSeq=" + expectedSeq + " " + origin);
            return false;
        }
        expectedSeq++;
        if (origin.epoch() > epoch) {
            doubt(origin.epoch());
            return false;
        }
        if (origin.epoch() < epoch) {
            StandbyStream to = stream;
            if (to != null) {
                to.stale(epoch);
            }
            return false;
        }
        return true;
    }

    @Override
    public void onSyncRequest(FrameOrigin origin, long lastIndex, long lastEpoch, long acknowledgedAsActive) {
        if (nextIndex != NOT_SENDING || sync != null) {
            return;
        }
        if (isInSync) {
            resume(origin.senderIncarnation(), lastIndex, lastEpoch);
            return;
        }
        StandbyStream to = stream;
        if (to == null || isHeldOff(origin.senderIncarnation())) {
            return;
        }
        // Unique for every copy this process makes: the epoch above, a count below.
        long snapshotId = (epoch << 24) | (++snapshots & 0xFF_FFFF);
        PassiveSyncSession session = new PassiveSyncSession(
                memberId,
                origin.senderIncarnation(),
                snapshotId,
                state,
                ring,
                to,
                limits.slowerBy(halvings),
                events,
                nowNs);
        sync = session;
        session.onPosition(lastIndex, lastEpoch, acknowledgedAsActive, nowNs);
    }

    private boolean isHeldOff(long fromIncarnation) {
        return fromIncarnation == heldOffIncarnation && !holdOff.isOver(nowNs)
                || fromIncarnation == lostIncarnation && !lossHoldOff.isOver(nowNs);
    }

    /** A counted standby is back: it must be the same process and miss nothing it has acknowledged. */
    private void resume(long fromIncarnation, long lastIndex, long lastEpoch) {
        if (fromIncarnation != incarnation || lastIndex < acknowledged || !ring.continuesAfter(lastIndex, lastEpoch)) {
            isLacking = true;
            events.onDropRequested(
                    memberId,
                    incarnation,
                    "came back without what it held: lastIndex=" + lastIndex + " acknowledged=" + acknowledged
                            + " isSameProcess=" + (fromIncarnation == incarnation));
            return;
        }
        nextIndex = lastIndex + 1;
    }

    @Override
    public void onAck(FrameOrigin origin, long index, long seenNs) {
        PassiveSyncSession session = sync;
        if (session != null && origin.senderIncarnation() == session.incarnation()) {
            session.onAck(index);
        } else if (isInSync && origin.senderIncarnation() == incarnation && index < nextIndex) {
            countAcknowledged(index);
            acknowledged = Math.max(acknowledged, index);
        } else {
            refusedFrames++;
            return;
        }
        StandbyStream to = stream;
        if (to != null && to.mayHaveSent(seenNs)) {
            lease.renewed(origin.senderIncarnation(), seenNs);
        } else if (seenNs != ReplicationProtocol.NO_STAMP) {
            refusedFrames++;
        }
    }

    /** From the entry until this acknowledgement, for entries that are still here. */
    private void countAcknowledged(long index) {
        for (long each = Math.max(acknowledged + 1, ring.firstIndex()); each <= index; each++) {
            acknowledgements.record(nowNs - ring.appendedNsAt(each));
        }
    }

    /** How long this standby took to acknowledge each entry, while it counted. */
    LatencyHistogram acknowledgements() {
        return acknowledgements;
    }

    /** Its word counts again once it has acknowledged what was sent from now on. */
    void distrust(long nowNs) {
        lease.distrust(nowNs);
    }

    /** True while this standby, for all this server has done, can't have taken over: it has given its word, or it is not in the in-sync set. */
    boolean hasGivenWord(long nowNs) {
        if (isInSync && !lease.holds(incarnation, nowNs)) {
            return false;
        }
        // Between being asked for and the answer it may be in the set already, and know it.
        PassiveSyncSession session = sync;
        return session == null || !session.awaitsDecision() || lease.holds(session.incarnation(), nowNs);
    }

    @Override
    public void onMismatch(FrameOrigin origin, long index, MismatchKind kind, int firstSlot, int slotCount) {
        PassiveSyncSession session = sync;
        long from = origin.senderIncarnation();
        boolean isCopying = session != null && from == session.incarnation();
        if (!isCopying && !(isInSync && from == incarnation)) {
            refusedFrames++;
            return;
        }
        if (session != null && isCopying && kind.isOfCopy()) {
            halvings = kind == MismatchKind.COPY_TOO_FAST ? Math.min(MAX_HALVINGS, halvings + 1) : halvings;
            session.fail("the standby gave it up, and says in its log why: " + kind);
            return;
        }
        Mismatch mismatch = new Mismatch(kind, index, firstSlot, slotCount);
        mismatches++;
        events.onDigestMismatch(memberId, from, mismatch);
        nextIndex = NOT_SENDING;
        if (session != null && isCopying) {
            session.fail("standby is not as the active: " + mismatch);
        } else {
            events.onDropRequested(memberId, incarnation, "not as the active: " + mismatch);
        }
    }

    @Override
    public void onDiverged(FrameOrigin origin, Divergence divergence, DirectBuffer content, int offset, int length) {
        PassiveSyncSession session = sync;
        if (session == null || origin.senderIncarnation() != session.incarnation()) {
            refusedFrames++;
            return;
        }
        session.onDiverged(divergence, content, offset, length, nowNs);
    }

    @Override
    public void onDivergedEnd(FrameOrigin origin, long number, long discarded) {
        PassiveSyncSession session = sync;
        if (session == null || origin.senderIncarnation() != session.incarnation()) {
            refusedFrames++;
            return;
        }
        session.onDivergedEnd(number, discarded);
    }

    @Override
    public void onStale(FrameOrigin origin, long promisedEpoch) {
        if (promisedEpoch > epoch) {
            doubt(promisedEpoch);
        }
    }

    /**
     * Nothing counts over this connection any more; the next one is opened by proven ends. Whether this server is still the active is for the
     * election to say: whoever reads datagrams can write this one. See ADR 0307.
     */
    private void doubt(long namedEpoch) {
        events.onHigherEpoch(namedEpoch);
        refuse("a frame names an epoch above this one: named=" + namedEpoch + " epoch=" + epoch);
    }

    @Override
    public void unexpected(FrameOrigin origin) {
        refuse("unexpected message: " + origin);
    }

    void onApplied(DirectBuffer entry, int offset, int length) {
        PassiveSyncSession session = sync;
        if (session != null) {
            session.onApplied(entry, offset, length);
        }
    }

    /** True while an entry of this length may not be appended because this standby owes too much. Nothing owed lets any in. */
    boolean isWindowFull(int length, long nowNs) {
        boolean isRefused = isInSync
                && acknowledged < ring.lastIndex()
                && (ring.bytesAfter(acknowledged) + length > limits.windowBytes() || owesSince(nowNs));
        if (isRefused) {
            refusedLength = length;
        }
        return isRefused;
    }

    private boolean owesSince(long nowNs) {
        long oldest = Math.max(acknowledged + 1, ring.firstIndex());
        // At the beginning of an epoch nothing is here: what it has not confirmed is of epochs before, and not owed to
        // this one.
        return oldest <= ring.lastIndex() && nowNs - ring.appendedNsAt(oldest) > limits.windowNs();
    }

    /** @return amount of work done. */
    int doWork(long nowNs, long logTimeMs, Replicator replicator) {
        this.nowNs = nowNs;
        long commitIndex = replicator.commitIndex();
        watchWindow(nowNs);
        int work = 0;
        PassiveSyncSession session = sync;
        if (session != null) {
            work += session.doWork(nowNs, logTimeMs, replicator);
            if (session.state() == SyncState.FAILED && !session.awaitsDecision()) {
                sync = null;
                holdOff(session.incarnation(), nowNs);
                events.onCopyFailed(memberId, session.failure(), holdOff.leftNs(nowNs));
                close("copy failed");
            }
        } else if (nextIndex != NOT_SENDING) {
            work += ship(commitIndex);
        }
        work += heartbeat(nowNs, commitIndex, logTimeMs);
        return work;
    }

    private int ship(long commitIndex) {
        StandbyStream to = stream;
        if (to == null) {
            return 0;
        }
        if (nextIndex < ring.firstIndex()) {
            events.onDropRequested(memberId, incarnation, "fell behind the entries kept: nextIndex=" + nextIndex);
            nextIndex = NOT_SENDING;
            return 1;
        }
        int sent = 0;
        while (sendDigest(to) && nextIndex <= ring.lastIndex() && to.entry(ring, nextIndex, commitIndex, nowNs)) {
            nextIndex++;
            sent++;
        }
        return sent;
    }

    /** Sends the digest when its turn has come: right behind its entry; false when it must wait for room. */
    private boolean sendDigest(StandbyStream to) {
        StateDigest waiting = digest;
        if (waiting == null || waiting.index() >= nextIndex) {
            return true;
        }
        if (waiting.index() == nextIndex - 1 && !to.digest(waiting)) {
            return false;
        }
        digest = null;
        return true;
    }

    private int heartbeat(long nowNs, long commitIndex, long logTimeMs) {
        StandbyStream to = stream;
        PassiveSyncSession session = sync;
        boolean isFollowing = session == null ? nextIndex != NOT_SENDING : session.isFollowing();
        if (to == null || !isFollowing || (isHeartbeatSent && nowNs - heartbeatNs < limits.heartbeatNs())) {
            return 0;
        }
        if (to.commit(ring.lastIndex(), commitIndex, logTimeMs, nowNs)) {
            heartbeatNs = nowNs;
            isHeartbeatSent = true;
        }
        return 1;
    }

    private void watchWindow(long nowNs) {
        // Full for the entry refused last, not only for the shortest one.
        boolean isFullNow = isWindowFull(refusedLength, nowNs);
        if (isFullNow && !isFull) {
            fullSinceNs = nowNs;
        }
        isFull = isFullNow;
        if (!isFull) {
            refusedLength = 0;
        }
        if (isFull && nowNs - fullSinceNs >= limits.stallNs()) {
            fullSinceNs = nowNs;
            events.onDropRequested(
                    memberId,
                    incarnation,
                    "too slow: acknowledged=" + acknowledged + " lastIndex=" + ring.lastIndex() + " bytes="
                            + ring.bytesAfter(acknowledged));
        }
    }

    private void refuse(String reason) {
        refusedFrames++;
        close(reason);
    }

    private void close(String reason) {
        StandbyStream to = stream;
        if (to != null) {
            to.close(reason);
        }
        onConnectionLost(reason);
    }
}
