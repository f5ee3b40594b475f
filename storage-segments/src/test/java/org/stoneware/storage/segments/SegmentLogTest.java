package org.stoneware.storage.segments;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.ArrayList;
import java.util.Collections;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import org.agrona.concurrent.UnsafeBuffer;
import org.junit.jupiter.api.Test;
import org.stoneware.storage.segments.SegmentLogContext.Sync;
import org.stoneware.storage.segments.faults.FaultySegmentFiles;
import org.stoneware.storage.segments.faults.TestEngine;

final class SegmentLogTest {
    private static final int SEGMENT = 64 << 10;

    private FaultySegmentFiles files = new FaultySegmentFiles();
    private final List<String> notices = Collections.synchronizedList(new ArrayList<>());

    private TestEngine open(Sync sync) throws SegmentLogException {
        return open(sync, 0);
    }

    private TestEngine open(Sync sync, long maxDiskBytes) throws SegmentLogException {
        return new TestEngine(
                SegmentLogContext.of(files, sync, 64 << 10, maxDiskBytes, notices::add)
                        .withSegmentBytes(SEGMENT)
                        .withPendingBytes(128 << 10),
                notices);
    }

    @Test
    void shouldReadWhatIsNotYetWritten() throws Exception {
        try (TestEngine engine = open(Sync.FORCED)) {
            engine.put(1, 1, 1000);

            engine.readAll();

            assertThat(engine.read).containsEntry(1L, 1L);
            assertThat(engine.isContentRight).isTrue();
        }
    }

    @Test
    void shouldReadWhatIsWritten() throws Exception {
        files.shortReads(100);
        try (TestEngine engine = open(Sync.FORCED)) {
            for (int i = 0; i < 300; i++) {
                engine.put(i, 1, 17 + 7 * i);
            }
            engine.awaitDurable();

            engine.readAll();

            assertThat(engine.read).hasSize(300).doesNotContainValue(-1L);
            assertThat(engine.isContentRight).isTrue();
            assertThat(engine.log.figures().segments()).isGreaterThan(3);
        }
    }

    @Test
    void shouldHoldTheLastVersionOfEachAfterACleanEnd() throws Exception {
        Map<Long, Long> expected = new HashMap<>();
        try (TestEngine engine = open(Sync.FORCED)) {
            expected.putAll(churn(engine, 2000, 100, 7));
        }

        try (TestEngine engine = open(Sync.FORCED)) {
            engine.readAll();

            assertThat(engine.read).isEqualTo(expected);
            assertThat(engine.isContentRight).isTrue();
            assertThat(engine.report.damages()).isEmpty();
            assertThat(engine.report.rebuilt()).isZero();
            assertThat(engine.report.cutBytes()).isZero();
        }
    }

    @Test
    void shouldHoldTheLastVersionOfEachWhenTheProcessEndedWithoutAWord() throws Exception {
        TestEngine ended = open(Sync.FORCED);
        Map<Long, Long> expected = churn(ended, 2000, 100, 8);
        ended.awaitDurable();
        files.endProcess();

        try (TestEngine engine = open(Sync.FORCED)) {
            engine.readAll();

            assertThat(engine.read).isEqualTo(expected);
            assertThat(engine.isContentRight).isTrue();
            assertThat(engine.report.damages()).isEmpty();
        }
        ended.close();
    }

    @Test
    void shouldAddNoFileWhenNothingIsAppended() throws Exception {
        try (TestEngine engine = open(Sync.FORCED)) {
            churn(engine, 50, 10, 1);
        }
        List<String> before = files.list();

        open(Sync.FORCED).close();

        assertThat(files.list()).containsExactlyInAnyOrderElementsOf(before);
    }

    @Test
    void shouldKeepTouches() throws Exception {
        try (TestEngine engine = open(Sync.FORCED)) {
            engine.put(1, 1, 100);
            engine.touch(1, 77);
        }

        try (TestEngine engine = open(Sync.FORCED)) {
            assertThat(engine.held.get(1L).touchedMs()).isEqualTo(77);
        }
    }

