package org.stoneware.server.replication;

import java.util.Iterator;
import java.util.concurrent.TimeUnit;
import org.agrona.DirectBuffer;
import org.jspecify.annotations.Nullable;
import org.stoneware.spi.storage.SessionStore;
import org.stoneware.spi.storage.StoreHealth;
import org.stoneware.wire.replication.MismatchKind;
import org.stoneware.wire.replication.ReplicationProtocol;
import org.stoneware.wire.session.WireException;

/**
 * The log as a standby has it: applies entries in their order and compares what they led to, here and on the active.
 * <p>
 * An entry that changes a session the store has on disk only waits until that is in memory, and what follows waits behind it, digests too.
 * <p>
 * <b>Threading:</b> the agent thread.
 */
public final class FollowedLog {
    private static final int APPLIED_PER_CYCLE = 1_024;
    /** Sessions of so many entries behind the next one are asked for ahead. */
    private static final int LOOK_AHEAD = 16;
    /** The store finds out by then whether the device reads again. */
    private static final long READ_PATIENCE_NS = TimeUnit.SECONDS.toNanos(1);

    private static final long NOT_STUCK = Long.MIN_VALUE;

    private final Listener listener;
    private final ResultHash result = new ResultHash((bytes, offset, length) -> {});
    private final StateDigester digester = new StateDigester();
    private final ReceivedEntries received;
    /** {@link ResultHash} of an entry there is no room for; 0 when the state knows none. */
    private final long fullOutcome;

    private ReplicatedState state;
    private long lastIndex;
    private long lastEpoch;
    private long logTimeMs;
    private long commitIndex;
    private long receivedIndex;
    private long receivedEpoch;
    private long seenNs = ReplicationProtocol.NO_STAMP;
    private long comparedSlots;
    private long comparedRows;
    private long stuckSinceNs = NOT_STUCK;
    private long stuckIndex;

    /** Hears what ends the following. */
    interface Listener {
        /** No more can be taken; what is held is as good as it was. */
        void onOverrun(String reason);

        /** An entry can't be applied, and is half applied. */
        void onDamaged(String reason);

        /** What is held is not what the active holds. */
        void onDiffers(Mismatch mismatch);
    }

    /** @param maxReceivedBytes of heap for entries that wait for a session. */
    FollowedLog(ReplicatedState state, long lastEpoch, long maxReceivedBytes, Listener listener) {
        this.received = new ReceivedEntries(maxReceivedBytes);
        this.state = state;
        this.lastIndex = state.lastApplied();
        this.lastEpoch = lastEpoch;
        this.logTimeMs = state.history().lastTimeMs();
        this.listener = listener;
        state.showFullResult(result);
        this.fullOutcome = result.value();
    }

    /** Goes on after a copy. */
    void restart(ReplicatedState copy, long lastIndex, long lastEpoch, long logTimeMs) {
        this.state = copy;
        this.lastIndex = lastIndex;
        this.lastEpoch = lastEpoch;
        this.logTimeMs = logTimeMs;
    }

    long lastIndex() {
        return lastIndex;
    }

    long lastEpoch() {
        return lastEpoch;
    }

    long logTimeMs() {
        return logTimeMs;
    }

    /** Last entry known to be committed. */
    public long commitIndex() {
        return commitIndex;
    }

    /** Latest stamp of the active. */
    long seenNs() {
        return seenNs;
    }

    /** Slots compared with the active, over and over. */
    public long comparedSlots() {
        return comparedSlots;
    }

    /** How often what is not a session was compared with the active. */
    public long comparedRows() {
        return comparedRows;
    }

    /** Entries and digests that wait for a session. */
    public int waiting() {
        return received.size();
    }

    /**
     * Whether no change is acknowledged any more, so that the active should go on without this server: the store has failed, or its device
     * does not read what the next entry needs, see docs/adr/0280.
     */
    boolean isStuck(long nowNs) {
        SessionStore store = state.store();
        boolean isUnreadable = !received.isEmpty() && !store.readProblem().isEmpty();
        if (!isUnreadable || stuckIndex != lastIndex) {
            stuckSinceNs = NOT_STUCK;
            stuckIndex = lastIndex;
        }
        if (isUnreadable && stuckSinceNs == NOT_STUCK) {
            stuckSinceNs = nowNs;
        }
        return store.health().state() == StoreHealth.State.FAILED
                || isUnreadable && nowNs - stuckSinceNs >= READ_PATIENCE_NS;
    }

    /** What waits is forgotten: it was not acknowledged, and is sent again. */
    void forgetReceived() {
        received.clear();
        seenNs = ReplicationProtocol.NO_STAMP;
    }

    /** Last entry received, applied or not. */
    long receivedIndex() {
        return received.isEmpty() ? lastIndex : receivedIndex;
    }

    long receivedEpoch() {
        return received.isEmpty() ? lastEpoch : receivedEpoch;
    }

