package org.stoneware.testkit.storage;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.stoneware.api.session.SessionKey;
import org.stoneware.api.session.SessionRecord;
import org.stoneware.spi.storage.SessionStore;
import org.stoneware.spi.storage.StoreSnapshot;

/** What visitSlot, visitDigests and openSnapshot promise. */
abstract class StoreWalkPromises extends StoreExpiryPromises {
    private static final int MAX_CALLS = 100_000;

    @Test
    void shouldShowEverySessionInItsSlot() {
        SessionStore store = openStore();
        Map<SessionKey, byte[]> expected = new HashMap<>();
        for (int i = 0; i < 500; i++) {
            SessionRecord record = record(i).attribute("a", bytes(i)).build();
            put(store, record);
            expected.put(key(i), SessionRecordBuilder.bytesOf(record));
        }

        Map<SessionKey, byte[]> shown = new HashMap<>();
        for (int slot = 0; slot < SessionKey.SLOT_COUNT; slot++) {
            int current = slot;
            store.visitSlot(slot, record -> {
                assertThat(record.key().slot()).isEqualTo(current);
                assertThat(shown.put(record.key(), SessionRecordBuilder.bytesOf(record)))
                        .isNull();
            });
        }

        assertThat(shown).hasSize(500);
        shown.forEach((key, bytes) -> assertThat(bytes).isEqualTo(expected.get(key)));
    }

    @Test
    void shouldShowNothingInEmptySlot() {
        SessionStore store = openStore();
        put(store, record(1));
        List<SessionKey> shown = new ArrayList<>();

        store.visitSlot((key(1).slot() + 1) % SessionKey.SLOT_COUNT, record -> shown.add(record.key()));

        assertThat(shown).isEmpty();
    }

    @Test
    void shouldShowAllSessionsOfOneSlotWhileTheyComeAndGo() {
        SessionStore store = openStore();
        List<SessionKey> sameSlot = keysOfSlot(17, 60);
        for (SessionKey key : sameSlot) {
            create(store, key, delta("a", text(key.id())), stamp(1, 1000));
        }
        Set<SessionKey> expected = new HashSet<>(sameSlot);
        for (int i = 0; i < 60; i += 2) {
            remove(store, sameSlot.get(i));
            expected.remove(sameSlot.get(i));
        }

        Set<SessionKey> shown = new HashSet<>();
        store.visitSlot(17, record -> shown.add(record.key()));

        assertThat(shown).isEqualTo(expected);
        for (SessionKey key : expected) {
            assertThat(attributes(store, key)).containsExactly(line("a", text(key.id())));
        }
    }

    @Test
    void shouldShowEverySessionInSnapshotOfQuietStore() {
        SessionStore store = openStore();
        for (int i = 0; i < 300; i++) {
            put(store, record(i).version(i + 1).attribute("a", bytes(i)));
        }

        Map<SessionKey, byte[]> shown = new HashMap<>();
        walk(store, 7, record -> shown.put(record.key(), SessionRecordBuilder.bytesOf(record)));

        assertThat(shown).hasSize(300);
        for (int i = 0; i < 300; i++) {
            assertThat(shown.get(key(i))).isEqualTo(held(store, key(i)));
        }
    }

    @Test
    void shouldNeverShowMoreThanTheLimitAtOnce() {
        SessionStore store = openStore();
        for (SessionKey key : keysOfSlot(5, 20)) {
            create(store, key, delta(), stamp(1, 1000));
        }
        Set<SessionKey> shown = new HashSet<>();
        try (StoreSnapshot snapshot = store.openSnapshot()) {
            int calls = 0;
            int count = 0;
            while (count != StoreSnapshot.END && ++calls < MAX_CALLS) {
                int[] seen = {0};
                count = snapshot.next(3, record -> {
                    seen[0]++;
                    shown.add(record.key());
                });
                assertThat(seen[0]).isLessThanOrEqualTo(3).isEqualTo(Math.max(count, 0));
                if (count == 0) {
                    work(store);
                }
            }
            assertThat(count).isEqualTo(StoreSnapshot.END);
            assertThat(snapshot.next(3, record -> {})).isEqualTo(StoreSnapshot.END);
        }
        assertThat(shown).hasSize(20);
    }

