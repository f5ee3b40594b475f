package org.stoneware.server.replication;

import java.util.List;
import java.util.concurrent.TimeUnit;
import org.agrona.DirectBuffer;
import org.agrona.ExpandableArrayBuffer;
import org.jspecify.annotations.Nullable;
import org.stoneware.server.session.GrownBuffer;
import org.stoneware.server.session.HeapShares;
import org.stoneware.wire.replication.Divergence;
import org.stoneware.wire.replication.FrameOrigin;
import org.stoneware.wire.replication.LineageEpoch;
import org.stoneware.wire.replication.MismatchKind;
import org.stoneware.wire.replication.RecordKind;
import org.stoneware.wire.replication.ReplicationAdapter;
import org.stoneware.wire.replication.ReplicationListener;
import org.stoneware.wire.replication.ReplicationProtocol;
import org.stoneware.wire.replication.ReplicationPublisher;
import org.stoneware.wire.session.WireException;

/**
 * Follows the log of an active: asks for what is missing, takes a copy in beside what it holds, swaps when the copy is whole, applies
 * entries and acknowledges what it has applied, once its store would still have it after an end of the process.
 * <p>
 * An entry that changes a session the store has on disk only waits until that is in memory, and what follows waits behind it.
 * <p>
 * What it can't take in ends its following at once: the connection is closed, nothing is acknowledged, and it asks again over the
 * next connection. What it held before a copy began stays whole until the copy is.
 * <p>
 * <b>Threading:</b> the agent thread.
 */
public final class PassiveReplica implements ReplicationListener {
    /** How often an unanswered request is repeated. */
    static final long ASK_AGAIN_NS = TimeUnit.SECONDS.toNanos(1);

    private final ReplicaIdentity self;
    private final Generation.Source generations;
    private final PassiveReplicaEvents events;
    private final ReplicationAdapter adapter = new ReplicationAdapter();
    private final ReplicationPublisher publisher;
    private ExpandableArrayBuffer frame = new ExpandableArrayBuffer(128);
    private final GivenLease lease = new GivenLease();
    private Generation current;
    private boolean isComplete;
    private final FollowedLog log;
    private final HeapShares shares;
    private @Nullable ShadowInstall install;
    private final SplitReport split = new SplitReport();
    private ReplicaState replicaState = ReplicaState.WAITING;
    private int activeId = -1;
    private long epoch;
    private @Nullable FrameOutput output;
    private long expectedSeq;
    private boolean isAsked;
    private long askedNs;
    private boolean isAckDue;
    private long acknowledgedIndex;
    private boolean isStaleDue;
    /** Why what is held must be replaced; null while it is as the active's, as far as is known. */
    private @Nullable Mismatch mismatch;
    /** The same once something was compared. */
    private @Nullable Mismatch difference;
    /** What the active is to hear; nothing more is taken over this connection. */
    private @Nullable Mismatch refusal;

    private long mismatches;
    private long lost;

    /**
     * @param current    what this server holds.
     * @param isComplete false: it holds nothing that counts and must be copied whole.
     * @param lastEpoch  epoch of the last entry in {@code current}.
     */
    public PassiveReplica(
            ReplicaIdentity self,
            Generation current,
            boolean isComplete,
            long lastEpoch,
            Generation.Source generations,
            HeapShares shares,
            PassiveReplicaEvents events) {
        this.self = self;
        this.current = current;
        this.isComplete = isComplete;
        this.shares = shares;
        this.log = new FollowedLog(current.state(), lastEpoch, shares.receivedBytes(), new LogEvents());
        this.generations = generations;
        this.events = events;
        this.publisher = new ReplicationPublisher(self.groupId(), self.memberId(), self.incarnation(), 0);
    }

    /** What is held may lack something, and nobody knows what: it is served for want of better only, and copied whole. */
    public void distrust() {
        mismatch = Mismatch.at(MismatchKind.SESSIONS, log.lastIndex());
    }

    /** Names the active of an epoch; nothing of a lower one is acknowledged from now on. An epoch below the last one named is ignored. */
    public void follow(int activeId, long epoch) {
        boolean isOther = epoch != this.epoch || activeId != this.activeId;
        if (epoch < this.epoch || !isOther) {
            return;
        }
        this.activeId = activeId;
        this.epoch = epoch;
        publisher.epoch(epoch);
        stop("another active: memberId=" + activeId + " epoch=" + epoch);
    }

    /** A connection to the active is open. */
    public void onConnected(FrameOutput output) {
        onConnectionLost();
        this.output = output;
        expectedSeq = 1;
        publisher.restart();
        isAsked = false;
        refusal = null;
    }

    /** The connection is lost; what was being taken in is thrown away. */
    public void onConnectionLost() {
        output = null;
        stop("connection lost");
    }

