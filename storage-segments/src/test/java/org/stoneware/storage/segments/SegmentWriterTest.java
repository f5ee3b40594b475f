package org.stoneware.storage.segments;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.atomic.AtomicReference;
import org.agrona.concurrent.UnsafeBuffer;
import org.junit.jupiter.api.Test;
import org.stoneware.storage.segments.SegmentLogContext.Sync;
import org.stoneware.storage.segments.faults.FaultySegmentFiles;

final class SegmentWriterTest {
    private static final int ROUNDS = Integer.getInteger("stoneware.segments.closes", 4_000);
    private static final int LENGTH = 64;

    /**
     * The last bytes are published and the writer is closed at the very moment at which it looks for more: each round a little later after
     * it is done with the bytes before.
     */
    @Test
    void shouldWriteWhatWasPublishedBeforeItWasClosed() throws Exception {
        for (int round = 0; round < ROUNDS; round++) {
            PendingRing ring = new PendingRing(1 << 20);
            AtomicInteger progress = new AtomicInteger();
            SegmentLogContext context = SegmentLogContext.of(
                            new FaultySegmentFiles(), Sync.FORCED, 1 << 10, 0, line -> {})
                    .withOnProgress(progress::incrementAndGet);
            SegmentWriter writer = new SegmentWriter(context, ring);
            SegmentHeader header = new SegmentHeader(1, 1, 0, new int[0]);
            writer.roll(new Segment(1, Segment.fileName(1), header.length(), 0, header));
            put(ring, 0);
            put(ring, LENGTH);
            writer.publish(LENGTH);
            writer.start();
            while (progress.get() == 0) {
                Thread.onSpinWait();
            }
            for (int i = 0; i < round % 400; i++) {
                Thread.onSpinWait();
            }

            writer.publish(2L * LENGTH);
            boolean hasEnded = writer.close(60_000);

            assertThat(hasEnded).as("round=%d", round).isTrue();
            assertThat(writer.failure()).as("round=%d", round).isNull();
            assertThat(writer.forcedPosition()).as("round=%d", round).isEqualTo(2L * LENGTH);
        }
    }

    /** Each time the writer says that it got on there is more for it to write, until it has forced so often. */
    @Test
    void shouldForceWhileThereIsAlwaysMoreToWrite() throws Exception {
        int wanted = 3;
        int most = 500_000;
        PendingRing ring = new PendingRing(1 << 20);
        AtomicInteger published = new AtomicInteger(1);
        AtomicLong forced = new AtomicLong();
        AtomicInteger forces = new AtomicInteger();
        CountDownLatch end = new CountDownLatch(1);
        AtomicReference<SegmentWriter> self = new AtomicReference<>();
        SegmentLogContext context = SegmentLogContext.of(new FaultySegmentFiles(), Sync.WRITTEN, 1 << 10, 0, line -> {})
                .withOnProgress(() -> {
                    SegmentWriter writer = self.get();
                    if (writer.forcedPosition() > forced.get()) {
                        forced.set(writer.forcedPosition());
                        forces.incrementAndGet();
                    }
                    if (forces.get() < wanted && published.get() < most) {
                        // Memory of what is written is used again.
                        ring.giveBack(writer.writtenPosition());
                        put(ring, (long) published.get() * LENGTH);
                        writer.publish((long) published.incrementAndGet() * LENGTH);
                    } else {
                        end.countDown();
                    }
                });
        SegmentWriter writer = new SegmentWriter(context, ring);
        self.set(writer);
        SegmentHeader header = new SegmentHeader(1, 1, 0, new int[0]);
        writer.roll(new Segment(1, Segment.fileName(1), header.length(), 0, header));
        put(ring, 0);
        writer.publish(LENGTH);
        writer.start();

        assertThat(end.await(60, TimeUnit.SECONDS)).isTrue();
        boolean hasEnded = writer.close(60_000);

        assertThat(hasEnded).isTrue();
        assertThat(writer.failure()).isNull();
        assertThat(published.get()).as("forces=%d", forces.get()).isLessThan(most);
        assertThat(writer.forcedPosition()).isEqualTo((long) published.get() * LENGTH);
    }

    /** The disk fills up between two writes that follow each other at once. */
    @Test
    void shouldForceWhatFoundRoomWhenTheDiskStaysFull() throws Exception {
        FaultySegmentFiles files = new FaultySegmentFiles();
        PendingRing ring = new PendingRing(1 << 20);
        AtomicInteger published = new AtomicInteger(1);
        AtomicReference<SegmentWriter> self = new AtomicReference<>();
        SegmentLogContext context = SegmentLogContext.of(files, Sync.WRITTEN, 1 << 10, 0, line -> {})
                .withOnProgress(() -> {
                    int count = published.get();
                    if (count < 3 && self.get().writtenPosition() == (long) count * LENGTH) {
                        if (count == 2) {
                            files.budget(files.usedBytes());
                        }
                        published.set(count + 1);
                        self.get().publish((count + 1L) * LENGTH);
                    }
                });
        SegmentWriter writer = new SegmentWriter(context, ring);
        self.set(writer);
        SegmentHeader header = new SegmentHeader(1, 1, 0, new int[0]);
        writer.roll(new Segment(1, Segment.fileName(1), header.length(), 0, header));
        for (int i = 0; i < 3; i++) {
            put(ring, (long) i * LENGTH);
        }
        writer.publish(LENGTH);
        writer.start();
        while (writer.noSpace() == null) {
            Thread.onSpinWait();
        }

        boolean hasEnded = writer.close(60_000);

        assertThat(hasEnded).isTrue();
        assertThat(writer.failure()).isNotNull();
        assertThat(writer.writtenPosition()).isEqualTo(2L * LENGTH);
        assertThat(writer.forcedPosition()).isEqualTo(2L * LENGTH);
    }

    private static void put(PendingRing ring, long position) {
        assertThat(ring.reserve(position, LENGTH, 0)).isTrue();
        ring.put(position, new UnsafeBuffer(new byte[LENGTH]), 0, LENGTH);
    }
}