    @Test
    void shouldKeepTouchesWhileSegmentsAreEmptied() throws Exception {
        try (TestEngine engine = open(Sync.FORCED)) {
            for (int key = 1000; key < 1040; key++) {
                engine.put(key, 1, 1500);
            }
            for (int key = 1000; key < 1040; key++) {
                engine.touch(key, 5000 + key);
            }
            churn(engine, 3000, 20, 3);
            engine.await(() -> engine.log.figures().segments() < 8);
        }

        try (TestEngine engine = open(Sync.FORCED)) {
            for (long key = 1000; key < 1040; key++) {
                assertThat(engine.held.get(key).touchedMs()).isEqualTo(5000 + key);
            }
        }
    }

    @Test
    void shouldGiveDiskBackWithinItsBound() throws Exception {
        try (TestEngine engine = open(Sync.FORCED)) {
            churn(engine, 12_000, 300, 5);
            engine.awaitDurable();

            SegmentLogFigures figures = engine.log.figures();

            assertThat(figures.droppedSegments()).isPositive();
            assertThat(figures.movedBytes()).isLessThanOrEqualTo(figures.appendedBytes());
            engine.await(() -> engine.log.figures().diskUsedBytes()
                    <= 2 * engine.log.figures().liveBytes() + 4L * SEGMENT);
            assertThat(files.usedBytes())
                    .isLessThanOrEqualTo(engine.log.figures().diskUsedBytes() + 2 * SEGMENT);
        }
    }

    @Test
    void shouldNotBringBackWhatWasRemovedWhenSegmentsWereEmptied() throws Exception {
        Map<Long, Long> expected;
        try (TestEngine engine = open(Sync.FORCED)) {
            expected = churn(engine, 12_000, 300, 6);
            for (long key = 0; key < 150; key++) {
                engine.remove(key);
                expected.remove(key);
            }
            for (int round = 0; round < 2000; round++) {
                long key = 200 + round % 50;
                engine.put(key, 100_000 + round, 600);
                expected.put(key, 100_000L + round);
            }
        }

        try (TestEngine engine = open(Sync.FORCED)) {
            engine.readAll();

            assertThat(engine.read).isEqualTo(expected);
        }
    }

    @Test
    void shouldForgetRemovalsThatHaveNothingToRemove() throws Exception {
        try (TestEngine engine = open(Sync.FORCED)) {
            for (int round = 0; round < 20_000; round++) {
                engine.put(round, 1, 40);
                engine.remove(round);
            }

            engine.await(() -> engine.log.figures().diskUsedBytes() < 6L * SEGMENT);
        }
    }

    @Test
    void shouldHoldNothingAfterClear() throws Exception {
        try (TestEngine engine = open(Sync.FORCED)) {
            churn(engine, 500, 100, 5);
            engine.clear();
            engine.put(4242, 1, 100);
        }

        try (TestEngine engine = open(Sync.FORCED)) {
            assertThat(engine.held).containsOnlyKeys(4242L);
            engine.await(() -> engine.log.figures().segments() <= 2);
        }
        try (TestEngine engine = open(Sync.FORCED)) {
            assertThat(engine.held).containsOnlyKeys(4242L);
        }
    }

    @Test
    void shouldShowNotesFromTheLastWholeCheckpoint() throws Exception {
        try (TestEngine engine = open(Sync.FORCED)) {
            note(engine, "a");
            engine.log.beginCheckpoint();
            note(engine, "b");
            engine.log.endCheckpoint();
            note(engine, "c");
            engine.log.beginCheckpoint();
            note(engine, "d");
            assertThat(engine.log.notesBytes()).isEqualTo(2);
        }

        try (TestEngine engine = open(Sync.FORCED)) {
            assertThat(engine.log.notesBytes()).isEqualTo(2);
            assertThat(notes(engine)).containsExactly("b", "c", "d", "missing=0");
        }
    }

    @Test
    void shouldKeepNotesInOrderWhileSegmentsAreEmptied() throws Exception {
        List<String> expected = new ArrayList<>();
        try (TestEngine engine = open(Sync.FORCED)) {
            for (int i = 0; i < 200; i++) {
                note(engine, "n" + i);
                expected.add("n" + i);
                churn(engine, 50, 10, i);
            }
            engine.await(() -> engine.log.figures().segments() < 12);
            assertThat(engine.log.figures().droppedSegments()).isPositive();
        }
        expected.add("missing=0");

        try (TestEngine engine = open(Sync.FORCED)) {
            assertThat(notes(engine)).isEqualTo(expected);
        }
    }

