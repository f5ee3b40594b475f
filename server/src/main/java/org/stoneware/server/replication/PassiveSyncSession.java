package org.stoneware.server.replication;

import java.util.ArrayDeque;
import java.util.Iterator;
import org.agrona.DirectBuffer;
import org.agrona.ExpandableArrayBuffer;
import org.jspecify.annotations.Nullable;
import org.stoneware.api.session.SessionKey;
import org.stoneware.api.session.SessionRecord;
import org.stoneware.spi.replication.Replicator;
import org.stoneware.spi.storage.LoadResult;
import org.stoneware.spi.storage.StoreSnapshot;
import org.stoneware.wire.replication.Divergence;
import org.stoneware.wire.replication.RecordKind;
import org.stoneware.wire.replication.ReplicationProtocol;
import org.stoneware.wire.session.WireException;

/**
 * One standby being brought up to date over one connection, while writes go on.
 * <pre>
 * from            to             when
 * AWAIT_POSITION  SEND_SNAPSHOT  the standby holds nothing, or its last entry is not in our log, or is too old
 * AWAIT_POSITION  RECONCILE      the same, and it acknowledged something as active
 * AWAIT_POSITION  CATCH_UP       our log continues after its last entry
 * RECONCILE       SEND_SNAPSHOT  everything it told is decided and committed, see ADR 0099
 * SEND_SNAPSHOT   CATCH_UP       every session has been sent as it is now, and the rest of the state is copied out
 * CATCH_UP        SYNCED         it is in the in-sync set
 * all of these    FAILED         the connection is lost, it fell behind what is kept, or a bound is reached
 * </pre>
 * While the snapshot goes on a changed session is sent again, whole, instead of the entry that changed it: what an entry does
 * depends on state the standby does not have yet. See ADR 0096. At the end commits are held back until the standby has the last
 * entry, and then until somebody else has decided about the in-sync set: a commit in between could miss it. See ADR 0097.
 * <p>
 * <b>Threading:</b> the agent thread.
 */
final class PassiveSyncSession {
    private static final int RECORDS_PER_CYCLE = 64;
    /** Nobody waits for the load to be announced; it is asked for again. */
    private static final long LOAD_TICKET = 0;

    private final int memberId;
    private final long incarnation;
    private final long snapshotId;
    private final ReplicatedState state;
    private final EntryRing ring;
    private final StandbyStream stream;
    private final ReplicationLimits limits;
    private final ReplicationEvents events;
    private final TokenBucket tokens;
    private final ChangedSessions changed = new ChangedSessions();
    private final SessionRecord view = new SessionRecord();
    private final ExpandableArrayBuffer keyBytes = new ExpandableArrayBuffer(256);
    /** What is not a session, as it was at the end of the snapshot and is not sent yet. */
    private final ArrayDeque<ReplicatedState.RowSource> rows = new ArrayDeque<>();

    private SyncState syncState = SyncState.AWAIT_POSITION;
    private @Nullable Reconciliation reconciliation;
    private @Nullable StoreSnapshot snapshot;
    private boolean isBeginSent;
    private boolean isEndDue;
    private boolean isWalkOver;
    private long snapshotIndex;
    private long snapshotSessions;
    private long shownSessions;
    private long snapshotTimeMs;
    private long logTimeMs;
    private long nextIndex;
    private long acknowledged = Standbys.NULL_INDEX;
    private boolean isPaused;
    private boolean isMatched;
    private long pauseIndex;
    private long pauseChangedNs;
    private long nowNs;
    private String failure = "";

    PassiveSyncSession(
            int memberId,
            long incarnation,
            long snapshotId,
            ReplicatedState state,
            EntryRing ring,
            StandbyStream stream,
            ReplicationLimits limits,
            ReplicationEvents events,
            long nowNs) {
        this.memberId = memberId;
        this.incarnation = incarnation;
        this.snapshotId = snapshotId;
        this.state = state;
        this.ring = ring;
        this.stream = stream;
        this.limits = limits;
        this.events = events;
        this.tokens = new TokenBucket(limits.snapshotBytesPerSec(), nowNs);
        this.pauseChangedNs = nowNs - limits.pauseNs();
        this.nowNs = nowNs;
    }

    SyncState state() {
        return syncState;
    }

    long incarnation() {
        return incarnation;
    }

    /** Last entry the standby has acknowledged. */
    long acknowledged() {
        return acknowledged;
    }

    /** First entry not sent to the standby yet. */
    long nextIndex() {
        return nextIndex;
    }

    /** True once nothing precedes the entries, so that the standby may be told how far the log has come. */
    boolean isFollowing() {
        return syncState == SyncState.CATCH_UP && rows.isEmpty() && !isEndDue;
    }

    /** Sessions shown to the standby of every hundred there are, while they are sent; else -1. */
    int progressPercent() {
        if (syncState != SyncState.SEND_SNAPSHOT) {
            return -1;
        }
        long all = Math.max(1, state.store().figures().sessions());
        return (int) Math.min(100, 100 * shownSessions / all);
    }

    /** True while no commit may be reported. */
    boolean holdsCommits() {
        return isPaused;
    }

