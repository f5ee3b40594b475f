package org.stoneware.storage.engine;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.stoneware.api.session.SessionRecord;
import org.stoneware.storage.segments.Location;
import org.stoneware.storage.segments.RecordHint;
import org.stoneware.storage.segments.RecordKind;
import org.stoneware.storage.segments.SegmentLog;
import org.stoneware.storage.segments.SegmentLogContext;
import org.stoneware.storage.segments.SegmentLogException;
import org.stoneware.storage.segments.faults.FaultySegmentFiles;
import org.stoneware.storage.slab.MemoryBudget;
import org.stoneware.storage.slab.Slab;

/** What becomes of a session when its place on disk is emptied, or damaged while the log takes nothing. */
class SessionLogTest {
    private static final int SEGMENT_BYTES = 1 << 20;
    private static final int PENDING_BYTES = 256 << 10;

    private final FaultySegmentFiles files = new FaultySegmentFiles();
    private final SessionIndex index = new SessionIndex(new MemoryBudget(8L << 20), 8L << 20);
    private SessionLog log;
    private long nowNs;

    @BeforeEach
    void openKept() throws SegmentLogException {
        open(SegmentLogContext.Sync.FORCED, true);
    }

    private void open(SegmentLogContext.Sync sync, boolean isKeeping) throws SegmentLogException {
        log = new SessionLog(
                new SegmentLogContext(
                        files, sync, SEGMENT_BYTES, 64 << 10, 0, PENDING_BYTES, 16, 1, line -> {}, () -> {}),
                index,
                isKeeping,
                new Events());
        log.recover(new Recovery(index, log));
    }

    @AfterEach
    void close() {
        log.log().close();
        index.clear();
    }

    @Test
    void shouldWriteAResidentSessionAgainOnceTheLogTakesIt() {
        int entry = add(1);
        int filler = add(2);
        work();
        stuff(filler);

        loseAllOf(index.logLocation(entry));

        assertThat(log.owed()).isPositive();
        assertThat(index.isInLog(entry)).isFalse();
        awaitNothingOwed();
        assertThat(index.isInLog(entry)).isTrue();
    }

    @Test
    void shouldRemoveALostSessionFromTheLogOnceTheLogTakesIt() {
        int entry = add(1);
        int filler = add(2);
        work();
        index.evict(entry);
        long location = index.logLocation(entry);
        long hash = index.hash(entry);
        long fingerprint = index.fingerprint(entry);
        stuff(filler);

        loseAllOf(location);

        assertThat(index.find(hash, fingerprint)).isEqualTo(SessionIndex.NONE);
        assertThat(log.lostCount()).isEqualTo(1);
        assertThat(log.owed()).isPositive();
        awaitNothingOwed();
    }

    @Test
    void shouldGiveUpTheCopyOfASessionInMemoryRatherThanMoveItWhenNothingIsKept() throws Exception {
        close();
        open(SegmentLogContext.Sync.SCRATCH, false);
        int resident = add(1);
        int cold = add(2);
        index.evict(cold);
        long place = index.logLocation(cold);

        move(resident, 1);
        move(cold, 2);

        assertThat(index.isInLog(resident)).isFalse();
        assertThat(index.logLocation(cold)).isGreaterThan(place);
        assertThat(log.log().figures().movedBytes()).isEqualTo(SegmentLog.frameLength(index.length(cold)));
    }

    @Test
    void shouldMoveTheRecordOfASessionInMemoryWhenItIsKept() {
        int resident = add(1);
        long place = index.logLocation(resident);

        move(resident, 1);

        assertThat(index.logLocation(resident)).isGreaterThan(place);
    }

    private void move(int entry, int number) {
        SessionRecord record = EngineFixture.record(number, 1, 20_000);
        RecordHint hint =
                new RecordHint().set(index.hash(entry), index.fingerprint(entry), 1, 1, 1800, index.contentHash(entry));
        log.onMove(
                RecordKind.RECORD, index.logLocation(entry), hint, record.buffer(), record.offset(), record.length());
    }

    private int add(int number) {
        SessionRecord record = EngineFixture.record(number, 1, 20_000);
        assertThat(index.ensureRoom(record.keyHash64())).isTrue();
        long hash = record.keyHash64();
        int entry = index.size();
        long place = index.slab().allocate(record.length(), entry);
        assertThat(place).isNotEqualTo(Slab.NO_ROOM);
        long location = log.append(hash, record.keyFingerprint64(), record, record.contentHash(), false);
        assertThat(location).isNotNegative();
        index.add(hash, record.keyFingerprint64(), record.length(), 1, 1800);
        index.store(entry, place, record, record.length());
        index.logLocation(entry, location, record.contentHash());
        return entry;
    }

    /** Appends until the log takes not even a removal; nothing is written meanwhile. */
    private void stuff(int filler) {
        int taken = 0;
        while (log.spill(filler)) {
            assertThat(++taken).isLessThan(10_000);
        }
        while (log.appendRemoval(filler) >= 0) {
            assertThat(++taken).isLessThan(100_000);
        }
    }

    private void loseAllOf(long location) {
        log.onLost(Location.segment(location), Location.offset(location), Location.offset(location) + 1);
    }

    private void work() {
        nowNs += 1_000_000;
        log.doWork(nowNs);
    }

    private void awaitNothingOwed() {
        long startNs = System.nanoTime();
        while (log.owed() > 0) {
            assertThat(System.nanoTime() - startNs)
                    .as("time with something owed")
                    .isLessThan(60_000_000_000L);
            work();
            Thread.onSpinWait();
        }
    }

    private static final class Events implements SessionLog.Events {
        @Override
        public void onDurable(long position) {}

        @Override
        public void onFailed(String reason) {}

        @Override
        public void onRoomChanged() {}
    }
}
