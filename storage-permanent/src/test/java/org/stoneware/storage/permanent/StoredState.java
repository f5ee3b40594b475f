package org.stoneware.storage.permanent;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import org.stoneware.api.session.SessionRecord;
import org.stoneware.spi.storage.LoadResult;
import org.stoneware.spi.storage.SessionStore;

/** What a row of {@link NumberedChange changes} leaves: as it should be, or as a store shows it. */
final class StoredState {
    private static final long MAX_WAIT_NS = TimeUnit.SECONDS.toNanos(60);
    private static final int NONE = -1;

    private record Held(long version, long lastAccessedTimeMs) {}

    private final Map<Integer, Held> sessions = new HashMap<>();
    private final List<String> notes = new ArrayList<>();
    /** Notes before the checkpoint that this run has begun. */
    private int begun = NONE;

    /** All a store holds, and its notes, which it shows once. Every record is compared with the one that was put. */
    static StoredState of(SessionStore store) {
        StoredState state = new StoredState();
        store.visitNotes(
                (buffer, offset, length) -> state.notes.add(buffer.getStringWithoutLengthAscii(offset, length)));
        SessionRecord view = new SessionRecord();
        for (int session = 0; session < NumberedChange.SESSIONS; session++) {
            if (isThere(store, session)) {
                assertThat(store.read(NumberedChange.key(session), view)).isTrue();
                SessionRecord put = NumberedChange.of(view.version()).record();
                assertThat(view.key()).as("key of version " + view.version()).isEqualTo(put.key());
                assertThat(view.contentHash())
                        .as("content of session %d, version %d", session, view.version())
                        .isEqualTo(put.contentHash());
                state.sessions.put(session, new Held(view.version(), view.lastAccessedTimeMs()));
            }
        }
        assertThat(store.figures().sessions()).isEqualTo(state.sessions.size());
        return state;
    }

    private static boolean isThere(SessionStore store, int session) {
        long endNs = System.nanoTime() + MAX_WAIT_NS;
        LoadResult result = store.load(NumberedChange.key(session), session);
        while (result != LoadResult.RESIDENT && result != LoadResult.ABSENT) {
            long nowNs = System.nanoTime();
            assertThat(nowNs - endNs)
                    .as("session " + session + " comes to memory")
                    .isNegative();
            if (store.doWork(nowNs) == 0) {
                LockSupport.parkNanos(20_000); // the disk has a thread of its own, which tells only in doWork
            }
            result = store.load(NumberedChange.key(session), session);
        }
        return result == LoadResult.RESIDENT;
    }

    StoredState copy() {
        StoredState copy = new StoredState();
        copy.sessions.putAll(sessions);
        copy.notes.addAll(notes);
        copy.begun = begun;
        return copy;
    }

    /** The run that made these changes is over. */
    void onEndOfRun() {
        begun = NONE;
    }

    void apply(NumberedChange change) {
        switch (change.kind()) {
            case PUT -> sessions.put(change.session(), new Held(change.number(), change.number()));
            case TOUCH ->
                sessions.computeIfPresent(
                        change.session(), (session, held) -> new Held(held.version(), change.number()));
            case REMOVE -> sessions.remove(change.session());
            case CLEAR -> sessions.clear();
            case NOTE -> notes.add(change.note());
            case BEGIN_CHECKPOINT -> begun = notes.size();
            case END_CHECKPOINT -> {
                if (begun != NONE) {
                    notes.subList(0, begun).clear();
                    begun = NONE;
                }
            }
        }
    }

    boolean isSameAs(StoredState other) {
        return sessions.equals(other.sessions) && notes.equals(other.notes);
    }

    /** Some of the differences, for people. */
    List<String> differencesFrom(StoredState expected) {
        List<String> differences = new ArrayList<>();
        for (int session = 0; session < NumberedChange.SESSIONS && differences.size() < 10; session++) {
            Held held = sessions.get(session);
            Held wanted = expected.sessions.get(session);
            if (held == null ? wanted != null : !held.equals(wanted)) {
                differences.add("session " + session + ": " + held + " instead of " + wanted);
            }
        }
        if (!notes.equals(expected.notes)) {
            differences.add("notes " + notes + " instead of " + expected.notes);
        }
        return differences;
    }
}
