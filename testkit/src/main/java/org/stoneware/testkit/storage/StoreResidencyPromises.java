package org.stoneware.testkit.storage;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.junit.jupiter.api.Test;
import org.stoneware.api.session.SessionKey;
import org.stoneware.api.session.SessionRecord;
import org.stoneware.spi.storage.LoadResult;
import org.stoneware.spi.storage.SessionStore;
import org.stoneware.spi.storage.StoreResult;

/** What a store promises about sessions for which there is no memory. */
abstract class StoreResidencyPromises extends StoreLimitPromises {
    private static final int SESSIONS = 4000;
    private static final int VALUE_LENGTH = 3000;
    private static final String SHOULD_NOT_ALL_FIT = "sessions three times as large as memory are not all resident";

    @Test
    void shouldKeepEverySessionWhenTheyExceedMemory() {
        SessionStore store = overfilled();

        for (int i = 0; i < SESSIONS; i++) {
            assertThat(held(store, key(i))).as("session " + i).isEqualTo(SessionRecordBuilder.bytesOf(cold(i).build()));
        }
        assertThat(store.figures().sessions()).isEqualTo(SESSIONS);
        assertThat(store.figures().memoryUsedBytes()).isBetween(1L, TIGHT_BYTES);
        assertThat(store.figures().diskUsedBytes()).isPositive();
    }

    @Test
    void shouldNameEachTicketOnceInsideDoWorkWhenItsLoadHasEnded() {
        SessionStore store = overfilled();
        LoadWatch watch = new LoadWatch(store);
        Map<Long, SessionKey> asked = askUntilSomeLoad(store, watch);

        workUntil(store, "every load ends", () -> {
            // What was just told is in memory now: a store may send it away again in a later cycle only.
            for (long ticket : watch.latest) {
                SessionKey key = asked.get(ticket);
                assertThat(key).as("session of ticket " + ticket).isNotNull();
                assertThat(store.load(Objects.requireNonNull(key), 0))
                        .as("ticket " + ticket)
                        .isEqualTo(LoadResult.RESIDENT);
            }
            watch.latest.clear();
            return watch.ended.containsAll(asked.keySet());
        });
        workUntilIdle(store);

        assertThat(watch.ended)
                .as("each ticket once, and no other")
                .doesNotHaveDuplicates()
                .hasSameSizeAs(asked.keySet());
    }

    @Test
    void shouldServeSessionsInMemoryWhileLoadsAreUnderWay() {
        SessionStore store = overfilled();
        SessionKey hot = key(0);
        assertThat(loaded(store, hot)).isEqualTo(LoadResult.RESIDENT);
        LoadWatch watch = new LoadWatch(store);

        Map<Long, SessionKey> asked = askUntilSomeLoad(store, watch);

        assertThat(asked).isNotEmpty();
        assertThat(loaded(store, hot)).isEqualTo(LoadResult.RESIDENT);
        assertThat(store.read(hot, new SessionRecord())).isTrue();
        StoreResult changed = put(store, cold(0).version(2).build());
        assertThat(changed).isIn(StoreResult.STORED, StoreResult.FULL);
    }

    @Test
    void shouldAnswerAtOnceForTheRestOfTheDutyCycleWhatIsResident() {
        SessionStore store = overfilled();
        List<SessionKey> wanted = List.of(key(1), key(SESSIONS / 2), key(SESSIONS - 1));

        workUntil(store, "three sessions resident in one duty cycle", () -> {
            for (SessionKey key : wanted) {
                if (store.load(key, 7) != LoadResult.RESIDENT) {
                    return false;
                }
            }
            return true;
        });
        for (int i = 100; i < 160; i++) {
            store.load(key(i), 8);
        }

        for (SessionKey key : wanted) {
            assertThat(store.read(key, new SessionRecord())).as(key.toString()).isTrue();
        }
    }

    @Test
    void shouldNeverTakeSessionsOnDiskForAbsent() {
        SessionStore store = overfilled();
        SessionRecord untouched = record(-5).version(42).build();
        int notResident = 0;
        for (int i = 0; i < SESSIONS; i++) {
            SessionRecord view = new SessionRecord().wrap(untouched.buffer(), untouched.offset());
            boolean isShown = store.read(key(i), view);
            StoreResult put = store.put(cold(i).version(1).build());

            if (!isShown) {
                notResident++;
                assertThat(view.version()).as("view of session " + i).isEqualTo(42);
            }
            assertThat(put)
                    .as("a version held already, of session " + i)
                    .isIn(StoreResult.STALE, StoreResult.NOT_RESIDENT);
        }
        assertThat(notResident).as(SHOULD_NOT_ALL_FIT).isPositive();
    }

