package org.stoneware.testkit.storage;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.stoneware.api.session.SessionKey;
import org.stoneware.api.session.SessionRecord;
import org.stoneware.spi.storage.SessionStore;

/** What visitExpired promises. */
abstract class StoreExpiryPromises extends StoreChangePromises {
    private static final int ALL = Integer.MAX_VALUE;

    @Test
    void shouldNameSessionOnlyAfterItsMomentOfExpiry() {
        SessionStore store = openStore();
        put(store, record(1).lastAccessedTimeMs(10_000).maxInactiveIntervalSec(60));

        assertThat(expired(store, 69_999, ALL)).isEmpty();
        assertThat(expired(store, 70_000, ALL))
                .as("the moment itself is not before it")
                .isEmpty();
        assertThat(expired(store, 70_001, ALL)).containsExactly(key(1));
    }

    @Test
    void shouldNeverNameSessionWithoutPositiveInterval() {
        SessionStore store = openStore();
        put(store, record(1).lastAccessedTimeMs(0).maxInactiveIntervalSec(0));
        put(store, record(2).lastAccessedTimeMs(0).maxInactiveIntervalSec(-1));
        put(store, record(3).lastAccessedTimeMs(0).maxInactiveIntervalSec(Integer.MIN_VALUE + 1));
        create(store, key(4), delta(), stamp(1, 0));

        assertThat(expired(store, Long.MAX_VALUE, ALL)).isEmpty();
    }

    @Test
    void shouldCountIntervalsBeyondTheRangeOfAnInt() {
        SessionStore store = openStore();
        long longestMs = Integer.MAX_VALUE * 1000L;
        put(store, record(1).lastAccessedTimeMs(0).maxInactiveIntervalSec(Integer.MAX_VALUE));
        put(store, record(2).lastAccessedTimeMs(Long.MAX_VALUE - 5).maxInactiveIntervalSec(1));

        assertThat(expired(store, longestMs, ALL)).isEmpty();
        assertThat(expired(store, longestMs + 1, ALL)).containsExactly(key(1));
    }

    @Test
    void shouldNameOldestMomentFirstAndNoMoreThanTheLimit() {
        SessionStore store = openStore();
        put(store, record(1).lastAccessedTimeMs(3000).maxInactiveIntervalSec(10));
        put(store, record(2).lastAccessedTimeMs(1000).maxInactiveIntervalSec(30));
        put(store, record(3).lastAccessedTimeMs(2000).maxInactiveIntervalSec(1));
        put(store, record(4).lastAccessedTimeMs(5000).maxInactiveIntervalSec(5));

        assertThat(expired(store, 100_000, ALL)).containsExactly(key(3), key(4), key(1), key(2));
        assertThat(expired(store, 100_000, 2)).containsExactly(key(3), key(4));
        assertThat(expired(store, 100_000, 0)).isEmpty();
        assertThat(expired(store, 13_000, ALL)).containsExactly(key(3), key(4));
    }

    @Test
    void shouldTellLastAccessOfExpiredSession() {
        SessionStore store = openStore();
        put(store, record(1).lastAccessedTimeMs(1000).maxInactiveIntervalSec(10));
        touch(store, key(1), 2500);
        List<Long> times = new ArrayList<>();

        int count = store.visitExpired(100_000, ALL, (key, lastAccessedTimeMs) -> times.add(lastAccessedTimeMs));

        assertThat(count).isEqualTo(1);
        assertThat(times).containsExactly(2500L);
    }

    @Test
    void shouldChangeNothingByNamingExpiredSessions() {
        SessionStore store = openStore();
        for (int i = 0; i < 20; i++) {
            put(store, record(i).lastAccessedTimeMs(i).maxInactiveIntervalSec(1));
        }

        List<SessionKey> first = expired(store, 50_000, ALL);
        List<SessionKey> second = expired(store, 50_000, ALL);

        assertThat(first).hasSize(20);
        assertThat(second).isEqualTo(first);
        assertThat(held(store, key(0))).isNotNull();
    }

    @Test
    void shouldSpareSessionThatWasTouched() {
        SessionStore store = openStore();
        put(store, record(1).lastAccessedTimeMs(1000).maxInactiveIntervalSec(10));
        put(store, record(2).lastAccessedTimeMs(1001).maxInactiveIntervalSec(10));
        touch(store, key(1), 5000);

        assertThat(expired(store, 12_000, ALL)).containsExactly(key(2));
        touch(store, key(1), 6000);
        assertThat(expired(store, 15_500, ALL)).containsExactly(key(2));
        assertThat(expired(store, 16_001, ALL)).containsExactly(key(2), key(1));
    }

