package org.stoneware.server.role;

import java.util.ArrayDeque;
import java.util.Queue;
import org.agrona.DirectBuffer;
import org.agrona.collections.IntHashSet;
import org.jspecify.annotations.Nullable;
import org.stoneware.api.cluster.ServerRole;
import org.stoneware.api.session.SessionKey;
import org.stoneware.server.replication.FrameOutput;
import org.stoneware.server.replication.Mismatch;
import org.stoneware.server.replication.PassiveReplica;
import org.stoneware.server.replication.PassiveReplicaEvents;
import org.stoneware.server.replication.ReconcileResult;
import org.stoneware.server.replication.ReplicationEvents;
import org.stoneware.server.replication.Standbys;
import org.stoneware.server.replication.SyncState;
import org.stoneware.server.request.ClientPort;
import org.stoneware.server.request.SessionRequestProcessor;
import org.stoneware.server.session.LogClock;
import org.stoneware.spi.election.ElectionView;
import org.stoneware.spi.election.Evidence;
import org.stoneware.spi.election.HeldCopy;
import org.stoneware.spi.election.InSyncSet;

/**
 * Does with the sessions held here what the role demands: as active it serves Tomcats and feeds standbys, as passive it follows the
 * active, and what it followed is what it serves once it takes over.
 *
 * <pre>
 *  before                          becomes active with
 *  PASSIVE_STANDBY                 the copy, all its answers and its log time: nothing acknowledged is missing
 *  a start that found a whole copy the same, where the store keeps sessions and the election knows that nobody holds more
 *  passive, whole copy, not in sync the copy, reported as possibly old
 *  anything else                   nothing
 *  active in a lower epoch         what it has
 * </pre>
 *
 * Pure: time is a parameter, frames come in as calls and go out through {@link FrameOutput}.
 * <p>
 * <b>Threading:</b> the agent thread. What the election decides arrives between the calls of this class, never inside one but for the
 * requests of {@link RoleOutput}.
 */
public final class RoleDuties {
    /** Entries numbered by one server alone begin above all numbers another could have given; see {@link #beginAlone}. */
    private static final int INDEX_BITS_PER_MS = 16;

    private final RoleLimits limits;
    private final GenerationSource generations;
    private final RoleOutput output;
    private final Queue<Decision> decisions = new ArrayDeque<>();
    private final IntHashSet dropsAsked = new IntHashSet();
    private final StoreWatch watch;
    private final CopyNotices told;
    private final SplitWatch splits;

    private SessionGeneration current;
    private @Nullable PassiveReplica replica;
    private @Nullable Standbys standbys;
    private @Nullable SessionRequestProcessor processor;
    private @Nullable LogClock clock;
    private @Nullable Candidate candidate;
    /** Epoch of the last entry held when this server became active, and its index. */
    private long inheritedEpoch;

    private long inheritedIndex;
    private long activeEpoch;
    private int followedId = RoleOutput.NOBODY;
    private long followedEpoch;
    private final FollowedTime followedTime;
    private boolean isStopping;
    private boolean isEnding;
    private boolean hasStaleSessions;
    private ReconcileResult reconciled = ReconcileResult.NONE;

    /** A standby for which the election has been asked. */
    private record Candidate(int memberId, long incarnation) {}

    /**
     * @param first       what an earlier process left, or an empty generation.
     * @param generations makes empty generations.
     */
    public RoleDuties(RoleLimits limits, SessionGeneration first, GenerationSource generations, RoleOutput output) {
        this.limits = limits;
        this.generations = generations;
        this.output = output;
        this.current = first;
        this.watch = new StoreWatch(output);
        this.told = new CopyNotices(limits, output);
        this.splits = new SplitWatch(limits.memberNames().size());
        HeldCopy held = first.held();
        PassiveReplica follower = newReplica(held.isComplete(), held.epoch());
        if (held.isSuspect()) {
            follower.distrust();
        }
        this.replica = follower;
        this.followedTime = new FollowedTime(follower.logTimeMs());
    }

    private PassiveReplica newReplica(boolean isComplete, long lastEpoch) {
        return new PassiveReplica(
                limits.identity(),
                current,
                isComplete,
                lastEpoch,
                generations::forCopy,
                limits.shares(),
                new FollowingEvents());
    }