    @Test
    void shouldSayThatANoteIsMissing() throws Exception {
        try (TestEngine engine = open(Sync.FORCED)) {
            note(engine, "first");
            note(engine, "second");
            note(engine, "third");
        }
        String name = Segment.fileName(1);
        byte[] bytes = files.bytes(name);
        bytes[SegmentHeader.length(0) + Frame.length(5) + Frame.HEADER_LENGTH] ^= 1;
        files.bytes(name, bytes);

        try (TestEngine engine = open(Sync.FORCED)) {
            assertThat(notes(engine)).containsExactly("first", "third", "missing=1");
        }
    }

    /** Puts records until there is no room on disk. @return how many it holds then; their keys are the numbers below. */
    static long fill(TestEngine engine) {
        long[] keys = {0};
        engine.await(() -> {
            long result = engine.tryPut(keys[0], 1, 10_000);
            keys[0] += result >= 0 ? 1 : 0;
            return result == SegmentLog.NO_ROOM;
        });
        return keys[0];
    }

    @Test
    void shouldRefuseAndHealWhenTheBoundOfTheDiskIsReached() throws Exception {
        try (TestEngine engine = open(Sync.FORCED, 4 << 20)) {
            long keys = fill(engine);
            engine.await(engine.log::isFull);
            assertThat(files.usedBytes()).isLessThanOrEqualTo(4 << 20);
            assertThat(engine.events.get(0)).startsWith("full: no room on disk: directory=memory usedBytes=");

            for (long removed = 0; removed < keys / 2; removed++) {
                assertThat(engine.remove(removed)).isNotNegative();
            }

            engine.await(() -> !engine.log.isFull());
            assertThat(engine.events).endsWith("room");
            engine.put(1_000_000, 1, 10_000);
        }
    }

    @Test
    void shouldCountHintFilesBeforeTheyAreWritten() throws Exception {
        try (TestEngine engine = open(Sync.FORCED)) {
            for (long key = 0; key < 8; key++) {
                assertThat(engine.tryPut(key, 1, 10_000)).isNotNegative();
            }
            long counted = engine.log.figures().diskUsedBytes();

            engine.await(() -> files.list().contains(Segment.hintsName(1)));
            engine.awaitDurable();
            engine.await(() -> engine.step() == 0);

            assertThat(engine.log.figures().diskUsedBytes()).isEqualTo(counted);
        }
    }

    @Test
    void shouldRefuseAndHealWhenTheDeviceIsFull() throws Exception {
        Map<Long, Long> expected = new HashMap<>();
        try (TestEngine engine = open(Sync.FORCED)) {
            expected.putAll(churn(engine, 100, 50, 1));
            engine.awaitDurable();
            files.budget(files.usedBytes() + 3000);
            engine.put(7000, 1, 5000);
            expected.put(7000L, 1L);
            engine.await(engine.log::isFull);
            assertThat(engine.log.durablePosition()).isLessThan(engine.log.appendPosition());
            assertThat(engine.tryPut(7001, 1, 100)).isEqualTo(SegmentLog.NO_ROOM);

            files.budget(Long.MAX_VALUE);

            engine.await(() -> !engine.log.isFull());
            engine.awaitDurable();
            engine.put(7002, 1, 100);
            expected.put(7002L, 1L);
        }
        try (TestEngine engine = open(Sync.FORCED)) {
            engine.readAll();
            assertThat(engine.read).isEqualTo(expected);
            assertThat(engine.report.damages()).isEmpty();
        }
    }

    @Test
    void shouldTakeNoMoreChangesOnceAForceFailed() throws Exception {
        try (TestEngine engine = open(Sync.FORCED)) {
            churn(engine, 100, 50, 1);
            engine.awaitDurable();
            long durable = engine.log.durablePosition();
            files.failForces(true);
            engine.put(7000, 1, 100);

            engine.await(engine.log::isFailed);

            files.failForces(false);
            assertThat(engine.tryPut(7001, 1, 100)).isEqualTo(SegmentLog.FAILED);
            assertThat(engine.log.durablePosition()).isEqualTo(durable);
            assertThat(engine.events).singleElement().asString().contains("Input/output error");
            engine.held.remove(7000L);
            engine.readAll();
            assertThat(engine.read).doesNotContainValue(-1L);
        }
    }