    /** True from {@link ReplicationEvents#onSynced} until its answer. */
    boolean awaitsDecision() {
        return isMatched;
    }

    /** The standby has named the last entry it holds. */
    void onPosition(long lastIndex, long lastEpoch, long acknowledged, long nowNs) {
        this.nowNs = nowNs;
        if (syncState != SyncState.AWAIT_POSITION) {
            return;
        }
        if (ring.continuesAfter(lastIndex, lastEpoch)) {
            nextIndex = lastIndex + 1;
            state(SyncState.CATCH_UP, "log continues: lastIndex=" + lastIndex);
        } else if (lastIndex != ReplicationProtocol.NOTHING_HELD
                && acknowledged != ReplicationProtocol.NOTHING_ACKNOWLEDGED) {
            reconciliation = new Reconciliation(state, stream, events);
            state(SyncState.RECONCILE, "acknowledged alone: acknowledged=" + acknowledged + " lastIndex=" + lastIndex);
        } else {
            snapshot = state.store().openSnapshot();
            state(SyncState.SEND_SNAPSHOT, "log does not continue: lastIndex=" + lastIndex);
        }
    }

    /** The standby has told what it acknowledged alone about one session. */
    void onDiverged(Divergence divergence, DirectBuffer content, int offset, int length, long nowNs) {
        reconciliation("divergence").onDiverged(divergence, content, offset, length, logTimeMs, nowNs);
    }

    void onDivergedEnd(long number, long discarded) {
        reconciliation("end of divergences").onEnd(number, discarded);
    }

    private Reconciliation reconciliation(String what) {
        Reconciliation present = reconciliation;
        if (present == null) {
            throw new WireException(what + " out of turn: state=" + syncState);
        }
        return present;
    }

    /** An entry has been applied here. */
    void onApplied(DirectBuffer entry, int offset, int length) {
        if (syncState == SyncState.SEND_SNAPSHOT) {
            changed.note(entry, offset, length);
            if (changed.size() > limits.maxChangedSessions()) {
                fail("too many sessions changed during the snapshot: count=" + changed.size());
            }
        }
    }

    /** The standby holds every entry up to this one. */
    void onAck(long index) {
        if (syncState == SyncState.CATCH_UP && index > acknowledged && index < nextIndex) {
            acknowledged = index;
        }
    }

    /** The standby is in the in-sync set. */
    void added() {
        if (!isMatched) {
            throw new IllegalStateException("standby was not complete: memberId=" + memberId + " state=" + syncState);
        }
        isMatched = false;
        isPaused = false;
        if (syncState == SyncState.CATCH_UP) {
            state(SyncState.SYNCED, "added to the in-sync set: acknowledged=" + acknowledged);
        }
    }

    /** True while the whole state is copied, and not only what the standby lacks of the log. */
    boolean isCopying() {
        return isBeginSent && (syncState == SyncState.SEND_SNAPSHOT || syncState == SyncState.CATCH_UP);
    }

    /** Why this has failed; empty when it has not. */
    String failure() {
        return failure;
    }

    /** Nothing more comes of this; a decision already asked for is still awaited. */
    void fail(String reason) {
        if (syncState == SyncState.FAILED || syncState == SyncState.SYNCED) {
            return;
        }
        failure = reason;
        isPaused = isMatched;
        rows.clear();
        Reconciliation broken = reconciliation;
        if (broken != null) {
            reconciliation = null;
            events.onReconciled(memberId, broken.result(), false);
        }
        closeSnapshot();
        state(SyncState.FAILED, reason);
    }

    /** The standby was not taken into the in-sync set. */
    void refused() {
        isMatched = false;
        isPaused = false;
        fail("refused");
    }

    /** @return amount of work done. */
    int doWork(long nowNs, long logTimeMs, Replicator replicator) {
        this.nowNs = nowNs;
        this.logTimeMs = logTimeMs;
        return switch (syncState) {
            case RECONCILE -> reconcile(replicator);
            case SEND_SNAPSHOT -> sendSnapshot();
            case CATCH_UP -> catchUp(replicator.commitIndex());
            case AWAIT_POSITION, SYNCED, FAILED -> 0;
        };
    }

    private int reconcile(Replicator replicator) {
        Reconciliation present = reconciliation("work");
        int work = present.doWork(replicator, nowNs);
        if (present.isOver()) {
            reconciliation = null;
            events.onReconciled(memberId, present.result(), true);
            snapshot = state.store().openSnapshot();
            state(SyncState.SEND_SNAPSHOT, "reconciled: " + present.result());
        }
        return work;
    }

    private int sendSnapshot() {
        if (!isBeginSent) {
            if (!stream.snapshotBegin(snapshotId)) {
                return 0;
            }
            isBeginSent = true;
        }
        int sent = sendChanged();
        while (changed.size() == 0 && !isWalkOver && tokens.hasTokens(nowNs) && sent < RECORDS_PER_CYCLE) {
            int shown = walk();
            if (shown == 0) {
                break;
            }
            sent += Math.max(shown, 1);
        }
        if (isWalkOver && changed.size() == 0) {
            copyRest();
        }
        return sent;
    }

