package org.stoneware.server.replication;

import java.util.ArrayList;
import java.util.List;
import org.agrona.DirectBuffer;
import org.jspecify.annotations.Nullable;
import org.stoneware.api.cluster.Histogram;
import org.stoneware.server.latency.LatencyHistogram;
import org.stoneware.spi.replication.Replicator;

/**
 * All standbys of one active: their connections, what they have acknowledged, and which of them count for commit.
 * <p>
 * The caller hands in connections and frames by member, and answers {@link ReplicationEvents}. An event is raised inside
 * {@link #onFrame} or {@link #doWork}; {@link #added}, {@link #refused} and {@link #dropped} are called after those have returned.
 * <p>
 * <b>Threading:</b> the agent thread.
 */
public final class Standbys {
    /** Nothing may be committed now. */
    static final long NULL_INDEX = -1;

    private final ReplicaIdentity self;
    private final long epoch;
    private final ReplicatedState state;
    private final ReplicationLimits limits;
    private final ReplicationEvents events;
    private final EntryRing ring;
    private final List<StandbyLink> links = new ArrayList<>();
    private final ReplicaCheck check;
    private final LatencyHistogram durable = new LatencyHistogram();
    private long durableIndex;
    private long offeredSlots;

    /** @param lastEpoch epoch of the entry {@code state} applied last; 0 when there is none. */
    public Standbys(
            ReplicaIdentity self,
            long epoch,
            ReplicatedState state,
            long lastEpoch,
            ReplicationLimits limits,
            ReplicationEvents events) {
        this.self = self;
        this.epoch = epoch;
        this.state = state;
        this.limits = limits;
        this.events = events;
        this.check = new ReplicaCheck(state);
        this.ring = new EntryRing(limits.retainedBytes(), state.lastApplied(), lastEpoch);
        this.durableIndex = state.lastApplied();
    }

    /** A connection to a standby is open; an older one to the same member no longer counts. */
    public void onConnected(int memberId, FrameOutput output) {
        link(memberId).onConnected(output);
    }

    /** The connection to a standby is lost. */
    public void onConnectionLost(int memberId) {
        link(memberId).onConnectionLost("by the network");
    }

    /**
     * This server is not the active of this epoch any more: copies to standbys are given up, and with them what they had open in the store.
     * Nothing is called after this. Connections stay, they are the caller's.
     */
    public void close() {
        for (StandbyLink link : links) {
            link.end();
        }
    }

    /** A frame came from a standby. <b>Ownership:</b> {@code frame} is a view valid until this call returns. */
    public void onFrame(int memberId, DirectBuffer frame, int offset, int length, long nowNs) {
        link(memberId).onFrame(frame, offset, length, nowNs);
    }

    /** A process is in the in-sync set this epoch begins with; nothing it acknowledged in another epoch counts. */
    public void inSync(int memberId, long incarnation) {
        link(memberId).inSync(incarnation);
    }

    /**
     * The process {@link ReplicationEvents#onSynced} named is in the in-sync set, and every server that must know does.
     *
     * @throws IllegalStateException when it was not named.
     */
    public void added(int memberId, long incarnation) {
        link(memberId).added(incarnation);
        check.restart();
    }

    /** The process {@link ReplicationEvents#onSynced} named is certainly not in the in-sync set. */
    public void refused(int memberId, long nowNs) {
        link(memberId).refused(nowNs);
    }

    /** A member is certainly no longer in the in-sync set; its process is copied again once its hold-off is over. */
    public void dropped(int memberId, long nowNs) {
        link(memberId).dropped(nowNs);
    }

    /** A member is certainly no longer in the in-sync set because its process has ended; its next one is copied at once. */
    public void gone(int memberId) {
        link(memberId).gone();
    }

    public boolean isInSync(int memberId) {
        return link(memberId).isInSync();
    }

    public boolean isAnyInSync() {
        return links.stream().anyMatch(StandbyLink::isInSync);
    }

    /** Whether all that are in sync hold everything they have acknowledged, as far as this server knows. */
    public boolean areAllWhole() {
        return links.stream().allMatch(link -> !link.isInSync() || link.isWhole());
    }

    /** Whether a member is in sync and holds everything it has acknowledged, as far as this server knows. */
    public boolean isWhole(int memberId) {
        return link(memberId).isWhole();
    }

    /** Last entry a server that is in sync has acknowledged. */
    public long acknowledged(int memberId) {
        return link(memberId).acknowledged();
    }

    /** Where copying to a standby stands, or null when none is under way. */
    public @Nullable SyncState syncState(int memberId) {
        PassiveSyncSession sync = link(memberId).sync();
        return sync == null ? null : sync.state();
    }

    /** How much of its copy a standby has been sent, in percent; -1 when it is not being sent. */
    public int progressPercent(int memberId) {
        PassiveSyncSession sync = link(memberId).sync();
        return sync == null ? -1 : sync.progressPercent();
    }

    /** Entries a standby in the in-sync set has not confirmed; -1 for one that is not in it. */
    public long lagEntries(int memberId) {
        StandbyLink link = link(memberId);
        return link.isInSync() ? Math.max(0, ring.lastIndex() - link.acknowledged()) : -1;
    }