    @Test
    void shouldTakeNoMoreChangesOnceAWriteFailed() throws Exception {
        try (TestEngine engine = open(Sync.WRITTEN)) {
            engine.put(1, 1, 100);
            engine.awaitDurable();
            files.failWrites(true);
            engine.put(2, 1, 100);

            engine.await(engine.log::isFailed);

            files.failWrites(false);
            assertThat(engine.tryPut(3, 1, 100)).isEqualTo(SegmentLog.FAILED);
        }
    }

    @Test
    void shouldSayWhenARecordIsDamagedAndNeverShowIt() throws Exception {
        try (TestEngine engine = open(Sync.FORCED)) {
            engine.put(1, 1, 100);
            engine.put(2, 1, 100);
            engine.awaitDurable();
            byte[] bytes = files.bytes(Segment.fileName(1));
            bytes[SegmentHeader.length(0) + Frame.HEADER_LENGTH + 50] ^= 4;
            files.bytes(Segment.fileName(1), bytes);

            engine.readAll();

            assertThat(engine.read).containsEntry(1L, -1L).containsEntry(2L, 1L);
            assertThat(engine.events.get(0))
                    .isEqualTo("read failed: content of the record is damaged: segment=1 offset=48");
        }
    }

    @Test
    void shouldTellThatReadingFailed() throws Exception {
        try (TestEngine engine = open(Sync.FORCED)) {
            engine.put(1, 1, 100);
            engine.awaitDurable();
            files.failReads(true);

            engine.readAll();

            assertThat(engine.read).containsEntry(1L, -1L);
        }
    }

    @Test
    void shouldNotShareItsDirectory() throws Exception {
        try (TestEngine engine = open(Sync.FORCED)) {
            assertThatThrownBy(() -> open(Sync.FORCED))
                    .isInstanceOf(SegmentLogException.class)
                    .hasMessageContaining("in use by another server");
            assertThat(engine.log.isFailed()).isFalse();
        }
        open(Sync.FORCED).close();
    }

    @Test
    void shouldRefuseALaterFormat() throws Exception {
        try (TestEngine engine = open(Sync.FORCED)) {
            engine.put(1, 1, 100);
        }
        byte[] log = LogFile.encode(42).array();
        log[8] = 2;
        java.util.zip.CRC32C crc = new java.util.zip.CRC32C();
        crc.update(log, 0, 24);
        new UnsafeBuffer(log).putInt(24, (int) crc.getValue(), java.nio.ByteOrder.LITTLE_ENDIAN);
        files.bytes(LogFile.NAME, log);

        assertThatThrownBy(() -> open(Sync.FORCED))
                .isInstanceOf(SegmentLogException.class)
                .hasMessageContaining("format version 2")
                .hasMessageContaining("start the version that wrote it");
    }

    @Test
    void shouldBeginEmptyWhenItIsScratch() throws Exception {
        TestEngine ended = open(Sync.SCRATCH);
        ended.put(1, 1, 100);
        ended.awaitDurable();
        files.endProcess();

        try (TestEngine engine = open(Sync.SCRATCH)) {
            assertThat(engine.held).isEmpty();
            assertThat(files.list()).noneMatch(name -> name.endsWith(Segment.SUFFIX));
            churn(engine, 5000, 50, 2);
            engine.await(() -> engine.log.figures().segments() < 6);
            engine.readAll();
            assertThat(engine.isContentRight).isTrue();
            assertThat(engine.log.figures().forces()).isZero();
        }
        ended.close();
    }

    @Test
    void shouldMoveLittleOfAScratchLogAndHoldItsFilesWithinTheirBound() throws Exception {
        int keys = 2000;
        Random random = new Random(7);
        try (TestEngine engine = open(Sync.SCRATCH)) {
            for (int i = 0; i < 12 * keys; i++) {
                engine.put(random.nextInt(keys), i, 600);
                engine.step();
            }

            engine.await(() -> engine.log.figures().diskUsedBytes()
                    <= ReclaimPolicy.SCRATCH_FACTOR * engine.log.figures().liveBytes() + 4L * SEGMENT);
            SegmentLogFigures figures = engine.log.figures();
            assertThat(figures.droppedSegments()).isPositive();
            assertThat(figures.movedBytes()).isLessThan(figures.appendedBytes() / 8);
            engine.readAll();
            assertThat(engine.isContentRight).isTrue();
            assertThat(engine.read).hasSameSizeAs(engine.held).doesNotContainValue(-1L);
        }
    }

