package org.stoneware.storage.engine;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import org.stoneware.api.session.SessionKey;
import org.stoneware.api.session.SessionRecord;
import org.stoneware.spi.storage.LoadResult;
import org.stoneware.spi.storage.SessionStore;
import org.stoneware.spi.storage.StoreListener;
import org.stoneware.spi.storage.StoreResult;
import org.stoneware.spi.storage.StoreSnapshot;
import org.stoneware.testkit.storage.SessionRecordBuilder;

/** What becomes of sessions the device does not read, for a moment or for good, though nothing says that they are damaged. */
final class ReadFailureTest extends EngineFixture {
    private static final int LENGTH = 2000;
    private static final int SESSIONS = 4000;
    private static final long STEP_NS = TimeUnit.MILLISECONDS.toNanos(500);
    private static final long LONG_AFTER_MS = Long.MAX_VALUE / 2;

    @Test
    void shouldKeepASessionThatCannotBeReadForAMoment() {
        SegmentSessionStore store = filled();
        SessionKey cold = coldSession(store);
        byte[] expected = SessionRecordBuilder.bytesOf(record(number(cold), 1, LENGTH));
        files.failReads(true);
        ask(store, cold);

        files.failReads(false);

        assertThat(held(store, cold)).isEqualTo(expected);
        assertThat(counter(store, "sessions.lost")).isZero();
        assertThat(store.damage()).isEmpty();
        await(store, "it says that all can be read", () -> store.readProblem().isEmpty());
        awaitDurable(store);
        store.close();
        SegmentSessionStore again = open(StorePolicy.KEEP, MEMORY_BYTES, 0);
        assertThat(again.figures().sessions()).isEqualTo(SESSIONS);
        assertThat(held(again, cold)).isEqualTo(expected);
    }

    @Test
    void shouldReadASessionThoughTheFileItHadOpenIsOfNoUseAnyMore() {
        SegmentSessionStore store = filled();
        SessionKey cold = coldSession(store);
        assertThat(held(store, cold)).isNotNull();
        files.breakOpenFiles();

        int read = 0;
        for (int i = 0; i < SESSIONS; i += 50) {
            read += held(store, key(i)) == null ? 0 : 1;
        }

        assertThat(read).isEqualTo(SESSIONS / 50);
        assertThat(counter(store, "sessions.lost")).isZero();
    }

    @Test
    void shouldSayThatSessionsCannotBeReadAndTellWhoWaits() {
        SegmentSessionStore store = filled();
        SessionKey cold = coldSession(store);
        List<Long> told = new ArrayList<>();
        store.listener(new ListenerOfLoads(told));
        files.failReads(true);
        assertThat(store.readProblem()).isEmpty();

        assertThat(store.load(cold, 4711)).isEqualTo(LoadResult.LOADING);
        await(store, "the load ends", () -> !told.isEmpty());

        assertThat(told).containsExactly(4711L);
        assertThat(store.load(cold, 4712)).isEqualTo(LoadResult.BUSY);
        assertThat(store.readProblem()).contains("sessions=1", "Input/output error");
        assertThat(counter(store, "sessions.unreadable")).isEqualTo(1);
        assertThat(allNotices()).contains("can't be read");
    }

    @Test
    void shouldTakeChangesThatNeedNoReadOfASessionThatCannotBeRead() {
        SegmentSessionStore store = filled();
        SessionKey cold = coldSession(store);
        files.failReads(true);
        ask(store, cold);

        assertThat(store.touch(cold, 99_999)).isEqualTo(StoreResult.STORED);
        assertThat(store.remove(cold)).isEqualTo(StoreResult.STORED);

        assertThat(store.load(cold, 1)).isEqualTo(LoadResult.ABSENT);
        await(store, "nothing is left that can't be read", () -> store.readProblem()
                .isEmpty());
        assertThat(counter(store, "sessions.lost")).isZero();
    }

    @Test
    void shouldShowEverySessionInASnapshotThatMetAFailureOfTheDevice() {
        SegmentSessionStore store = filled();
        Set<SessionKey> shown = new HashSet<>();
        files.failReads(true);
        int[] failures = {0};

        try (StoreSnapshot snapshot = store.openSnapshot()) {
            await(store, "the snapshot ends", () -> {
                int found = snapshot.next(50, each -> shown.add(each.key()));
                if (!store.readProblem().isEmpty() && ++failures[0] == 200) {
                    files.failReads(false);
                }
                return found == StoreSnapshot.END;
            });
        }

        assertThat(failures[0]).isGreaterThanOrEqualTo(200);
        assertThat(shown).hasSize(SESSIONS);
    }

