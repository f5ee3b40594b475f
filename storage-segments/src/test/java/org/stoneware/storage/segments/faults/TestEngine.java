package org.stoneware.storage.segments.faults;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import java.util.function.BooleanSupplier;
import org.agrona.DirectBuffer;
import org.agrona.concurrent.UnsafeBuffer;
import org.stoneware.storage.segments.Location;
import org.stoneware.storage.segments.RecordHint;
import org.stoneware.storage.segments.RecordKind;
import org.stoneware.storage.segments.RecoveryReport;
import org.stoneware.storage.segments.RecoveryVisitor;
import org.stoneware.storage.segments.SegmentLog;
import org.stoneware.storage.segments.SegmentLogContext;
import org.stoneware.storage.segments.SegmentLogException;
import org.stoneware.storage.segments.SegmentLogListener;

/** The smallest owner of a log: numbers as keys, contents that follow from key and version. */
public final class TestEngine implements SegmentLogListener, RecoveryVisitor, AutoCloseable {
    private static final long PATIENCE_NS = TimeUnit.SECONDS.toNanos(60);

    public record Held(long location, int length, long version, long touchedMs) {}

    public final Map<Long, Held> held = new HashMap<>();
    public final Set<Long> damaged = new HashSet<>();
    /** Versions read, by key; -1 for a read that failed. */
    public final Map<Long, Long> read = new HashMap<>();

    public final List<String> events = new ArrayList<>();
    public final List<String> notices;
    public SegmentLog log;
    public RecoveryReport report;
    public boolean isContentRight = true;
    private final RecordHint hint = new RecordHint();
    private long nowNs;

    public TestEngine(SegmentLogContext context, List<String> notices) throws SegmentLogException {
        this.notices = notices;
        log = SegmentLog.open(ofProcess(context), this);
        boolean isRecovered = false;
        try {
            report = log.recover(this);
            isRecovered = true;
        } finally {
            if (!isRecovered) {
                log.close();
            }
        }
    }

    private static SegmentLogContext ofProcess(SegmentLogContext context) {
        if (!(context.files() instanceof FaultySegmentFiles files)) {
            return context;
        }
        return new SegmentLogContext(
                files.ofProcess(),
                context.sync(),
                context.segmentBytes(),
                context.maxContentLength(),
                context.maxDiskBytes(),
                context.maxPendingBytes(),
                context.maxReads(),
                context.readThreads(),
                context.notices(),
                context.onProgress());
    }

    /** What version {@code version} of a key holds: other bytes for every other one. */
    public static UnsafeBuffer content(long key, long version, int length) {
        byte[] bytes = new byte[length];
        new Random(key * 31 + version).nextBytes(bytes);
        UnsafeBuffer buffer = new UnsafeBuffer(bytes);
        if (length >= 16) {
            buffer.putLong(0, key);
            buffer.putLong(8, version);
        }
        return buffer;
    }

    private RecordHint hint(long key, long version, long touchedMs) {
        return hint.set(key * 0x9E3779B97F4A7C15L, key, version, touchedMs, 1800, key ^ version);
    }

    public long tryPut(long key, long version, int length) {
        UnsafeBuffer content = content(key, version, length);
        long location = log.append(RecordKind.RECORD, hint(key, version, version), content, 0, length, false);
        if (location >= 0) {
            Held old = held.put(key, new Held(location, length, version, version));
            if (old != null) {
                log.release(old.location(), old.length());
            }
            damaged.remove(key);
        }
        return location;
    }

    /** Appends, waiting for room in memory, and on a disk where room is being made. */
    public void put(long key, long version, int length) {
        long[] result = {0};
        await(() -> (result[0] = tryPut(key, version, length)) != SegmentLog.BACK_PRESSURE
                && result[0] != SegmentLog.NO_ROOM);
        if (result[0] < 0) {
            throw new IllegalStateException("not appended: result=" + result[0] + " reason=" + log.reason());
        }
    }

    public long remove(long key) {
        long[] result = {0};
        await(() ->
                (result[0] = log.append(RecordKind.REMOVAL, hint(key, 0, 0), new UnsafeBuffer(new byte[0]), 0, 0, true))
                        != SegmentLog.BACK_PRESSURE);
        Held old = held.remove(key);
        if (result[0] >= 0 && old != null) {
            log.release(old.location(), old.length());
        }
        return result[0];
    }

    public void touch(long key, long touchedMs) {
        Held old = held.get(key);
        await(() -> log.append(
                        RecordKind.TOUCH,
                        hint(key, old.version(), touchedMs),
                        new UnsafeBuffer(new byte[0]),
                        0,
                        0,
                        true)
                >= 0);
        held.put(key, new Held(old.location(), old.length(), old.version(), touchedMs));
    }

    public void clear() {
        await(() -> log.clear() >= 0);
        held.clear();
    }