    @Test
    void shouldReadAMissingSegmentAsDamageAndNameWhatItHeld() throws Exception {
        try (TestEngine engine = open(Sync.FORCED)) {
            for (int key = 0; key < 300; key++) {
                engine.put(key, 1, 1000);
            }
        }
        files.delete(Segment.fileName(2));

        try (TestEngine engine = open(Sync.FORCED)) {
            assertThat(engine.report.damages()).hasSize(1);
            assertThat(engine.report.damages().get(0).segment()).isEqualTo(2);
            assertThat(engine.report.isSuspect()).isFalse();
            assertThat(engine.damaged).isNotEmpty();
            assertThat(engine.damaged.size() + engine.held.size()).isEqualTo(300);
            assertThat(notices).anyMatch(notice -> notice.contains("segment=2") && notice.contains("missing"));
        }
    }

    @Test
    void shouldTellAMissingSegmentAlsoWithoutItsHintFile() throws Exception {
        try (TestEngine engine = open(Sync.FORCED)) {
            for (int key = 0; key < 300; key++) {
                engine.put(key, 1, 1000);
            }
        }
        files.delete(Segment.fileName(2));
        files.delete(Segment.hintsName(2));

        try (TestEngine engine = open(Sync.FORCED)) {
            assertThat(engine.report.isSuspect()).isTrue();
        }
    }

    @Test
    void shouldRememberThatRecordsAreMissingAtTheEndOfASegment() throws Exception {
        try (TestEngine engine = open(Sync.FORCED)) {
            for (int key = 0; key < 300; key++) {
                engine.put(key, 1, 1000);
            }
        }
        byte[] bytes = files.bytes(Segment.fileName(2));
        int frame = Frame.length(1000);
        files.bytes(Segment.fileName(2), java.util.Arrays.copyOf(bytes, bytes.length - 2 * frame));
        files.delete(Segment.hintsName(2));

        for (int opening = 0; opening < 2; opening++) {
            try (TestEngine engine = open(Sync.FORCED)) {
                assertThat(engine.report.isSuspect()).as("opening %d", opening).isTrue();
                assertThat(engine.held).hasSize(298);
            }
        }
    }

    @Test
    void shouldReadASegmentAgainWhenTheDeviceHadFailed() throws Exception {
        try (TestEngine engine = open(Sync.FORCED)) {
            for (int key = 0; key < 300; key++) {
                engine.put(key, 1, 1000);
            }
        }
        files.delete(Segment.hintsName(2));
        files.failReadsBeyond(4096);
        try (TestEngine engine = open(Sync.FORCED)) {
            assertThat(engine.report.isSuspect()).isTrue();
        }

        files.failReadsBeyond(Long.MAX_VALUE);

        try (TestEngine engine = open(Sync.FORCED)) {
            assertThat(engine.report.damages()).isEmpty();
            assertThat(engine.held).hasSize(300);
        }
    }

    /** Puts and removes at random. @return version of each key held. */
    static Map<Long, Long> churn(TestEngine engine, int operations, int keys, long seed) {
        Random random = new Random(seed);
        Map<Long, Long> expected = new HashMap<>();
        for (int i = 1; i <= operations; i++) {
            long key = random.nextInt(keys);
            if (random.nextInt(5) == 0 && expected.containsKey(key)) {
                engine.remove(key);
                expected.remove(key);
            } else {
                long version = i + seed * 1_000_000L;
                engine.put(key, version, random.nextInt(1500));
                expected.put(key, version);
            }
            if (random.nextInt(4) == 0) {
                engine.step();
            }
        }
        return expected;
    }

    private static void note(TestEngine engine, String text) {
        byte[] bytes = text.getBytes(java.nio.charset.StandardCharsets.UTF_8);
        engine.await(() -> engine.log.note(new UnsafeBuffer(bytes), 0, bytes.length) >= 0);
    }

    private static List<String> notes(TestEngine engine) throws SegmentLogException {
        List<String> notes = new ArrayList<>();
        long missing = engine.log.visitNotes((buffer, offset, length) -> {
            byte[] bytes = new byte[length];
            buffer.getBytes(offset, bytes);
            notes.add(new String(bytes, java.nio.charset.StandardCharsets.UTF_8));
        });
        notes.add("missing=" + missing);
        return notes;
    }
}
