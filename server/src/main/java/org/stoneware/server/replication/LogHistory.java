package org.stoneware.server.replication;

import static java.nio.ByteOrder.LITTLE_ENDIAN;

import java.util.ArrayList;
import java.util.List;
import org.agrona.DirectBuffer;
import org.agrona.MutableDirectBuffer;
import org.jspecify.annotations.Nullable;
import org.stoneware.server.session.LogClock;
import org.stoneware.wire.replication.LineageEpoch;

/**
 * What a server keeps beside its sessions to find out, after a split, where its log parted from another's: the epochs of the log, the
 * last entry it acknowledged as active, and what ended since the other server was known to hold everything. See ADR 0099.
 * <p>
 * No replicated state: it says something about this server's own copy.
 * <p>
 * <b>Threading:</b> the agent thread.
 * <p>
 * <b>Limits:</b> {@link #MAX_EPOCHS} epochs; beyond them the oldest go, and a fork among those is not known any more.
 */
public final class LogHistory {
    static final int MAX_EPOCHS = 64;

    private static final int FROM_EMPTY = 1;
    private static final int EPOCH_LENGTH = 24;

    private final List<Epoch> epochs = new ArrayList<>();
    private final EndedSessions ended = new EndedSessions();
    private boolean isFromEmpty = true;
    private long lastIndex;
    private long lastTimeMs;
    private long acknowledged;
    private @Nullable LogClock clock;
    /** Last epoch this server was active in; what it applied of that it may have acknowledged. */
    private long ownEpoch;

    private static final class Epoch {
        private final long epoch;
        private final long startTimeMs;
        private long lastIndex;

        Epoch(long epoch, long lastIndex, long startTimeMs) {
            this.epoch = epoch;
            this.lastIndex = lastIndex;
            this.startTimeMs = startTimeMs;
        }
    }

    /** An entry has been applied. */
    public void onApplied(long index, long epoch, long logTimeMs) {
        if (epochs.isEmpty() || lastRow().epoch != epoch) {
            begin(epoch, index);
        }
        lastRow().lastIndex = index;
        lastIndex = index;
        lastTimeMs = logTimeMs;
    }

    /** This server has become active: what follows {@code index} is of this epoch, and log time is read from this clock. */
    public void onActivated(long epoch, long index, LogClock by) {
        clock = by;
        ownEpoch = epoch;
        if (epochs.isEmpty() || lastRow().epoch != epoch) {
            begin(epoch, index);
        }
        lastIndex = index;
    }

    /** Epoch of the last entry; 0 when nothing is known. */
    public long lastEpoch() {
        return epochs.isEmpty() ? 0 : lastRow().epoch;
    }

    /** Log time of the last entry. */
    public long lastTimeMs() {
        return lastTimeMs;
    }

    /**
     * Writes this, but for {@link #ended}, as {@link #read} understands it; little endian.
     *
     * <pre>
     *  offset length field
     *       0      8 last index
     *       8      8 log time of it
     *      16      8 last entry acknowledged as active
     *      24      8 last epoch this server was active in
     *      32      4 flags: 1 began with nothing
     *      36      4 number of epochs
     *      40     24 each: epoch, last index, log time of its begin
     * </pre>
     *
     * @return length.
     */
    public int write(MutableDirectBuffer to, int offset) {
        to.putLong(offset, lastIndex, LITTLE_ENDIAN);
        to.putLong(offset + 8, lastTimeMs, LITTLE_ENDIAN);
        to.putLong(offset + 16, acknowledged, LITTLE_ENDIAN);
        to.putLong(offset + 24, ownEpoch, LITTLE_ENDIAN);
        to.putInt(offset + 32, isFromEmpty ? FROM_EMPTY : 0, LITTLE_ENDIAN);
        to.putInt(offset + 36, epochs.size(), LITTLE_ENDIAN);
        int at = offset + 40;
        for (Epoch each : epochs) {
            to.putLong(at, each.epoch, LITTLE_ENDIAN);
            to.putLong(at + 8, each.lastIndex, LITTLE_ENDIAN);
            to.putLong(at + 16, each.startTimeMs, LITTLE_ENDIAN);
            at += EPOCH_LENGTH;
        }
        return at - offset;
    }

    /** Becomes what another instance wrote. */
    public void read(DirectBuffer from, int offset) {
        lastIndex = from.getLong(offset, LITTLE_ENDIAN);
        lastTimeMs = from.getLong(offset + 8, LITTLE_ENDIAN);
        acknowledged = from.getLong(offset + 16, LITTLE_ENDIAN);
        ownEpoch = from.getLong(offset + 24, LITTLE_ENDIAN);
        isFromEmpty = (from.getInt(offset + 32, LITTLE_ENDIAN) & FROM_EMPTY) != 0;
        epochs.clear();
        int count = from.getInt(offset + 36, LITTLE_ENDIAN);
        for (int i = 0, at = offset + 40; i < count; i++, at += EPOCH_LENGTH) {
            epochs.add(new Epoch(
                    from.getLong(at, LITTLE_ENDIAN),
                    from.getLong(at + 8, LITTLE_ENDIAN),
                    from.getLong(at + 16, LITTLE_ENDIAN)));
        }
    }