    @Test
    void shouldNameSessionEarlierWhenItsIntervalWasShortened() {
        SessionStore store = openStore();
        create(store, key(1), delta().maxInactiveIntervalSec(1000), stamp(1, 1000));
        create(store, key(2), delta().maxInactiveIntervalSec(500), stamp(1, 1000));
        change(store, key(1), delta().maxInactiveIntervalSec(5), stamp(2, 2000));

        assertThat(expired(store, 7000, ALL)).isEmpty();
        assertThat(expired(store, 7001, ALL)).containsExactly(key(1));
        assertThat(expired(store, 1_000_000, ALL)).containsExactly(key(1), key(2));
    }

    @Test
    void shouldFollowChangesFromAndToNeverExpiring() {
        SessionStore store = openStore();
        create(store, key(1), delta().maxInactiveIntervalSec(5), stamp(1, 1000));
        change(store, key(1), delta().maxInactiveIntervalSec(0), stamp(2, 1000));
        List<SessionKey> never = expired(store, 1_000_000, ALL);

        change(store, key(1), delta().maxInactiveIntervalSec(7), stamp(3, 1000));

        assertThat(never).isEmpty();
        assertThat(expired(store, 8000, ALL)).isEmpty();
        assertThat(expired(store, 8001, ALL)).containsExactly(key(1));
    }

    @Test
    void shouldFollowRecordThatWasPutWithEarlierLastAccess() {
        SessionStore store = openStore();
        put(store, record(1).version(1).lastAccessedTimeMs(50_000).maxInactiveIntervalSec(10));
        put(store, record(2).version(1).lastAccessedTimeMs(20_000).maxInactiveIntervalSec(10));
        put(store, record(1).version(2).lastAccessedTimeMs(10_000).maxInactiveIntervalSec(10));

        assertThat(expired(store, 30_000, ALL)).containsExactly(key(1));
        assertThat(expired(store, 40_000, ALL)).containsExactly(key(1), key(2));
    }

    @Test
    void shouldNotNameRemovedSessions() {
        SessionStore store = openStore();
        put(store, record(1).lastAccessedTimeMs(1000).maxInactiveIntervalSec(1));
        put(store, record(2).lastAccessedTimeMs(1000).maxInactiveIntervalSec(1));
        remove(store, key(1));

        assertThat(expired(store, 10_000, ALL)).containsExactly(key(2));
    }

    @Test
    void shouldKeepOrderWhileManySessionsComeAndGo() {
        long seed = 20_261_122L;
        Random random = new Random(seed);
        SessionStore store = openStore();
        SessionStore reference = reference();
        for (int i = 0; i < 3000; i++) {
            int number = random.nextInt(600);
            long timeMs = random.nextInt(100_000);
            if (random.nextInt(4) == 0) {
                assertThat(remove(store, key(number))).isEqualTo(remove(reference, key(number)));
            } else if (random.nextBoolean()) {
                assertThat(touch(store, key(number), timeMs)).isEqualTo(touch(reference, key(number), timeMs));
            } else {
                int intervalSec = random.nextInt(100) - 10;
                SessionRecordBuilder record =
                        record(number).version(i).lastAccessedTimeMs(timeMs).maxInactiveIntervalSec(intervalSec);
                assertThat(put(store, record)).isEqualTo(put(reference, record));
            }
            if (i % 100 == 99) {
                long nowMs = random.nextInt(200_000);
                assertThat(moments(store, nowMs)).as("seed=" + seed + " i=" + i).isEqualTo(moments(reference, nowMs));
            }
        }
    }

    /** Names with their moments: sessions that expire in the same millisecond may come in any order. */
    private List<Long> moments(SessionStore store, long nowMs) {
        List<Long> moments = new ArrayList<>();
        List<SessionKey> keys = new ArrayList<>();
        store.visitExpired(nowMs, ALL, (key, lastAccessedTimeMs) -> keys.add(key));
        for (SessionKey key : keys) {
            SessionRecord record = heldRecord(store, key);
            moments.add(record.lastAccessedTimeMs() + record.maxInactiveIntervalSec() * 1000L);
        }
        assertThat(keys).doesNotHaveDuplicates();
        return moments;
    }

    static List<SessionKey> expired(SessionStore store, long nowMs, int limit) {
        List<SessionKey> keys = new ArrayList<>();
        int count = store.visitExpired(nowMs, limit, (key, lastAccessedTimeMs) -> keys.add(key));
        assertThat(count).isEqualTo(keys.size());
        return keys;
    }
}
