package org.stoneware.storage.engine;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.stoneware.api.session.SessionKey;
import org.stoneware.api.session.SessionRecord;
import org.stoneware.spi.storage.LoadResult;
import org.stoneware.spi.storage.SessionStore;
import org.stoneware.spi.storage.StoreHealth;
import org.stoneware.spi.storage.StoreListener;
import org.stoneware.spi.storage.StoreResult;
import org.stoneware.storage.segments.faults.FaultySegmentFiles;
import org.stoneware.testkit.storage.SessionRecordBuilder;

/** What a store promises that sends sessions to disk when memory is short. */
final class SpillTest extends EngineFixture {
    private static final int LENGTH = 2000;
    private static final int TEN_TIMES_MEMORY = 20_000;

    @Test
    void shouldServeTenTimesMoreSessionsThanMemoryHolds() {
        SessionStore store = open(StorePolicy.SPILL, MEMORY_BYTES, 0);
        fill(store, TEN_TIMES_MEMORY);

        assertThat(store.figures().payloadBytes()).isGreaterThan(10 * MEMORY_BYTES);
        assertThat(store.figures().sessions()).isEqualTo(TEN_TIMES_MEMORY);
        for (int i = 0; i < TEN_TIMES_MEMORY; i += 7) {
            assertThat(held(store, key(i))).as("session " + i).isEqualTo(bytes(record(i, 1, LENGTH)));
        }
        assertThat(store.figures().memoryUsedBytes()).isLessThanOrEqualTo(MEMORY_BYTES);
        assertThat(store.health()).isEqualTo(StoreHealth.OK);
    }

    @Test
    void shouldBeFullWhenTheHeapHasNoRoomForTheIndexAndKeepWhatItHasInMemory() {
        SessionStore store = open(StorePolicy.SPILL, MEMORY_BYTES, 0, 300 << 10);
        int stored = 0;
        while (store.put(record(stored, 1, 100)) == StoreResult.STORED) {
            stored++;
        }

        assertThat(stored).isBetween(1_000, 4_000);
        assertThat(store.health().state()).isEqualTo(StoreHealth.State.FULL);
        assertThat(allNotices()).contains("raise -Xmx");
        assertThat(counter(store, "memory.evictions")).isZero();
        assertThat(store.put(record(0, 2, 100))).isEqualTo(StoreResult.STORED);
        for (int i = 0; i < stored; i += 2) {
            store.remove(key(i));
        }
        await(store, "the store has room again", () -> work(store) == 0);
        assertThat(store.health()).isEqualTo(StoreHealth.OK);
        assertThat(store.put(record(stored, 1, 100))).isEqualTo(StoreResult.STORED);
    }

    @Test
    void shouldWriteNoMoreThanWhatLeavesMemory() {
        SessionStore store = open(StorePolicy.SPILL, MEMORY_BYTES, 0);
        fill(store, TEN_TIMES_MEMORY);
        for (int i = 0; i < TEN_TIMES_MEMORY; i += 7) {
            held(store, key(i));
        }

        assertThat(counter(store, "disk.spills"))
                .as("a session that was only read leaves memory again without being written")
                .isLessThanOrEqualTo(TEN_TIMES_MEMORY);
        assertThat(counter(store, "disk.appended.bytes"))
                .isLessThan(store.figures().payloadBytes() * 105 / 100);
    }

    @Test
    void shouldWriteNoMoreThanChangesWhileAllSessionsChangeAlike() {
        SessionStore store = open(StorePolicy.SPILL, MEMORY_BYTES, 0);
        int sessions = 7000;
        fill(store, sessions);
        Random random = new Random(5);
        long writtenBefore = counter(store, "disk.written.bytes");
        long changed = 0;
        for (int version = 2; version < 4 * sessions; version += 64) {
            int[] numbers = random.ints(64, 0, sessions).toArray();
            for (int number : numbers) {
                store.load(key(number), number);
            }
            for (int number : numbers) {
                SessionRecord record = record(number, version, LENGTH);
                changed += put(store, record) == StoreResult.STORED ? record.length() : 0;
            }
            work(store);
        }

        assertThat(counter(store, "disk.segments.dropped")).isPositive();
        assertThat(counter(store, "disk.written.bytes") - writtenBefore).isLessThanOrEqualTo(changed);
        await(
                store,
                "files are within their bound",
                () -> store.figures().diskUsedBytes() <= 3 * counter(store, "disk.live.bytes") + 4 * SEGMENT_BYTES);
    }

