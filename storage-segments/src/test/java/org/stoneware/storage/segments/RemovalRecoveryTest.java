package org.stoneware.storage.segments;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.stoneware.storage.segments.SegmentLogContext.Sync;
import org.stoneware.storage.segments.faults.FaultySegmentFiles;
import org.stoneware.storage.segments.faults.TestEngine;

/** A removal stays as long as a record of its key can come back, whatever became of the place where it stood. */
final class RemovalRecoveryTest {
    private static final int SEGMENT = 64 << 10;
    private static final long REMOVED = 55;
    private static final long TOUCHED = 54;

    private final List<String> notices = Collections.synchronizedList(new ArrayList<>());
    private final FaultySegmentFiles files = new FaultySegmentFiles();

    private TestEngine open() throws SegmentLogException {
        return new TestEngine(
                SegmentLogContext.of(files, Sync.FORCED, 64 << 10, 0, notices::add)
                        .withSegmentBytes(SEGMENT)
                        .withPendingBytes(128 << 10),
                notices);
    }

    /** Segment 1 holds all keys below 60; segment 2 removes one, touches another, and holds what will be written again. */
    private long fill(TestEngine engine) {
        for (long key = 0; key < 60; key++) {
            engine.put(key, 1, 1000);
        }
        writeAgain(engine, 1);
        long location = engine.remove(REMOVED);
        engine.touch(TOUCHED, 777);
        writeAgain(engine, 2);
        engine.awaitDurable();
        engine.await(() -> files.list().contains(Segment.hintsName(2)));
        assertThat(Location.segment(location)).isEqualTo(2);
        assertThat(Location.segment(engine.held.get(REMOVED - 1).location())).isEqualTo(1);
        return location;
    }

    private static void writeAgain(TestEngine engine, long version) {
        for (long key = 100; key < 140; key++) {
            engine.put(key, version, 1000);
        }
    }

    private void awaitEmptied(TestEngine engine) {
        writeAgain(engine, 3);
        engine.await(() ->
                !files.list().contains(Segment.fileName(2)) && !files.list().contains(Segment.hintsName(2)));
    }

    private void damage(long location) {
        String name = Segment.fileName(Location.segment(location));
        byte[] bytes = files.bytes(name);
        bytes[Location.offset(location) + 20] ^= 1;
        bytes[Location.offset(location) + Frame.HEADER_LENGTH + 20] ^= 1;
        files.bytes(name, bytes);
    }

    private void assertIsRemoved(TestEngine engine) {
        assertThat(engine.held).doesNotContainKey(REMOVED).hasSize(59 + 40);
        assertThat(engine.held.get(TOUCHED).touchedMs()).isEqualTo(777);
    }

    @Test
    void shouldTakeARemovalThatCannotBeReadFromTheHintFileWhenItsSegmentIsEmptied() throws Exception {
        try (TestEngine engine = open()) {
            damage(fill(engine));

            awaitEmptied(engine);
        }

        try (TestEngine engine = open()) {
            assertIsRemoved(engine);
        }
    }

    @Test
    void shouldNotGiveASegmentUpThatMayHoldARemovalNobodyKnows() throws Exception {
        try (TestEngine engine = open()) {
            long location = fill(engine);
            files.delete(Segment.hintsName(2));
            damage(location);
            writeAgain(engine, 3);
            engine.await(() -> List.copyOf(notices).stream().anyMatch(notice -> notice.contains("can't be emptied")));
        }

        assertThat(files.list()).contains(Segment.fileName(2));
        try (TestEngine engine = open()) {
            assertThat(engine.report.isSuspect()).isTrue();
        }
    }

    @Test
    void shouldKeepRemovalsWhileASegmentBeforeCouldNotBeRead() throws Exception {
        try (TestEngine engine = open()) {
            fill(engine);
        }
        files.delete(Segment.hintsName(1));
        files.failReadsBeyond(8192);
        try (TestEngine engine = open()) {
            assertThat(engine.report.isSuspect()).isTrue();
            files.failReadsBeyond(Long.MAX_VALUE);

            awaitEmptied(engine);
        }

        try (TestEngine engine = open()) {
            assertThat(engine.report.damages()).isEmpty();
            assertThat(engine.held).doesNotContainKey(REMOVED).hasSize(59 + 40);
        }
    }

    @Test
    void shouldKeepRemovalsOfASegmentThatIsMissing() throws Exception {
        try (TestEngine engine = open()) {
            fill(engine);
        }
        files.delete(Segment.fileName(2));
        try (TestEngine engine = open()) {
            assertThat(engine.report.damages()).hasSize(1);
            assertThat(engine.held).doesNotContainKey(REMOVED);

            awaitEmptied(engine);
        }

        try (TestEngine engine = open()) {
            assertIsRemoved(engine);
            assertThat(engine.report.damages()).isEmpty();
        }
    }

    @Test
    void shouldKeepTheHintFileOfAMissingSegmentUntilItsRemovalsAreElsewhere() throws Exception {
        try (TestEngine engine = open()) {
            fill(engine);
        }
        files.delete(Segment.fileName(2));
        for (int opening = 0; opening < 3; opening++) {
            TestEngine engine = open();
            assertThat(engine.held).as("opening %d", opening).doesNotContainKey(REMOVED);
            engine.put(1000, opening, 100);
            files.endProcess();
            engine.close();
        }
    }

    @Test
    void shouldKeepRemovalsThatStoodInTheEndOfASegmentThatWasCut() throws Exception {
        long location;
        try (TestEngine engine = open()) {
            location = fill(engine);
        }
        byte[] bytes = files.bytes(Segment.fileName(2));
        files.bytes(Segment.fileName(2), java.util.Arrays.copyOf(bytes, Location.offset(location) - 16));
        try (TestEngine engine = open()) {
            assertThat(engine.held).doesNotContainKey(REMOVED);

            awaitEmptied(engine);
        }

        try (TestEngine engine = open()) {
            assertIsRemoved(engine);
        }
    }

    @Test
    void shouldHoldNothingAfterAClearThatStoodInASegmentThatIsMissing() throws Exception {
        TestEngine ended = open();
        for (long key = 0; key < 50; key++) {
            ended.put(key, 1, 1000);
        }
        ended.clear();
        ended.put(100, 1, 100);
        ended.awaitDurable();
        files.endProcess();
        ended.close();
        open().close();
        files.delete(Segment.fileName(2));
        for (int opening = 0; opening < 2; opening++) {
            try (TestEngine engine = open()) {
                assertThat(engine.held).as("opening %d", opening).doesNotContainKey(7L);
                engine.put(200, 1, 100);
                engine.awaitDurable();
            }
        }
        try (TestEngine engine = open()) {
            engine.await(() -> !files.list().contains(Segment.hintsName(2)));
        }

        try (TestEngine engine = open()) {
            assertThat(engine.held).containsOnlyKeys(200L);
            assertThat(engine.report.damages()).isEmpty();
        }
    }
}
