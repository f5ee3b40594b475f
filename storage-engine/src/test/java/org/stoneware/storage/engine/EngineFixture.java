package org.stoneware.storage.engine;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.fail;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import java.util.function.BooleanSupplier;
import java.util.function.Supplier;
import org.agrona.concurrent.UnsafeBuffer;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.stoneware.api.session.SessionKey;
import org.stoneware.api.session.SessionRecord;
import org.stoneware.spi.storage.Durability;
import org.stoneware.spi.storage.LoadResult;
import org.stoneware.spi.storage.SessionStore;
import org.stoneware.spi.storage.StoreContext;
import org.stoneware.spi.storage.StoreResult;
import org.stoneware.spi.storage.StoreSnapshot;
import org.stoneware.storage.segments.faults.FaultySegmentFiles;
import org.stoneware.testkit.storage.SessionRecordBuilder;

/** A store over a disk that fails on demand, stepped by the test. */
abstract class EngineFixture {
    static final int MAX_RECORD_LENGTH = 64 << 10;
    static final long MEMORY_BYTES = 4L << 20;

    static final int SEGMENT_BYTES = 1 << 20;
    private static final long MAX_WAIT_NS = TimeUnit.SECONDS.toNanos(60);

    FaultySegmentFiles files = new FaultySegmentFiles();
    Durability durability = Durability.FSYNC;
    int segmentBytes = SEGMENT_BYTES;
    final List<String> notices = new ArrayList<>();
    private final List<SessionStore> opened = new ArrayList<>();
    private long nowNs;
    private long ticket;

    @AfterEach
    void close() {
        opened.forEach(SessionStore::close);
    }

    SegmentSessionStore open(StorePolicy policy, long memoryBytes, long diskBytes) {
        return open(policy, memoryBytes, diskBytes, memoryBytes);
    }

    SegmentSessionStore open(StorePolicy policy, long memoryBytes, long diskBytes, long indexBytes) {
        StoreContext context =
                new StoreContext(Path.of(""), memoryBytes, diskBytes, MAX_RECORD_LENGTH, durability, this::note);
        SegmentSessionStore store = SegmentSessionStore.open(
                new EngineContext("test-mode", policy, context, files.ofProcess(), segmentBytes, indexBytes));
        opened.add(store);
        return store;
    }

    /** Closes a store, and lets go of it and its disk. */
    void end(SessionStore store) {
        store.close();
        opened.remove(store);
    }

    private synchronized void note(String line) {
        notices.add(line);
    }

    synchronized String allNotices() {
        return String.join("\n", notices);
    }

    synchronized void forgetNotices() {
        notices.clear();
    }

    static SessionKey key(int number) {
        return SessionKey.of("localhost/shop", "session-" + number);
    }

    /** A record whose content follows from number and version. */
    static SessionRecord record(int number, long version, int length) {
        byte[] value = new byte[length];
        new Random(number * 31L + version).nextBytes(value);
        return new SessionRecordBuilder(key(number))
                .version(version)
                .lastAccessedTimeMs(version)
                .maxInactiveIntervalSec(1800)
                .attribute("cart", value)
                .build();
    }

    StoreResult put(SessionStore store, SessionRecord record) {
        return changed(store, record.key(), () -> store.put(record));
    }

    StoreResult remove(SessionStore store, SessionKey key) {
        return changed(store, key, () -> store.remove(key));
    }

    StoreResult touch(SessionStore store, SessionKey key, long timeMs) {
        return changed(store, key, () -> store.touch(key, timeMs));
    }

    private StoreResult changed(SessionStore store, SessionKey key, Supplier<StoreResult> call) {
        StoreResult[] result = {call.get()};
        await(store, "change of " + key, () -> {
            if (result[0] != StoreResult.NOT_RESIDENT) {
                return true;
            }
            LoadResult found = store.load(key, ++ticket);
            if (found == LoadResult.RESIDENT || found == LoadResult.ABSENT) {
                result[0] = call.get();
            }
            return result[0] != StoreResult.NOT_RESIDENT;
        });
        return result[0];
    }

    /** Copy of the record held, loaded if need be; null when there is none. */
    byte @Nullable [] held(SessionStore store, SessionKey key) {
        LoadResult[] found = {LoadResult.BUSY};
        await(store, "load of " + key, () -> {
            found[0] = store.load(key, ++ticket);
            return found[0] == LoadResult.RESIDENT || found[0] == LoadResult.ABSENT;
        });
        SessionRecord view = new SessionRecord();
        if (found[0] == LoadResult.ABSENT) {
            return null;
        }
        assertThat(store.read(key, view)).isTrue();
        return SessionRecordBuilder.bytesOf(view);
    }

    private static String counters(SessionStore store) {
        StringBuilder all = new StringBuilder(store.figures().toString()).append('\n');
        store.visitCounters(
                (name, value) -> all.append(name).append('=').append(value).append('\n'));
        return all.toString();
    }

    static SessionRecord wrapped(byte[] bytes) {
        return new SessionRecord().wrap(new UnsafeBuffer(bytes), 0);
    }

    void letPass(long ns) {
        nowNs += ns;
    }

    int work(SessionStore store) {
        nowNs += 1_000_000;
        return store.doWork(nowNs);
    }

    void await(SessionStore store, String what, BooleanSupplier condition) {
        long startNs = System.nanoTime();
        while (!condition.getAsBoolean()) {
            if (System.nanoTime() - startNs > MAX_WAIT_NS) {
                fail("not within " + MAX_WAIT_NS + " ns: " + what + " health=" + store.health() + "\n" + counters(store)
                        + allNotices());
            }
            // The disk works on threads of its own.
            if (work(store) == 0) {
                LockSupport.parkNanos(50_000);
            }
        }
    }

    void awaitDurable(SessionStore store) {
        await(store, "everything is durable", () -> store.durablePosition() >= store.appendPosition());
    }

    /** Digests of all sessions by hash of the key. */
    static Map<Long, Long> digests(SessionStore store) {
        Map<Long, Long> digests = new HashMap<>();
        for (int slot = 0; slot < SessionKey.SLOT_COUNT; slot++) {
            store.visitDigests(slot, (hash, digest) -> digests.merge(hash, digest, Long::sum));
        }
        return digests;
    }

    static long counter(SessionStore store, String name) {
        long[] found = {-1};
        store.visitCounters((each, value) -> {
            if (each.equals(name)) {
                found[0] = value;
            }
        });
        assertThat(found[0]).as("counter " + name).isNotNegative();
        return found[0];
    }

    Map<SessionKey, Long> versionsInSnapshot(SessionStore store, Runnable between) {
        Map<SessionKey, Long> versions = new HashMap<>();
        try (StoreSnapshot snapshot = store.openSnapshot()) {
            await(store, "the snapshot ends", () -> {
                int shown = snapshot.next(50, each -> versions.merge(each.key(), each.version(), Math::max));
                between.run();
                return shown == StoreSnapshot.END;
            });
        }
        return versions;
    }
}
