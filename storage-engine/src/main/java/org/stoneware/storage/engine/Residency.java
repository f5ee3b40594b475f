package org.stoneware.storage.engine;

import java.util.ArrayDeque;
import org.stoneware.storage.slab.MemoryBudget;
import org.stoneware.storage.slab.Slab;

/**
 * Decides which sessions are in memory. A clock's hand goes round the index when memory is short: a session used since it last came by
 * gets a second chance, another whose record the log has written leaves memory at no cost, and one the log does not have is appended
 * first and leaves once it is written. So no session is ever in a write buffer only.
 */
final class Residency {
    /** Sessions looked at in one duty cycle. */
    private static final int MAX_STEPS = 512;
    /** Sessions looked at before a change is told that there is no room. */
    private static final int MAX_STEPS_AT_ONCE = 8192;

    private static final int MAX_EVICTIONS_AT_ONCE = 64;
    /** Above this share of memory, in sixteenths, sessions leave in the background. */
    private static final int SHORT_SIXTEENTHS = 14;

    private final SessionIndex index;
    private final MemoryBudget budget;
    private final Slab slab;
    private final SessionLog log;
    /** What was appended to leave memory, in order. */
    private final ArrayDeque<Leaving> leaving = new ArrayDeque<>();

    private long leavingBytes;
    private int hand;
    private int pinned = SessionIndex.NONE;
    private int stepsInVain;
    private long freeBytesInVain = -1;
    private long evictions;
    private long spills;

    private record Leaving(long hash, long fingerprint, long location, int length) {}

    Residency(SessionIndex index, MemoryBudget budget, SessionLog log) {
        this.index = index;
        this.budget = budget;
        this.log = log;
        slab = index.slab();
    }

    /** Keeps one session in memory while it is being changed; {@link SessionIndex#NONE} for none. */
    void pin(int entry) {
        pinned = entry;
    }

    /** Finds memory for a record, sending others away if need be; {@link Slab#NO_ROOM} when there is none. */
    long allocate(int length, int owner) {
        long location = slab.allocate(length, owner);
        while (location == Slab.NO_ROOM && evictNow()) {
            location = slab.allocate(length, owner);
        }
        return location;
    }

    /** As {@link #allocate}, for a record the log has as well: it may use the reserve, since it can leave again at any time. */
    long allocateForLoad(int length, int owner) {
        budget.isReserveOpen(true);
        try {
            return allocate(length, owner);
        } finally {
            budget.isReserveOpen(false);
        }
    }

    /** Makes room in the index for one more session, sending records away if need be. */
    boolean ensureIndexRoom(long hash) {
        boolean isThere = index.ensureRoom(hash);
        // Records that leave memory leave their entries in the index.
        while (!isThere && !index.heap().isShort() && evictNow()) {
            isThere = index.ensureRoom(hash);
        }
        return isThere;
    }

    /** Sessions may leave memory now that could not before. */
    void onChanged() {
        stepsInVain = 0;
    }

    /** Whether memory becomes free by itself: the log is about to write what can leave then. */
    boolean isMakingRoom() {
        return log.log().durablePosition() < log.log().appendPosition()
                && !log.log().isFailed()
                && !log.log().isFull();
    }

    /** Whether the hand has not been round twice since anything changed, so that trying again may find room. */
    boolean isSearching() {
        return stepsInVain < 2 * index.size();
    }

    /** Whether sessions leave in the background, or would if the disk took them. */
    boolean isShort() {
        return budget.usedBytes() - slab.freeBytes() - leavingBytes > budget.maxBytes() / 16 * SHORT_SIXTEENTHS;
    }

    /** Whether at least this share of the memory is free or becomes free by itself, in percent. */
    boolean isFree(int percent) {
        long usedBytes = budget.usedBytes() - slab.freeBytes() - leavingBytes;
        return budget.limitBytes() - usedBytes >= budget.limitBytes() / 100 * percent;
    }

    long evictions() {
        return evictions;
    }

    long spills() {
        return spills;
    }

    int doWork() {
        int work = leave();
        if (isShort() && stepsInVain < 2 * index.size()) {
            work += turn(MAX_STEPS, true);
        }
        return work + (compact() || slab.compactIdle() ? 1 : 0);
    }

    private boolean compact() {
        if (budget.usedBytes() <= budget.maxBytes() / 16 * (SHORT_SIXTEENTHS + 1)
                || slab.freeBytes() == freeBytesInVain) {
            return false;
        }
        boolean isDone = slab.compactUnderPressure();
        freeBytesInVain = isDone ? -1 : slab.freeBytes();
        return isDone;
    }

    /** What was on its way to the log stays in memory. */
    void onFailed() {
        leaving.clear();
        leavingBytes = 0;
    }

    void clear() {
        leaving.clear();
        leavingBytes = 0;
        hand = 0;
        pinned = SessionIndex.NONE;
    }

    private boolean evictNow() {
        long before = evictions;
        leave();
        turn(MAX_STEPS_AT_ONCE, false);
        return evictions > before;
    }

    /** Lets the hand go on, until memory is not short any more or, when it is needed now, some sessions have left. */
    private int turn(int maxSteps, boolean isInBackground) {
        long before = evictions;
        int work = 0;
        int steps = Math.min(maxSteps, 2 * index.size());
        for (int i = 0; i < steps; i++) {
            boolean isEnough = isInBackground ? !isShort() : evictions - before >= MAX_EVICTIONS_AT_ONCE;
            if (isEnough) {
                break;
            }
            hand = hand + 1 >= index.size() ? 0 : hand + 1;
            Step step = step(hand);
            if (step == Step.REFUSED) {
                break;
            }
            stepsInVain = step == Step.DONE ? 0 : stepsInVain + 1;
            work += step == Step.DONE ? 1 : 0;
        }
        return work;
    }

    private enum Step {
        DONE,
        NOTHING,
        REFUSED
    }

    private Step step(int entry) {
        if (!index.isResident(entry) || entry == pinned) {
            return Step.NOTHING;
        }
        if (index.isUsed(entry)) {
            index.isUsed(entry, false);
            return Step.NOTHING;
        }
        if (index.isInLog(entry)) {
            if (!log.isWritten(entry)) {
                return Step.NOTHING;
            }
            evict(entry);
            return Step.DONE;
        }
        // When memory is short and the disk takes nothing, what the log has already can still leave.
        if (log.log().isFailed() || log.log().isFull()) {
            return Step.NOTHING;
        }
        if (log.isBehind() || !log.spill(entry)) {
            return Step.REFUSED;
        }
        spills++;
        leaving.addLast(new Leaving(
                index.hash(entry), index.fingerprint(entry), index.logLocation(entry), index.length(entry)));
        leavingBytes += index.length(entry);
        return Step.DONE;
    }

    /** Sends away what has been written since, unless it was changed or used again. */
    private int leave() {
        int work = 0;
        Leaving next = leaving.peekFirst();
        while (next != null && work < MAX_STEPS && log.isWritten(next.location)) {
            leaving.removeFirst();
            leavingBytes -= next.length;
            work++;
            int entry = index.find(next.hash, next.fingerprint);
            if (entry != SessionIndex.NONE
                    && index.logLocation(entry) == next.location
                    && index.isResident(entry)
                    && !index.isUsed(entry)
                    && entry != pinned) {
                evict(entry);
            }
            next = leaving.peekFirst();
        }
        return work;
    }

    private void evict(int entry) {
        index.evict(entry);
        evictions++;
    }
}
