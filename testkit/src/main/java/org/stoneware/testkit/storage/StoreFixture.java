package org.stoneware.testkit.storage;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.fail;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.function.Supplier;
import org.agrona.ExpandableArrayBuffer;
import org.agrona.concurrent.UnsafeBuffer;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.io.TempDir;
import org.stoneware.api.session.AttributeKind;
import org.stoneware.api.session.AttributeVisitor;
import org.stoneware.api.session.RecordStamp;
import org.stoneware.api.session.SessionDelta;
import org.stoneware.api.session.SessionKey;
import org.stoneware.api.session.SessionRecord;
import org.stoneware.spi.storage.LoadResult;
import org.stoneware.spi.storage.SessionStore;
import org.stoneware.spi.storage.StoreContext;
import org.stoneware.spi.storage.StoreResult;

/**
 * Opens and closes the stores of one test, and waits for a store that must fetch a session from disk first: the promises are
 * the same for stores that always answer at once.
 */
abstract class StoreFixture {
    static final String SHOP = "localhost/shop";
    static final long ROOMY_BYTES = 64L << 20;
    static final long TIGHT_BYTES = 4L << 20;
    static final int MAX_RECORD_LENGTH = 1 << 20;

    private static final int MAX_WORK_CYCLES = 10_000;
    private static final long CYCLE_NS = 1_000_000;

    private Path directory = Path.of("");
    private final List<SessionStore> opened = new ArrayList<>();
    private long nowNs;
    private long index;

    /** Opens the store under test; called more than once in a test, each time with a directory of its own. */
    protected abstract SessionStore open(StoreContext context);

    @BeforeEach
    void useDirectory(@TempDir Path directory) {
        this.directory = directory;
    }

    @AfterEach
    void closeStores() {
        opened.forEach(SessionStore::close);
        opened.clear();
    }

    final SessionStore openStore() {
        return openStore(ROOMY_BYTES, MAX_RECORD_LENGTH);
    }

    final SessionStore openStore(long maxMemoryBytes, int maxRecordLength) {
        Path own = directory.resolve("store-" + opened.size());
        try {
            Files.createDirectories(own);
        } catch (IOException e) {
            throw new java.io.UncheckedIOException(e);
        }
        SessionStore store = open(new StoreContext(own, maxMemoryBytes, maxRecordLength, notice -> {}));
        opened.add(store);
        return store;
    }

    /** What the contract says, to compare with. */
    final SessionStore reference() {
        return new ReferenceSessionStore(new StoreContext(directory, ROOMY_BYTES, MAX_RECORD_LENGTH, notice -> {}));
    }

    static SessionKey key(int number) {
        return SessionKey.of(SHOP, "session-" + number);
    }

    static SessionRecordBuilder record(int number) {
        return new SessionRecordBuilder(key(number));
    }

    static byte[] bytes(int length) {
        byte[] bytes = new byte[length];
        new Random(length).nextBytes(bytes);
        return bytes;
    }

    static byte[] text(String text) {
        return text.getBytes(StandardCharsets.UTF_8);
    }

    static SessionDelta.Builder delta() {
        return new SessionDelta.Builder(new ExpandableArrayBuffer());
    }

    static SessionDelta.Builder delta(String name, byte[] value) {
        return delta().put(AttributeKind.APPLICATION, name, new UnsafeBuffer(value), 0, value.length);
    }

    /** A stamp as the server makes them: every one with the next log index. */
    final RecordStamp stamp(long version, long logTimeMs) {
        return new RecordStamp(version, 1, ++index, logTimeMs, logTimeMs);
    }

    final StoreResult put(SessionStore store, SessionRecordBuilder record) {
        return put(store, record.build());
    }

    final StoreResult put(SessionStore store, SessionRecord record) {
        return whenResident(store, record.key(), () -> store.put(record));
    }

    final StoreResult create(SessionStore store, SessionKey key, SessionDelta.Builder delta, RecordStamp stamp) {
        return merge(store, key, delta, stamp, true, 0);
    }