    /** A frame came from the active. <b>Ownership:</b> {@code bytes} is a view valid until this call returns. */
    public void onFrame(DirectBuffer bytes, int offset, int length) {
        if (output == null) {
            return;
        }
        try {
            adapter.onFrame(bytes, offset, length, this);
        } catch (WireException e) {
            lose(String.valueOf(e.getMessage()));
        }
    }

    /** @return amount of work done. */
    public int doWork(long nowNs) {
        lease.untilNs(nowNs);
        FrameOutput to = output;
        if (to == null) {
            return 0;
        }
        if (isStaleDue && send(to, publisher.stale(frame, epoch))) {
            isStaleDue = false;
            return 1;
        }
        if (epoch == 0) {
            return 0;
        }
        if (refusal != null) {
            return report(to, refusal, nowNs);
        }
        if (replicaState == ReplicaState.WAITING && (!isAsked || nowNs - askedNs >= ASK_AGAIN_NS)) {
            long held = isComplete && mismatch == null ? log.lastIndex() : ReplicationProtocol.NOTHING_HELD;
            long acknowledged = current.state().history().acknowledged();
            if (send(to, publisher.syncRequest(frame, held, log.lastEpoch(), acknowledged))) {
                split.announced(held, acknowledged);
                isAsked = true;
                askedNs = nowNs;
            }
            return 1;
        }
        if (split.isTelling()) {
            return split.doWork(current.state().history().logTimeMs(nowNs));
        }
        if (replicaState == ReplicaState.FOLLOWING) {
            return log.doWork() + acknowledge(to, nowNs);
        }
        return install == null ? 0 : workOnCopy(install, nowNs);
    }

    private int acknowledge(FrameOutput to, long nowNs) {
        if (log.isStuck(nowNs)) {
            differs(Mismatch.at(MismatchKind.STORE_FAILED, log.lastIndex()));
            return 1;
        }
        long durable = current.state().durableIndex();
        boolean isNews = durable > acknowledgedIndex || isAckDue && durable >= 0;
        if (replicaState != ReplicaState.FOLLOWING
                || !isNews
                || !send(to, publisher.ack(frame, durable, log.seenNs()))) {
            return 0;
        }
        isAckDue = false;
        acknowledgedIndex = durable;
        if (log.seenNs() != ReplicationProtocol.NO_STAMP) {
            lease.given(nowNs);
        }
        return 1;
    }

    /** Says what is wrong, and says it again until the active gives the connection up. */
    private int report(FrameOutput to, Mismatch found, long nowNs) {
        if (isAsked && nowNs - askedNs < ASK_AGAIN_NS) {
            return 0;
        }
        if (send(to, publisher.mismatch(frame, found.index(), found.kind(), found.firstSlot(), found.slotCount()))) {
            isAsked = true;
            askedNs = nowNs;
        }
        return 1;
    }

    /**
     * Until when the active may renew leases on what this server has acknowledged to it; not after {@code nowNs} when it may not. Who takes
     * over does not wait for that, since after a {@code kill -9} nobody renews anything; but it counts the leases of Tomcats it has not
     * heard of from then on (ADR 0307).
     */
    public long leaseGivenUntilNs(long nowNs) {
        return lease.untilNs(nowNs);
    }

    public ReplicaState state() {
        return replicaState;
    }

    /** True when what is held is a whole copy up to {@link #lastIndex}, however old. */
    public boolean isComplete() {
        return isComplete;
    }

    /** Sessions of a copy taken in so far; -1 when none is being taken in. */
    public long copiedSessions() {
        return install == null ? -1 : install.sessions();
    }

    public long lastIndex() {
        return log.lastIndex();
    }

    public long lastEpoch() {
        return log.lastEpoch();
    }

    /** Log time from which a new active continues. */
    public long logTimeMs() {
        return log.logTimeMs();
    }

    /** Why what is held is to be replaced by a copy, or null when it is as the active's, as far as is known. */
    public @Nullable Mismatch mismatch() {
        return mismatch;
    }

    /** In what what is held was found to differ from the active's, or null when in nothing; a doubt at the start, when nothing was compared, is none. */
    public @Nullable Mismatch difference() {
        return difference;
    }

    /** Comparisons, and results of entries, that were not as on the active. */
    public long mismatches() {
        return mismatches;
    }

    /** What is held; another one after each completed copy. */
    public Generation current() {
        return current;
    }

    /** True while something waits for the disk. */
    public boolean awaitsDisk() {
        return install != null || log.waiting() > 0;
    }

    /** The log so far, for figures. */
    public FollowedLog log() {
        return log;
    }

    /** How often following has ended. */
    public long lost() {
        return lost;
    }