    public int step() {
        nowNs += TimeUnit.MILLISECONDS.toNanos(20);
        return log.doWork(nowNs);
    }

    public void await(BooleanSupplier condition) {
        long endNs = System.nanoTime() + PATIENCE_NS;
        while (!condition.getAsBoolean()) {
            if (step() == 0) {
                Thread.yield();
            }
            if (System.nanoTime() > endNs) {
                throw new AssertionError("waited in vain: " + log.figures() + " " + log.reason() + " " + notices);
            }
        }
    }

    public void awaitDurable() {
        await(() -> log.durablePosition() == log.appendPosition() || log.isFailed());
    }

    /** Reads everything held. */
    public void readAll() {
        read.clear();
        int issued = 0;
        // A copy: a segment may be emptied meanwhile, and what is lost in it is no longer held.
        for (long key : List.copyOf(held.keySet())) {
            await(() -> !held.containsKey(key)
                    || log.read(held.get(key).location(), held.get(key).length(), key));
            issued += held.containsKey(key) ? 1 : 0;
        }
        int expected = issued;
        await(() -> read.size() >= expected);
    }

    @Override
    public void onRead(long ticket, long location, RecordHint hint, DirectBuffer content, int offset, int length) {
        UnsafeBuffer expected = content(ticket, hint.version(), length);
        isContentRight &=
                hint.fingerprint() == ticket && expected.compareTo(new UnsafeBuffer(content, offset, length)) == 0;
        read.put(ticket, hint.version());
    }

    @Override
    public void onReadFailed(long ticket, long location, String reason) {
        events.add("read failed: " + reason);
        read.put(ticket, -1L);
    }

    @Override
    public void onDurable(long position) {}

    @Override
    public void onFailed(String reason) {
        events.add("failed: " + reason);
    }

    @Override
    public void onFull(String reason) {
        events.add("full: " + reason);
    }

    @Override
    public void onRoom() {
        events.add("room");
    }

    @Override
    public boolean isHeld(RecordHint key) {
        return held.containsKey(key.fingerprint());
    }

    @Override
    public boolean isNeeded(RecordKind kind, long location, RecordHint hint) {
        Held entry = held.get(hint.fingerprint());
        return entry != null
                && (kind == RecordKind.RECORD
                        ? entry.location() == location
                        : entry.location() < location && entry.touchedMs() == hint.lastAccessedTimeMs());
    }

    @Override
    public void onMove(RecordKind kind, long location, RecordHint hint, DirectBuffer content, int offset, int length) {
        Held old = held.get(hint.fingerprint());
        RecordHint moved = new RecordHint().set(hint);
        if (kind == RecordKind.RECORD) {
            moved.set(
                    hint.keyHash64(),
                    hint.fingerprint(),
                    hint.version(),
                    old.touchedMs(),
                    hint.maxInactiveIntervalSec(),
                    hint.contentHash());
        }
        long copy = log.appendCopy(kind, moved, content, offset, length);
        if (kind == RecordKind.RECORD) {
            held.put(hint.fingerprint(), new Held(copy, length, old.version(), old.touchedMs()));
            log.release(location, length);
        }
    }

    @Override
    public void onLost(int segment, int fromOffset, int toOffset) {
        events.add("lost: segment=" + segment + " fromOffset=" + fromOffset + " toOffset=" + toOffset);
        held.entrySet().removeIf(entry -> {
            long location = entry.getValue().location();
            boolean isLost = Location.segment(location) == segment
                    && Location.offset(location) >= fromOffset
                    && Location.offset(location) < toOffset;
            if (isLost) {
                damaged.add(entry.getKey());
                log.release(location, entry.getValue().length());
            }
            return isLost;
        });
    }

    @Override
    public void onRecord(long location, int length, RecordHint hint) {
        drop(hint.fingerprint());
        held.put(hint.fingerprint(), new Held(location, length, hint.version(), hint.lastAccessedTimeMs()));
        damaged.remove(hint.fingerprint());
    }

    @Override
    public void onRemoval(RecordHint hint) {
        drop(hint.fingerprint());
        damaged.remove(hint.fingerprint());
    }

    @Override
    public void onTouch(long location, RecordHint hint) {
        held.computeIfPresent(
                hint.fingerprint(),
                (key, old) -> new Held(
                        old.location(),
                        old.length(),
                        old.version(),
                        Math.max(old.touchedMs(), hint.lastAccessedTimeMs())));
    }

    @Override
    public void onClear() {
        held.keySet().stream().toList().forEach(this::drop);
        damaged.clear();
    }

    @Override
    public void onDamaged(RecordHint hint) {
        drop(hint.fingerprint());
        damaged.add(hint.fingerprint());
    }

    private void drop(long key) {
        Held old = held.remove(key);
        if (old != null) {
            log.release(old.location(), old.length());
        }
    }

    @Override
    public void close() {
        log.close();
    }
}