    @Test
    void shouldEndSnapshotOfEmptyStore() {
        SessionStore store = openStore();
        List<SessionKey> shown = new ArrayList<>();

        walk(store, 10, record -> shown.add(record.key()));

        assertThat(shown).isEmpty();
    }

    @Test
    void shouldShowInSnapshotEverySessionHeldFromBeginToEndWhateverChanges() {
        long seed = 4711;
        Random random = new Random(seed);
        SessionStore store = openStore();
        Map<SessionKey, Long> versionAtBegin = new HashMap<>();
        for (int i = 0; i < 800; i++) {
            put(store, record(i).version(1).attribute("a", bytes(random.nextInt(300))));
            versionAtBegin.put(key(i), 1L);
        }
        // Some crowd one slot, so that the walk stops within it again and again.
        for (SessionKey key : keysOfSlot(99, 40)) {
            create(store, key, delta(), stamp(1, 1000));
            versionAtBegin.put(key, 1L);
        }
        Set<SessionKey> removed = new HashSet<>();
        Map<SessionKey, Long> shown = new HashMap<>();
        List<SessionKey> all = new ArrayList<>(versionAtBegin.keySet());
        all.sort(java.util.Comparator.comparingLong(SessionKey::hash64));

        try (StoreSnapshot snapshot = store.openSnapshot()) {
            long version = 1;
            int count = 0;
            for (int calls = 0; count != StoreSnapshot.END && calls < MAX_CALLS; calls++) {
                count = snapshot.next(5, record -> {
                    assertThat(record.length()).isGreaterThanOrEqualTo(SessionRecord.HEADER_LENGTH);
                    shown.merge(record.key(), record.version(), Math::max);
                });
                version++;
                for (int i = 0; i < 4; i++) {
                    changeSomething(store, random, all, removed, version * 10 + i);
                }
                work(store);
            }
            assertThat(count).isEqualTo(StoreSnapshot.END);
        }

        Set<SessionKey> stayed = new HashSet<>(versionAtBegin.keySet());
        stayed.removeAll(removed);
        assertThat(stayed)
                .as("seed=" + seed + " enough sessions stay for the test to mean something")
                .hasSizeGreaterThan(100);
        assertThat(shown.keySet()).as("seed=" + seed).containsAll(stayed);
    }

    @Test
    void shouldShowRecordsAsTheyAreWhenTheirTurnComes() {
        SessionStore store = openStore();
        for (int i = 0; i < 100; i++) {
            put(store, record(i).version(1));
        }
        List<String> wrong = new ArrayList<>();
        long[] version = {1};
        try (StoreSnapshot snapshot = store.openSnapshot()) {
            int count = 0;
            for (int calls = 0; count != StoreSnapshot.END && calls < MAX_CALLS; calls++) {
                long current = version[0];
                count = snapshot.next(1, record -> {
                    if (record.version() > current || record.version() < 1) {
                        wrong.add(record.key() + " version=" + record.version());
                    }
                });
                version[0]++;
                for (int i = 0; i < 100; i += 9) {
                    put(store, record(i).version(version[0]).attribute("a", bytes(calls % 400)));
                }
                work(store);
            }
        }
        assertThat(wrong).isEmpty();
    }

    @Test
    void shouldLetTwoSnapshotsGoOnSideBySide() {
        SessionStore store = openStore();
        for (int i = 0; i < 50; i++) {
            put(store, record(i));
        }
        Set<SessionKey> first = new HashSet<>();
        Set<SessionKey> second = new HashSet<>();
        try (StoreSnapshot one = store.openSnapshot();
                StoreSnapshot other = store.openSnapshot()) {
            int a = 0;
            int b = 0;
            for (int calls = 0; (a != StoreSnapshot.END || b != StoreSnapshot.END) && calls < MAX_CALLS; calls++) {
                a = one.next(3, record -> first.add(record.key()));
                b = other.next(7, record -> second.add(record.key()));
                work(store);
            }
        }
        assertThat(first).hasSize(50).isEqualTo(second);
    }

    @Test
    void shouldAllowSnapshotToBeClosedEarlyAndTwice() {
        SessionStore store = openStore();
        put(store, record(1));
        put(store, record(2));
        StoreSnapshot snapshot = store.openSnapshot();
        snapshot.next(1, record -> {});

        snapshot.close();
        snapshot.close();

        assertThat(held(store, key(1))).isNotNull();
    }