    @Override
    public boolean onOrigin(FrameOrigin origin) {
        if (origin.streamSeq() != expectedSeq || origin.groupId() != self.groupId()) {
            lose("frame out of place: expectedSeq=" + expectedSeq + " " + origin);
            return false;
        }
        expectedSeq++;
        if (origin.epoch() < epoch) {
            isStaleDue = true;
            return false;
        }
        if (origin.epoch() > epoch) {
            events.onHigherEpoch(origin.epoch());
            lose("a frame names an epoch the election has not named: epoch=" + epoch + " " + origin);
            return false;
        }
        if (origin.senderId() != activeId) {
            lose("not the active: expected=" + activeId + " " + origin);
            return false;
        }
        return refusal == null;
    }

    @Override
    public void onLineage(FrameOrigin origin, boolean isFromEmpty, List<LineageEpoch> epochs) {
        if (replicaState != ReplicaState.WAITING || !split.isOwed()) {
            lose("lineage out of turn: state=" + replicaState + " owesReconciliation=" + split.isOwed());
            return;
        }
        split.begin(current.state(), isFromEmpty, epochs, new Telling());
        replicaState = ReplicaState.RECONCILING;
    }

    @Override
    public void onDivergedAck(FrameOrigin origin, long number) {
        split.onAck(number);
    }

    @Override
    public void onReconciled(FrameOrigin origin, long adopted, long conflicts, long removed, long refused) {
        long discarded = split.end();
        if (discarded < 0) {
            lose("reconciled out of turn: state=" + replicaState);
            return;
        }
        replicaState = ReplicaState.WAITING;
        events.onReconciled(new ReconcileResult(adopted, conflicts, removed, refused, discarded));
    }

    /** Sends what was acknowledged here alone. */
    private final class Telling implements DivergedSessions.Output {
        @Override
        public boolean diverged(Divergence divergence, DirectBuffer content, int length) {
            return output != null && send(output, publisher.diverged(frame, divergence, content, 0, length));
        }

        @Override
        public boolean divergedEnd(long number, long discarded) {
            return output != null && send(output, publisher.divergedEnd(frame, number, discarded));
        }
    }

    @Override
    public void onSnapshotBegin(FrameOrigin origin, long snapshotId) {
        if (replicaState != ReplicaState.WAITING || split.isOwed()) {
            // What was acknowledged here alone is thrown away with what is held, so it must have been told.
            lose("snapshot out of turn: state=" + replicaState + " owesReconciliation=" + split.isOwed());
            return;
        }
        try {
            install = new ShadowInstall(snapshotId, generations.create(), shares);
        } catch (RuntimeException e) {
            giveUp(MismatchKind.COPY_BROKEN, "no store for a copy: cause=" + e);
            return;
        }
        replicaState = ReplicaState.INSTALLING;
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
        ShadowInstall into = install;
        if (into == null) {
            lose("record without a snapshot: snapshotId=" + snapshotId);
            return;
        }
        try {
            into.onRecord(snapshotId, index, kind, content, offset, length);
        } catch (RuntimeException e) {
            giveUpCopy(e);
        }
    }

    @Override
    public void onSnapshotEnd(
            FrameOrigin origin, long snapshotId, long lastIndex, long lastEpoch, long logTimeMs, long sessions) {
        ShadowInstall into = install;
        if (into == null) {
            lose("end without a snapshot: snapshotId=" + snapshotId);
            return;
        }
        try {
            into.onEnd(snapshotId, new ShadowInstall.End(lastIndex, lastEpoch, logTimeMs, sessions));
        } catch (RuntimeException e) {
            giveUpCopy(e);
            return;
        }
        useCompleted(into);
    }

    /** Lets the store take what waits of the copy. */
    private int workOnCopy(ShadowInstall into, long nowNs) {
        int work;
        try {
            work = into.doWork(nowNs);
        } catch (RuntimeException e) {
            giveUpCopy(e);
            return 1;
        }
        return work + useCompleted(into);
    }

