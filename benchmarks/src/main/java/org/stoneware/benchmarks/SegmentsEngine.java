package org.stoneware.benchmarks;

import java.nio.file.Path;
import java.util.Arrays;
import java.util.Random;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import org.agrona.DirectBuffer;
import org.agrona.concurrent.UnsafeBuffer;
import org.stoneware.storage.segments.Location;
import org.stoneware.storage.segments.RealSegmentFiles;
import org.stoneware.storage.segments.RecordHint;
import org.stoneware.storage.segments.RecordKind;
import org.stoneware.storage.segments.RecoveryVisitor;
import org.stoneware.storage.segments.SegmentLog;
import org.stoneware.storage.segments.SegmentLogContext;
import org.stoneware.storage.segments.SegmentLogException;
import org.stoneware.storage.segments.SegmentLogListener;

/**
 * Writes records to a log as a server would: a number of writes in flight, the next ones when they are durable.
 * <p>
 * <b>Threading:</b> one thread.
 */
final class SegmentsEngine implements DurableEngine, SegmentLogListener, RecoveryVisitor {
    final SegmentLog log;
    private final long[] locations;
    private final int value;
    private final boolean isReplacing;
    private final UnsafeBuffer content;
    private final RecordHint hint = new RecordHint();
    private final Random random = new Random(7);
    private final Thread agent = Thread.currentThread();
    long valueBytes;
    long recovered;

    /** @param isReplacing whether each write replaces one of the records; otherwise nothing becomes free. */
    SegmentsEngine(Path directory, int records, int value, boolean isReplacing) throws SegmentLogException {
        this.isReplacing = isReplacing;
        locations = new long[records];
        Arrays.fill(locations, Location.NULL);
        this.value = value;
        byte[] bytes = new byte[value];
        new Random(1).nextBytes(bytes);
        content = new UnsafeBuffer(bytes);
        log = SegmentLog.open(
                SegmentLogContext.of(
                                new RealSegmentFiles(directory),
                                SegmentLogContext.Sync.FORCED,
                                value,
                                0,
                                System.err::println)
                        .withOnProgress(() -> LockSupport.unpark(agent)),
                this);
        log.recover(this);
    }

    void fill() {
        for (int i = 0; i < locations.length; i++) {
            write(i);
        }
        await(log.appendPosition());
    }

    @Override
    public double writesPerSecond(int inFlight, long millis) {
        long writes = 0;
        long startNs = System.nanoTime();
        long endNs = startNs + TimeUnit.MILLISECONDS.toNanos(millis);
        while (System.nanoTime() < endNs) {
            for (int i = 0; i < inFlight; i++) {
                write(random.nextInt(locations.length));
            }
            await(log.appendPosition());
            writes += inFlight;
        }
        return writes * 1e9 / (System.nanoTime() - startNs);
    }

    private void write(int key) {
        hint.set(key * 0x9E3779B97F4A7C15L, key, 1, 0, 1800, 0);
        long location = log.append(RecordKind.RECORD, hint, content, 0, value, false);
        while (location == SegmentLog.BACK_PRESSURE) {
            idle();
            location = log.append(RecordKind.RECORD, hint, content, 0, value, false);
        }
        if (location < 0) {
            throw new IllegalStateException("not appended: result=" + location + " " + log.reason());
        }
        if (isReplacing) {
            release(key);
            locations[key] = location;
        }
        valueBytes += value;
    }

    private void release(int key) {
        if (locations[key] != Location.NULL) {
            log.release(locations[key], value);
        }
    }

    private void await(long position) {
        while (log.durablePosition() < position) {
            idle();
        }
    }

    private void idle() {
        if (log.isFailed()) {
            throw new IllegalStateException(log.reason());
        }
        if (log.doWork(System.nanoTime()) == 0) {
            LockSupport.parkNanos(100_000);
        }
    }

    @Override
    public void onRead(long ticket, long location, RecordHint hint, DirectBuffer content, int offset, int length) {}

    @Override
    public void onReadFailed(long ticket, long location, String reason) {}

    @Override
    public void onDurable(long position) {}

    @Override
    public void onFailed(String reason) {}

    @Override
    public void onFull(String reason) {}

    @Override
    public void onRoom() {}

    @Override
    public boolean isHeld(RecordHint key) {
        return true;
    }

    @Override
    public boolean isNeeded(RecordKind kind, long location, RecordHint hint) {
        return locations[(int) hint.fingerprint()] == location;
    }

    @Override
    public void onMove(RecordKind kind, long location, RecordHint hint, DirectBuffer content, int offset, int length) {
        int key = (int) hint.fingerprint();
        locations[key] = log.appendCopy(kind, hint, content, offset, length);
        log.release(location, length);
    }

    @Override
    public void onLost(int segment, int fromOffset, int toOffset) {
        throw new IllegalStateException("damaged: segment=" + segment + " fromOffset=" + fromOffset);
    }

    @Override
    public void onRecord(long location, int length, RecordHint hint) {
        int key = (int) hint.fingerprint();
        release(key);
        recovered += locations[key] == Location.NULL ? 1 : 0;
        locations[key] = location;
    }

    @Override
    public void onRemoval(RecordHint hint) {}

    @Override
    public void onTouch(long location, RecordHint hint) {}

    @Override
    public void onClear() {}

    @Override
    public void onDamaged(RecordHint hint) {}

    @Override
    public void close() {
        log.close();
    }
}