    /** The election's view has changed. */
    public void onView(ElectionView before, ElectionView now, long nowNs, long wallMs) {
        boolean isActive = now.role() == ServerRole.ACTIVE_COORDINATOR;
        if (processor != null && (!isActive || now.epoch() != before.epoch())) {
            leaveActive(now);
        }
        if (processor == null && isActive) {
            becomeActive(before.role(), now, nowNs, wallMs);
        } else if (!isActive) {
            follow(now);
        }
    }

    /** Something was learned about another server. */
    public void onEvidence(Evidence evidence, long nowNs) {
        splits.onEvidence(evidence, processor, nowNs);
    }

    /** The servers that must hold an entry before it is acknowledged; this server is active. */
    public void onInSync(InSyncSet inSync, long nowNs) {
        Standbys present = standbys;
        if (present == null || inSync.epoch() != activeEpoch) {
            return;
        }
        Candidate asked = candidate;
        for (int id = 0; id < limits.memberNames().size(); id++) {
            if (asked != null && asked.memberId == id) {
                candidate = null;
                if (inSync.contains(id, asked.incarnation)) {
                    present.added(id, asked.incarnation);
                    output.info("standby-in-sync", limits.name(id) + " holds every session and counts as standby");
                } else {
                    present.refused(id, nowNs);
                    output.warning("standby-refused", limits.name(id) + " could not be taken in as standby");
                }
            } else if (present.isInSync(id) && !isMember(inSync, id)) {
                // Asked for here: it needs time before it is copied again.
                if (dropsAsked.remove(id)) {
                    present.dropped(id, nowNs);
                } else {
                    present.gone(id);
                }
                output.warning(
                        "standby-lost",
                        limits.name(id) + " is no standby any more; this server holds the sessions alone");
            }
        }
    }

    private static boolean isMember(InSyncSet inSync, int memberId) {
        for (InSyncSet.Member member : inSync.members()) {
            if (member.memberId() == memberId) {
                return true;
            }
        }
        return false;
    }

    /** A replication connection is open. */
    public void onConnected(int memberId, FrameOutput frames) {
        Standbys present = standbys;
        PassiveReplica follower = replica;
        if (present != null) {
            present.onConnected(memberId, frames);
        } else if (follower != null && memberId == followedId) {
            follower.onConnected(frames);
        }
    }

    /** A replication connection is lost. */
    public void onConnectionLost(int memberId) {
        Standbys present = standbys;
        PassiveReplica follower = replica;
        if (present != null) {
            present.onConnectionLost(memberId);
        } else if (follower != null && memberId == followedId) {
            follower.onConnectionLost();
        }
    }

    /** A frame came over a replication connection. <b>Ownership:</b> {@code frame} is a view valid until this call returns. */
    public void onFrame(int memberId, DirectBuffer frame, int offset, int length, long nowNs) {
        Standbys present = standbys;
        PassiveReplica follower = replica;
        if (present != null) {
            present.onFrame(memberId, frame, offset, length, nowNs);
            if (present.syncState(memberId) == SyncState.RECONCILE && processor != null) {
                processor.offer().onProgress(nowNs);
            }
        } else if (follower != null && memberId == followedId) {
            follower.onFrame(frame, offset, length);
            followedTime.onProgress(follower, nowNs);
        }
    }

    /**
     * Lets time pass.
     *
     * @return amount of work done; 0 when idle.
     */
    public int doWork(long nowNs) {
        int work = current.doWork(nowNs);
        SessionRequestProcessor serving = processor;
        PassiveReplica follower = replica;
        if (serving != null) {
            work += serving.doWork(nowNs);
        } else if (follower != null) {
            work += follower.doWork(nowNs);
            followedTime.onProgress(follower, nowNs);
        }
        work += watch.doWork(current, hasStandby(), nowNs);
        Decision decision;
        while ((decision = decisions.poll()) != null) {
            decision.take(nowNs);
            work++;
        }
        return work;
    }

    /** The processor that takes requests; null unless this server is active and goes on being it. */
    public @Nullable SessionRequestProcessor processor() {
        return isStopping ? null : processor;
    }