    @Test
    void shouldAnswerLoadingForASessionOnDiskAndTellTheTicket() {
        SessionStore store = open(StorePolicy.SPILL, MEMORY_BYTES, 0);
        fill(store, TEN_TIMES_MEMORY);
        await(store, "the store comes to rest", () -> work(store) == 0);
        List<Long> told = new ArrayList<>();
        store.listener(new ListenerOfLoads(told));
        SessionKey cold = coldSession(store);

        LoadResult first = store.load(cold, 4711);
        LoadResult second = store.load(cold, 4712);
        await(store, "the loads end", () -> told.size() == 2);

        assertThat(List.of(first, second)).containsOnly(LoadResult.LOADING);
        assertThat(told).containsExactly(4711L, 4712L);
        assertThat(store.load(cold, 1)).isEqualTo(LoadResult.RESIDENT);
    }

    @Test
    void shouldRememberEachTicketOnceHoweverOftenItAsks() {
        SessionStore store = open(StorePolicy.SPILL, MEMORY_BYTES, 0);
        fill(store, TEN_TIMES_MEMORY);
        await(store, "the store comes to rest", () -> work(store) == 0);
        List<Long> told = new ArrayList<>();
        store.listener(new ListenerOfLoads(told));
        SessionKey cold = coldSession(store);

        // Nothing ends before the store works again.
        for (int i = 0; i < 10_000; i++) {
            store.load(cold, 1);
            store.load(cold, 2);
        }
        long waiting = counter(store, "memory.loads.waiting");
        await(store, "the load ends", () -> store.load(cold, 3) == LoadResult.RESIDENT);

        assertThat(waiting).isEqualTo(2);
        assertThat(told).startsWith(1L, 2L).doesNotHaveDuplicates();
        assertThat(counter(store, "memory.loads.waiting")).isZero();
    }

    @Test
    void shouldSayWhetherOverdueSessionsAreOnTheirWayToMemory() {
        SessionStore store = open(StorePolicy.SPILL, MEMORY_BYTES, 0);
        fill(store, TEN_TIMES_MEMORY);
        await(store, "the store comes to rest", () -> work(store) == 0);
        long longAfterMs = Long.MAX_VALUE / 2;

        int named = store.visitExpired(longAfterMs, TEN_TIMES_MEMORY, (key, lastAccessedTimeMs) -> {});
        boolean isFetching = store.isFetchingExpired();
        long underWay = counter(store, "memory.loads.under-way.bytes") / LENGTH;

        assertThat(named).isLessThan(TEN_TIMES_MEMORY);
        assertThat(isFetching).isTrue();
        assertThat(underWay).as("as many as may be brought at once").isGreaterThan(100);
        store.visitExpired(0, TEN_TIMES_MEMORY, (key, lastAccessedTimeMs) -> {});
        assertThat(store.isFetchingExpired()).isFalse();
    }

    @Test
    void shouldHaveTheSameDigestsWhetherSessionsAreInMemoryOrNot() {
        SessionStore tight = open(StorePolicy.SPILL, MEMORY_BYTES, 0);
        fill(tight, 6000);
        files = new FaultySegmentFiles();
        SessionStore roomy = open(StorePolicy.SPILL, 16 * MEMORY_BYTES, 0);
        fill(roomy, 6000);
        for (int i = 0; i < 6000; i += 3) {
            assertThat(touch(tight, key(i), 5000 + i)).isEqualTo(touch(roomy, key(i), 5000 + i));
        }

        assertThat(counter(tight, "sessions.resident")).isLessThan(6000);
        assertThat(counter(roomy, "sessions.resident")).isEqualTo(6000);
        assertThat(digests(tight)).hasSize(6000).isEqualTo(digests(roomy));
        assertThat(held(tight, key(3)))
                .as("a touch is not lost on the way to disk")
                .isEqualTo(held(roomy, key(3)));
    }

    @Test
    void shouldShowEverySessionInASnapshotWhileSessionsLeaveMemoryAndChange() {
        SessionStore store = open(StorePolicy.SPILL, MEMORY_BYTES, 0);
        int sessions = 6000;
        fill(store, sessions);
        Random random = new Random(17);
        Map<Integer, Long> versions = new HashMap<>();

        Map<SessionKey, Long> shown = versionsInSnapshot(store, () -> {
            int number = random.nextInt(sessions);
            long version = versions.getOrDefault(number, 1L) + 1;
            if (put(store, record(number, version, 1000 + random.nextInt(2000))) == StoreResult.STORED) {
                versions.put(number, version);
            }
        });

        assertThat(shown).hasSize(sessions);
        assertThat(versions).isNotEmpty();
        versions.forEach((number, version) -> assertThat(shown.get(key(number))).isBetween(1L, version));
        assertThat(counter(store, "sessions.lost")).isZero();
    }