    @Test
    void shouldTouchAndRemoveWithoutLoading() {
        SessionStore store = overfilled();
        List<SessionKey> cold = notResident(store);
        SessionKey touched = cold.get(0);
        SessionKey removed = cold.get(1);

        assertThat(store.touch(touched, 77_000_000)).isEqualTo(StoreResult.STORED);
        assertThat(store.touch(touched, 5)).isEqualTo(StoreResult.STORED);
        assertThat(store.remove(removed)).isEqualTo(StoreResult.STORED);
        assertThat(store.remove(removed)).isEqualTo(StoreResult.ABSENT);
        assertThat(store.touch(removed, 5)).isEqualTo(StoreResult.ABSENT);

        assertThat(heldRecord(store, touched).lastAccessedTimeMs()).isEqualTo(77_000_000);
        assertThat(held(store, removed)).isNull();
        assertThat(store.figures().sessions()).isEqualTo(SESSIONS - 1);
        assertThat(expired(store, Long.MAX_VALUE, Integer.MAX_VALUE))
                .doesNotContain(removed)
                .endsWith(touched);
    }

    @Test
    void shouldShowWhatIsHeldNowWhenSessionsChangeWhileTheyAreLoaded() {
        SessionStore store = overfilled();
        List<SessionKey> cold = notResident(store);
        SessionKey removed = cold.get(0);
        SessionKey touched = cold.get(1);
        SessionKey replaced = cold.get(2);
        for (SessionKey key : List.of(removed, touched, replaced)) {
            store.load(key, key.hash64());
        }

        store.remove(removed);
        store.touch(touched, 88_000_000);
        store.remove(replaced);
        putPatiently(
                store,
                new SessionRecordBuilder(replaced).attribute("new", text("y")).build());

        assertThat(held(store, removed)).isNull();
        assertThat(heldRecord(store, touched).lastAccessedTimeMs()).isEqualTo(88_000_000);
        assertThat(attributes(store, replaced)).containsExactly(line("new", text("y")));
        workUntilIdle(store);
        assertThat(held(store, removed)).isNull();
        assertThat(attributes(store, replaced)).containsExactly(line("new", text("y")));
    }

    @Test
    void shouldChangeSessionsThatHaveBeenOnDisk() {
        SessionStore store = overfilled();
        for (int i = 0; i < SESSIONS; i += 7) {
            SessionKey key = key(i);
            int version = i + 2;
            workUntil(store, "change of " + key, () -> {
                StoreResult result = change(store, key, delta("b", text("new")), stamp(version, 900_000_000));
                return result == StoreResult.STORED;
            });
        }

        for (int i = 0; i < SESSIONS; i++) {
            List<String> expected = new ArrayList<>(List.of(line("a", value(i))));
            if (i % 7 == 0) {
                expected.add(line("b", text("new")));
            }
            assertThat(attributes(store, key(i))).as("session " + i).containsExactlyInAnyOrderElementsOf(expected);
        }
    }

    @Test
    void shouldShowDigestsOfSessionsOnDisk() {
        SessionStore store = overfilled();
        SessionStore reference = reference();
        for (int i = 0; i < SESSIONS; i++) {
            reference.put(cold(i).build());
        }
        List<SessionKey> cold = notResident(store);
        store.touch(cold.get(0), 99_000_000);
        reference.touch(cold.get(0), 99_000_000);

        List<String> shown = digests(store);

        assertThat(shown).isEqualTo(digests(reference));
    }

    @Test
    void shouldNameExpiredSessionsOnDiskOldestFirst() {
        SessionStore store = overfilled();
        List<SessionKey> expected = new ArrayList<>();
        for (int i = 0; i < SESSIONS; i++) {
            expected.add(key(i));
        }

        // What is not at hand may be left out by one call and named by a later one; each names the oldest first.
        List<SessionKey> named = new ArrayList<>();
        workUntil(store, "all expired sessions are named", () -> {
            List<SessionKey> now = expired(store, Long.MAX_VALUE, 100);
            assertThat(now).isSubsetOf(expected).isSortedAccordingTo(Comparator.comparingInt(expected::indexOf));
            for (SessionKey key : now) {
                named.add(key);
                remove(store, key);
            }
            return named.size() >= SESSIONS;
        });
        assertThat(named).doesNotHaveDuplicates().containsAll(expected);
    }

