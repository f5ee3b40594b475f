package org.stoneware.storage.segments;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.stoneware.storage.segments.PendingRing.CHUNK_LENGTH;
import static org.stoneware.storage.segments.PendingRing.KEPT_SPARES;
import static org.stoneware.storage.segments.PendingRing.MAX_TRIM;

import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import java.util.Random;
import java.util.zip.CRC32C;
import org.agrona.concurrent.UnsafeBuffer;
import org.junit.jupiter.api.Test;
import org.stoneware.storage.segments.SegmentLogContext.Sync;
import org.stoneware.storage.segments.faults.FaultySegmentFiles;
import org.stoneware.storage.segments.faults.TestEngine;

final class PendingRingTest {
    private static final int MAX = 8 * CHUNK_LENGTH;
    private static final int LARGEST = 32 << 20;
    /** What a log keeps that has nothing to write: spare chunks, and the one it will go on in. */
    private static final long IDLE_BYTES = (KEPT_SPARES + 1L) * CHUNK_LENGTH;

    private final PendingRing ring = new PendingRing(MAX);

    @Test
    void shouldHoldTheSameAsAnArrayWhateverTheLengths() {
        for (long seed = 1; seed <= 5; seed++) {
            holdTheSameAsAnArray(new PendingRing(MAX), new Random(seed), "seed=" + seed);
        }
    }

    private static void holdTheSameAsAnArray(PendingRing ring, Random random, String label) {
        byte[] expected = new byte[64 * CHUNK_LENGTH];
        int written = 0;
        int position = 0;
        while (position < expected.length - MAX) {
            int length = lengthAroundTheEndOfAChunk(random, position);
            while (position + length + 7 - written > MAX) {
                written = writeSome(ring, random, expected, written, position, label);
            }
            byte[] source = new byte[length + 3];
            random.nextBytes(source);
            System.arraycopy(source, 3, expected, position, length);
            int zeros = random.nextInt(8);

            assertThat(ring.reserve(position, length + zeros, written)).isTrue();
            ring.put(position, new UnsafeBuffer(source), 3, length);
            ring.zero(position + length, zeros);

            CRC32C crc = new CRC32C();
            crc.update(source, 3, length);
            assertThat(ring.checksum(position, length)).as(label).isEqualTo((int) crc.getValue());
            position += length + zeros;
            int from = written + random.nextInt(position - written);
            byte[] got = new byte[position - from];
            ring.get(from, got, got.length);
            assertThat(Arrays.equals(got, 0, got.length, expected, from, position))
                    .as("%s from=%d to=%d", label, from, position)
                    .isTrue();
        }
    }

    private static int lengthAroundTheEndOfAChunk(Random random, int position) {
        int toEnd = CHUNK_LENGTH - position % CHUNK_LENGTH;
        return switch (random.nextInt(4)) {
            case 0 -> random.nextInt(200);
            case 1 -> Math.max(0, toEnd - 3 + random.nextInt(7));
            case 2 -> toEnd + random.nextInt(3) * CHUNK_LENGTH - 1 + random.nextInt(3);
            default -> random.nextInt(3 * CHUNK_LENGTH);
        };
    }

    private static int writeSome(
            PendingRing ring, Random random, byte[] expected, int written, int position, String label) {
        int target = written + 1 + random.nextInt(position - written);
        int at = written;
        while (at < target) {
            ByteBuffer piece = ring.piece(at, target - at);
            assertThat(piece.equals(ByteBuffer.wrap(expected, at, piece.remaining())))
                    .as("%s at=%d", label, at)
                    .isTrue();
            at += piece.remaining();
        }
        if (random.nextBoolean()) {
            ring.giveBack(target);
        }
        return target;
    }

    @Test
    void shouldTakeNoMemoryBeforeItIsNeeded() {
        assertThat(ring.memoryBytes()).isZero();

        ring.reserve(0, 1, 0);

        assertThat(ring.memoryBytes()).isEqualTo(CHUNK_LENGTH);
    }

    @Test
    void shouldTakeNothingMoreUnderSteadyLoad() {
        ring.reserve(0, 2 * CHUNK_LENGTH, 0);

        for (long position = CHUNK_LENGTH; position < 1000L * CHUNK_LENGTH; position += 1000) {
            ring.reserve(position, 1000, position - 1000);
            ring.giveBack(position);
            if (position % 7 == 0) {
                ring.trim();
            }
        }

        assertThat(ring.memoryBytes()).isEqualTo(2 * CHUNK_LENGTH);
    }