    @Test
    void shouldGoOnWithWhatMemoryHoldsWhenTheDiskIsFullAndSpillAgainWhenThereIsRoom() {
        SessionStore store = open(StorePolicy.SPILL, MEMORY_BYTES, 8L << 20);
        int sessions = 0;
        StoreResult result = StoreResult.STORED;
        while (result == StoreResult.STORED && sessions < TEN_TIMES_MEMORY) {
            result = put(store, record(sessions, 1, LENGTH));
            sessions += result == StoreResult.STORED ? 1 : 0;
        }

        assertThat(result).isEqualTo(StoreResult.FULL);
        assertThat(store.health().state()).isEqualTo(StoreHealth.State.FULL);
        assertThat(sessions).as("memory and disk are used").isGreaterThan(4000);
        for (int i = 0; i < sessions; i += 11) {
            assertThat(held(store, key(i))).as("session " + i).isEqualTo(bytes(record(i, 1, LENGTH)));
        }
        for (int i = 0; i < sessions; i += 2) {
            assertThat(remove(store, key(i))).isEqualTo(StoreResult.STORED);
        }
        await(store, "there is room again", () -> store.health().equals(StoreHealth.OK));
        for (int i = 0; i < sessions / 4; i++) {
            int number = 100_000 + i;
            await(store, "room for " + number, () -> put(store, record(number, 1, LENGTH)) == StoreResult.STORED);
        }
    }

    @Test
    void shouldLoseNoSessionWhenTheDiskFailsWhileSessionsLeaveMemory() {
        SessionStore store = open(StorePolicy.SPILL, MEMORY_BYTES, 0);
        int sessions = 3000;
        fill(store, sessions);
        files.failWrites(true);
        StoreResult result = StoreResult.STORED;
        while (result == StoreResult.STORED && sessions < TEN_TIMES_MEMORY) {
            result = put(store, record(sessions, 1, LENGTH));
            sessions += result == StoreResult.STORED ? 1 : 0;
        }

        assertThat(result).as("memory is full, and the disk takes nothing").isEqualTo(StoreResult.FULL);
        assertThat(allNotices()).contains("the disk for sessions that do not fit memory has failed");
        for (int i = 0; i < sessions; i++) {
            assertThat(held(store, key(i))).as("session " + i).isEqualTo(bytes(record(i, 1, LENGTH)));
        }
    }

    @Test
    void shouldGiveUpASessionThatIsDamagedAndServeTheOthers() {
        SessionStore store = open(StorePolicy.SPILL, MEMORY_BYTES, 0);
        fill(store, 6000);
        await(store, "the store comes to rest", () -> work(store) == 0);
        SessionKey cold = coldSession(store);
        int number = Integer.parseInt(cold.id().substring("session-".length()));
        files.damage(bytes(record(number, 1, LENGTH)));

        byte[] lost = held(store, cold);

        assertThat(lost).isNull();
        assertThat(counter(store, "sessions.lost")).isEqualTo(1);
        assertThat(allNotices()).contains("session lost");
        assertThat(store.figures().sessions()).isEqualTo(5999);
        assertThat(digests(store)).hasSize(5999);
    }

    @Test
    void shouldStartEmptyWhateverAnEarlierRunLeft() {
        SessionStore first = open(StorePolicy.SPILL, MEMORY_BYTES, 0);
        fill(first, 6000);
        first.close();

        SessionStore second = open(StorePolicy.SPILL, MEMORY_BYTES, 0);

        assertThat(second.figures().sessions()).isZero();
        assertThat(held(second, key(1))).isNull();
        fill(second, 6000);
        assertThat(held(second, key(1))).isEqualTo(bytes(record(1, 1, LENGTH)));
    }

    @Test
    void shouldGiveDiskBackWhenSessionsEnd() {
        SessionStore store = open(StorePolicy.SPILL, MEMORY_BYTES, 0);
        fill(store, TEN_TIMES_MEMORY);
        for (int i = 0; i < TEN_TIMES_MEMORY; i++) {
            remove(store, key(i));
        }

        await(store, "disk is given back", () -> store.figures().diskUsedBytes() <= 4L << 20);

        assertThat(store.figures().payloadBytes()).isZero();
    }

    private void fill(SessionStore store, int sessions) {
        for (int i = 0; i < sessions; i++) {
            assertThat(put(store, record(i, 1, LENGTH))).as("session " + i).isEqualTo(StoreResult.STORED);
            if (i % 20 == 0) {
                work(store);
            }
        }
    }

    private SessionKey coldSession(SessionStore store) {
        SessionRecord view = new SessionRecord();
        for (int i = 0; i < TEN_TIMES_MEMORY; i++) {
            if (!store.read(key(i), view)) {
                return key(i);
            }
        }
        throw new AssertionError("every session is in memory");
    }

    private static byte[] bytes(SessionRecord record) {
        return SessionRecordBuilder.bytesOf(record);
    }

    private record ListenerOfLoads(List<Long> tickets) implements StoreListener {
        @Override
        public void onLoaded(long ticket) {
            tickets.add(ticket);
        }

        @Override
        public void onDurable(long position) {}

        @Override
        public void onFailed(String reason) {}
    }
}
