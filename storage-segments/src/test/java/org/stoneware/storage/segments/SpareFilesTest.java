package org.stoneware.storage.segments;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import org.agrona.concurrent.UnsafeBuffer;
import org.junit.jupiter.api.Test;
import org.stoneware.storage.segments.SegmentLogContext.Sync;
import org.stoneware.storage.segments.faults.FaultySegmentFiles;
import org.stoneware.storage.segments.faults.TestEngine;

/** The file of a segment that is not needed becomes that of a segment to come, and nothing of what it held is ever seen again. */
final class SpareFilesTest {
    private static final int SEGMENT = 64 << 10;
    /** Length of the file LOG, which is no part of the figures. */
    private static final int LOG_BYTES = 32;
    /** Bytes of the longest record of a churn. */
    private static final int LONGEST = Frame.length(1500);

    private final FaultySegmentFiles files = new FaultySegmentFiles();
    private final List<String> notices = Collections.synchronizedList(new ArrayList<>());

    private TestEngine open(Sync sync, long maxDiskBytes) throws SegmentLogException {
        return new TestEngine(
                SegmentLogContext.of(files, sync, 64 << 10, maxDiskBytes, notices::add)
                        .withSegmentBytes(SEGMENT)
                        .withPendingBytes(128 << 10),
                notices);
    }

    @Test
    void shouldWriteIntoFilesThatAreThereInsteadOfNewOnes() throws Exception {
        try (TestEngine engine = open(Sync.FORCED, 0)) {
            for (int round = 0; round < 60; round++) {
                SegmentLogTest.churn(engine, 200, 300, 5 + round);
                // Files come from segments that are gone, which is the work of other threads.
                engine.await(() -> isWithinItsBound(engine));
            }

            long begun = engine.log.figures().droppedSegments()
                    + engine.log.figures().segments();

            assertThat(begun).isGreaterThan(100);
            assertThat((long) files.segmentFilesMade()).isLessThan(begun / 2);
        }
    }

    private static boolean isWithinItsBound(TestEngine engine) {
        SegmentLogFigures figures = engine.log.figures();
        return figures.diskUsedBytes() <= ReclaimPolicy.KEPT_FACTOR * figures.liveBytes() + 4L * SEGMENT;
    }

    @Test
    void shouldLeaveNothingOfWhatAFileHeldBeforeAfterACleanEnd() throws Exception {
        // Now and then a file is put aside while the log is closed, and nobody is left to hear of it.
        for (int seed = 0; seed < 30; seed++) {
            Map<Long, Long> expected;
            try (TestEngine engine = open(Sync.FORCED, 0)) {
                engine.clear();
                expected = SegmentLogTest.churn(engine, 2000, 200, seed);
            }
            assertThat(files.list()).as("seed=%d", seed).noneMatch(name -> name.endsWith(NewFile.SUFFIX));

            try (TestEngine engine = open(Sync.FORCED, 0)) {
                engine.readAll();

                assertThat(engine.read).as("seed=%d", seed).isEqualTo(expected);
                assertThat(engine.report.damages()).as("seed=%d", seed).isEmpty();
                assertThat(engine.report.rebuilt()).as("seed=%d", seed).isZero();
                assertThat(engine.report.cutBytes()).as("seed=%d", seed).isZero();
            }
        }
    }

    @Test
    void shouldShowNothingOfWhatAFileHeldBeforeWhenTheProcessEndedWithoutAWord() throws Exception {
        int spares = 0;
        for (int seed = 0; seed < 20; seed++) {
            TestEngine ended = open(Sync.FORCED, 0);
            ended.clear();
            // The last segment ends at another place each time.
            Map<Long, Long> expected = SegmentLogTest.churn(ended, 3000 + 7 * seed, 200, seed);
            ended.awaitDurable();
            files.endProcess();
            spares += (int) files.list().stream()
                    .filter(name -> name.endsWith(NewFile.SUFFIX))
                    .count();

            try (TestEngine engine = open(Sync.FORCED, 0)) {
                engine.readAll();

                assertThat(engine.read).as("seed=%d", seed).isEqualTo(expected);
                assertThat(engine.isContentRight).isTrue();
                assertThat(engine.report.damages()).as("seed=%d", seed).isEmpty();
                assertThat(engine.report.cutBytes()).as("seed=%d", seed).isZero();
            }
            ended.close();
        }
        assertThat(spares).isPositive();
    }

    /** Behind the last whole record are either zeros, or bytes of a record that was being written. */
    @Test
    void shouldTellWhatWasBeingWrittenFromWhatTheFileHeldBefore() throws Exception {
        int last = endInAFileThatWasUsedBefore();
        byte[] whole = files.bytes(Segment.fileName(last));
        SegmentLoader.Loaded before = load(last);
        assertThat(before.isTorn()).isFalse();

        byte[] torn = whole.clone();
        torn[(int) before.cutFrom() + 5] = 'W';
        files.bytes(Segment.fileName(last), torn);
        SegmentLoader.Loaded after = load(last);

        assertThat(after.cutFrom()).isEqualTo(before.cutFrom());
        assertThat(after.isTorn()).isTrue();
        assertThat(after.damages()).isEmpty();
        // Where it ends is not known better than by the next whole record the file held before.
        assertThat(LogInspection.of(files, record -> {}).tailBytes()).isBetween(1L, (long) LONGEST);
        try (TestEngine engine = open(Sync.FORCED, 0)) {
            assertThat(engine.report.cutBytes()).isBetween(1L, (long) LONGEST);
        }
    }