    @Test
    void shouldEndSnapshotWhenStoreIsClearedMeanwhile() {
        SessionStore store = openStore();
        for (int i = 0; i < 30; i++) {
            put(store, record(i));
        }
        try (StoreSnapshot snapshot = store.openSnapshot()) {
            snapshot.next(1, record -> {});
            store.clear();
            int count = 0;
            for (int calls = 0; count != StoreSnapshot.END && calls < MAX_CALLS; calls++) {
                count = snapshot.next(10, record -> {});
                work(store);
            }
            assertThat(count).isEqualTo(StoreSnapshot.END);
        }
    }

    @Test
    void shouldShowOneDigestOfEverySession() {
        SessionStore store = openStore();
        List<SessionKey> keys = new ArrayList<>();
        for (int i = 0; i < 120; i++) {
            // Several applications under one id share the hash of the key.
            SessionKey key = i < 20 ? SessionKey.of("app-" + i, "same") : key(i);
            create(store, key, delta("a", bytes(i * 9)), stamp(1, 1000 + i));
            keys.add(key);
        }

        assertThat(digests(store)).isEqualTo(expectedDigests(store, keys));
    }

    @Test
    void shouldChangeDigestWithContentAndWithLastAccess() {
        SessionStore store = openStore();
        create(store, key(1), delta("a", text("x")), stamp(1, 1000));
        List<String> created = digests(store);
        touch(store, key(1), 5000);
        List<String> touched = digests(store);
        change(store, key(1), delta("a", text("y")), stamp(2, 5000));
        List<String> changed = digests(store);
        remove(store, key(1));

        assertThat(touched).isNotEqualTo(created).hasSize(1);
        assertThat(changed).isNotEqualTo(touched).hasSize(1);
        assertThat(digests(store)).isEmpty();
    }

    /** All digests a store shows, one line each, sorted. */
    static List<String> digests(SessionStore store) {
        List<String> lines = new ArrayList<>();
        for (int slot = 0; slot < SessionKey.SLOT_COUNT; slot++) {
            int current = slot;
            store.visitDigests(slot, (hash, digest) -> lines.add(digestLine(current, hash, digest)));
        }
        lines.sort(null);
        return lines;
    }

    /** What the digests of these sessions must be, from the records themselves. */
    final List<String> expectedDigests(SessionStore store, List<SessionKey> keys) {
        List<String> lines = new ArrayList<>();
        for (SessionKey key : keys) {
            SessionRecord record = heldRecord(store, key);
            lines.add(digestLine(
                    key.slot(),
                    record.keyHash64(),
                    SessionRecord.digest(record.contentHash(), record.lastAccessedTimeMs())));
        }
        lines.sort(null);
        return lines;
    }

    private static String digestLine(int slot, long hash, long digest) {
        return slot + " " + hash + " " + digest;
    }

    final void walk(SessionStore store, int limit, SessionStore.RecordVisitor visitor) {
        try (StoreSnapshot snapshot = store.openSnapshot()) {
            workUntil(store, "the walk ends", () -> {
                int count = snapshot.next(limit, visitor);
                while (count > 0) {
                    count = snapshot.next(limit, visitor);
                }
                return count == StoreSnapshot.END;
            });
        }
    }

    private void changeSomething(
            SessionStore store, Random random, List<SessionKey> all, Set<SessionKey> removed, long version) {
        SessionKey key = all.get(random.nextInt(all.size()));
        switch (random.nextInt(4)) {
            case 0 -> {
                remove(store, key);
                removed.add(key);
            }
            case 1 -> put(store, record(10_000 + (int) version));
            case 2 -> touch(store, key, version);
            default -> change(store, key, delta("b", bytes(random.nextInt(3000))), stamp(version, 5000));
        }
    }

    static List<SessionKey> keysOfSlot(int slot, int count) {
        List<SessionKey> keys = new ArrayList<>();
        for (int i = 0; keys.size() < count; i++) {
            SessionKey key = SessionKey.of(SHOP, "crowd-" + i);
            if (key.slot() == slot) {
                keys.add(key);
            }
        }
        return keys;
    }
}