    /** An entry this server applied before its process ended is held. What it numbered itself it may have acknowledged. */
    public void onRecovered(long index, long epoch, long logTimeMs) {
        onApplied(index, epoch, logTimeMs);
        if (epoch == ownEpoch) {
            acknowledged = Math.max(acknowledged, index);
        }
    }

    /** What is held is a copy of another server's state after this entry; what came before is not known here. */
    void onCopied(long index, long epoch, long logTimeMs) {
        epochs.clear();
        isFromEmpty = false;
        lastTimeMs = logTimeMs;
        lastIndex = index;
        begin(epoch, index);
        ended.forgetUpTo(index);
    }

    /** True when an entry of an epoch that is known here certainly is not in this log. */
    public boolean isBeyond(long epoch, long index) {
        for (Epoch each : epochs) {
            if (each.epoch == epoch) {
                return index > each.lastIndex;
            }
        }
        return false;
    }

    /** Epoch of the last entry before those of an epoch, which is the newest; 0 when there is none. */
    public long epochBefore(long newest) {
        for (int i = epochs.size() - 1; i >= 0; i--) {
            if (epochs.get(i).epoch != newest) {
                return epochs.get(i).epoch;
            }
        }
        return 0;
    }

    private void begin(long epoch, long index) {
        epochs.add(new Epoch(epoch, index, lastTimeMs));
        if (epochs.size() > MAX_EPOCHS) {
            epochs.remove(0);
            isFromEmpty = false;
        }
    }

    private Epoch lastRow() {
        return epochs.get(epochs.size() - 1);
    }

    /** This server, as active, has said that everything up to an entry is committed. */
    void onAcknowledged(long index) {
        acknowledged = Math.max(acknowledged, index);
    }

    /** Another server holds everything up to an entry, and is the one that would take over: there is no fork before it. */
    void onHeldElsewhere(long index) {
        ended.forgetUpTo(index);
    }

    /** Last entry this server acknowledged as active; 0 when it never did. */
    long acknowledged() {
        return acknowledged;
    }

    /** This server is alone in its array: it will share its log with nobody. */
    public void standsAlone() {
        ended.notNeeded();
    }

    /** What has ended here. */
    public EndedSessions ended() {
        return ended;
    }

    /** True when the log began with nothing, and all its epochs are known. */
    boolean isFromEmpty() {
        return isFromEmpty;
    }

    List<LineageEpoch> epochs() {
        List<LineageEpoch> all = new ArrayList<>(epochs.size());
        for (Epoch each : epochs) {
            all.add(new LineageEpoch(each.epoch, each.lastIndex, each.startTimeMs));
        }
        return all;
    }

    /** Log time on this server. */
    long logTimeMs(long nowNs) {
        LogClock by = clock;
        return by == null ? lastTimeMs : Math.max(lastTimeMs, by.logTimeMs(nowNs));
    }

    /**
     * Where this log and another one parted: an epoch belongs to one active, so the last entry of the last epoch both have, as far as
     * both have it, is the last entry they share.
     */
    Fork fork(List<LineageEpoch> others, boolean isOtherFromEmpty) {
        for (int own = epochs.size() - 1; own >= 0; own--) {
            for (int other = others.size() - 1; other >= 0; other--) {
                Epoch mine = epochs.get(own);
                if (mine.epoch == others.get(other).epoch()) {
                    long index = Math.min(mine.lastIndex, others.get(other).lastIndex());
                    return new Fork(true, index, forkTimeMs(own + 1, others, other + 1));
                }
            }
        }
        // A log that began with nothing shares nothing: all there is came after the fork.
        boolean isKnown = isFromEmpty || isOtherFromEmpty;
        return new Fork(isKnown, isKnown ? 0 : ended.knownSince(), 0);
    }

    private long forkTimeMs(int own, List<LineageEpoch> others, int other) {
        long mine = own < epochs.size() ? epochs.get(own).startTimeMs : Long.MAX_VALUE;
        long theirs = other < others.size() ? others.get(other).startTimeMs() : Long.MAX_VALUE;
        long earlier = Math.min(mine, theirs);
        return earlier == Long.MAX_VALUE ? 0 : earlier;
    }

    /**
     * The last thing two logs share.
     *
     * @param isKnown false: it is before everything known; {@code index} is then the last entry another server was known to hold.
     * @param index   last entry both have.
     * @param timeMs  log time not after the first entry only one of them has; 0 when nothing is shared.
     */
    record Fork(boolean isKnown, long index, long timeMs) {}
}