    /** From each entry until a standby that counted had acknowledged it. */
    public Histogram acknowledgements(int memberId, String name) {
        return link(memberId).acknowledgements().snapshot(name);
    }

    /** From each entry until the store here would have it after an end of the process; nothing of those it had at once. */
    public Histogram durable(String name) {
        return durable.snapshot(name);
    }

    /** True while a standby is being copied: what is to be sent next may be on its way from disk. */
    public boolean isCopying() {
        for (int i = 0; i < links.size(); i++) {
            if (links.get(i).sync() != null) {
                return true;
            }
        }
        return false;
    }

    /** Frames that were none, or counted for nothing. */
    public long refusedFrames() {
        long sum = 0;
        for (StandbyLink link : links) {
            sum += link.refusedFrames();
        }
        return sum;
    }

    /** Slots whose digest was given to standbys to compare, over and over. */
    public long offeredSlots() {
        return offeredSlots;
    }

    /** How often all of the state has been given to compare. */
    public long checkRounds() {
        return check.rounds();
    }

    /** How often a standby has said that it holds something else. */
    public long mismatches() {
        long sum = 0;
        for (StandbyLink link : links) {
            sum += link.mismatches();
        }
        return sum;
    }

    /** The machine slept unnoticed by its monotonic clock until now: words given for what was sent before count no more. */
    public void distrust(long nowNs) {
        for (StandbyLink link : links) {
            link.distrust(nowNs);
        }
    }

    boolean isWindowFull(int length, long nowNs) {
        for (int i = 0; i < links.size(); i++) {
            if (links.get(i).isWindowFull(length, nowNs)) {
                return true;
            }
        }
        return false;
    }

    /**
     * True while no standby can have taken over, but one that saw this server's connections closed and refused, as when the process has ended
     * (ADR 0307): each in the in-sync set, or about to be, has given its word lately. True as well when there is none.
     */
    public boolean holdsLeases(long nowNs) {
        for (int i = 0; i < links.size(); i++) {
            if (!links.get(i).hasGivenWord(nowNs)) {
                return false;
            }
        }
        return true;
    }

    void onApplied(long logTimeMs, long nowNs, long outcome, DirectBuffer entry, int offset, int length) {
        ring.append(epoch, logTimeMs, nowNs, outcome, entry, offset, length);
        for (int i = 0; i < links.size(); i++) {
            links.get(i).onApplied(entry, offset, length);
        }
    }

    /** Entries up to this one are here as the store promises. */
    void onDurable(long index, long nowNs) {
        for (long each = Math.max(durableIndex + 1, ring.firstIndex()); each <= index; each++) {
            long tookNs = nowNs - ring.appendedNsAt(each);
            if (tookNs > 0) {
                durable.record(tookNs);
            }
        }
        durableIndex = Math.max(durableIndex, index);
    }

    /**
     * Last entry every in-sync server has, {@link #NULL_INDEX} while commits are held back.
     *
     * @param ownIndex last entry this server has as its store promises.
     */
    long heldByAll(long ownIndex) {
        long held = ownIndex;
        for (int i = 0; i < links.size(); i++) {
            StandbyLink link = links.get(i);
            if (link.holdsCommits()) {
                return NULL_INDEX;
            }
            if (link.isInSync()) {
                held = Math.min(held, link.acknowledged());
            }
        }
        return held;
    }

    /** Commits up to this entry have been reported. */
    void onCommitted(long commitIndex) {
        state.history().onAcknowledged(commitIndex);
        long held = Long.MAX_VALUE;
        for (int i = 0; i < links.size(); i++) {
            if (links.get(i).isInSync()) {
                held = Math.min(held, links.get(i).acknowledged());
            }
        }
        if (held != Long.MAX_VALUE) {
            state.history().onHeldElsewhere(held);
        }
    }

    int doWork(long nowNs, long logTimeMs, Replicator replicator) {
        int work = 0;
        for (int i = 0; i < links.size(); i++) {
            work += links.get(i).doWork(nowNs, logTimeMs, replicator);
        }
        return work + offerDigest(nowNs);
    }

    /** Gives the standbys the next part to compare, once all of them have sent the one before on its way. */
    private int offerDigest(long nowNs) {
        boolean isAnyReady = false;
        for (int i = 0; i < links.size(); i++) {
            if (links.get(i).hasUnsentDigest()) {
                return 0;
            }
            isAnyReady |= links.get(i).isComparing();
        }
        if (!isAnyReady || !check.isDue(nowNs)) {
            return 0;
        }
        StateDigest digest = check.next(nowNs);
        offeredSlots += digest.slotCount();
        for (int i = 0; i < links.size(); i++) {
            links.get(i).offer(digest);
        }
        return 1;
    }

    private StandbyLink link(int memberId) {
        for (int i = 0; i < links.size(); i++) {
            if (links.get(i).memberId() == memberId) {
                return links.get(i);
            }
        }
        StandbyLink link = new StandbyLink(memberId, self, epoch, state, ring, limits, events);
        links.add(link);
        return link;
    }
}