    /** A Tomcat's connection has ended, also while no requests are taken: should this server go on, its row must not say otherwise. */
    public void onClientGone(@Nullable ClientPort gone) {
        if (processor != null && gone != null) {
            processor.onDisconnected(gone);
        }
    }

    /** Takes no more requests; see {@link #isSettled}. */
    public void beginStop() {
        isStopping = true;
    }

    /** Takes requests again. What came meanwhile was not heard: Tomcats send it again when they have registered anew. */
    public void endStop() {
        isStopping = false;
        if (processor != null) {
            output.dropClients("this server goes on");
        }
    }

    /** True when nothing is on its way to the standbys. */
    public boolean isSettled() {
        SessionRequestProcessor serving = processor;
        return serving == null || serving.isSettled();
    }

    public SessionGeneration current() {
        return current;
    }

    /** Whether the sessions here are a whole state: those being served, or a copy that was complete at some entry. */
    public boolean isWhole() {
        PassiveReplica follower = replica;
        return follower == null || follower.isComplete();
    }

    /** Whether a server counts for commits here; false unless this server is active. */
    public boolean isInSync(int memberId) {
        Standbys present = standbys;
        return present != null && present.isInSync(memberId);
    }

    /** True when another server holds everything acknowledged here. */
    public boolean hasStandby() {
        return standbys != null && standbys.isAnyInSync();
    }

    /** True when another server counts as in sync here, and none that does has come back without what it had acknowledged. */
    public boolean isStandbyWhole() {
        return standbys != null && standbys.isAnyInSync() && standbys.areAllWhole();
    }

    /** Where copying to a standby stands, or null when none is under way. */
    public @Nullable SyncState syncState(int memberId) {
        Standbys present = standbys;
        return present == null ? null : present.syncState(memberId);
    }

    /** The following side; null while this server is active. */
    public @Nullable PassiveReplica replica() {
        return replica;
    }

    /** The feeding side; null unless this server is active. */
    public @Nullable Standbys standbys() {
        return standbys;
    }

    /** True when the sessions served were not known to be complete when this server took over. */
    public boolean hasStaleSessions() {
        return hasStaleSessions;
    }

    /** What became of sessions changed on one side of a split, since this process began. */
    public ReconcileResult reconciled() {
        return reconciled;
    }

    /** Log time as this server knows it: on a passive, what it followed last and the time since. */
    public long logTimeMs(long nowNs) {
        PassiveReplica follower = replica;
        return follower == null ? mustClock().logTimeMs(nowNs) : followedTime.nowMs(follower, nowNs);
    }

    /** True while something waits for the disk, so that the next cycle should come soon. */
    public boolean awaitsDisk() {
        PassiveReplica follower = replica;
        Standbys feeding = standbys;
        SessionRequestProcessor serving = processor;
        return current.awaitsDisk()
                || follower != null && follower.awaitsDisk()
                || feeding != null && feeding.isCopying()
                || serving != null && serving.awaitsStore();
    }

    /** Frees everything, a copy that is not whole too; what the store promises to keep is kept. */
    public void close() {
        endCopies();
        current.close();
    }

    /** Nothing copied from here or to here comes to an end any more: what is not whole goes, and no walk over a store stays open. */
    private void endCopies() {
        Standbys fed = standbys;
        if (fed != null) {
            fed.close();
        }
        PassiveReplica follower = replica;
        if (follower != null) {
            isEnding = true;
            follower.onConnectionLost();
            isEnding = false;
        }
    }

    // Changing roles.

