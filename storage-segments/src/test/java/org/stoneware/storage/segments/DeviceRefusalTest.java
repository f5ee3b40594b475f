package org.stoneware.storage.segments;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.stoneware.storage.segments.SegmentLogContext.Sync;
import org.stoneware.storage.segments.faults.FaultySegmentFiles;
import org.stoneware.storage.segments.faults.TestEngine;

/** What the log does in the background goes on once the device, or the memory, that refused it is there again. */
final class DeviceRefusalTest {
    private static final int SEGMENT = 64 << 10;
    private static final int KEYS = 400;
    private static final int LONG_SEGMENT = 4 << 20;
    private static final int LONG_RECORD = 60_000;
    private static final int REMOVED = 200;

    private final FaultySegmentFiles files = new FaultySegmentFiles();
    private final List<String> notices = Collections.synchronizedList(new ArrayList<>());

    /** What may be wanting for a while. */
    enum Want {
        READS {
            @Override
            void is(FaultySegmentFiles files, boolean isWanting) {
                files.failReads(isWanting);
            }
        },
        OPEN_FILES {
            @Override
            void is(FaultySegmentFiles files, boolean isWanting) {
                files.failOpens(isWanting);
            }
        },
        MEMORY {
            @Override
            void is(FaultySegmentFiles files, boolean isWanting) {
                files.lackMemory(isWanting);
            }
        };

        abstract void is(FaultySegmentFiles files, boolean isWanting);
    }

    private TestEngine open() throws SegmentLogException {
        return open(SEGMENT);
    }

    private TestEngine open(int segmentBytes) throws SegmentLogException {
        return open(segmentBytes, 0);
    }

    private TestEngine open(int segmentBytes, long maxDiskBytes) throws SegmentLogException {
        return new TestEngine(
                SegmentLogContext.of(files, Sync.FORCED, 64 << 10, maxDiskBytes, notices::add)
                        .withSegmentBytes(segmentBytes)
                        .withPendingBytes(128 << 10),
                notices);
    }

    private long noticesOf(String part) {
        return List.copyOf(notices).stream()
                .filter(notice -> notice.contains(part))
                .count();
    }

    /** Garbage in every segment but the last, and something in each that is still needed. */
    private static void churn(TestEngine engine) {
        for (int version = 1; version <= 3; version++) {
            for (int key = 0; key < KEYS; key++) {
                if (version == 1 || key % 50 != 0) {
                    engine.put(key, version, 1000);
                }
            }
        }
        engine.awaitDurable();
    }

    @ParameterizedTest
    @EnumSource(Want.class)
    void shouldGiveDiskBackOnceWhatWasWantingIsThereAgain(Want want) throws Exception {
        try (TestEngine engine = open()) {
            want.is(files, true);
            churn(engine);
            engine.await(() -> noticesOf("can't be emptied") >= 3);
            List<String> refused = files.list().stream()
                    .filter(name -> noticesOf("segment=" + Segment.numberOf(name, Segment.SUFFIX) + ":") > 0)
                    .toList();

            want.is(files, false);

            assertThat(refused).hasSizeGreaterThanOrEqualTo(3);
            engine.await(() -> Collections.disjoint(files.list(), refused));
            engine.readAll();
            assertThat(engine.read).hasSize(KEYS).doesNotContainValue(-1L);
            assertThat(engine.isContentRight).isTrue();
        }
    }

    @Test
    void shouldAskForTheHintFileAgainThatCouldNotBeReadForAMoment() throws Exception {
        try (TestEngine engine = open()) {
            engine.put(0, 1, 1000);
            int length = SegmentLog.frameLength(1000);
            long bad = engine.held.get(0L).location();
            for (int key = 1; key < KEYS; key++) {
                engine.put(key, 1, 1000);
            }
            engine.awaitDurable();
            engine.await(() -> files.list().contains(Segment.hintsName(2)));
            byte[] bytes = files.bytes(Segment.fileName(1));
            Arrays.fill(bytes, Location.offset(bad), Location.offset(bad) + length, (byte) 7);
            files.bytes(Segment.fileName(1), bytes);
            files.failReadsOf(Segment.hintsName(1), 0, Long.MAX_VALUE);
            for (int key = 1; key < KEYS; key++) {
                engine.put(key, 2, 1000);
            }
            engine.await(() -> noticesOf("can't be emptied") >= 1);

            files.failReadsOf("", 0, 0);

            engine.await(() -> !files.list().contains(Segment.fileName(1)));
            assertThat(engine.held).doesNotContainKey(0L).hasSize(KEYS - 1);
        }
    }