    @Test
    void shouldShowSessionsOnDiskInSnapshot() {
        SessionStore store = overfilled();
        Map<SessionKey, byte[]> shown = new HashMap<>();

        walk(store, 64, record -> shown.put(record.key(), SessionRecordBuilder.bytesOf(record)));

        assertThat(shown).hasSize(SESSIONS);
        for (int i = 0; i < SESSIONS; i++) {
            assertThat(shown.get(key(i))).as("session " + i).isEqualTo(SessionRecordBuilder.bytesOf(cold(i).build()));
        }
    }

    @Test
    void shouldTellApartSessionsOnDiskOfManyApplicationsWithOneId() {
        SessionStore store = overfilled();
        List<SessionKey> keys = new ArrayList<>();
        for (int i = 0; i < 40; i++) {
            SessionKey key = SessionKey.of("application-" + i, "same");
            keys.add(key);
            putPatiently(
                    store,
                    new SessionRecordBuilder(key)
                            .attribute("of", text(key.application()))
                            .build());
        }
        for (int i = 0; i < SESSIONS; i++) {
            loaded(store, key(i));
        }

        for (SessionKey key : keys) {
            assertThat(attributes(store, key)).containsExactly(line("of", text(key.application())));
        }
    }

    @Test
    void shouldHoldNothingAfterClearThoughLoadsAreUnderWay() {
        SessionStore store = overfilled();
        List<SessionKey> cold = notResident(store);
        store.load(cold.get(0), 1);

        store.clear();
        putPatiently(
                store,
                new SessionRecordBuilder(cold.get(1))
                        .attribute("new", text("z"))
                        .build());
        workUntilIdle(store);

        assertThat(held(store, cold.get(0))).isNull();
        assertThat(attributes(store, cold.get(1))).containsExactly(line("new", text("z")));
        assertThat(store.figures().sessions()).isEqualTo(1);
        assertThat(digests(store)).hasSize(1);
    }

    /** A store that holds three times as much as fits its memory. */
    private SessionStore overfilled() {
        assumeTrue(holdsMoreThanMemory(), NO_DISK);
        SessionStore store = openStore(TIGHT_BYTES, MAX_RECORD_LENGTH);
        for (int i = 0; i < SESSIONS; i++) {
            putPatiently(store, cold(i).build());
        }
        return store;
    }

    /** Session i, older than session i + 1. */
    private static SessionRecordBuilder cold(int i) {
        return record(i).lastAccessedTimeMs(1_000L + i).attribute("a", value(i));
    }

    private static byte[] value(int i) {
        return bytes(VALUE_LENGTH - i % 50);
    }

    private List<SessionKey> notResident(SessionStore store) {
        List<SessionKey> keys = new ArrayList<>();
        SessionRecord view = new SessionRecord();
        for (int i = 0; i < SESSIONS; i++) {
            if (!store.read(key(i), view)) {
                keys.add(key(i));
            }
        }
        assertThat(keys).as(SHOULD_NOT_ALL_FIT).hasSizeGreaterThan(SESSIONS / 3);
        return keys;
    }

    /** Asks for sessions within one duty cycle until the store is busy or some are under way. */
    private Map<Long, SessionKey> askUntilSomeLoad(SessionStore store, LoadWatch watch) {
        Map<Long, SessionKey> asked = new HashMap<>();
        long ticket = 100;
        for (SessionKey key : notResident(store)) {
            if (asked.size() == 20) {
                break;
            }
            LoadResult result = store.load(key, ++ticket);
            assertThat(result).as("load of a session on disk").isIn(LoadResult.LOADING, LoadResult.BUSY);
            if (result == LoadResult.LOADING) {
                asked.put(ticket, key);
            }
        }
        assertThat(watch.ended).as("nothing is told outside of doWork").isEmpty();
        assertThat(asked).as("loads under way").isNotEmpty();
        return asked;
    }

    /** Listens to a store, and sees when it is told something. */
    private final class LoadWatch extends ListenerWatch {
        final List<Long> ended = new ArrayList<>();
        final List<Long> latest = new ArrayList<>();

        LoadWatch(SessionStore store) {
            super(store, StoreResidencyPromises.this::isWorking);
        }

        @Override
        public void onLoaded(long ticket) {
            super.onLoaded(ticket);
            ended.add(ticket);
            latest.add(ticket);
        }
    }
}