    @Test
    void shouldEndOtherSessionsWhileSomeThatAreOverCannotBeRead() {
        SegmentSessionStore store = filled();
        files.failReads(true);
        int resident = (int) counter(store, "sessions.resident");
        await(store, "what is over and on disk has been tried", () -> {
            store.visitExpired(LONG_AFTER_MS, SESSIONS, (key, lastMs) -> {});
            return counter(store, "sessions.unreadable") >= 256;
        });

        Set<SessionKey> named = new HashSet<>();
        store.visitExpired(LONG_AFTER_MS, SESSIONS, (key, lastMs) -> named.add(key));
        files.failReads(false);

        assertThat(named).as("those in memory").hasSize(resident);
        await(store, "the others are named as well", () -> {
            store.visitExpired(LONG_AFTER_MS, SESSIONS, (key, lastMs) -> named.add(key));
            named.forEach(store::remove);
            return store.figures().sessions() == 0;
        });
        assertThat(named).hasSize(SESSIONS);
        assertThat(counter(store, "sessions.lost")).isZero();
    }

    @Test
    void shouldFillMemoryAfterAStartAlthoughReadsFailAtFirst() {
        SegmentSessionStore first = filled();
        awaitDurable(first);
        first.close();
        SegmentSessionStore store = open(StorePolicy.KEEP, MEMORY_BYTES, 0);
        files.failReads(true);
        await(store, "reads fail", () -> !store.readProblem().isEmpty());

        files.failReads(false);

        await(store, "memory fills", () -> counter(store, "sessions.resident") > 1000);
        assertThat(store.figures().sessions()).isEqualTo(SESSIONS);
    }

    /** A bad sector: the device says so instead of giving other bytes. */
    @Test
    void shouldGiveUpASessionTheDeviceHasRefusedForLongWhileItWritesOthers() {
        SegmentSessionStore store = filled();
        SessionKey cold = coldSession(store);
        files.failReadsOf(SessionRecordBuilder.bytesOf(record(number(cold), 1, LENGTH)));
        ask(store, cold);
        long[] passedNs = {0};

        await(store, "it is given up", () -> {
            letPass(STEP_NS);
            passedNs[0] += STEP_NS;
            store.touch(key(1), passedNs[0]);
            return store.load(cold, 1) == LoadResult.ABSENT;
        });

        assertThat(passedNs[0]).isGreaterThanOrEqualTo(FailedReads.GIVE_UP_NS - STEP_NS);
        assertThat(counter(store, "sessions.lost")).isEqualTo(1);
        assertThat(store.damage()).contains("sessionsLost=1");
        assertThat(store.readProblem()).isEmpty();
    }

    @Test
    void shouldGiveUpNothingWhenTheDeviceTakesNothingEither() {
        SegmentSessionStore store = filled();
        SessionKey cold = coldSession(store);
        files.failReads(true);
        files.failWrites(true);
        ask(store, cold);
        store.touch(key(1), 77_777);
        long[] passedNs = {0};
        long readsBefore = counter(store, "disk.reads");

        await(store, "it has been tried for long", () -> {
            letPass(STEP_NS);
            passedNs[0] += STEP_NS;
            return passedNs[0] > 2 * FailedReads.GIVE_UP_NS && counter(store, "disk.reads") > readsBefore + 15;
        });
        files.failReads(false);

        assertThat(held(store, cold)).isNotNull();
        assertThat(counter(store, "sessions.lost")).isZero();
    }

    /** A server nobody uses but for what is asked here: the device may be away as well. */
    @Test
    void shouldGiveUpNothingWhileNothingShowsThatTheDeviceWrites() {
        SegmentSessionStore store = filled();
        SessionKey cold = coldSession(store);
        files.failReads(true);
        ask(store, cold);

        passLong(store, () -> {});
        files.failReads(false);

        assertThat(held(store, cold)).isNotNull();
        assertThat(counter(store, "sessions.lost")).isZero();
    }

    @Test
    void shouldGiveUpNothingWhileNothingShowsThatTheDeviceReads() {
        SegmentSessionStore store = filled();
        SessionKey cold = coldSession(store);
        files.failReads(true);
        ask(store, cold);

        long[] accessMs = {1000};
        passLong(store, () -> store.touch(key(1), accessMs[0]++));
        files.failReads(false);

        assertThat(held(store, cold)).isNotNull();
        assertThat(counter(store, "sessions.lost")).isZero();
    }

    @ParameterizedTest
    @ValueSource(booleans = {false, true})
    void shouldGiveUpNothingForWantOfOpenFilesOrMemory(boolean isMemory) {
        SegmentSessionStore store = filled();
        SessionKey cold = coldSession(store);
        files.lackMemory(isMemory);
        files.failOpens(!isMemory);
        ask(store, cold);

        long[] accessMs = {1000};
        passLong(store, () -> store.touch(key(1), accessMs[0]++));
        files.lackMemory(false);
        files.failOpens(false);

        assertThat(held(store, cold)).isNotNull();
        assertThat(counter(store, "sessions.lost")).isZero();
    }