    private void becomeActive(ServerRole from, ElectionView now, long nowNs, long wallMs) {
        PassiveReplica follower = replica;
        long lastEpoch = lastEpochHeld();
        endCopies();
        if (follower == null) {
            // The same server in a higher epoch: log and log time go on.
            clock = new LogClock(clock == null ? wallMs : clock.logTimeMs(nowNs), nowNs);
        } else if (from == ServerRole.PASSIVE_STANDBY && follower.isComplete()) {
            clock = new LogClock(followedTime.nowMs(follower, nowNs), nowNs);
            hasStaleSessions = follower.mismatch() != null;
            if (hasStaleSessions) {
                output.warning(
                        "stale-sessions",
                        "this server differed from the active it takes over from: " + follower.mismatch());
            }
        } else if (current.keepsSessions() && follower.isComplete() && !now.isUnclean()) {
            clock = LogClock.afterDowntime(follower.logTimeMs(), wallMs, nowNs);
            output.info(
                    "sessions-recovered",
                    "serves the " + current.store().figures().sessions()
                            + " sessions it found: every acknowledged change is among them, lastIndex="
                            + current.state().lastApplied());
        } else {
            lastEpoch = beginAlone(follower, now, nowNs, wallMs);
        }
        // What looks like a death may be a firewall: on this server's word the one before renews leases for so long.
        long aloneNs = follower == null ? nowNs : Math.max(nowNs, follower.leaseGivenUntilNs(nowNs));
        replica = null;
        followedId = RoleOutput.NOBODY;
        output.follow(RoleOutput.NOBODY);
        activeEpoch = now.epoch();
        inheritedEpoch = lastEpoch;
        inheritedIndex = current.state().lastApplied();
        current.state().history().onActivated(activeEpoch, inheritedIndex, mustClock());
        // What this server says from now on it says as this epoch's active; a restart must know.
        current.state().checkpoint();
        current.trust();
        Standbys others = limits.memberNames().size() == 1
                ? null
                : new Standbys(
                        limits.identity(),
                        activeEpoch,
                        current.state(),
                        lastEpoch,
                        limits.replication(),
                        new FeedingEvents());
        if (others == null) {
            current.state().history().standsAlone();
        }
        standbys = others;
        processor = new SessionRequestProcessor(
                activeEpoch,
                limits.requests(),
                current.store(),
                current.state(),
                mustClock(),
                nowNs,
                aloneNs,
                others,
                output);
        splits.onActivated(nowNs);
    }

    /**
     * Begins a log that continues nobody's. Its numbers start with the wall clock's milliseconds above 16 bits, so that no version a
     * Tomcat has seen from a log that is lost comes again for other content.
     *
     * @return epoch of the entry taken to be the last one.
     */
    private long beginAlone(PassiveReplica follower, ElectionView now, long nowNs, long wallMs) {
        hasStaleSessions = false;
        if (follower.isComplete() || current.keepsSessions()) {
            long sessions = current.store().figures().sessions();
            hasStaleSessions = sessions > 0;
            if (hasStaleSessions) {
                output.warning(
                        "stale-sessions",
                        "this server was not in sync when it became active: its " + sessions
                                + " sessions may be older than what Tomcats were told (" + now.reason() + ")");
            }
        } else {
            current.discard();
            current = generations.get();
        }
        long startMs = follower.isComplete() ? followedTime.nowMs(follower, nowNs, wallMs) : wallMs;
        clock = new LogClock(clock == null ? startMs : Math.max(startMs, clock.logTimeMs(nowNs) + 1), nowNs);
        long base = Math.max(current.state().lastApplied() + 1, wallMs << INDEX_BITS_PER_MS);
        current.state().skipTo(base);
        return now.epoch();
    }

    private LogClock mustClock() {
        LogClock present = clock;
        if (present == null) {
            throw new IllegalStateException("no log time yet");
        }
        return present;
    }

    /** Epoch of the last entry held, whichever role it came in. */
    private long lastEpochHeld() {
        PassiveReplica follower = replica;
        if (follower != null) {
            return follower.lastEpoch();
        }
        return current.state().lastApplied() > inheritedIndex ? activeEpoch : inheritedEpoch;
    }

    /** Another role, or another epoch in the same role: whoever is connected registers anew. */
    private void leaveActive(ElectionView now) {
        long lastEpoch = lastEpochHeld();
        processor = null;
        endCopies();
        standbys = null;
        candidate = null;
        decisions.clear();
        dropsAsked.clear();
        output.dropClients("this server is " + now.role().stateName() + " in epoch " + now.epoch() + " now");
        if (now.role() == ServerRole.ACTIVE_COORDINATOR) {
            inheritedEpoch = lastEpoch;
            inheritedIndex = current.state().lastApplied();
        } else {
            // Entries nobody acknowledged may be in it; the new active finds out by number and epoch of the last one.
            replica = newReplica(true, lastEpoch);
            output.follow(RoleOutput.NOBODY);
        }
    }