    @Test
    void shouldGiveBackBitByBitWhatABurstTook() {
        PendingRing large = new PendingRing(LARGEST);
        large.reserve(0, LARGEST, 0);
        assertThat(large.memoryBytes()).isEqualTo(LARGEST);

        large.giveBack(LARGEST);
        large.trim();

        assertThat(large.memoryBytes()).as("in use lately").isEqualTo(LARGEST);
        large.trim();
        assertThat(large.memoryBytes()).isEqualTo(LARGEST - MAX_TRIM * CHUNK_LENGTH);
        for (int i = 0; i < LARGEST / CHUNK_LENGTH / MAX_TRIM; i++) {
            large.trim();
        }
        assertThat(large.memoryBytes()).isEqualTo(KEPT_SPARES * CHUNK_LENGTH);
    }

    @Test
    void shouldGiveBackWhatWasReservedInVain() {
        ring.reserve(0, 10, 0);
        ring.put(0, new UnsafeBuffer(new byte[] {1, 2, 3}), 0, 3);
        ring.reserve(3, 5 * CHUNK_LENGTH, 0);

        ring.giveBackBehind(3);

        byte[] kept = new byte[3];
        ring.get(0, kept, 3);
        assertThat(kept).containsExactly(1, 2, 3);
        assertThatThrownBy(() -> ring.piece(CHUNK_LENGTH, 1)).isInstanceOf(IllegalStateException.class);
    }

    @Test
    void shouldNotReachBytesThatAreGivenBack() {
        ring.reserve(0, 2 * CHUNK_LENGTH, 0);

        ring.giveBack(2 * CHUNK_LENGTH - 1);

        assertThat(ring.piece(CHUNK_LENGTH, 1).remaining()).isEqualTo(1);
        assertThatThrownBy(() -> ring.piece(CHUNK_LENGTH - 1, 1))
                .isInstanceOf(IllegalStateException.class)
                .hasMessageContaining("not in memory");
    }

    @Test
    void shouldRefuseMoreThanMayWait() {
        assertThatThrownBy(() -> ring.reserve(0, 64 * CHUNK_LENGTH, 0))
                .isInstanceOf(IllegalStateException.class)
                .hasMessageContaining("more is appended than may wait");
    }

    @Test
    void shouldHoldLittleMemoryInALogThatMayHoldTheLargestRecords() throws Exception {
        List<String> notices = Collections.synchronizedList(new ArrayList<>());
        FaultySegmentFiles files = new FaultySegmentFiles();
        try (TestEngine engine =
                new TestEngine(SegmentLogContext.of(files, Sync.FORCED, LARGEST, 0, notices::add), notices)) {
            assertThat(engine.log.figures().memoryBytes()).isZero();

            engine.put(1, 1, LARGEST);
            engine.put(2, 1, 100);
            assertThat(engine.log.figures().memoryBytes()).isGreaterThan(LARGEST);

            engine.awaitDurable();
            engine.await(() -> engine.log.figures().memoryBytes() <= IDLE_BYTES);
            engine.readAll();
            assertThat(engine.read).hasSize(2).doesNotContainValue(-1L);
            assertThat(engine.isContentRight).isTrue();

            engine.close();
            assertThat(engine.log.figures().memoryBytes()).isZero();
        }
    }

    @Test
    void shouldKeepAgentAndWriterApart() throws Exception {
        List<String> notices = Collections.synchronizedList(new ArrayList<>());
        FaultySegmentFiles files = new FaultySegmentFiles();
        SegmentLogContext context = SegmentLogContext.of(files, Sync.FORCED, 3 * CHUNK_LENGTH, 0, notices::add)
                .withSegmentBytes(2 << 20)
                .withPendingBytes(2 * CHUNK_LENGTH);
        Random random = new Random(11);
        try (TestEngine engine = new TestEngine(context, notices)) {
            for (int i = 1; i <= 2000; i++) {
                boolean isLong = random.nextInt(20) == 0;
                engine.put(random.nextInt(60), i, random.nextInt(isLong ? 3 * CHUNK_LENGTH : 5000));
                if (random.nextInt(50) == 0) {
                    // What waits is read from memory while the writer is at it.
                    engine.readAll();
                }
            }
            engine.readAll();
            assertThat(engine.isContentRight).isTrue();
            assertThat(engine.read).doesNotContainValue(-1L);
        }

        try (TestEngine engine = new TestEngine(context, notices)) {
            engine.readAll();
            assertThat(engine.report.damages()).isEmpty();
            assertThat(engine.read).hasSize(60).doesNotContainValue(-1L);
            assertThat(engine.isContentRight).isTrue();
        }
    }
}
