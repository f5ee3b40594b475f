package org.stoneware.server.session;

import org.stoneware.api.session.RecordStamp;
import org.stoneware.api.session.SessionDelta;
import org.stoneware.api.session.SessionKey;
import org.stoneware.api.session.SessionRecord;
import org.stoneware.spi.storage.LoadResult;
import org.stoneware.spi.storage.SessionStore;
import org.stoneware.spi.storage.StoreHealth;
import org.stoneware.spi.storage.StoreResult;

/**
 * Changes a store on behalf of log entries. An entry has a number, so it can't be put off: where the store answers {@link
 * StoreResult#NOT_RESIDENT}, though it was asked before, the change waits and is tried again. See docs/adr/0181.
 * <p>
 * <b>Threading:</b> the agent thread.
 */
final class PatientChanges {
    /** Nobody waits for one load by name. */
    private static final long LOAD_TICKET = 0;

    private final SessionStore store;
    private final StoreWait wait;

    PatientChanges(SessionStore store, StoreWait wait) {
        this.store = store;
        this.wait = wait;
    }

    StoreResult merge(SessionKey key, SessionDelta delta, RecordStamp stamp, boolean create, long ageMs) {
        StoreResult result = store.merge(key, delta, stamp, create, ageMs);
        for (int attempt = 1; result == StoreResult.NOT_RESIDENT && letWork(key, attempt); attempt++) {
            result = store.merge(key, delta, stamp, create, ageMs);
        }
        return ended(result);
    }

    /** @param record lies outside the store's memory. */
    StoreResult put(SessionRecord record) {
        StoreResult result = store.put(record);
        if (result == StoreResult.NOT_RESIDENT) {
            SessionKey key = record.key();
            for (int attempt = 1; result == StoreResult.NOT_RESIDENT && letWork(key, attempt); attempt++) {
                result = store.put(record);
            }
        }
        return ended(result);
    }

    StoreResult touch(SessionKey key, long lastAccessedTimeMs) {
        StoreResult result = store.touch(key, lastAccessedTimeMs);
        for (int attempt = 1; result == StoreResult.NOT_RESIDENT && letWork(key, attempt); attempt++) {
            result = store.touch(key, lastAccessedTimeMs);
        }
        return ended(result);
    }

    StoreResult remove(SessionKey key) {
        StoreResult result = store.remove(key);
        for (int attempt = 1; result == StoreResult.NOT_RESIDENT && letWork(key, attempt); attempt++) {
            result = store.remove(key);
        }
        return ended(result);
    }

    /** As {@link SessionStore#read}, but false means that there is no such session, or that it can't be had. */
    boolean read(SessionKey key, SessionRecord view) {
        boolean isShown = store.read(key, view);
        int waits = 0;
        for (int attempt = 1; !isShown; attempt++) {
            LoadResult found = store.load(key, LOAD_TICKET);
            // One that is in memory and yet not shown a second time is waited for, which has an end.
            boolean mustWait = found != LoadResult.RESIDENT || attempt > 1;
            if (found == LoadResult.ABSENT || mustWait && !wait.letWork(store, ++waits)) {
                return false;
            }
            isShown = store.read(key, view);
        }
        return true;
    }

    /** What a change that was not taken in the end has met: a full store is one, as it is for changes that are refused at once. */
    private StoreResult ended(StoreResult result) {
        boolean isFull = result == StoreResult.NOT_RESIDENT && store.health().state() == StoreHealth.State.FULL;
        return isFull ? StoreResult.FULL : result;
    }

    private boolean letWork(SessionKey key, int attempt) {
        boolean isWorthTrying = wait.letWork(store, attempt);
        if (isWorthTrying) {
            // What has left memory comes back.
            store.load(key, LOAD_TICKET);
        }
        return isWorthTrying;
    }
}
