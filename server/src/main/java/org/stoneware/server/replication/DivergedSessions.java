package org.stoneware.server.replication;

import java.util.ArrayDeque;
import org.agrona.DirectBuffer;
import org.agrona.ExpandableArrayBuffer;
import org.jspecify.annotations.Nullable;
import org.stoneware.api.session.SessionKey;
import org.stoneware.api.session.SessionRecord;
import org.stoneware.spi.storage.LoadResult;
import org.stoneware.spi.storage.StoreSnapshot;
import org.stoneware.wire.replication.DivergedKind;
import org.stoneware.wire.replication.Divergence;

/**
 * Tells the active what this server acknowledged alone since their logs parted: first sessions changed or used, one by one in the order
 * of the store, then those removed. The state does not change meanwhile, so an interrupted round begins anew.
 * <p>
 * <b>Threading:</b> the agent thread.
 * <p>
 * <b>Limits:</b> {@link #WINDOW} sessions and {@link #WINDOW_BYTES} are on their way at a time, one session always; a duty cycle looks
 * at {@link #LOOKED_AT_PER_CYCLE}.
 */
final class DivergedSessions {
    static final int WINDOW = 64;
    static final long WINDOW_BYTES = 4L << 20;
    static final int LOOKED_AT_PER_CYCLE = 1_024;

    private static final long LOAD_TICKET = 0;
    /** Reports of accesses come up to a second late. */
    private static final long TOUCH_SLACK_MS = 2_000;

    private final ReplicatedState state;
    private final LogHistory.Fork fork;
    private final Output output;
    private final ArrayDeque<SessionKey> removals = new ArrayDeque<>();
    private final int[] lengths = new int[WINDOW];
    private final SessionRecord view = new SessionRecord();
    private final ExpandableArrayBuffer content = new ExpandableArrayBuffer(4096);
    private @Nullable StoreSnapshot walk;
    private @Nullable SessionKey unsent;
    private boolean isWalkOver;
    private boolean isEndSent;
    private long sent;
    private long decided;
    private long bytesOnTheirWay;
    private long discarded;
    private long logTimeMs;

    /** Takes what goes to the active; answers false when there is no room now. */
    interface Output {
        boolean diverged(Divergence divergence, DirectBuffer content, int length);

        boolean divergedEnd(long number, long discarded);
    }

    DivergedSessions(ReplicatedState state, LogHistory.Fork fork, Output output) {
        this.state = state;
        this.fork = fork;
        this.output = output;
        LogHistory history = state.history();
        if (history.acknowledged() <= fork.index()) {
            // Nothing was acknowledged alone; what else may be behind the fork has been promised to nobody.
            isWalkOver = true;
            return;
        }
        walk = state.store().openSnapshot();
        if (fork.isKnown()) {
            history.ended().forEachRemovedSince(fork.index(), removals::addLast);
        }
    }

    /** The active has decided everything up to this number. */
    void onAck(long number) {
        while (decided < number && decided < sent) {
            decided++;
            bytesOnTheirWay -= lengths[(int) (decided % WINDOW)];
        }
    }

    long discarded() {
        return discarded;
    }

    /** @return amount of work done. */
    int doWork(long logTimeMs) {
        this.logTimeMs = logTimeMs;
        int work = 0;
        while (!isWalkOver && work < LOOKED_AT_PER_CYCLE && sendUnsent()) {
            work += look();
        }
        while (isWalkOver && unsent == null && !removals.isEmpty() && sendRemoval(removals.getFirst())) {
            removals.removeFirst();
            work++;
        }
        boolean isOver = isWalkOver && unsent == null && removals.isEmpty();
        if (isOver && !isEndSent && output.divergedEnd(sent, discarded)) {
            isEndSent = true;
            work++;
        }
        return work;
    }

    void close() {
        StoreSnapshot open = walk;
        if (open != null) {
            open.close();
            walk = null;
        }
    }

    private int look() {
        StoreSnapshot open = walk;
        if (open == null) {
            throw new IllegalStateException("no walk is open");
        }
        int shown = open.next(1, this::onShown);
        if (shown == StoreSnapshot.END) {
            isWalkOver = true;
            discarded += open.unread();
            close();
            return 1;
        }
        // Nothing is ready: enough for this cycle.
        return shown == 0 ? LOOKED_AT_PER_CYCLE : shown;
    }

    private void onShown(SessionRecord record) {
        if (!fork.isKnown()) {
            discarded += record.lastIndex() > fork.index() ? 1 : 0;
        } else if (isDiverged(record) && !send(record)) {
            unsent = record.key();
        }
    }

    private boolean isDiverged(SessionRecord record) {
        return record.lastIndex() > fork.index() || record.lastAccessedTimeMs() > fork.timeMs() - TOUCH_SLACK_MS;
    }

    /** True when nothing is left that there was no room for. */
    private boolean sendUnsent() {
        SessionKey key = unsent;
        if (key == null) {
            return true;
        }
        LoadResult found = state.store().load(key, LOAD_TICKET);
        boolean isResident = found == LoadResult.RESIDENT && state.store().read(key, view);
        if (found == LoadResult.ABSENT || (isResident && send(view))) {
            unsent = null;
        }
        return unsent == null;
    }

    private boolean send(SessionRecord record) {
        SessionKey key = record.key();
        if (record.lastIndex() <= fork.index()) {
            return send(DivergedKind.TOUCHED, 0, record.lastAccessedTimeMs(), false, key.encode(content, 0));
        }
        SessionKey origin = state.history().ended().originSince(key, fork.index());
        int originLength = origin == null ? 0 : origin.encode(content, 0);
        content.putBytes(originLength, record.buffer(), record.offset(), record.length());
        boolean isNew = record.creationTimeMs() > fork.timeMs();
        return send(
                DivergedKind.SESSION, originLength, record.lastAccessedTimeMs(), isNew, originLength + record.length());
    }

    private boolean sendRemoval(SessionKey key) {
        if (state.store().load(key, LOAD_TICKET) != LoadResult.ABSENT) {
            // Created anew since; that was said.
            return true;
        }
        return send(DivergedKind.REMOVED, 0, logTimeMs, false, key.encode(content, 0));
    }

    private boolean send(DivergedKind kind, int originLength, long lastAccessMs, boolean isNew, int length) {
        long onTheirWay = sent - decided;
        if (onTheirWay >= WINDOW || (onTheirWay > 0 && bytesOnTheirWay + length > WINDOW_BYTES)) {
            return false;
        }
        Divergence divergence =
                new Divergence(sent + 1, fork.index(), logTimeMs, lastAccessMs, originLength, kind, isNew);
        if (!output.diverged(divergence, content, length)) {
            return false;
        }
        sent++;
        lengths[(int) (sent % WINDOW)] = length;
        bytesOnTheirWay += length;
        return true;
    }
}
