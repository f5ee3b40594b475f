package org.stoneware.storage.segments;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.Random;
import org.agrona.concurrent.UnsafeBuffer;
import org.junit.jupiter.api.Test;
import org.stoneware.storage.segments.SegmentLogContext.Sync;
import org.stoneware.storage.segments.faults.FaultySegmentFiles;
import org.stoneware.storage.segments.faults.TestEngine;

/** What recovery makes of the end of the log: some prefix of what was appended, which then stays. */
final class TailRecoveryTest {
    private static final int PAGE = 4096;

    private final List<String> notices = Collections.synchronizedList(new ArrayList<>());
    private FaultySegmentFiles files = new FaultySegmentFiles();

    private TestEngine open() throws SegmentLogException {
        return new TestEngine(
                SegmentLogContext.of(files, Sync.FORCED, 64 << 10, 0, notices::add)
                        .withSegmentBytes(256 << 10)
                        .withPendingBytes(256 << 10),
                notices);
    }

    /** Ends the process, with a page missing that was never forced for all that can be known. */
    private void loseAPage(TestEngine engine, long location) {
        Map<String, byte[]> copy = files.copy();
        byte[] bytes = copy.get(Segment.fileName(Location.segment(location)));
        int page = Location.offset(location) / PAGE * PAGE;
        Arrays.fill(bytes, page, page + PAGE, (byte) 0);
        files.endProcess();
        engine.close();
        files = FaultySegmentFiles.of(copy);
    }

    @Test
    void shouldNotApplyWhatLiesBehindAHoleInTheLastWrite() throws Exception {
        TestEngine engine = open();
        engine.put(1, 1, 1000);
        engine.awaitDurable();
        note(engine, "renamed");
        engine.put(2, 1, 20_000);
        long hole = engine.held.get(2L).location() + 2 * PAGE;
        engine.remove(1);
        note(engine, "committed");
        engine.awaitDurable();

        loseAPage(engine, hole);

        for (int opening = 0; opening < 2; opening++) {
            try (TestEngine again = open()) {
                again.readAll();
                assertThat(again.read).as("opening %d", opening).containsOnly(Map.entry(1L, 1L));
                assertThat(notes(again)).containsExactly("renamed", "missing=0");
                assertThat(again.report.isSuspect()).isFalse();
            }
        }
        assertThat(notices)
                .filteredOn(notice -> notice.contains("is cut"))
                .singleElement()
                .asString()
                .contains("wholeRecordsBehind=2");
    }

    @Test
    void shouldTakeAHoleForDamageThatARecordBehindProvesToHaveBeenForced() throws Exception {
        TestEngine engine = open();
        engine.put(1, 1, 1000);
        engine.put(2, 1, 20_000);
        long hole = engine.held.get(2L).location() + 2 * PAGE;
        engine.awaitDurable();
        engine.put(3, 1, 1000);
        engine.awaitDurable();

        loseAPage(engine, hole);

        try (TestEngine again = open()) {
            again.readAll();
            assertThat(again.read).containsOnly(Map.entry(1L, 1L), Map.entry(3L, 1L));
            assertThat(again.damaged).containsExactly(2L);
            assertThat(again.report.cutBytes()).isZero();
        }
    }

    @Test
    void shouldCutBehindDamageWhatWasNotForced() throws Exception {
        TestEngine engine = open();
        engine.put(1, 1, 20_000);
        engine.awaitDurable();
        engine.put(2, 1, 100);
        engine.awaitDurable();
        engine.put(3, 1, 20_000);
        engine.put(4, 1, 100);
        engine.awaitDurable();
        long rotten = engine.held.get(1L).location() + 2 * PAGE;
        byte[] bytes = files.bytes(Segment.fileName(1));
        bytes[Location.offset(rotten)] ^= 1;
        files.bytes(Segment.fileName(1), bytes);

        loseAPage(engine, engine.held.get(3L).location() + 2 * PAGE);

        try (TestEngine again = open()) {
            again.readAll();
            assertThat(again.read).containsOnly(Map.entry(2L, 1L));
            assertThat(again.damaged).containsExactly(1L);
            assertThat(again.report.cutBytes()).isPositive();
        }
    }

    @Test
    void shouldShowTheCheckpointBeforeOneThatWasNotWhole() throws Exception {
        TestEngine engine = open();
        checkpoint(engine, "first");
        note(engine, "after");
        engine.awaitDurable();
        long from = engine.log.appendPosition();
        engine.log.beginCheckpoint();
        for (int i = 0; i < 8; i++) {
            note(engine, "second".repeat(500));
        }
        engine.log.endCheckpoint();
        note(engine, "behind");
        engine.awaitDurable();

        loseAPage(engine, Location.of(1, SegmentHeader.length(0) + (int) from + 3 * PAGE));

        try (TestEngine again = open()) {
            assertThat(notes(again))
                    .startsWith("first", "after")
                    .endsWith("missing=0")
                    .doesNotContain("behind");
        }
    }