    private void follow(ElectionView now) {
        PassiveReplica follower = replica;
        boolean isPassive = now.role() == ServerRole.PASSIVE_UNINITIALIZED || now.role() == ServerRole.PASSIVE_STANDBY;
        int activeId = isPassive && now.activeId() != limits.identity().memberId() ? now.activeId() : RoleOutput.NOBODY;
        boolean isOther = activeId != followedId || activeId >= 0 && now.epoch() != followedEpoch;
        if (!isOther || follower == null) {
            return;
        }
        followedId = activeId;
        followedEpoch = now.epoch();
        follower.onConnectionLost();
        if (activeId >= 0) {
            follower.follow(activeId, now.epoch());
        }
        output.follow(activeId);
    }

    private void ask(Candidate asked, long nowNs) {
        Standbys present = standbys;
        if (present == null) {
            return;
        }
        candidate = asked;
        boolean isOnItsWay = output.requestAddPeer(asked.memberId, asked.incarnation, nowNs);
        if (!isOnItsWay && asked.equals(candidate)) {
            candidate = null;
            present.refused(asked.memberId, nowNs);
            output.warning("standby-refused", limits.name(asked.memberId) + " can't be taken in as standby now");
        }
    }

    /** Something to ask the election, carried out after the call that led to it has returned. */
    private interface Decision {
        void take(long nowNs);
    }

    /** What the feeding side can't decide. */
    private final class FeedingEvents implements ReplicationEvents {
        @Override
        public void onSynced(int memberId, long incarnation, long index) {
            decisions.add(nowNs -> ask(new Candidate(memberId, incarnation), nowNs));
        }

        @Override
        public void onDropRequested(int memberId, long incarnation, String reason) {
            output.warning("standby-slow", limits.name(memberId) + " can't follow: " + reason);
            decisions.add(nowNs -> {
                dropsAsked.add(memberId);
                output.requestDropPeer(memberId, reason, nowNs);
            });
        }

        @Override
        public boolean freeUp(SessionKey key, long nowNs) {
            SessionRequestProcessor serving = processor;
            return serving == null || serving.freeUp(key, nowNs);
        }

        @Override
        public void onReconciled(int memberId, ReconcileResult result, boolean isWhole) {
            // Conflicts of a round that broke off are found again in the next one.
            reconciled = reconciled.plus(isWhole ? result : result.lasting());
            told.splitAsActive(memberId, result, isWhole);
        }

        @Override
        public void onCopyFailed(int memberId, String reason, long againInNs) {
            told.copyFailed(memberId, reason, againInNs);
        }

        @Override
        public void onHigherEpoch(long epoch) {
            output.info(
                    "higher-epoch",
                    "a frame names epoch " + epoch + ", which no election has named here: its connection is closed");
        }

        @Override
        public void onSyncState(int memberId, SyncState from, SyncState to, String reason) {
            output.info("standby-sync", limits.name(memberId) + ": " + from + " -> " + to + ": " + reason);
            decisions.add(nowNs -> splits.onSyncState(from, to, processor, nowNs));
        }
    }

    /** What the following side tells. */
    private final class FollowingEvents implements PassiveReplicaEvents {
        @Override
        public void onComplete(long lastIndex) {
            PassiveReplica follower = replica;
            if (follower != null && follower.current() instanceof SessionGeneration complete) {
                // What was held before has been discarded.
                current = complete;
            }
            output.info("copy-complete", "holds a whole copy of the sessions: lastIndex=" + lastIndex);
        }

        @Override
        public void onReconciled(ReconcileResult result) {
            reconciled = reconciled.plus(result);
            told.splitAsPassive(followedId, result);
        }

        @Override
        public void onCopyGivenUp(String reason) {
            told.copyGivenUp(reason);
        }

        @Override
        public void onLost(String reason) {
            if (!isEnding) {
                output.info("following-ended", "does not follow the active now: " + reason);
            }
        }

        @Override
        public void onDigestMismatch(Mismatch mismatch) {
            output.warning(
                    "replica-differs", "does not hold what the active holds, and asks to be copied: " + mismatch);
        }
    }
}
