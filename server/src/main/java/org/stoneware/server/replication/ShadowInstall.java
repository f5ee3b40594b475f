package org.stoneware.server.replication;

import java.util.HashMap;
import java.util.Map;
import org.agrona.DirectBuffer;
import org.jspecify.annotations.Nullable;
import org.stoneware.api.session.SessionKey;
import org.stoneware.api.session.SessionRecord;
import org.stoneware.spi.storage.SessionStore;
import org.stoneware.spi.storage.StoreResult;
import org.stoneware.wire.replication.RecordKind;

/**
 * Takes in a copy of the state beside the generation in use. A session is taken only if it is newer than what is here; a removal
 * is remembered until the end, because a snapshot may still show what was removed.
 * <p>
 * <b>Threading:</b> the agent thread.
 * <p>
 * <b>Failure:</b> whatever does not fit throws {@link InstallException}; the copy is given up, and nobody has seen it.
 */
final class ShadowInstall {
    private static final int MAX_TOMBSTONES = 1_000_000;

    private final long snapshotId;
    private final Generation shadow;
    private final SessionStore store;
    private final Map<SessionKey, Long> tombstones = new HashMap<>();
    private final SessionRecord offered = new SessionRecord();
    private final SessionRecord held = new SessionRecord();

    /** A copy can't be completed. */
    static class InstallException extends RuntimeException {
        private static final long serialVersionUID = 1L;

        InstallException(String message) {
            super(message);
        }
    }

    /** The store has no room for the copy. */
    static final class FullException extends InstallException {
        private static final long serialVersionUID = 1L;

        FullException(String message) {
            super(message);
        }
    }

    ShadowInstall(long snapshotId, Generation shadow) {
        this.snapshotId = snapshotId;
        this.shadow = shadow;
        this.store = shadow.state().store();
    }

    /** Sessions taken in so far. */
    long sessions() {
        return store.figures().sessions();
    }

    Generation shadow() {
        return shadow;
    }

    void onRecord(long id, long index, RecordKind kind, DirectBuffer content, int offset, int length) {
        check(id == snapshotId, "record of another snapshot: snapshotId=" + id + " expected=" + snapshotId);
        switch (kind) {
            case SESSION -> onSession(content, offset, length);
            case REMOVED -> onRemoved(index, SessionKey.decode(content, offset, length));
            case STATE_ROW -> shadow.state().installRow(content, offset, length);
        }
    }

    private void onSession(DirectBuffer content, int offset, int length) {
        @Nullable String problem = SessionRecord.problem(content, offset, length);
        check(problem == null, "malformed record: problem=" + problem);
        offered.wrap(content, offset);
        SessionKey key = offered.key();
        Long tombstone = tombstones.get(key);
        if (tombstone != null && offered.lastIndex() <= tombstone) {
            return;
        }
        if (store.read(key, held) && held.lastIndex() >= offered.lastIndex()) {
            if (held.lastIndex() == offered.lastIndex()) {
                // The same change: a touch moves the last access only, and never back. An older record may be of
                // another session
                // that had this id, so its last access says nothing.
                require(store.touch(key, offered.lastAccessedTimeMs()), key);
            }
            return;
        }
        require(store.put(offered), key);
    }

    private void onRemoved(long index, SessionKey key) {
        StoreResult result = store.remove(key);
        check(result == StoreResult.STORED || result == StoreResult.ABSENT, "store refused: result=" + result);
        tombstones.put(key, index);
        check(tombstones.size() <= MAX_TOMBSTONES, "too many removals during the copy: max=" + MAX_TOMBSTONES);
    }

    /** Everything has been sent; nothing is missing. */
    void complete(long id, long lastIndex, long logTimeMs, long sessions) {
        check(id == snapshotId, "end of another snapshot: snapshotId=" + id + " expected=" + snapshotId);
        long heldSessions = store.figures().sessions();
        check(heldSessions == sessions, "copy is not whole: sessions=" + heldSessions + " expected=" + sessions);
        shadow.state().completeInstall(lastIndex, logTimeMs);
    }

    private static void require(StoreResult result, SessionKey key) {
        if (result == StoreResult.FULL) {
            throw new FullException("store is full: key=" + key);
        }
        check(result == StoreResult.STORED, "store refused: key=" + key + " result=" + result);
    }

    private static void check(boolean isTrue, String otherwise) {
        if (!isTrue) {
            throw new InstallException(otherwise);
        }
    }
}
