package org.stoneware.server.storage;

import java.util.ArrayDeque;
import java.util.HashMap;
import java.util.HashSet;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import java.util.function.BooleanSupplier;
import java.util.function.Supplier;
import org.agrona.concurrent.UnsafeBuffer;
import org.jspecify.annotations.Nullable;
import org.stoneware.api.session.SessionKey;
import org.stoneware.api.session.SessionRecord;
import org.stoneware.spi.storage.LoadResult;
import org.stoneware.spi.storage.SessionStore;
import org.stoneware.spi.storage.StoreResult;

/**
 * A store that is to hold what the store in use holds. It gets every change right behind that one, as the whole record it led to; what
 * was there before comes from a walk over the store in use. A record from the walk counts only for a session no change has brought yet.
 * <p>
 * Not final: tests plant faults by overriding one rule.
 * <p>
 * <b>Threading:</b> the agent thread.
 * <p>
 * <b>Failure:</b> whatever keeps the twin from being equal is remembered as {@link #problem}; nothing is thrown, and the store in use is
 * not affected.
 */
class StoreTwin {
    /** Sessions removed, and sessions used, that the walk may still bring. */
    static final int MAX_REMEMBERED = 1_000_000;
    /** Changes that wait for the disk of this store. */
    static final int MAX_PENDING = 4_096;
    /** Nobody is served while this store is behind; one that is for longer is not to be used. */
    static final long MAX_BEHIND_NS = TimeUnit.SECONDS.toNanos(2);

    /** Nobody waits for one load by name. */
    private static final long FETCH_TICKET = 0;

    private static final long NOT_BEHIND = Long.MIN_VALUE;

    private final OpenedStore opened;
    private final SessionStore store;
    private final Set<SessionKey> removed = new HashSet<>();
    private final Map<SessionKey, Long> touched = new HashMap<>();
    private final SessionRecord copy = new SessionRecord();
    private final SessionRecord shown = new SessionRecord();
    private final SessionRecord followed = new SessionRecord();
    /** What this store could not take yet, in order; each tells whether it is done. */
    private final ArrayDeque<BooleanSupplier> pending = new ArrayDeque<>();

    private long behindNs = NOT_BEHIND;
    private boolean isWalked;
    private boolean isNoted;
    private String problem = "";
    private boolean isSourceToBlame;
    private boolean isMachineToBlame;

    /** @param isWalked true: it holds all that the store in use holds already. */
    StoreTwin(OpenedStore opened, boolean isWalked) {
        this.opened = opened;
        this.store = opened.store();
        this.isWalked = isWalked;
        this.isNoted = isWalked;
    }

    OpenedStore opened() {
        return opened;
    }

    /** Why this can't be equal to the store in use any more; empty while it can. */
    String problem() {
        return problem;
    }

    boolean isSound() {
        return problem.isEmpty();
    }

    /** Notes come here too from now on; what those before said must be noted anew. */
    void mirrorNotes() {
        isNoted = true;
    }

    boolean isNoted() {
        return isNoted;
    }

    /** A record seen by the walk. */
    void onWalked(SessionRecord record) {
        if (!isSound()) {
            return;
        }
        inOrder("copy", () -> walkedIsTaken(record), () -> {
            SessionRecord kept = copyOf(record);
            return () -> walkedIsTaken(kept);
        });
    }

    private boolean walkedIsTaken(SessionRecord record) {
        SessionKey key = record.key();
        if (isRemoved(key)) {
            return true;
        }
        StoreResult result = store.put(record);
        if (result == StoreResult.NOT_RESIDENT && !isThere(key)) {
            return false;
        }
        switch (result) {
            case STORED -> {
                checkCopy(key, record);
                @Nullable Long lastAccessMs = touched.remove(key);
                if (lastAccessMs != null) {
                    touchAfterCopy(key, lastAccessMs);
                }
            }
            case STALE, NOT_RESIDENT -> {
                // A change brought it already.
            }
            case FULL -> machineProblem("it is full");
            case ABSENT, FAILED -> problem("it refused a session");
        }
        return true;
    }