    final StoreResult change(SessionStore store, SessionKey key, SessionDelta.Builder delta, RecordStamp stamp) {
        return merge(store, key, delta, stamp, false, 0);
    }

    final StoreResult merge(
            SessionStore store,
            SessionKey key,
            SessionDelta.Builder delta,
            RecordStamp stamp,
            boolean create,
            long ageMs) {
        delta.finish();
        SessionDelta changes = new SessionDelta().wrap(delta.buffer(), 0);
        return whenResident(store, key, () -> store.merge(key, changes, stamp, create, ageMs));
    }

    final StoreResult touch(SessionStore store, SessionKey key, long lastAccessedTimeMs) {
        return whenResident(store, key, () -> store.touch(key, lastAccessedTimeMs));
    }

    final StoreResult remove(SessionStore store, SessionKey key) {
        return whenResident(store, key, () -> store.remove(key));
    }

    /** Copy of the record held, or null when the session is absent. */
    final byte @Nullable [] held(SessionStore store, SessionKey key) {
        if (loaded(store, key) == LoadResult.ABSENT) {
            return null;
        }
        SessionRecord view = new SessionRecord();
        assertThat(store.read(key, view))
                .as("session is resident, so it can be read")
                .isTrue();
        return SessionRecordBuilder.bytesOf(view);
    }

    /** The record held, in memory of the test. */
    final SessionRecord heldRecord(SessionStore store, SessionKey key) {
        byte[] bytes = held(store, key);
        assertThat(bytes).as("record of " + key).isNotNull();
        return new SessionRecord().wrap(new UnsafeBuffer(bytes), 0);
    }

    /** Attributes of the record held, one line each, as {@code KIND name=length:hash}. */
    final List<String> attributes(SessionStore store, SessionKey key) {
        List<String> lines = new ArrayList<>();
        AttributeVisitor visitor = (kind, name, removed, buffer, offset, length) -> {
            byte[] value = new byte[length];
            buffer.getBytes(offset, value);
            lines.add(line(kind, name, value));
        };
        heldRecord(store, key).forEach(visitor);
        return lines;
    }

    static String line(AttributeKind kind, String name, byte[] value) {
        return kind + " " + name + "=" + value.length + ":" + java.util.Arrays.hashCode(value);
    }

    static String line(String name, byte[] value) {
        return line(AttributeKind.APPLICATION, name, value);
    }

    /** Loads a session if that takes time, and says whether it is there. */
    final LoadResult loaded(SessionStore store, SessionKey key) {
        for (int i = 0; i < MAX_WORK_CYCLES; i++) {
            LoadResult result = store.load(key, i);
            if (result == LoadResult.RESIDENT || result == LoadResult.ABSENT) {
                return result;
            }
            work(store);
        }
        return fail("load did not end: key=" + key);
    }

    /** Steps a store until it has nothing to do. */
    final void workUntilIdle(SessionStore store) {
        int idleCycles = 0;
        for (int i = 0; i < MAX_WORK_CYCLES && idleCycles < 300; i++) {
            idleCycles = work(store) == 0 ? idleCycles + 1 : 0;
        }
        assertThat(idleCycles).as("doWork comes to rest").isGreaterThan(0);
    }

    /** One duty cycle. A store whose disk works on another thread gets a chance to see it done. */
    final int work(SessionStore store) {
        nowNs += CYCLE_NS;
        int workDone = store.doWork(nowNs);
        if (workDone == 0) {
            Thread.onSpinWait();
        }
        return workDone;
    }

    private StoreResult whenResident(SessionStore store, SessionKey key, Supplier<StoreResult> call) {
        StoreResult result = call.get();
        for (int i = 0; result == StoreResult.NOT_RESIDENT && i < MAX_WORK_CYCLES; i++) {
            loaded(store, key);
            result = call.get();
        }
        return result;
    }
}