    /** Takes the copy into use once the store has all of it. */
    private int useCompleted(ShadowInstall into) {
        ShadowInstall.End end = into.completed();
        if (end == null) {
            return 0;
        }
        Generation old = current;
        current = into.shadow();
        current.state().history().onCopied(end.lastIndex(), end.lastEpoch(), end.logTimeMs());
        install = null;
        isComplete = true;
        mismatch = null;
        difference = null;
        log.restart(current.state(), end.lastIndex(), end.lastEpoch(), end.logTimeMs());
        replicaState = ReplicaState.FOLLOWING;
        isAckDue = true;
        acknowledgedIndex = 0;
        current.state().checkpoint();
        current.replaces(old);
        events.onComplete(end.lastIndex());
        while (replicaState == ReplicaState.FOLLOWING && into.giveNext(log)) {
            // Each may end the following.
        }
        return 1;
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
        ShadowInstall into = install;
        if (into != null && into.isEnded()) {
            if (!into.onEntry(index, entryEpoch, commitIndex, logTimeMs, outcome, sentNs, content, offset, length)) {
                giveUp(
                        MismatchKind.COPY_TOO_FAST,
                        "copy given up: more comes behind it than may wait until the store has it: index=" + index);
            }
            return;
        }
        if (replicaState == ReplicaState.INSTALLING || !isComplete) {
            lose("entry before the copy was whole: index=" + index);
            return;
        }
        if (index != log.receivedIndex() + 1 || prevEpoch != log.receivedEpoch()) {
            lose("entry does not follow: index=" + index + " prevEpoch=" + prevEpoch + " lastIndex="
                    + log.receivedIndex() + " lastEpoch=" + log.receivedEpoch());
            return;
        }
        replicaState = ReplicaState.FOLLOWING;
        log.onEntry(index, entryEpoch, commitIndex, logTimeMs, outcome, sentNs, content, offset, length);
    }

    @Override
    public void onCommit(FrameOrigin origin, long activeLastIndex, long commitIndex, long logTimeMs, long sentNs) {
        if (install != null && install.isEnded()) {
            return;
        }
        if (replicaState == ReplicaState.INSTALLING || !isComplete) {
            lose("commit before the copy was whole: commitIndex=" + commitIndex);
            return;
        }
        // The active continues after what we named, so that is its log too.
        replicaState = ReplicaState.FOLLOWING;
        isAckDue = true;
        log.onCommit(commitIndex, logTimeMs, sentNs);
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
        if (replicaState == ReplicaState.INSTALLING || !isComplete || index != log.receivedIndex()) {
            lose("digest out of place: index=" + index + " lastIndex=" + log.receivedIndex());
            return;
        }
        log.onDigest(new StateDigest(index, firstSlot, slotCount, part, parts, count, digest));
    }

    @Override
    public void onStale(FrameOrigin origin, long higherEpoch) {
        events.onHigherEpoch(higherEpoch);
    }

    @Override
    public void unexpected(FrameOrigin origin) {
        lose("unexpected message: " + origin);
    }

    /** What becomes of entries. */
    private final class LogEvents implements FollowedLog.Listener {
        @Override
        public void onOverrun(String reason) {
            lose(reason);
        }

        @Override
        public void onDamaged(String reason) {
            // This copy is none any more.
            isComplete = false;
            lose(reason);
        }

        @Override
        public void onDiffers(Mismatch found) {
            differs(found);
        }
    }

    /** What is held is not what the active holds, so it must be replaced. */
    private void differs(Mismatch found) {
        mismatch = found;
        difference = found;
        refuse(found);
    }

    /** Nothing more is taken in or acknowledged over this connection, and the active hears why. */
    private void refuse(Mismatch found) {
        stop("not as the active: " + found);
        refusal = found;
        mismatches++;
        events.onDigestMismatch(found);
    }

    private void giveUpCopy(RuntimeException cause) {
        if (cause instanceof ShadowInstall.FullException) {
            // What was held before the copy began is as good as it was.
            refuse(Mismatch.at(MismatchKind.FULL, log.lastIndex()));
        } else {
            boolean isBehind = cause instanceof ShadowInstall.BehindException;
            giveUp(isBehind ? MismatchKind.COPY_TOO_FAST : MismatchKind.COPY_BROKEN, "copy given up: cause=" + cause);
        }
    }

    /** The active hears that it is to copy again later; a connection that only ends would be followed by the next copy at once. */
    private void giveUp(MismatchKind how, String reason) {
        stop(reason);
        refusal = Mismatch.at(how, log.lastIndex());
        events.onCopyGivenUp(reason);
    }

    private void lose(String reason) {
        FrameOutput to = output;
        output = null;
        if (to != null) {
            to.close(reason);
        }
        stop(reason);
    }

    private void stop(String reason) {
        split.breakOff();
        boolean wasBusy = replicaState != ReplicaState.WAITING;
        if (install != null) {
            install.shadow().discard();
            install = null;
        }
        replicaState = ReplicaState.WAITING;
        log.forgetReceived();
        isAckDue = false;
        acknowledgedIndex = 0;
        isAsked = false;
        if (wasBusy) {
            lost++;
            events.onLost(reason);
        }
    }

    private boolean send(FrameOutput to, int length) {
        boolean isSent = to.send(frame, 0, length);
        if (isSent) {
            publisher.sent();
            frame = GrownBuffer.afterUse(frame);
        }
        return isSent;
    }
}