    @Test
    void shouldShowTheCheckpointBeforeOneThatIsDamagedAndWhatCameBehindIt() throws Exception {
        TestEngine engine = open();
        checkpoint(engine, "first");
        note(engine, "after");
        long from = engine.log.appendPosition();
        checkpoint(engine, "second".repeat(2000));
        note(engine, "behind");
        engine.awaitDurable();
        engine.put(1, 1, 100);
        engine.awaitDurable();

        loseAPage(engine, Location.of(1, SegmentHeader.length(0) + (int) from + PAGE));

        for (int opening = 0; opening < 2; opening++) {
            try (TestEngine again = open()) {
                assertThat(again.held).containsOnlyKeys(1L);
                assertThat(notes(again)).startsWith("first", "after", "behind").doesNotContain("missing=0");
            }
        }
    }

    @Test
    void shouldShowTheCheckpointBeforeOneOfWhichANoteCannotBeRead() throws Exception {
        long from;
        try (TestEngine engine = open()) {
            checkpoint(engine, "first");
            note(engine, "after");
            from = engine.log.appendPosition();
            checkpoint(engine, "second");
            note(engine, "behind");
        }
        byte[] bytes = files.bytes(Segment.fileName(1));
        bytes[SegmentHeader.length(0) + (int) from + 2 * Frame.HEADER_LENGTH] ^= 1;
        files.bytes(Segment.fileName(1), bytes);

        try (TestEngine again = open()) {
            assertThat(again.report.rebuilt()).isZero();
            assertThat(notes(again)).containsExactly("first", "after", "behind", "missing=1");
        }
    }

    @Test
    void shouldCountTheLastNoteAsMissingWhenItIsDamaged() throws Exception {
        TestEngine engine = open();
        note(engine, "a");
        note(engine, "b");
        engine.awaitDurable();
        // Its head proves that the notes were forced.
        engine.put(1, 1, 100);
        engine.awaitDurable();
        byte[] bytes = files.bytes(Segment.fileName(1));
        bytes[SegmentHeader.length(0) + Frame.length(1) + Frame.HEADER_LENGTH] ^= 1;
        files.bytes(Segment.fileName(1), bytes);
        files.endProcess();
        engine.close();

        for (int opening = 0; opening < 2; opening++) {
            try (TestEngine again = open()) {
                assertThat(notes(again)).as("opening %d", opening).containsExactly("a", "missing=1");
            }
        }
        try (TestEngine again = open()) {
            notes(again);
            note(again, "c");
        }
        try (TestEngine again = open()) {
            assertThat(notes(again)).as("its number is not given again").containsExactly("a", "c", "missing=1");
        }
    }

    @Test
    void shouldCountTheLastNotesAsMissingWhenTheirSegmentIs() throws Exception {
        try (TestEngine engine = open()) {
            note(engine, "a");
            for (long key = 1; key <= 5; key++) {
                engine.put(key, 1, 60_000);
            }
            assertThat(Location.segment(engine.held.get(5L).location())).isEqualTo(2);
            note(engine, "b");
            note(engine, "c");
        }
        files.delete(Segment.fileName(2));

        try (TestEngine again = open()) {
            assertThat(notes(again)).containsExactly("a", "missing=2");
        }
    }

    @Test
    void shouldHoldWhatItShowedWhenPowerIsLostAfterAStart() throws Exception {
        for (int seed = 0; seed < 40; seed++) {
            files = new FaultySegmentFiles();
            TestEngine ended = open();
            ended.put(1, 10, 5000);
            ended.awaitDurable();
            files.holdForces(true);
            long written = ended.log.figures().writtenBytes();
            ended.put(1, 11, 5000);
            ended.await(() -> ended.log.figures().writtenBytes() > written);
            files.endProcess();
            ended.close();
            try (TestEngine shown = open()) {
                shown.readAll();
                assertThat(shown.read).containsOnly(Map.entry(1L, 11L));
            }

            files.losePower(new Random(seed));

            try (TestEngine again = open()) {
                again.readAll();
                assertThat(again.read).as("seed=%d", seed).containsOnly(Map.entry(1L, 11L));
            }
        }
    }

    @Test
    void shouldNotOpenWhenWhatItFoundCannotBeForced() throws Exception {
        TestEngine ended = open();
        ended.put(1, 1, 5000);
        ended.awaitDurable();
        files.endProcess();
        ended.close();
        files.failForces(true);

        assertThatThrownBy(this::open)
                .isInstanceOf(SegmentLogException.class)
                .hasMessageContaining("last segment can't be forced");

        files.failForces(false);
        open().close();
    }

    private static void checkpoint(TestEngine engine, String text) {
        engine.await(() -> engine.log.beginCheckpoint() >= 0);
        note(engine, text);
        engine.await(() -> engine.log.endCheckpoint() >= 0);
    }

    private static void note(TestEngine engine, String text) {
        byte[] bytes = text.getBytes(StandardCharsets.UTF_8);
        engine.await(() -> engine.log.note(new UnsafeBuffer(bytes), 0, bytes.length) >= 0);
    }

    private static List<String> notes(TestEngine engine) throws SegmentLogException {
        List<String> notes = new ArrayList<>();
        long missing = engine.log.visitNotes((buffer, offset, length) -> {
            byte[] bytes = new byte[length];
            buffer.getBytes(offset, bytes);
            notes.add(new String(bytes, StandardCharsets.UTF_8));
        });
        notes.add("missing=" + missing);
        return notes;
    }
}