    private void touchAfterCopy(SessionKey key, long lastAccessMs) {
        if (!isTouched(key, lastAccessMs)) {
            pending.add(() -> isTouched(key, lastAccessMs));
        }
    }

    private boolean isThere(SessionKey key) {
        LoadResult held = store.load(key, FETCH_TICKET);
        return held == LoadResult.RESIDENT || held == LoadResult.LOADING;
    }

    /** Does something now, or later when this store can't take it yet or has not taken what came before. */
    private void inOrder(String what, BooleanSupplier now, Supplier<BooleanSupplier> later) {
        guarded(what, () -> {
            if (!pending.isEmpty() || !now.getAsBoolean()) {
                pending.add(later.get());
                if (pending.size() > MAX_PENDING) {
                    problem("too slow: " + MAX_PENDING + " changes wait for its disk");
                }
            }
        });
    }

    private static SessionRecord copyOf(SessionRecord record) {
        UnsafeBuffer bytes = new UnsafeBuffer(new byte[record.length()]);
        bytes.putBytes(0, record.buffer(), record.offset(), record.length());
        return new SessionRecord().wrap(bytes, 0);
    }

    /** True while changes wait for the disk of this store; then nobody should make more. */
    boolean isBehind() {
        boolean[] isBehind = new boolean[1];
        guarded("tell whether it is behind", () -> isBehind[0] = !pending.isEmpty() || store.isBehind());
        return isSound() && isBehind[0];
    }

    /** Nothing more comes from the walk. */
    void walked() {
        isWalked = true;
        removed.clear();
        touched.clear();
    }

    /**
     * Gets what another store has just stored.
     *
     * @param isTold this one would have had it before: that one may not show the version this one has already.
     * @return why that store does not show it; empty when it does.
     */
    String follow(SessionStore from, SessionKey key, boolean isTold) {
        try {
            if (!from.read(key, followed) || isTold && holds(followed)) {
                return "it does not show what it has just stored";
            }
        } catch (RuntimeException | LinkageError e) {
            return StoreGuard.inWords(e);
        }
        onStored(followed);
        return "";
    }

    /** A session is now as {@code record} shows. */
    void onStored(SessionRecord record) {
        inOrder("store", () -> isStored(record), () -> {
            SessionRecord kept = copyOf(record);
            return () -> isStored(kept);
        });
    }

    /** True when this store shows the session at that version, or a later one: then it is nothing that was changed just now. */
    boolean holds(SessionRecord record) {
        boolean[] isHeld = new boolean[1];
        guarded("show", () -> isHeld[0] = store.read(record.key(), shown) && shown.version() >= record.version());
        return isHeld[0];
    }

    /** One that is not in memory here is fetched before: removed and stored anew it would be gone if the process ended in between. */
    private boolean isStored(SessionRecord record) {
        SessionKey key = record.key();
        StoreResult result = store.put(record);
        if (result == StoreResult.NOT_RESIDENT) {
            store.load(key, FETCH_TICKET);
            return false;
        }
        touched.remove(key);
        if (result == StoreResult.FULL) {
            machineProblem("it is full");
        } else {
            require("store", result);
            checkCopy(key, record);
        }
        return true;
    }

    /** The store in use fetches a session, to change it perhaps: it is here as well then, and nobody waits for both in turn. */
    void fetch(SessionKey key) {
        guarded("load", () -> store.load(key, FETCH_TICKET));
    }

    void onTouched(SessionKey key, long lastAccessedTimeMs) {
        inOrder("touch", () -> isTouched(key, lastAccessedTimeMs), () -> () -> isTouched(key, lastAccessedTimeMs));
    }

    private boolean isTouched(SessionKey key, long lastAccessedTimeMs) {
        StoreResult result = store.touch(key, lastAccessedTimeMs);
        if (result == StoreResult.NOT_RESIDENT) {
            return false;
        }
        if (result == StoreResult.ABSENT && !isWalked) {
            touched.merge(key, lastAccessedTimeMs, Math::max);
            checkBound(touched.size(), "used");
        } else {
            require("touch", result);
        }
        return true;
    }