    /** Takes the entry that follows the one received last. */
    void onEntry(
            long index,
            long entryEpoch,
            long commitIndex,
            long logTimeMs,
            long outcome,
            long sentNs,
            DirectBuffer content,
            int offset,
            int length) {
        boolean isReady = isReady(content, offset, length);
        if (received.isEmpty() && isReady) {
            apply(index, entryEpoch, commitIndex, logTimeMs, outcome, sentNs, content, offset, length);
            return;
        }
        if (!received.addEntry(index, entryEpoch, commitIndex, logTimeMs, outcome, sentNs, content, offset, length)) {
            overrun();
            return;
        }
        receivedIndex = index;
        receivedEpoch = entryEpoch;
    }

    /** Takes an entry that was kept elsewhere; out of place when it does not follow. */
    void take(ReceivedEntries.Waiting entry) {
        if (entry.index() != receivedIndex() + 1) {
            listener.onOverrun("entry does not follow: index=" + entry.index() + " lastIndex=" + receivedIndex());
            return;
        }
        DirectBuffer content = entry.content();
        onEntry(
                entry.index(),
                entry.epoch(),
                entry.commitIndex(),
                entry.logTimeMs(),
                entry.outcome(),
                entry.sentNs(),
                content,
                0,
                content.capacity());
    }

    /** The active is there. */
    void onCommit(long commitIndex, long logTimeMs, long sentNs) {
        seenNs = Math.max(seenNs, sentNs);
        this.commitIndex = Math.min(commitIndex, lastIndex);
        this.logTimeMs = Math.max(this.logTimeMs, logTimeMs);
    }

    /** Takes a digest of the state after the entry received last. */
    void onDigest(StateDigest digest) {
        if (received.isEmpty()) {
            compare(digest);
        } else if (!received.addDigest(digest)) {
            overrun();
        } else {
            receivedIndex = digest.index();
        }
    }

    private void overrun() {
        listener.onOverrun("too much waits for sessions to be read from disk: waiting=" + received.size());
    }

    /**
     * Applies what waited, as far as it is ready, and asks the store for what is next.
     *
     * @return amount of work done.
     */
    int doWork() {
        int work = 0;
        ReceivedEntries.Waiting next;
        while (work < APPLIED_PER_CYCLE && (next = received.first()) != null && isReady(next)) {
            received.removeFirst();
            apply(next);
            work++;
        }
        if (work > 0) {
            Iterator<ReceivedEntries.Waiting> behind = received.iterator();
            for (int i = 0; i < LOOK_AHEAD && behind.hasNext(); i++) {
                isReady(behind.next());
            }
        }
        return work;
    }

    private boolean isReady(ReceivedEntries.Waiting entry) {
        return entry.digest() != null
                || isReady(entry.content(), 0, entry.content().capacity());
    }

    private boolean isReady(DirectBuffer content, int offset, int length) {
        try {
            return state.isReady(content, offset, length);
        } catch (WireException e) {
            // Said when it is applied.
            return true;
        }
    }

    private void apply(ReceivedEntries.Waiting next) {
        @Nullable StateDigest digest = next.digest();
        if (digest != null) {
            compare(digest);
            return;
        }
        apply(
                next.index(),
                next.epoch(),
                next.commitIndex(),
                next.logTimeMs(),
                next.outcome(),
                next.sentNs(),
                next.content(),
                0,
                next.content().capacity());
    }

    private void apply(
            long index,
            long entryEpoch,
            long commitIndex,
            long logTimeMs,
            long outcome,
            long sentNs,
            DirectBuffer content,
            int offset,
            int length) {
        result.begin();
        try {
            if (outcome == fullOutcome && fullOutcome != 0) {
                state.applyFull(index, entryEpoch, logTimeMs, content, offset, length, result);
            } else {
                state.apply(index, entryEpoch, logTimeMs, content, offset, length, result);
            }
        } catch (RuntimeException e) {
            listener.onDamaged("entry can't be applied: index=" + index + " cause=" + e);
            return;
        }
        lastIndex = index;
        lastEpoch = entryEpoch;
        state.history().onHeldElsewhere(index);
        this.logTimeMs = Math.max(this.logTimeMs, logTimeMs);
        this.commitIndex = Math.min(commitIndex, lastIndex);
        seenNs = Math.max(seenNs, sentNs);
        if (result.value() != outcome) {
            boolean isFull = result.value() == fullOutcome && fullOutcome != 0;
            listener.onDiffers(Mismatch.at(isFull ? MismatchKind.FULL : MismatchKind.RESULT, index));
        }
    }

    private void compare(StateDigest digest) {
        StateDigest held = digest.isOfRows()
                ? digester.rows(state)
                : digester.sessions(state, digest.firstSlot(), digest.slotCount(), digest.part(), digest.parts());
        comparedSlots += digest.slotCount();
        comparedRows += held.isOfRows() ? 1 : 0;
        if (held.count() != digest.count() || held.digest() != digest.digest()) {
            MismatchKind kind = held.isOfRows() ? MismatchKind.ROWS : MismatchKind.SESSIONS;
            listener.onDiffers(new Mismatch(kind, digest.index(), digest.firstSlot(), digest.slotCount()));
        }
    }
}