    private int walk() {
        StoreSnapshot walked = snapshot;
        if (walked == null) {
            throw new IllegalStateException("no snapshot is open");
        }
        int shown = walked.next(1, this::sendShown);
        isWalkOver = shown == StoreSnapshot.END;
        return shown;
    }

    private void sendShown(SessionRecord record) {
        shownSessions++;
        if (!sendRecord(record)) {
            // Its turn comes again, as it is then.
            changed.note(record.key());
        }
    }

    private boolean sendRecord(SessionRecord record) {
        int length = record.length();
        boolean isSent = stream.record(
                snapshotId, record.lastIndex(), RecordKind.SESSION, record.buffer(), record.offset(), length);
        if (isSent) {
            tokens.take(length);
        }
        return isSent;
    }

    private int sendChanged() {
        int sent = 0;
        for (Iterator<SessionKey> each = changed.iterator(); each.hasNext() && sent < RECORDS_PER_CYCLE; ) {
            SessionKey key = each.next();
            LoadResult found = state.store().load(key, LOAD_TICKET);
            if (found == LoadResult.RESIDENT && state.store().read(key, view)) {
                if (!sendRecord(view)) {
                    return sent;
                }
            } else if (found == LoadResult.ABSENT) {
                int length = key.encode(keyBytes, 0);
                if (!stream.record(snapshotId, state.lastApplied(), RecordKind.REMOVED, keyBytes, 0, length)) {
                    return sent;
                }
            } else {
                continue;
            }
            each.remove();
            sent++;
        }
        return sent;
    }

    /** Now the standby has every session as it is here; what is not a session is copied out in this same cycle. */
    private void copyRest() {
        long unread = snapshot == null ? 0 : snapshot.unread();
        if (unread > 0) {
            // Were it in sync and became the active, those sessions would be gone here as well.
            fail("the store here does not read all it holds: sessions=" + unread + "; "
                    + state.store().readProblem());
            return;
        }
        closeSnapshot();
        snapshotIndex = state.lastApplied();
        snapshotSessions = state.store().figures().sessions();
        state.copyRows(rows::addLast);
        snapshotTimeMs = logTimeMs;
        isEndDue = true;
        nextIndex = snapshotIndex + 1;
        state(SyncState.CATCH_UP, "snapshot sent: lastIndex=" + snapshotIndex + " sessions=" + snapshotSessions);
    }

    private int catchUp(long commitIndex) {
        int sent = sendRows();
        if (!rows.isEmpty()) {
            return sent;
        }
        if (ring.firstIndex() > nextIndex) {
            fail("fell behind the entries kept: nextIndex=" + nextIndex + " firstIndex=" + ring.firstIndex());
            return sent;
        }
        if (isEndDue) {
            if (!sendEnd()) {
                return sent;
            }
            isEndDue = false;
            sent++;
        }
        while (nextIndex <= ring.lastIndex() && stream.entry(ring, nextIndex, commitIndex, nowNs)) {
            nextIndex++;
            sent++;
        }
        return sent + match();
    }

    private int sendRows() {
        if (rows.isEmpty()) {
            return 0;
        }
        ExpandableArrayBuffer row = new ExpandableArrayBuffer(4096);
        int sent = 0;
        while (!rows.isEmpty()) {
            int length = rows.getFirst().encode(row);
            if (!stream.record(snapshotId, snapshotIndex, RecordKind.STATE_ROW, row, 0, length)) {
                return sent;
            }
            rows.removeFirst();
            sent++;
        }
        return sent;
    }

    private boolean sendEnd() {
        return stream.snapshotEnd(
                snapshotId, snapshotIndex, ring.epochAt(snapshotIndex), snapshotTimeMs, snapshotSessions);
    }

    /** Holds commits back for a moment once little is missing, until nothing is. */
    private int match() {
        if (isMatched) {
            return 0;
        }
        if (isPaused) {
            if (acknowledged >= pauseIndex) {
                isMatched = true;
                events.onSynced(memberId, incarnation, acknowledged);
                return 1;
            }
            if (nowNs - pauseChangedNs >= limits.pauseNs()) {
                isPaused = false;
                pauseChangedNs = nowNs;
            }
            return 0;
        }
        boolean isNear = nextIndex > ring.lastIndex() && ring.bytesAfter(acknowledged) <= limits.windowBytes();
        if (isNear && acknowledged >= nearIndex() && nowNs - pauseChangedNs >= limits.pauseNs()) {
            isPaused = true;
            pauseIndex = ring.lastIndex();
            pauseChangedNs = nowNs;
            return 1;
        }
        return 0;
    }

    /** The standby has acknowledged something after its copy, so it is known to follow. */
    private long nearIndex() {
        return Math.max(snapshotIndex, ring.firstIndex() - 1);
    }

    private void closeSnapshot() {
        StoreSnapshot open = snapshot;
        if (open != null) {
            open.close();
            snapshot = null;
        }
    }

    private void state(SyncState next, String reason) {
        SyncState previous = syncState;
        assert previous.mayBecome(next) : previous + " to " + next;
        syncState = next;
        events.onSyncState(memberId, previous, next, reason);
    }
}