    void onRemoved(SessionKey key) {
        inOrder("remove", () -> isTakenAway(key), () -> () -> isTakenAway(key));
    }

    private boolean isTakenAway(SessionKey key) {
        StoreResult result = store.remove(key);
        if (result == StoreResult.NOT_RESIDENT) {
            return false;
        }
        if (!isWalked) {
            remember(key);
            touched.remove(key);
        }
        if (result != StoreResult.ABSENT || isWalked) {
            require("remove", result);
        }
        return true;
    }

    int doWork(long nowNs) {
        int[] work = new int[1];
        guarded("work", () -> {
            work[0] = store.doWork(nowNs);
            BooleanSupplier next = pending.peek();
            while (next != null && isSound() && next.getAsBoolean()) {
                pending.poll();
                next = pending.peek();
                work[0]++;
            }
        });
        if (!isBehind()) {
            behindNs = NOT_BEHIND;
        } else if (behindNs == NOT_BEHIND) {
            behindNs = nowNs;
        } else if (nowNs - behindNs > MAX_BEHIND_NS) {
            problem("too slow: its disk was behind for " + TimeUnit.NANOSECONDS.toMillis(nowNs - behindNs) + " ms");
        }
        return work[0];
    }

    void guarded(String what, StoreGuard.Call call) {
        if (!isSound()) {
            return;
        }
        @Nullable String failure = StoreGuard.failure(call);
        if (failure != null) {
            problem("it failed to " + what + ": " + failure);
        }
    }

    /** The same for code of the store in use, which is to blame when it fails. */
    void guardedSource(String what, StoreGuard.Call call) {
        if (!isSound()) {
            return;
        }
        @Nullable String failure = StoreGuard.failure(call);
        if (failure != null) {
            sourceProblem("the store in use failed to " + what + ": " + failure);
        }
    }

    void problem(String found) {
        if (problem.isEmpty()) {
            problem = found;
        }
    }

    /** The store in use, and not this one, is why this one can't be equal. */
    void sourceProblem(String found) {
        isSourceToBlame = isSourceToBlame || problem.isEmpty();
        problem(found);
    }

    /** The store in use did not take a change this one did not get either; other servers may have made it, so what goes on without it is no copy. */
    void onRefused() {
        sourceProblem("a change was refused while it was behind");
    }

    /** Neither store is why this one can't be equal: there is no room, or the disk does not take a file. */
    void machineProblem(String found) {
        isMachineToBlame = isMachineToBlame || problem.isEmpty();
        problem(found);
    }

    boolean isSourceToBlame() {
        return isSourceToBlame;
    }

    boolean isMachineToBlame() {
        return isMachineToBlame;
    }

    boolean isRemoved(SessionKey key) {
        return removed.contains(key);
    }

    void remember(SessionKey key) {
        removed.add(key);
        checkBound(removed.size(), "removed");
    }

    /** What has just been stored must be what is read. */
    private void checkCopy(SessionKey key, SessionRecord record) {
        if (!store.read(key, copy)) {
            if (store.load(key, FETCH_TICKET) == LoadResult.ABSENT) {
                problem("it lost a session it had just stored");
            }
            return;
        }
        int length = record.length();
        if (copy.length() != length || !isEqual(record, copy, length)) {
            problem("it gave back other bytes than it was given");
        }
    }

    private static boolean isEqual(SessionRecord one, SessionRecord other, int length) {
        int at = 0;
        for (; at + Long.BYTES <= length; at += Long.BYTES) {
            if (one.buffer().getLong(one.offset() + at) != other.buffer().getLong(other.offset() + at)) {
                return false;
            }
        }
        for (; at < length; at++) {
            if (one.buffer().getByte(one.offset() + at) != other.buffer().getByte(other.offset() + at)) {
                return false;
            }
        }
        return true;
    }

    private void require(String what, StoreResult result) {
        if (result != StoreResult.STORED) {
            problem("it did not " + what + " what the store in use did: result=" + result);
        }
    }

    private void checkBound(int count, String what) {
        if (count > MAX_REMEMBERED) {
            problem("too many sessions were " + what + " meanwhile: max=" + MAX_REMEMBERED);
        }
    }
}