    @Test
    void shouldCountOfWhatIsCutOnlyWhatWasBeingWritten() throws Exception {
        int last = endInAFileThatWasUsedBefore();
        HintList hints = load(last).hints();
        int offset = hints.offset(hints.count() - 1);
        int length = Frame.length(hints.length(hints.count() - 1));
        byte[] bytes = files.bytes(Segment.fileName(last));
        assertThat(bytes.length - offset).isGreaterThan(length + SegmentHeader.END_MARK_LENGTH);

        // Nothing proves that the last record was forced.
        bytes[offset + Frame.HEADER_LENGTH] ^= 1;
        files.bytes(Segment.fileName(last), bytes);

        assertThat(LogInspection.of(files, record -> {}).tailBytes()).isEqualTo(length);
        try (TestEngine engine = open(Sync.FORCED, 0)) {
            assertThat(engine.report.cutBytes()).isEqualTo(length);
            assertThat(notices)
                    .filteredOn(notice -> notice.contains("is cut"))
                    .singleElement()
                    .asString()
                    .contains(" bytes=" + length + " ");
        }
        assertThat(files.bytes(Segment.fileName(last))).hasSize(offset);
    }

    /** Ends a process while it writes into such a file, behind a record with content. @return number of the segment. */
    private int endInAFileThatWasUsedBefore() throws Exception {
        // Whether the last segment got a file that was used before depends on when the disk's threads were done.
        for (int seed = 0; seed < 50; seed++) {
            TestEngine ended = open(Sync.FORCED, 0);
            SegmentLogTest.churn(ended, 6_000, 300, seed);
            ended.put(1, 1, 1000);
            ended.awaitDurable();
            files.endProcess();
            ended.close();
            int last = lastSegment();
            SegmentLoader.Loaded loaded = load(last);
            HintList hints = loaded.hints();
            if (loaded.cutFrom() > 0 && hints.count() > 0 && hints.length(hints.count() - 1) == 1000) {
                return last;
            }
        }
        throw new AssertionError("no file was used again");
    }

    private int lastSegment() throws SegmentLogException {
        return SegmentDirectory.read(files).segments().lastKey();
    }

    private SegmentLoader.Loaded load(int segment) throws SegmentLogException {
        SegmentDirectory directory = SegmentDirectory.read(files);
        return new SegmentLoader(files, directory.logId())
                .load(directory.segments().get(segment), true, null);
    }

    @Test
    void shouldCountWhatTheFilesTakeAndNoMore() throws Exception {
        try (TestEngine engine = open(Sync.FORCED, 0)) {
            SegmentLogTest.churn(engine, 6000, 300, 7);
            engine.awaitDurable();

            engine.await(() -> engine.log.figures().diskUsedBytes() + LOG_BYTES == files.usedBytes());
        }
    }

    @Test
    void shouldStayWithinTheBoundOfTheDisk() throws Exception {
        long bound = 32L * SEGMENT;
        try (TestEngine engine = open(Sync.FORCED, bound)) {
            for (int round = 0; round < 20; round++) {
                SegmentLogTest.churn(engine, 1000, 400, round);
                assertThat(files.usedBytes()).isLessThanOrEqualTo(bound);
            }
            assertThat(engine.log.figures().droppedSegments()).isGreaterThan(50);
        }
    }

    @Test
    void shouldGiveItsFilesBackWhenTheDiskGetsTight() throws Exception {
        try (TestEngine engine = open(Sync.FORCED, 0)) {
            SegmentLogTest.churn(engine, 6000, 300, 8);
            engine.await(() -> files.list().stream().anyMatch(name -> name.endsWith(NewFile.SUFFIX)));

            files.budget(files.usedBytes() + 5L * SEGMENT);

            engine.await(() -> files.list().stream().noneMatch(name -> name.endsWith(NewFile.SUFFIX)));
            engine.await(() -> engine.log.figures().diskUsedBytes() + LOG_BYTES == files.usedBytes());
        }
    }

    @Test
    void shouldKeepNoFilesForALogThatIsNotKept() throws Exception {
        try (TestEngine engine = open(Sync.SCRATCH, 0)) {
            SegmentLogTest.churn(engine, 12_000, 100, 9);

            engine.await(() -> engine.log.figures().droppedSegments() > 10);

            assertThat(files.list()).noneMatch(name -> name.endsWith(NewFile.SUFFIX));
        }
    }

    /** However it comes about that its checksum fits: it is numbered lower than the first record of the segment. */
    @Test
    void shouldNotTakeARecordForOneOfTheSegmentThatIsNumberedLower() throws Exception {
        FaultySegmentFiles one = new FaultySegmentFiles();
        try (SegmentFiles.File file = one.create("file")) {
            file.write(0, ByteBuffer.wrap(frame(0, 10)));
            file.write(Frame.HEADER_LENGTH, ByteBuffer.wrap(frame(Frame.HEADER_LENGTH, 9)));

            SegmentScanner scanner = new SegmentScanner(file, 1, 5, 0, 10);

            assertThat(scanner.next()).isEqualTo(SegmentScanner.Found.RECORD);
            assertThat(scanner.next()).isEqualTo(SegmentScanner.Found.GAP);
            assertThat(scanner.next()).isEqualTo(SegmentScanner.Found.END);
        }
    }

    private static byte[] frame(int offset, long sequence) {
        Frame frame = new Frame();
        frame.encode(1, Location.of(5, offset), RecordKind.TOUCH, new RecordHint(), 0, 0, sequence, 0);
        byte[] bytes = new byte[Frame.HEADER_LENGTH];
        new UnsafeBuffer(bytes).putBytes(0, frame.header(), 0, bytes.length);
        return bytes;
    }
}