    /** The log takes nothing any more, so that nothing proves the place bad: who walks must end nevertheless, and know. */
    @Test
    void shouldEndAWalkWithoutASessionThatCannotBeReadOnceTheLogHasFailed() {
        SegmentSessionStore store = open(StorePolicy.SPILL, MEMORY_BYTES, 0);
        for (int i = 0; i < SESSIONS; i++) {
            assertThat(put(store, record(i, 1, LENGTH))).isEqualTo(StoreResult.STORED);
        }
        await(store, "the store comes to rest", () -> work(store) == 0);
        files.failWrites(true);
        int[] next = {0};
        await(store, "the log has failed", () -> {
            store.put(record(SESSIONS + next[0]++, 1, LENGTH));
            return allNotices().contains("writing failed");
        });
        files.failWrites(false);
        SessionKey cold = coldSession(store);
        files.failReadsOf(SessionRecordBuilder.bytesOf(record(number(cold), 1, LENGTH)));
        long held = store.figures().sessions();
        Set<SessionKey> shown = new HashSet<>();
        long[] passedNs = {0};

        try (StoreSnapshot snapshot = store.openSnapshot()) {
            await(store, "the walk ends", () -> {
                letPass(STEP_NS);
                passedNs[0] += STEP_NS;
                return snapshot.next(50, each -> shown.add(each.key())) == StoreSnapshot.END;
            });
            assertThat(snapshot.unread()).isEqualTo(1);
        }

        assertThat(passedNs[0]).isGreaterThanOrEqualTo(FailedReads.WALK_NS - STEP_NS);
        assertThat(shown).hasSize((int) held - 1).doesNotContain(cold);
        assertThat(store.figures().sessions()).isEqualTo(held);
        files.failReadsOf("", 0, 0);
        assertThat(held(store, cold)).isNotNull();
    }

    /** Whoever waits for a standby must know that waiting does not help. */
    @ParameterizedTest
    @CsvSource({"KEEP,sound disk", "SPILL,bin/backup"})
    void shouldSayThatNoStandbyCanBeCopiedBeforeARestartOnceTheLogHasFailedAsWell(StorePolicy policy, String advice) {
        SegmentSessionStore store = filled(policy);
        SessionKey cold = coldSession(store);
        files.failReadsOf(SessionRecordBuilder.bytesOf(record(number(cold), 1, LENGTH)));
        ask(store, cold);
        assertThat(store.readProblem()).contains("sessions=1").doesNotContain("no standby");

        files.failWrites(true);
        int[] next = {SESSIONS};

        await(store, "it says what has become of it", () -> {
            store.put(record(next[0]++, 1, LENGTH));
            return store.readProblem().contains("no standby can be copied");
        });
        assertThat(store.readProblem()).contains("sessions=1", advice);
        files.failReadsOf("", 0, 0);
        assertThat(held(store, cold)).isNotNull();
        assertThat(store.readProblem()).isEmpty();
    }

    /** Time enough to give a session up twice, and to try to read it as often. */
    private void passLong(SegmentSessionStore store, Runnable between) {
        long[] passedNs = {0};
        long readsBefore = counter(store, "disk.reads");
        await(store, "it has been tried for long", () -> {
            letPass(STEP_NS);
            passedNs[0] += STEP_NS;
            between.run();
            return counter(store, "sessions.lost") > 0
                    || passedNs[0] > 2 * FailedReads.GIVE_UP_NS && counter(store, "disk.reads") > readsBefore + 50;
        });
    }

    private SegmentSessionStore filled() {
        return filled(StorePolicy.KEEP);
    }

    private SegmentSessionStore filled(StorePolicy policy) {
        SegmentSessionStore store = open(policy, MEMORY_BYTES, 0);
        for (int i = 0; i < SESSIONS; i++) {
            assertThat(put(store, record(i, 1, LENGTH))).isEqualTo(StoreResult.STORED);
        }
        awaitDurable(store);
        await(store, "the store comes to rest", () -> work(store) == 0);
        return store;
    }

    /** Asks for a session until a read of it has ended without it. */
    private void ask(SessionStore store, SessionKey key) {
        await(store, "a read of " + key + " fails", () -> {
            assertThat(store.load(key, 1)).isNotIn(LoadResult.RESIDENT, LoadResult.ABSENT);
            return counter(store, "sessions.unreadable") > 0;
        });
    }

    private SessionKey coldSession(SessionStore store) {
        SessionRecord view = new SessionRecord();
        for (int i = 0; i < SESSIONS; i++) {
            if (!store.read(key(i), view)) {
                return key(i);
            }
        }
        throw new AssertionError("every session is in memory");
    }

    private static int number(SessionKey key) {
        return Integer.parseInt(key.id().substring("session-".length()));
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