    /** Or a bad sector would let a segment grow the log without end. */
    @Test
    void shouldNotMoveAgainWhatAWalkMovedThatFailedFurtherOn() throws Exception {
        try (TestEngine engine = open(LONG_SEGMENT)) {
            for (int key = 0; key < REMOVED; key++) {
                engine.put(key, 1, 100);
            }
            int key = fill(engine, 1000, 1);
            for (int each = 0; each < REMOVED; each++) {
                engine.remove(each);
            }
            int lastKey = fill(engine, key, 2);
            engine.awaitDurable();
            // While all it holds is needed still: the first walk of it meets the bad place.
            String bad = Segment.fileName(2);
            int end = files.bytes(bad).length;
            files.failReadsOf(bad, end - 1, end);
            for (int each = key; each < lastKey; each++) {
                engine.remove(each);
            }
            engine.await(() -> noticesOf("segment=2: Input/output error") >= 1);
            long moved = engine.log.figures().movedBytes();
            int refused = files.refusedReads();

            engine.await(() -> files.refusedReads() >= refused + 3);

            assertThat(moved).isGreaterThanOrEqualTo(REMOVED * SegmentLog.frameLength(0));
            assertThat(engine.log.figures().movedBytes() - moved).isLessThan(REMOVED * SegmentLog.frameLength(0));
        }
    }

    /** Puts long records up to the end of a segment. @return the first key that was not used. */
    private static int fill(TestEngine engine, int firstKey, int segment) {
        int key = firstKey;
        do {
            engine.put(key, 1, LONG_RECORD);
        } while (Location.segment(engine.held.get((long) key++).location()) <= segment);
        return key;
    }

    @Test
    void shouldSayThatAHintFileIsMissingForWantOfMemory() throws Exception {
        try (TestEngine engine = open()) {
            files.lackMemoryToMake(Segment.HINTS_SUFFIX + NewFile.SUFFIX);
            for (int key = 0; key < KEYS; key++) {
                engine.put(key, 1, 1000);
            }
            engine.awaitDurable();

            engine.await(() -> noticesOf("hint file was not written") == 1);

            assertThat(notices.toString()).contains("direct buffer memory");
        }
        try (TestEngine engine = open()) {
            assertThat(engine.held).hasSize(KEYS);
            assertThat(engine.report.damages()).isEmpty();
        }
    }

    @Test
    void shouldCountAFileThatCouldNotBeDeletedUntilItIsGone() throws Exception {
        try (TestEngine engine = open()) {
            files.failDeletes(true);
            churn(engine);
            engine.await(() -> noticesOf("can't be deleted") >= 1);
            int refused = files.refusedDeletes();
            engine.await(() -> files.refusedDeletes() >= refused + 3);
            long counted = engine.log.figures().diskUsedBytes();
            long there = segmentBytes();

            files.failDeletes(false);

            assertThat(counted).isGreaterThanOrEqualTo(there);
            engine.await(() -> engine.log.figures().diskUsedBytes()
                    <= 2 * engine.log.figures().liveBytes() + 4L * SEGMENT);
            engine.await(() -> segmentBytes() <= engine.log.figures().diskUsedBytes());
            assertThat(List.copyOf(notices).stream().filter(notice -> notice.contains("can't be deleted")))
                    .doesNotHaveDuplicates();
        }
    }

    /** Removals are what gives room again; and what is moved must not outgrow what is kept back for it. */
    @Test
    void shouldTakeRemovalsAndStayWithinItsBoundWhileFilesThatAreToGoAreStillThere() throws Exception {
        long bound = 4 << 20;
        try (TestEngine engine = open(SEGMENT, bound)) {
            long keys = SegmentLogTest.fill(engine);
            engine.await(engine.log::isFull);
            files.failDeletes(true);
            // One of those in each segment, nearly.
            for (long key = 0; key < keys; key += 7) {
                engine.remove(key);
            }
            engine.await(() -> files.refusedDeletes() >= 8);

            for (long key = 1; key < 8; key++) {
                assertThat(engine.remove(key))
                        .as("key=%d %s", key, engine.log.figures())
                        .isNotNegative();
            }
            assertThat(engine.log.figures().diskUsedBytes()).isLessThanOrEqualTo(bound);

            files.failDeletes(false);

            engine.await(() -> !engine.log.isFull());
            engine.readAll();
            assertThat(engine.read).doesNotContainValue(-1L);
        }
    }

    private long segmentBytes() {
        return files.usedBytes(Segment.SUFFIX);
    }
}
