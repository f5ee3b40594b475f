package org.stoneware.server.storage;

import java.util.HashMap;
import java.util.HashSet;
import java.util.Map;
import java.util.Set;
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

    private final OpenedStore opened;
    private final SessionStore store;
    private final Set<SessionKey> removed = new HashSet<>();
    private final Map<SessionKey, Long> touched = new HashMap<>();
    private final SessionRecord copy = new SessionRecord();
    private boolean isWalked;
    private String problem = "";

    /** @param isWalked true: it holds all that the store in use holds already. */
    StoreTwin(OpenedStore opened, boolean isWalked) {
        this.opened = opened;
        this.store = opened.store();
        this.isWalked = isWalked;
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

    /** A record seen by the walk. */
    void onWalked(SessionRecord record) {
        if (!isSound()) {
            return;
        }
        SessionKey key = record.key();
        if (isRemoved(key)) {
            return;
        }
        guarded("copy", () -> {
            switch (store.put(record)) {
                case STORED -> {
                    checkCopy(key, record);
                    @Nullable Long lastAccessMs = touched.remove(key);
                    if (lastAccessMs != null) {
                        require("touch", store.touch(key, lastAccessMs));
                    }
                }
                case STALE, NOT_RESIDENT -> {
                    // A change brought it already.
                }
                case FULL -> problem("it is full");
                case ABSENT, FAILED -> problem("it refused a session");
            }
        });
    }

    /** Nothing more comes from the walk. */
    void walked() {
        isWalked = true;
        removed.clear();
        touched.clear();
    }

    /** A session is now as {@code record} shows. */
    void onStored(SessionRecord record) {
        guarded("store", () -> {
            SessionKey key = record.key();
            StoreResult result = store.put(record);
            if (result == StoreResult.NOT_RESIDENT) {
                store.remove(key);
                result = store.put(record);
            }
            touched.remove(key);
            if (result == StoreResult.FULL) {
                problem("it is full");
            } else {
                require("store", result);
                checkCopy(key, record);
            }
        });
    }

    void onTouched(SessionKey key, long lastAccessedTimeMs) {
        guarded("touch", () -> {
            StoreResult result = store.touch(key, lastAccessedTimeMs);
            if (result == StoreResult.ABSENT && !isWalked) {
                touched.merge(key, lastAccessedTimeMs, Math::max);
                checkBound(touched.size(), "used");
            } else {
                require("touch", result);
            }
        });
    }

    void onRemoved(SessionKey key) {
        guarded("remove", () -> {
            StoreResult result = store.remove(key);
            if (!isWalked) {
                remember(key);
                touched.remove(key);
            }
            if (result != StoreResult.ABSENT || isWalked) {
                require("remove", result);
            }
        });
    }

    int doWork(long nowNs) {
        int[] work = new int[1];
        guarded("work", () -> work[0] = store.doWork(nowNs));
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

    void problem(String found) {
        if (problem.isEmpty()) {
            problem = found;
        }
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
            if (store.load(key, 0) == LoadResult.ABSENT) {
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
